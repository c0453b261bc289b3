"""A real Prometheus scrapes the daemon in both formats, and takes every line of it."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
from aiohttp import ClientSession, web
from prometheus_client.parser import text_string_to_metric_families

from monitor.simulator import events, parse_estate
from tests import components
from tests.e2e.real_prometheus import prometheus
from tests.integration.live import eventually, live, series

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

    from monitor.simulator import Estate, Simulator
    from tests.e2e.real_prometheus import Prometheus
    from tests.integration.live import Client, Labels, Live

OPENMETRICS = "openmetrics"
TEXT = "text"
JOBS = (OPENMETRICS, TEXT)
SUBSCRIPTION = "11111111-2222-4333-8444-555555555555"
PARTNER = "51d3e9f2-6b7c-48a0-bc94-0f1a8e6d7c04"


@dataclass
class TextOnly:
    """A proxy that asks for the text format only: this generation of Prometheus cannot be told to."""

    daemon: str
    url: str = ""
    content_types: set[str] = field(default_factory=set)
    encodings: set[str] = field(default_factory=set)

    async def answer(self, request: web.Request) -> web.Response:
        headers = {
            name: request.headers[name] for name in ("Accept-Encoding", "User-Agent") if name in request.headers
        }
        async with (
            ClientSession(auto_decompress=False) as session,
            session.get(f"{self.daemon}/metrics", headers=headers | {"Accept": "text/plain;version=0.0.4"}) as got,
        ):
            body = await got.read()
        self.content_types.add(got.headers["Content-Type"])
        self.encodings.add(got.headers.get("Content-Encoding", "identity"))
        kept = {name: got.headers[name] for name in ("Content-Type", "Content-Encoding") if name in got.headers}
        return web.Response(status=got.status, body=body, headers=kept)


@asynccontextmanager
async def text_only(daemon: str) -> AsyncIterator[TextOnly]:
    proxy = TextOnly(daemon)
    application = web.Application()
    application.router.add_get("/metrics", proxy.answer)
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.2)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        host, port = runner.addresses[0][:2]
        proxy.url = f"http://{host}:{port}"
        yield proxy
    finally:
        await runner.cleanup()


@dataclass(frozen=True, slots=True)
class Watched:
    """A daemon and the Prometheus that scrapes it as two jobs: as it asks on its own, and in the text format."""

    daemon: Live
    prometheus: Prometheus
    proxy: TextOnly


@asynccontextmanager
async def watched(
    folder: Path, estate: str | Estate, *, arrange: Callable[[Simulator], None] | None = None
) -> AsyncIterator[Watched]:
    components.prometheus()  # before anything is started
    async with live(estate, arrange=arrange) as daemon, text_only(daemon.http.url) as proxy:
        await daemon.http.ready()
        jobs = {OPENMETRICS: f"{daemon.http.url}/metrics", TEXT: f"{proxy.url}/metrics"}
        async with prometheus(folder, {job: urlsplit(url) for job, url in jobs.items()}) as server:
            yield Watched(daemon, server, proxy)


async def facts(http: Client) -> dict[Labels, float]:
    """The series about Azure on the daemon's own page, as a query of Prometheus tells them."""
    families = text_string_to_metric_families((await http.ask("/metrics")).text)
    return {
        tuple(sorted([*one.labels.items(), ("__name__", one.name)])): one.value
        for family in families
        for one in family.samples
        if one.name.startswith("azure_vnet_")
    }


async def agrees(watching: Watched, job: str) -> None:
    """Wait until Prometheus holds the facts of the daemon's page: the same series, the same values, no more."""

    async def is_same() -> bool:
        page = await facts(watching.daemon.http)
        found = await watching.prometheus.query(f'{{__name__=~"azure_vnet_.+", job="{job}"}}')
        held = {
            tuple(label for label in labels if label[0] not in {"job", "instance"}): value
            for labels, value in found.items()
        }
        return bool(page) and held == page

    await eventually(is_same, within=15)


