"""The timeline: what `demo` plays, and how a test jumps along it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from monitor.simulator import Simulator, TimedEvent, events, resolve_estate
from tests.unit.simulator.estates import small_estate

if TYPE_CHECKING:
    from monitor.simulator import Estate


def _trouble(simulator: Simulator) -> set[str]:
    """Everything about the estate that is not as a healthy one is."""
    cloud, found = simulator.cloud, set()
    for network in cloud.networks.values():
        for side in network.peerings.values():
            level = cloud.view(network, side).sync_level
            _, other = cloud.counterpart(network, side)
            if side.state != "Connected":
                found.add(f"{side.name} {side.state}")
            elif level != "FullyInSync":
                found.add(f"{side.name} {level}")
            if side.options.use_remote_gateways and other is not None and not other.options.allow_gateway_transit:
                found.add(f"{side.name} without transit")
    found |= {f"{item.name} {item.answer}" for item in cloud.subscriptions.values() if item.answer != "ok"}
    return found


async def test_the_incident_is_healthy_then_breaks_in_four_ways_and_is_repaired() -> None:
    told: list[str] = []
    simulator = Simulator(
        resolve_estate("incident"), play=False, now=lambda: 0.0, on_event=lambda _event, text: told.append(text)
    )
    seen = {}
    for second in (20, 30, 65, 100, 135, 180, 205, 225, 240):
        await simulator.play_to(second)
        seen[second] = _trouble(simulator)

    app, dev = {"hub-to-app Disconnected"}, {"dev-to-hub without transit"}
    data = {"hub-to-data LocalNotInSync", "data-to-hub RemoteNotInSync"}
    blind = {"sub-partner-integration forbidden"}
    assert seen == {
        20: set(),
        30: app,
        65: app | data,
        100: app | data | dev,
        135: app | data | dev | blind,
        180: data | dev | blind,
        205: dev | blind,
        225: blind,
        240: set(),
    }
    assert simulator.timeline_finished
    assert told[0] == "25s: peering app-to-hub deleted: hub-to-app is now Disconnected"
    assert told[1] == (
        "60s: virtual network vnet-data resized to 10.2.0.0/16, 10.12.0.0/16: hub-to-data is LocalNotInSync"
    )
    assert len(told) == 8


def test_the_incident_breaks_within_three_minutes_and_ends_within_five() -> None:
    timeline = resolve_estate("incident").timeline
    repairs = (events.RecreatePeering, events.SyncPeering)

    assert timeline[0].at >= 20
    assert timeline[-1].at <= 300
    assert max(timed.at for timed in timeline[:4]) <= 180
    assert not any(isinstance(timed.event, repairs) for timed in timeline[:4])


def _two_steps(first: float, second: float) -> Estate:
    return small_estate(
        timeline=(
            TimedEvent(second, events.RecreatePeering(vnet="vnet-a", peering="a-to-b")),
            TimedEvent(first, events.DeletePeering(vnet="vnet-a", peering="a-to-b")),
        )
    )


async def test_events_happen_in_the_order_of_their_time_whatever_their_order_in_the_file() -> None:
    told: list[str] = []
    simulator = Simulator(_two_steps(1, 2), now=lambda: 0.0, on_event=lambda _event, text: told.append(text[:3]))
    await simulator.advance(5)

    assert told == ["1s:", "2s:"]
    assert simulator.elapsed == 5


async def test_playing_to_a_second_that_has_passed_changes_nothing() -> None:
    simulator = Simulator(_two_steps(1, 20), now=lambda: 0.0)
    await simulator.play_to(10)
    await simulator.play_to(3)

    assert simulator.elapsed == 10
    assert not simulator.timeline_finished


async def test_the_timeline_plays_by_itself_while_the_simulator_runs() -> None:
    done = asyncio.Event()
    second = iter((lambda: None, done.set))
    async with Simulator(_two_steps(0.01, 0.02), on_event=lambda *_: next(second)()) as simulator:
        await asyncio.wait_for(done.wait(), 2)

    assert simulator.timeline_finished


async def test_the_timeline_follows_an_injected_clock() -> None:
    clock, done = [100.0], asyncio.Event()
    async with Simulator(_two_steps(30, 60), now=lambda: clock[0], on_event=lambda *_: done.set()) as simulator:
        clock[0] += 31
        await asyncio.wait_for(done.wait(), 2)

    assert not simulator.timeline_finished


async def test_an_event_that_has_become_impossible_is_told_and_the_rest_goes_on() -> None:
    told: list[str] = []
    simulator = Simulator(_two_steps(1, 2), now=lambda: 0.0, on_event=lambda _event, text: told.append(text))
    simulator.apply(events.DeletePeering(vnet="vnet-a", peering="a-to-b"))
    await simulator.advance(5)

    assert "could not happen: virtual network 'vnet-a' has no peering 'a-to-b' at this moment" in told[0]
    assert told[1].endswith("a-to-b is Connected, b-to-a is Connected")


async def test_a_simulator_can_be_stopped_and_started_again() -> None:
    simulator = Simulator(small_estate())
    await simulator.start()
    await simulator.stop()
    url = await simulator.start()
    await simulator.stop()
    await simulator.stop()

    assert url.startswith("http://127.0.0.1:")
