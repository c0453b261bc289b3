"""The composition root: the only module that wires the parts together."""

from __future__ import annotations

import asyncio
import signal
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING

import structlog
from pydantic import SecretStr

from monitor.analysis.engine import AnalysisOptions
from monitor.azure.arm import Arm
from monitor.azure.clouds import CLOUDS
from monitor.azure.credentials import make_credential
from monitor.azure.failures import AzureError
from monitor.collectors import topology, traffic
from monitor.collectors.subscriptions import Selection
from monitor.collectors.traffic import TrafficPlan
from monitor.model import Ignore
from monitor.runtime.garbage import keep_what_is_loaded
from monitor.runtime.passes import COLLECTORS, Passes, Plan
from monitor.runtime.schedule import Job, Schedule
from monitor.runtime.store import Store
from monitor.runtime.telemetry import Telemetry
from monitor.simulator import EstateError, Simulator, resolve_estate
from monitor.web.page import Page
from monitor.web.server import Server

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from monitor.model import Snapshot
    from monitor.settings import Settings
    from monitor.simulator import Estate, TimedEvent

DEMO_TOKEN = "demo"  # noqa: S105 - what the simulator of the same process accepts, on loopback
BAD_CONFIG = 2
COULD_NOT_START = 1

log = structlog.get_logger(__name__)


class UsageProblem(Exception):  # noqa: N818 - it is the user's to solve, and the text says how
    """What was asked for cannot be done as it stands; the message is one line for the user."""

    def __init__(self, message: str, *, exit_code: int = BAD_CONFIG) -> None:
        super().__init__(message)
        self.exit_code = exit_code


async def run(settings: Settings) -> int:
    """Run the daemon until SIGTERM or SIGINT; return the exit code."""
    stop = _stop_signal()
    async with daemon(settings) as server:
        log.info("listening", url=server.url)
        await stop.wait()
        log.info("stopping")
    return 0


async def demo(settings: Settings, *, estate: str) -> int:
    """Run the daemon against an embedded simulator, whatever the settings say about Azure."""
    stop = _stop_signal()
    chosen = _estate(estate)
    async with AsyncExitStack() as stack:
        simulator = await stack.enter_async_context(Simulator(chosen, token=DEMO_TOKEN, on_event=_log_event))
        azure = settings.azure.model_copy(
            update={
                "resource_manager_url": simulator.url,
                "credential": "static",
                "static_token": SecretStr(DEMO_TOKEN),
            }
        )
        server = await stack.enter_async_context(daemon(settings.model_copy(update={"azure": azure})))
        print(_welcome(server.url, simulator.url, chosen), flush=True)  # noqa: T201 - human output of a command
        await stop.wait()
        log.info("stopping")
    return 0


async def check(settings: Settings) -> Snapshot:
    """Read everything once and return what was found; traffic has no findings and is not read."""
    store, telemetry = Store(), Telemetry(COLLECTORS)
    async with _arm(settings, telemetry) as arm:
        await Passes(arm, _plan(settings), store=store, telemetry=telemetry).topology()
    if store.latest is None:
        raise RuntimeError("a pass ended without a snapshot")
    return store.latest.snapshot


async def simulate(estate: str, *, host: str, port: int) -> int:
    """Run only the simulator until SIGTERM or SIGINT."""
    stop = _stop_signal()
    simulator = Simulator(_estate(estate), host=host, port=port, on_event=_log_event)
    async with AsyncExitStack() as stack:
        try:
            await stack.enter_async_context(simulator)
        except OSError as error:
            raise _cannot_listen(host, port, error) from error
        print(f"Azure simulator: {simulator.url}", flush=True)  # noqa: T201 - human output of a command
        await stop.wait()
    return 0