async def assert_nothing_was_refused(watching: Watched) -> None:
    """Every scrape went well and every sample was taken."""
    for target in await watching.prometheus.targets():
        assert (target["lastError"], target["health"]) == ("", "up"), target
    failed = await watching.prometheus.query("count_over_time(up[1h]) - sum_over_time(up[1h])")
    assert {dict(labels)["job"]: value for labels, value in failed.items()} == {OPENMETRICS: 0, TEXT: 0}
    assert set((await watching.prometheus.refused_samples()).values()) == {0.0}
    for job in JOBS:
        labels = f'{{job="{job}"}}'
        taken = await watching.prometheus.value(f"scrape_samples_post_metric_relabeling{labels}")
        assert taken == await watching.prometheus.value(f"scrape_samples_scraped{labels}") != 0
        series_held = f'count({{job="{job}", __name__!~"up|scrape_.+"}})'
        assert await watching.prometheus.value(series_held) == taken
    assert await watching.prometheus.query('{__name__=~".+", exported_job=~".+"}') == {}
    assert await watching.prometheus.query('{__name__=~".+", exported_instance=~".+"}') == {}


async def test_prometheus_takes_both_formats_whole_and_follows_what_happens(tmp_path: Path) -> None:
    """Facts, findings and an unreadable subscription, through a fault and its repair."""
    async with watched(tmp_path, "incident") as watching:
        azure, server = watching.daemon.azure, watching.prometheus
        (side,) = await watching.daemon.http.series(
            "azure_vnet_peering_info", vnet="vnet-hub", peering="hub-to-app"
        )
        link = dict(side)["link"]
        for job in JOBS:
            await agrees(watching, job)
            assert await server.query(f'azure_vnet_peering_finding{{job="{job}"}}') == {}

        azure.apply(events.DeletePeering(vnet="vnet-app", peering="app-to-hub"))
        azure.apply(events.ResizeVnet(vnet="vnet-data", address_space=("10.2.0.0/16", "10.12.0.0/16")))
        azure.apply(events.SubscriptionAnswers(subscription="sub-partner-integration", answer="forbidden"))
        disconnected = 'max by (link) (azure_vnet_peering_finding{check="link/disconnected"})'
        await server.becomes(disconnected, 1)
        assert await server.query(disconnected) == {(("link", link),): 1.0}
        await server.becomes('max(azure_vnet_peering_finding{check="link/out-of-sync"})', 1)
        for job in JOBS:
            own = f'job="{job}", vnet="vnet-hub", peering="hub-to-app"'
            await server.becomes(f'azure_vnet_peering_state{{{own}, state="Disconnected"}}', 1)
            await server.becomes(f'azure_vnet_peering_state{{{own}, state="Connected"}}', 0)
            partner = f'job="{job}", subscription_id="{PARTNER}", collector="topology"'
            await server.becomes(f"peering_monitor_subscription_readable{{{partner}}}", 0)
            await agrees(watching, job)

        azure.apply(events.RecreatePeering(vnet="vnet-app", peering="app-to-hub"))
        azure.apply(events.SyncPeering(vnet="vnet-hub", peering="hub-to-data"))
        azure.apply(events.SubscriptionAnswers(subscription="sub-partner-integration", answer="ok"))
        await server.becomes("count(azure_vnet_peering_finding)", None)
        await server.becomes("min(peering_monitor_subscription_readable)", 1)
        for job in JOBS:
            await agrees(watching, job)
        await assert_nothing_was_refused(watching)
        assert watching.proxy.content_types == {"text/plain; version=0.0.4; charset=utf-8"}
        assert watching.proxy.encodings == {"gzip"}
        assert_types_are_known(await server.types())


def assert_types_are_known(types: dict[str, set[tuple[str, str]]]) -> None:
    """Each metric has one type and one help in both formats; only the names of counters differ between them."""
    own = {name: told for name, told in types.items() if name.startswith(("azure_vnet", "peering_monitor"))}
    assert len(own) > 20
    assert {name for name, told in own.items() if len(told) != 1} == set()
    kinds = {name: kind for name, told in own.items() for kind, _ in told}
    counters = {
        "peering_monitor_azure_requests",
        "peering_monitor_azure_throttled",
        "peering_monitor_collector_runs",
    }
    # OpenMetrics declares a counter without its suffix: both names prove that both formats were read.
    assert {name for name, kind in kinds.items() if kind == "counter"} == counters | {
        f"{one}_total" for one in counters
    }
    assert {name for name, kind in kinds.items() if kind == "histogram"} == {
        "peering_monitor_azure_request_duration_seconds"
    }
    assert set(kinds.values()) == {"gauge", "counter", "histogram"}
    assert all(text for told in own.values() for _, text in told)


