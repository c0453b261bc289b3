"""The simulated Azure in a process of its own, and what it answers when the monitor lists the networks."""

from __future__ import annotations

import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

import msgspec

from monitor.azure.arm import Arm, path_of
from monitor.azure.clouds import CLOUDS
from monitor.azure.credentials import StaticTokenCredential
from monitor.azure.networks import NETWORK_API_VERSION, list_subscriptions
from monitor.azure.wire import Page
from monitor.runtime.passes import COLLECTORS
from monitor.runtime.telemetry import Telemetry
from monitor.simulator import Simulator, resolve_estate

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def simulated_azure(estate: str) -> Iterator[str]:
    """Serve an estate for as long as the context lasts; gives the URL."""
    command = [sys.executable, "-m", "monitor", "simulate", "--estate", estate, "--listen", "127.0.0.1:0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            announced = process.stdout.readline()
            if not announced:
                raise RuntimeError("the simulator did not start")
            yield announced.rpartition(" ")[2].strip()
        finally:
            process.terminate()


def open_arm(url: str, telemetry: Telemetry | None = None) -> Arm:
    return Arm(
        credential=StaticTokenCredential("bench"),
        cloud=CLOUDS["public"],
        resource_manager_url=url,
        observer=telemetry or Telemetry(COLLECTORS),
    )


async def listing(url: str) -> list[bytes]:
    """The bodies of every page of every subscription's virtual networks, as the monitor's own door got them."""
    bodies: list[bytes] = []
    async with open_arm(url) as arm:
        for subscription in (await list_subscriptions(arm)).items:
            path = f"/subscriptions/{subscription.id}/providers/Microsoft.Network/virtualNetworks"
            link: str | None = path_of(path)
            params = {"api-version": NETWORK_API_VERSION}
            while link is not None:
                bodies.append(await arm.get(link, api="virtual_networks", params=params))
                link, params = msgspec.json.decode(bodies[-1], type=Page).next_link, {}
    return bodies


async def listing_in_one_page(estate: str) -> list[bytes]:
    """The same listing from an Azure that needs no second page for a subscription."""
    generated = resolve_estate(estate)
    whole = msgspec.structs.replace(generated, page_size=len(generated.networks))
    async with Simulator(whole, token="bench") as simulator:
        return await listing(simulator.url)
