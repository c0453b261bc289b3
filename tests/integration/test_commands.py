"""The commands as processes of their own, against a simulated Azure: exit codes, outputs, signals."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import socket
import sys
import time
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest
from aiohttp import ClientSession

from monitor.simulator import Api, Fault, Hang, Simulator, Status, events, resolve_estate
from tests.integration.live import client, eventually

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path
    from typing import Any

TOKEN = "a-token-that-nobody-may-read"
PARTNER = "51d3e9f2-6b7c-48a0-bc94-0f1a8e6d7c04"
DRAINED = 10.0
"""Seconds within which a daemon has stopped."""


@dataclass(frozen=True, slots=True)
class Ended:
    """How a process ended, and what it wrote."""

    code: int
    out: str
    err: str


class Process:
    """A command that runs."""

    def __init__(self, process: asyncio.subprocess.Process, out: Path, err: Path) -> None:
        self._process = process
        self._out = out
        self._err = err

    @property
    def out(self) -> str:
        return self._out.read_text()

    @property
    def err(self) -> str:
        return self._err.read_text()

    async def says(self, pattern: str, *, within: float = 30.0) -> str:
        """Wait until this is in one of the outputs; returns the first group."""

        async def said() -> str | None:
            found = re.search(pattern, self.out + self.err)
            assert found or self._process.returncode is None, f"it ended: {self.out}{self.err}"
            return found[1] if found else None

        return await eventually(said, within=within)

    def send(self, number: signal.Signals) -> None:
        self._process.send_signal(number)

    async def end(self, *, within: float = 60.0) -> Ended:
        async with asyncio.timeout(within):
            code = await self._process.wait()
        return Ended(code, self.out, self.err)

    async def kill(self) -> None:
        if self._process.returncode is None:
            self._process.kill()
            await self._process.wait()


class Commands:
    """Starts commands in the environment of a user who has set nothing but what is given."""

    def __init__(self, folder: Path, stack: AsyncExitStack) -> None:
        self._folder = folder
        self._stack = stack
        self._count = 0

    async def start(self, *arguments: str, **variables: str) -> Process:
        self._count += 1
        out, err = (self._folder / f"{self._count}.{name}" for name in ("out", "err"))
        foreign = ("PEERING_MONITOR_", "AZURE_", "NO_COLOR")
        environment = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
        with out.open("wb") as to_out, err.open("wb") as to_err:
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "monitor",
                *arguments,
                env=environment | variables,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=to_out,
                stderr=to_err,
            )
        started = Process(process, out, err)
        self._stack.push_async_callback(started.kill)
        return started

    async def run(self, *arguments: str, **variables: str) -> Ended:
        return await (await self.start(*arguments, **variables)).end()


@pytest.fixture
async def commands(tmp_path: Path) -> AsyncIterator[Commands]:
    async with AsyncExitStack() as stack:
        yield Commands(tmp_path, stack)


@asynccontextmanager
async def azure(*happenings: events.Event, estate: str = "hub-spoke") -> AsyncIterator[Simulator]:
    """A simulated tenant to which this has happened."""
    async with Simulator(resolve_estate(estate), token=TOKEN, play=False) as simulator:
        for one in happenings:
            simulator.apply(one)
        yield simulator


def towards(url: str, **variables: str) -> dict[str, str]:
    """The variables of a command that reads this Azure."""
    return {
        "PEERING_MONITOR_AZURE__RESOURCE_MANAGER_URL": url,
        "PEERING_MONITOR_AZURE__CREDENTIAL": "static",
        "PEERING_MONITOR_AZURE__STATIC_TOKEN": TOKEN,
        "PEERING_MONITOR_HTTP__LISTEN": "127.0.0.1:0",
        "PEERING_MONITOR_COLLECTORS": "{topology: {interval: 1s}, traffic: {interval: 1s}}",
        **variables,
    }


def one_clear_line(err: str) -> str:
    """What a command told its user, which must be a sentence and not a traceback."""
    assert "Traceback" not in err
    (line,) = err.splitlines()
    assert line.startswith("peering-monitor: ")
    return line


DELETED = events.DeletePeering(vnet="vnet-app", peering="app-to-hub")
RESIZED = events.ResizeVnet(vnet="vnet-data", address_space=("10.2.0.0/16", "10.12.0.0/16"))
UNUSED = events.SetFlag(vnet="vnet-dev", peering="dev-to-hub", flag="use_remote_gateways", value=False)
UNREADABLE = events.SubscriptionAnswers(subscription="sub-partner-integration", answer="forbidden")


class TestCheck:
    async def test_a_healthy_tenant_is_0_and_stdout_holds_only_the_document(self, commands: Commands) -> None:
        async with azure() as tenant:
            ended = await commands.run("check", "--format", "json", **towards(tenant.url))
        assert (ended.code, ended.err) == (0, "")
        told = json.loads(ended.out)
        assert next(iter(told.items())) == ("schema_version", 1)
        assert (told["exit_code"], told["findings"], told["coverage"]) == (0, [], [])
        assert told["summary"]["peerings"] == 10

    async def test_a_disconnected_peering_is_1_in_every_format(self, commands: Commands) -> None:
        async with azure(DELETED) as tenant:
            table, document, junit = await asyncio.gather(
                *(
                    commands.run("check", "--format", one, **towards(tenant.url))
                    for one in ("table", "json", "junit")
                )
            )
        assert [one.code for one in (table, document, junit)] == [1, 1, 1]
        (finding,) = json.loads(document.out)["findings"]
        assert {"check", "severity", "link", "side", "reason", "detail", "repair", "portal_url", "ignored"} <= {
            *finding
        }
        assert (finding["check"], finding["severity"], finding["reason"]) == (
            "link/disconnected",
            "critical",
            "peer_missing",
        )
        for command in finding["repair"]:
            assert command in table.out
        assert ET.fromstring(junit.out).attrib["failures"] == "1"

    async def test_fail_on_is_the_least_level_that_counts(self, commands: Commands) -> None:
        levels = {"warning": 1, "critical": 0}
        async with azure(RESIZED, UNUSED) as tenant:
            ended = await asyncio.gather(
                *(
                    commands.run("check", "--format", "json", "--fail-on", level, **towards(tenant.url))
                    for level in levels
                )
            )
        assert [one.code for one in ended] == list(levels.values())
        for one in ended:
            told = json.loads(one.out)
            assert told["exit_code"] == one.code
            assert {finding["severity"] for finding in told["findings"]} == {"warning", "info"}

    async def test_an_unreadable_subscription_is_2_whatever_else_is_found(self, commands: Commands) -> None:
        async with azure(DELETED, UNREADABLE) as tenant:
            ended = await commands.run("check", "--format", "json", "--fail-on", "never", **towards(tenant.url))
        assert ended.code == 2
        told = json.loads(ended.out)
        assert told["exit_code"] == 2
        assert [one["check"] for one in told["findings"]] == ["link/disconnected"]
        assert [(row["subscription_id"], row["collector"], row["reason"]) for row in told["coverage"]] == [
            (PARTNER, "topology", "forbidden")
        ]

    async def test_a_list_that_answers_401_is_2_and_no_output_tells_the_token(self, commands: Commands) -> None:
        loud = {"PEERING_MONITOR_LOG__LEVEL": "debug", "PEERING_MONITOR_LOG__FORMAT": "json"}
        async with azure() as tenant:
            tenant.faults.add(Fault(Status(401, body=f'{{"error": "Bearer {TOKEN}"}}'.encode())))
            table, junit = await asyncio.gather(
                commands.run("check", **towards(tenant.url)),
                commands.run("check", "--format", "junit", **towards(tenant.url, **loud)),
            )
        assert [table.code, junit.code] == [2, 2]
        assert "unauthenticated" in table.out
        assert ET.fromstring(junit.out).attrib["errors"] == "1"
        assert junit.err
        for one in (table, junit):
            assert TOKEN not in one.out + one.err

    async def test_a_selection_that_matches_nothing_is_2_and_says_so(self, commands: Commands) -> None:
        async with azure() as tenant:
            ended = await commands.run(
                "check", **towards(tenant.url, PEERING_MONITOR_SUBSCRIPTIONS__INCLUDE="[nobody-has-this-*]")
            )
        assert ended.code == 2
        assert "none of the 4 subscriptions" in re.sub(r"\s+", " ", ended.out)


def records(err: str) -> list[dict[str, Any]]:
    """The records of a log in JSON: one a line, and nothing between them."""
    return [json.loads(line) for line in err.splitlines()]


def assert_stopped_quietly(ended: Ended) -> None:
    assert (ended.code, ended.out) == (0, "")
    log = records(ended.err)
    assert log[-1]["event"] == "stopping"
    assert {one["level"] for one in log} <= {"info", "warning"}
    assert "Cancelled" not in ended.err
    assert TOKEN not in ended.err


class TestRun:
    async def start(self, commands: Commands, tenant: Simulator, **variables: str) -> tuple[Process, str]:
        process = await commands.start("run", **towards(tenant.url, **variables))
        return process, await process.says(r'"url":\s*"(http://127\.0\.0\.1:\d+)"')

    async def test_sigterm_ends_it_with_0_also_while_azure_hangs(self, commands: Commands) -> None:
        async with azure() as tenant, AsyncExitStack() as stack:
            process, url = await self.start(commands, tenant)
            http = await stack.enter_async_context(client(url))
            await http.ready()
            assert len(await http.series("azure_vnet_peering_state", state="Connected")) == 10
            tenant.clear_requests()
            tenant.faults.add(Fault(Hang()))
            await tenant.received(1)
            process.send(signal.SIGTERM)
            ended = await process.end(within=DRAINED)
        assert_stopped_quietly(ended)

    async def test_sigint_ends_it_with_0_although_the_first_pass_never_ends(self, commands: Commands) -> None:
        async with azure() as tenant:
            tenant.faults.add(Fault(Hang()))
            process, _ = await self.start(commands, tenant)
            await tenant.received(1)
            process.send(signal.SIGINT)
            ended = await process.end(within=DRAINED)
        assert_stopped_quietly(ended)

    async def test_the_log_says_what_begins_and_what_ends_and_nothing_at_every_pass(
        self, commands: Commands
    ) -> None:
        async with azure(DELETED, UNREADABLE) as tenant, AsyncExitStack() as stack:
            process, url = await self.start(commands, tenant)
            http = await stack.enter_async_context(client(url))

            async def passes() -> bool:
                ran = await http.series("peering_monitor_collector_runs_total")
                return all(
                    sum(value for labels, value in ran.items() if dict(labels)["collector"] == one) >= 3
                    for one in ("topology", "traffic")
                )

            await eventually(passes, within=30)
            refusals = [one for one in tenant.requests if one.api == Api.NETWORKS and one.status == 403]
            tenant.apply(events.SubscriptionAnswers(subscription="sub-partner-integration", answer="ok"))
            await process.says(r"(readable again)")
            tenant.apply(events.RecreatePeering(vnet="vnet-app", peering="app-to-hub"))
            await process.says(r"(finding cleared)")
            process.send(signal.SIGTERM)
            log = records((await process.end(within=DRAINED)).err)
        assert len(refusals) >= 3
        assert [one["event"] for one in log if one.get("check") == "link/disconnected"] == [
            "finding appeared",
            "finding cleared",
        ]
        topology = [one for one in log if one.get("collector") == "topology"]
        assert [(one["event"], one["subscription_id"], one.get("reason")) for one in topology] == [
            ("could not read everything", PARTNER, "forbidden"),
            ("readable again", PARTNER, None),
        ]
        unsupported = [one["subscription_id"] for one in log if "BytesInPeering" in one.get("metrics", ())]
        assert len(unsupported) == len(set(unsupported))
        assert len(unsupported) - (PARTNER in unsupported) == 3  # once for each subscription that has been read


class TestSimulate:
    async def test_it_prints_its_url_and_serves(self, commands: Commands) -> None:
        process = await commands.start("simulate", "--estate", "hub-spoke", "--listen", "127.0.0.1:0")
        url = await process.says(r"(http://127\.0\.0\.1:\d+)")
        async with ClientSession() as session:
            address = f"{url}/subscriptions?api-version=2022-12-01"
            async with session.get(address) as refused:
                assert refused.status == 401
            async with session.get(address, headers={"Authorization": "Bearer any"}) as answer:
                listed = await answer.json()
        assert len(listed["value"]) == 4
        process.send(signal.SIGTERM)
        ended = await process.end(within=DRAINED)
        assert ended.code == 0
        assert ended.out == f"Azure simulator: {url}\n"


class TestMistakes:
    async def test_each_is_told_in_a_clear_line_with_its_exit_code(
        self, commands: Commands, tmp_path: Path
    ) -> None:
        settings, estate = tmp_path / "settings.yaml", tmp_path / "estate.yaml"
        settings.write_text("azure: {cloud: moon}\nhttp:\n  lisen: 127.0.0.1:0\n")
        estate.write_text("base: hub-spoke\ntimeline:\n  - {at: 1, event: delete-vnet, vnet: vnet-nowhere}\n")
        with socket.create_server(("127.0.0.1", 0)) as taken:
            listen = f"127.0.0.1:{taken.getsockname()[1]}"
            credential, port, unknown, checked, played = await asyncio.gather(
                commands.run("check", PEERING_MONITOR_AZURE__CREDENTIAL="workload_identity"),
                commands.run("run", **towards("http://127.0.0.1:9", PEERING_MONITOR_HTTP__LISTEN=listen)),
                commands.run("run", "--config", str(settings)),
                commands.run("check", "--format", "json", "--config", str(settings)),
                commands.run("simulate", "--estate", str(estate), "--listen", "127.0.0.1:0"),
            )
        for ended in (credential, port, unknown, checked, played):
            assert ended.out == ""
            assert "Traceback" not in ended.err
        assert credential.code == 2
        assert "azure.credential: workload_identity cannot be used here" in one_clear_line(credential.err)
        assert port.code == 1
        assert f"cannot listen on {listen}" in one_clear_line(port.err)
        assert unknown.code == checked.code == 2
        assert unknown.err == checked.err
        for named in (str(settings), "azure.cloud", "http.lisen", "did you mean", "2 problems"):
            assert named in unknown.err
        assert played.code == 2
        for named in (str(estate), "timeline[0]", "vnet-nowhere"):
            assert named in one_clear_line(played.err)


QUICK = """
base: incident
timeline:
  - {at: 2, event: delete-peering, vnet: vnet-app, peering: app-to-hub}
  - {at: 5, event: recreate-peering, vnet: vnet-app, peering: app-to-hub}