NAMES = (
    'quote" and \\"both\\"',
    "back\\slash \\n and \\",
    "new\nline\n",
    "Привет-中文-🛰-é",
    '{label="value"} 1 # HELP',
    " blanks\tand tabs ",
)


def nasty() -> Estate:
    """A hub whose spokes have names that need escaping, with peerings of the same names on both sides."""

    def quoted(text: str) -> str:
        escaped = text.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n").replace("\t", r"\t")
        return f'"{escaped}"'

    lines = ["subscriptions:", f"  - {{id: {SUBSCRIPTION}, name: {quoted(NAMES[0])}}}", "networks:"]
    for number, name in enumerate(("vnet-hub", *NAMES)):
        lines += [
            f"  - name: {quoted(name)}",
            f"    subscription: {SUBSCRIPTION}",
            f"    resource_group: {quoted(name)}",
            "    location: westeurope",
            f"    address_space: [10.{number}.0.0/16]",
        ]
    lines.append("peerings:")
    for name in NAMES:
        lines += [
            "  - sides:",
            f"      - {{vnet: vnet-hub, name: {quoted(name)}}}",
            f"      - {{vnet: {quoted(name)}, name: {quoted(name)}}}",
        ]
    return parse_estate("\n".join(lines) + "\n")


async def test_any_name_survives_to_prometheus(tmp_path: Path) -> None:
    def lower(name: str) -> str:
        return "".join(one.lower() if one.isascii() else one for one in name)

    def disconnect(azure: Simulator) -> None:
        azure.apply(events.DeletePeering(vnet=NAMES[0], peering=NAMES[0]))

    async with watched(tmp_path, nasty(), arrange=disconnect) as watching:
        for job in JOBS:
            await agrees(watching, job)
            sides = await watching.prometheus.query(f'azure_vnet_peering_info{{job="{job}", vnet!="vnet-hub"}}')
            told = {(dict(one)["vnet"], dict(one)["resource_group"], dict(one)["peering"]) for one in sides}
            assert told == {(lower(name),) * 3 for name in NAMES[1:]}
            finding = await watching.prometheus.query(f'azure_vnet_peering_finding{{job="{job}"}}')
            assert [dict(one)["remote_vnet"] for one in finding] == [lower(NAMES[0])]
            names = await watching.prometheus.query(f'peering_monitor_subscription_info{{job="{job}"}}')
            assert [dict(one)["display_name"] for one in names] == [NAMES[0]]
        await assert_nothing_was_refused(watching)


async def lint(page: bytes) -> tuple[int | None, str]:
    process = await asyncio.create_subprocess_exec(
        components.promtool(),
        "check",
        "metrics",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    async with asyncio.timeout(30):
        said, _ = await process.communicate(page)
    return process.returncode, said.decode()


@pytest.mark.parametrize("estate", ["incident", "hostile names"])
async def test_promtool_has_nothing_to_say_about_the_whole_page(estate: str) -> None:
    """Before the first pass, and with facts, traffic, findings and an unreadable subscription on it."""
    components.promtool()
    async with live(nasty() if estate == "hostile names" else estate) as daemon:
        assert await lint((await daemon.http.ask("/metrics")).body) == (0, "")
        await daemon.http.ready()
        if estate == "incident":
            daemon.azure.apply(events.DeletePeering(vnet="vnet-app", peering="app-to-hub"))
            daemon.azure.apply(
                events.SubscriptionAnswers(subscription="sub-partner-integration", answer="forbidden")
            )

            async def everything() -> bool:
                page = (await daemon.http.ask("/metrics")).text
                return bool(
                    series(page, "azure_vnet_peering_finding")
                    and series(page, "peering_monitor_subscription_readable", reason="forbidden")
                    and series(page, "azure_vnet_peered_bytes")
                )

            await eventually(everything)
        assert await lint((await daemon.http.ask("/metrics")).body) == (0, "")
