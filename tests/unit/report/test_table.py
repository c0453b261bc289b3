"""The table for people at a terminal."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from monitor.model import Reason, Severity, Subscription
from monitor.report import table
from tests.unit.report.snapshots import (
    APP,
    DELETE,
    EXPIRED,
    FORBIDDEN,
    HUB,
    PROD,
    VNET_HUB,
    finding,
    ignored,
    on_network,
    peering,
    read,
    snapshot,
    vnet_id,
)

GOLDEN = f"""\
CRITICAL link/disconnected (peer_missing)
  vnet-app (rg-app, Production) <-> vnet-hub (rg-networking, Connectivity)
  Side: app-to-hub of vnet-app
  Peering app-to-hub from vnet-app to vnet-hub is Disconnected and carries no
  traffic: vnet-hub has no peering back.
  Repair:
    {DELETE}
  Portal: https://portal.azure.com/#@/resource{APP}/virtualNetworkPeerings/app-to-hub

INFO link/forwarded-traffic-asymmetric (differs)
  vnet-with-a-rather-long-name-prod-westeurope-001 (rg-networking, Connectivity)
  <-> vnet-app (rg-app, Production)
  Side: hub-to-app of vnet-with-a-rather-long-name-prod-westeurope-001
  Short.
  Portal: https://portal.azure.com/#x

Could not see
  subscriptions of the tenant: unauthenticated
  topology of Production ({PROD}): forbidden
    The identity may not read virtual networks: assign Reader to it.
  traffic of 33333333-3333-3333-3333-333333333333: throttled

Incomplete: 2 peerings in 2 networks of 2 subscriptions: 1 critical, 1 info; 3
reads failed.
"""


def busy() -> str:
    long = vnet_id("vnet-with-a-rather-long-name-prod-westeurope-001", HUB, "rg-networking")
    mild = finding(
        check="link/forwarded-traffic-asymmetric",
        severity=Severity.INFO,
        side=peering(long, APP, "hub-to-app"),
        reason="differs",
        detail="Short.",
        repair=(),
        portal_url="https://portal.azure.com/#x",
    )
    coverage = (
        read("", Reason.UNAUTHENTICATED, collector="subscriptions"),
        read(HUB),
        FORBIDDEN,
        read("33333333-3333-3333-3333-333333333333", Reason.THROTTLED, collector="traffic"),
    )
    return table.render(snapshot(mild, finding(), coverage=coverage), width=80)


def test_the_whole_table_at_80_columns() -> None:
    assert busy() == GOLDEN


def test_only_commands_and_addresses_are_wider_than_the_terminal() -> None:
    wide = [line.strip() for line in busy().splitlines() if len(line) > 80]
    assert wide
    assert all(line.startswith(("az ", "Portal: ")) for line in wide)


def test_what_is_ignored_and_what_has_expired_stand_below_the_findings() -> None:
    one = ignored()
    network = replace(one, finding=on_network())
    told = table.render(snapshot(ignored=(one, network), expired_ignores=(EXPIRED,)), width=80)
    assert (
        told
        == """\
Ignored
  link/disconnected (peer_missing) of vnet-app (rg-app, Production) <-> vnet-hub
  (rg-networking, Connectivity), until 2023-11-14 22:23 UTC: The app team moves.
  vnet/peering-limit (near) of vnet-app (rg-app, Production), until 2023-11-14
  22:23 UTC: The app team moves.