"""
HUB_SIDE = {"vnet": "vnet-hub", "peering": "hub-to-app"}


class TestDemo:
    async def start(self, commands: Commands, *arguments: str, **variables: str) -> tuple[Process, str]:
        process = await commands.start("demo", "--listen", "127.0.0.1:0", *arguments, **variables)
        return process, await process.says(r"page +(http://127\.0\.0\.1:\d+)/")

    async def test_within_20_seconds_every_peering_of_the_estate_is_there(self, commands: Commands) -> None:
        began = time.monotonic()
        process, url = await self.start(commands)
        async with client(url) as http:

            async def everything() -> bool:
                return await http.value("peering_monitor_snapshot_peerings") == 11

            await eventually(everything, within=20)
            assert time.monotonic() - began < 20
            assert len(await http.series("azure_vnet_peering_state", state="Connected")) == 11
            assert len({*await http.series("azure_vnet_peering_info")}) == 11
            assert len(await http.series("azure_vnet_peering_flag", flag="allow_forwarded_traffic")) == 11
            # The spoke of the Virtual WAN hub has an other side that nobody can read.
            assert set((await http.series("azure_vnet_peering_consistent")).values()) == {1.0}
            assert len(await http.series("azure_vnet_peering_consistent")) == 10
            assert f"{url}/metrics" in process.out

            async def traffic() -> bool:
                return len(await http.series("azure_vnet_peered_bytes", direction="in")) == 9

            await eventually(traffic)
        process.send(signal.SIGINT)
        ended = await process.end(within=DRAINED)
        assert ended.code == 0
        assert "Traceback" not in ended.err

    async def test_while_the_timeline_plays_the_matching_series_change(
        self, commands: Commands, tmp_path: Path
    ) -> None:
        file = tmp_path / "quick.yaml"
        file.write_text(QUICK)
        process, url = await self.start(
            commands, "--estate", str(file), PEERING_MONITOR_COLLECTORS__TOPOLOGY__INTERVAL="1s"
        )
        async with client(url) as http:

            async def state() -> tuple[str, int]:
                """The state that the hub's side is in, and how many findings say so."""
                page = await http.series("azure_vnet_peering_state", **HUB_SIDE)
                current = [dict(labels)["state"] for labels, value in page.items() if value == 1]
                found = await http.series("azure_vnet_peering_finding", check="link/disconnected", **HUB_SIDE)
                assert len(current) < 2
                return "".join(current), len(found)

            for wanted in (("Connected", 0), ("Disconnected", 1), ("Connected", 0)):
                await _until(state, wanted)
            assert await http.series("azure_vnet_peering_finding") == {}
        process.send(signal.SIGTERM)
        ended = await process.end(within=DRAINED)
        assert ended.code == 0
        assert re.search(r"2s: .*app-to-hub", ended.err), "the log tells what happens in the simulated Azure"


async def _until(state: Any, wanted: tuple[str, int]) -> None:
    async def reached() -> bool:
        return bool(await state() == wanted)

    await eventually(reached, within=15)