@asynccontextmanager
async def daemon(settings: Settings) -> AsyncIterator[Server]:
    """Serve HTTP and keep collecting for as long as the context lasts."""
    collectors = [one for one in COLLECTORS if one != traffic.COLLECTOR or settings.collectors.traffic.enabled]
    store, telemetry = Store(), Telemetry(collectors)
    schedule = Schedule(telemetry)
    listen = settings.http.listen
    server = Server(
        host=listen.host,
        port=listen.port,
        store=store,
        registry=telemetry.registry,
        beats=schedule.beats,
        page=Page(),
    )
    async with AsyncExitStack() as stack:
        arm = await stack.enter_async_context(_arm(settings, telemetry))
        try:
            await stack.enter_async_context(server)
        except OSError as error:
            raise _cannot_listen(listen.host, listen.port, error) from error
        passes = Passes(arm, _plan(settings), store=store, telemetry=telemetry)
        keep_what_is_loaded()
        stack.callback(schedule.close)
        schedule.start()
        schedule.add(Job(topology.COLLECTOR, settings.collectors.topology.interval, passes.topology))
        if settings.collectors.traffic.enabled:
            later = asyncio.create_task(
                _traffic_after_topology(schedule, passes, settings.collectors.traffic.interval)
            )
            stack.callback(later.cancel)
        yield server


async def _traffic_after_topology(schedule: Schedule, passes: Passes, interval: float) -> None:
    """Begin with traffic once it is known which networks there are."""
    await passes.first_topology_ended.wait()
    schedule.add(Job(traffic.COLLECTOR, interval, passes.traffic))


def _arm(settings: Settings, telemetry: Telemetry) -> Arm:
    azure = settings.azure
    cloud = CLOUDS[azure.cloud]
    try:
        credential = make_credential(
            azure.credential,
            cloud=cloud,
            tenant_id=azure.tenant_id,
            static_token=azure.static_token.get_secret_value() if azure.static_token else None,
        )
    except AzureError as error:
        raise UsageProblem(error.failure.detail) from error
    return Arm(
        credential=credential,
        cloud=cloud,
        resource_manager_url=azure.resource_manager_url,
        max_concurrency=azure.max_concurrency,
        request_timeout=azure.request_timeout,
        observer=telemetry,
    )


def _plan(settings: Settings) -> Plan:
    wanted = settings.collectors.traffic
    return Plan(
        selection=Selection(
            settings.subscriptions.include,
            settings.subscriptions.exclude,
            settings.subscriptions.management_groups,
        ),
        analysis=AnalysisOptions(
            disabled=frozenset(settings.checks.disabled),
            severity=settings.checks.severity,
            portal_url=CLOUDS[settings.azure.cloud].portal_url,
            tenant_id=settings.azure.tenant_id,
            ignores=tuple(
                Ignore(one.until.seconds, one.reason, one.check, one.vnet, one.peering)
                for one in settings.checks.ignore
            ),
        ),
        max_age=settings.staleness.max_age,
        traffic=TrafficPlan(
            metrics=wanted.metrics,
            grain=int(wanted.grain.seconds),
            # The other half of the slots stays free for the topology, which matters more.
            concurrency=max(1, settings.azure.max_concurrency // 2),
            max_age=settings.staleness.max_age,
        )
        if wanted.enabled
        else None,
    )


def _stop_signal() -> asyncio.Event:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    return stop


def _cannot_listen(host: str, port: int, error: OSError) -> UsageProblem:
    return UsageProblem(
        f"cannot listen on {host}:{port}: {error.strerror or error}; "
        "choose another address (http.listen, or --listen HOST:PORT; port 0 takes a free one)",
        exit_code=COULD_NOT_START,
    )


def _estate(name: str) -> Estate:
    try:
        return resolve_estate(name)
    except EstateError as error:
        raise UsageProblem(str(error)) from error


def _log_event(_: TimedEvent, description: str) -> None:
    log.info("the simulated Azure changed", what=description)


def _welcome(url: str, simulator_url: str, estate: Estate) -> str:
    lines = [
        f"Azure peering monitor, against a simulated Azure (estate {estate.name})",
        f"  page       {url}/",
        f"  metrics    {url}/metrics",
        f"  simulator  {simulator_url}",
    ]
    if estate.timeline:
        lines.append(f"  The estate plays {len(estate.timeline)} events; watch the page. Ctrl-C stops.")
    return "\n".join(lines)