Expired in checks.ignore: renew or remove
  check link/*, peering app-*: ended 2023-11-14 22:03 UTC: It was\\x1b moved.

Healthy: 2 peerings in 2 networks of 2 subscriptions: no findings, 2 ignored.
"""
    )
    dimmed = table.render(snapshot(ignored=(one,)), width=80, colour=True)
    assert "\x1b[2mlink/disconnected" in dimmed


def test_a_wider_terminal_is_used() -> None:
    lines = table.render(snapshot(finding()), width=120).splitlines()
    assert f"  {finding().detail}" in lines


def test_a_healthy_estate_is_one_line() -> None:
    assert table.render(snapshot()) == "Healthy: 2 peerings in 2 networks of 2 subscriptions: no findings.\n"


def test_without_a_finding_but_with_a_failed_read_it_is_not_called_healthy() -> None:
    told = table.render(snapshot(coverage=(read(), FORBIDDEN)), width=200)
    last = told.splitlines()[-1]
    assert last.startswith("Incomplete: ")
    assert last.endswith(": no findings in what could be read; 1 read failed.")


def test_nothing_read_is_not_healthy() -> None:
    told = table.render(
        snapshot(coverage=(), virtual_networks=(), sides=(), links=(), subscriptions=()), width=100
    )
    assert told == "Incomplete: 0 peerings in 0 networks of 0 subscriptions: nothing was read.\n"


def test_one_of_a_kind_is_counted_in_the_singular() -> None:
    seen = snapshot()
    told = table.render(
        snapshot(
            virtual_networks=seen.virtual_networks[:1], sides=seen.sides[:1], subscriptions=seen.subscriptions[:1]
        )
    )
    assert told == "Healthy: 1 peering in 1 network of 1 subscription: no findings.\n"


def test_commands_are_whole_lines_however_long_they_are() -> None:
    commands = ("az " + "very-long " * 100 + "--name x", "az [bold]not markup[/bold] :smile: 'a b'   c")
    told = table.render(snapshot(finding(repair=commands)), width=80, colour=True)
    assert [line.strip() for line in told.splitlines() if line.strip().startswith("az ")] == [*commands]


def test_the_side_to_repair_names_its_network_first() -> None:
    told = table.render(snapshot(finding(side=peering(VNET_HUB, APP, "hub-to-app"))))
    assert "  vnet-hub (rg-networking, Connectivity) <-> vnet-app (rg-app, Production)\n" in told


def test_a_subscription_without_a_name_is_told_by_its_id() -> None:
    told = table.render(snapshot(finding(), subscriptions=(Subscription(HUB, "", "t"),)), width=200)
    assert f"vnet-app (rg-app, {PROD}) <-> vnet-hub (rg-networking, {HUB})" in told


def test_colour_only_where_asked_for() -> None:
    plain = table.render(snapshot(finding(), coverage=(FORBIDDEN,)))
    coloured = table.render(snapshot(finding(), coverage=(FORBIDDEN,)), colour=True)
    assert "\x1b" not in plain
    assert "\x1b[1;31mCRITICAL" in coloured
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured) == plain


@pytest.mark.parametrize("variable", ["FORCE_COLOR", "NO_COLOR", "COLUMNS", "JUPYTER_COLUMNS"])
def test_the_environment_changes_nothing(variable: str, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = table.render(snapshot(finding()), width=80, colour=True)
    monkeypatch.setenv(variable, "20")
    assert table.render(snapshot(finding()), width=80, colour=True) == expected


HOSTILE = "x\x1b[2J\r\n\x07\x85\u2028\u202e[red]y[/red]:smile:\t"


def test_names_act_neither_on_the_terminal_nor_as_markup() -> None:
    evil = vnet_id(HOSTILE, PROD, HOSTILE)
    one = finding(
        side=peering(evil, VNET_HUB, HOSTILE),
        detail=f"{HOSTILE}\ud800",
        reason=HOSTILE,
        repair=(HOSTILE,),
        portal_url=HOSTILE,
    )
    seen = snapshot(
        one,
        subscriptions=(Subscription(PROD, HOSTILE, "t"),),
        coverage=(read(PROD, Reason.NETWORK, HOSTILE, collector=HOSTILE),),
    )
    told = table.render(seen, width=80)
    assert [line for line in told.split("\n") if not line.isprintable()] == []
    assert "[red]y[/red]:smile:" in told
    assert "\\x1b[2J\\r\\n\\x07\\x85\\u2028\\u202e" in told
    assert len(told.split("\n")) < 40


def test_wide_letters_are_wrapped_by_the_columns_they_take() -> None:
    told = table.render(snapshot(finding(detail="漢字 " * 40)), width=80)
    assert all(line.count("漢") <= 16 for line in told.splitlines())
