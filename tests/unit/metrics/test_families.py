from __future__ import annotations

from dataclasses import replace

import pytest

from monitor.metrics.families import FAMILIES, Family, SetFamily
from monitor.model import (
    CheckSetting,
    Coverage,
    LinkKey,
    MetricSupport,
    PeeringState,
    RateLimit,
    Reason,
    Severity,
    Snapshot,
    Subscription,
    SyncLevel,
)
from tests.unit.metrics.builders import (
    HUB,
    HUB_TO_APP,
    REMOTE_APP,
    finding,
    ignored,
    network,
    network_finding,
    peering,
    point,
    side,
    snapshot,
    vnet_id,
)
from tests.unit.metrics.pages import lines

LINK = LinkKey.between(vnet_id("Hub"), vnet_id("App")).id
HUB_TO_APP_ID = (
    "/subscriptions/s1/resourcegroups/rg/providers/microsoft.network/virtualnetworks/hub"
    "/virtualnetworkpeerings/to-app"
)
NOW = 1_700_000_000.0

EXPOSITIONS: dict[str, tuple[Snapshot, list[str]]] = {
    "azure_vnet_peering_info": (
        snapshot(side()),
        [f'{{{HUB_TO_APP},{REMOTE_APP},resource_id="{HUB_TO_APP_ID}",link="{LINK}"}} 1'],
    ),
    "azure_vnet_info": (
        Snapshot(NOW, virtual_networks=(network(location="WestEurope"),)),
        [f'{{{HUB},location="westeurope"}} 1'],
    ),
    "azure_vnet_peering_global": (
        snapshot(
            side(peering(name="near"), is_global=False),
            side(peering(name="far"), is_global=True),
            side(peering(name="unseen"), is_global=None),
        ),
        [f'{{{HUB},peering="near"}} 0', f'{{{HUB},peering="far"}} 1'],
    ),
    "azure_vnet_peering_state": (
        snapshot(side(peering(state=PeeringState.DISCONNECTED))),
        [
            f'{{{HUB_TO_APP},state="Connected"}} 0',
            f'{{{HUB_TO_APP},state="Initiated"}} 0',
            f'{{{HUB_TO_APP},state="Disconnected"}} 1',
            f'{{{HUB_TO_APP},state="Unknown"}} 0',
        ],
    ),
    "azure_vnet_peering_sync_level": (
        snapshot(side(peering(sync_level=SyncLevel.LOCAL_NOT_IN_SYNC))),
        [
            f'{{{HUB_TO_APP},level="FullyInSync"}} 0',
            f'{{{HUB_TO_APP},level="RemoteNotInSync"}} 0',
            f'{{{HUB_TO_APP},level="LocalNotInSync"}} 1',
            f'{{{HUB_TO_APP},level="LocalAndRemoteNotInSync"}} 0',
            f'{{{HUB_TO_APP},level="Unknown"}} 0',
        ],
    ),
    "azure_vnet_peering_provisioning_succeeded": (
        snapshot(
            side(peering(name="good", provisioning_state="Succeeded")),
            side(peering(name="busy", provisioning_state="Updating")),
            side(peering(name="untold", provisioning_state=None)),
        ),
        [f'{{{HUB},peering="good"}} 1', f'{{{HUB},peering="busy"}} 0'],
    ),
    "azure_vnet_peering_flag": (
        snapshot(
            side(
                peering(
                    allow_virtual_network_access=True,
                    allow_forwarded_traffic=False,
                    allow_gateway_transit=True,
                    use_remote_gateways=False,
                    peer_complete_vnets=None,
                )
            )
        ),
        [
            f'{{{HUB_TO_APP},flag="allow_virtual_network_access"}} 1',
            f'{{{HUB_TO_APP},flag="allow_forwarded_traffic"}} 0',
            f'{{{HUB_TO_APP},flag="allow_gateway_transit"}} 1',
            f'{{{HUB_TO_APP},flag="use_remote_gateways"}} 0',
        ],
    ),
    "azure_vnet_peering_consistent": (
        snapshot(
            side(peering(name="agree"), consistent=True),
            side(peering(name="contradict"), consistent=False),
            side(peering(name="unseen"), consistent=None),
        ),
        [f'{{{HUB},peering="agree"}} 1', f'{{{HUB},peering="contradict"}} 0'],
    ),
    "azure_vnet_peering_remote_visible": (
        snapshot(side(peering(name="seen")), side(peering(name="unseen"), remote_visible=False)),
        [f'{{{HUB},peering="seen"}} 1', f'{{{HUB},peering="unseen"}} 0'],
    ),
    "azure_vnet_peering_finding": (
        replace(snapshot(), findings=(finding(check="link/disconnected", severity=Severity.CRITICAL),)),
        [f'{{{HUB_TO_APP},{REMOTE_APP},check="link/disconnected",severity="critical",link="{LINK}"}} 1'],
    ),
    "azure_vnet_finding": (
        replace(snapshot(), findings=(network_finding(about="one"), network_finding(about="two"), finding())),
        [f'{{{HUB},check="vnet/peering-limit",severity="warning"}} 2'],
    ),
    "azure_vnet_peerings": (
        Snapshot(
            NOW,
            virtual_networks=(
                network(peerings=[peering(name="one"), peering(name="two")]),
                network(vnet_id("lonely")),
                network(vnet_id("half-read"), peerings=[peering()], peerings_complete=False),
            ),
        ),
        [f"{{{HUB}}} 2", '{subscription_id="s1",resource_group="rg",vnet="lonely"} 0'],
    ),
    "azure_vnet_peering_limit": (
        Snapshot(
            NOW,
            virtual_networks=(
                network(peerings=[peering(name="to-App"), peering(name="ANM_hub")]),
                network(vnet_id("App"), peerings=[peering(vnet_id("App"), name="not-ANM_app")]),
            ),
        ),
        [f"{{{HUB}}} 1000", '{subscription_id="s1",resource_group="rg",vnet="app"} 500'],
    ),
    "azure_vnet_peered_bytes": (
        Snapshot(NOW, metric_points=(point("BytesInPeering", 600.0), point("BytesOutPeering", 0.0))),
        [f'{{{HUB},direction="in"}} 600.0', f'{{{HUB},direction="out"}} 0.0'],
    ),
    "azure_vnet_peered_bytes_per_second": (
        Snapshot(
            NOW,
            metric_points=(
                point("BytesInPeering", 600.0, grain_seconds=300.0),
                point("BytesOutPeering", 600.0, grain_seconds=0.0),
            ),
        ),
        [f'{{{HUB},direction="in"}} 2.0'],
    ),
    "azure_vnet_ping_mesh_roundtrip_seconds": (
        Snapshot(NOW, metric_points=(point("PingMeshAverageRoundtripMs", 1.5),)),
        [f"{{{HUB}}} 0.0015"],
    ),
    "azure_vnet_ping_mesh_probes_failed_ratio": (
        Snapshot(NOW, metric_points=(point("PingMeshProbesFailedPercent", 2.5),)),
        [f"{{{HUB}}} 0.025"],
    ),
    "azure_vnet_metric_timestamp_seconds": (
        Snapshot(NOW, metric_points=(point("BytesInPeering", end=NOW), point("BytesOutPeering", end=NOW - 300))),
        [
            f'{{{HUB},metric="BytesInPeering"}} 1700000000.0',
            f'{{{HUB},metric="BytesOutPeering"}} 1699999700.0',
        ],
    ),
    "peering_monitor_subscription_readable": (
        Snapshot(
            NOW,
            coverage=(
                Coverage("", "subscriptions", Reason.OK),
                Coverage("s1", "topology", Reason.OK),
                Coverage("s1", "traffic", Reason.FORBIDDEN),
            ),
        ),
        [
            '{subscription_id="",collector="subscriptions",reason="ok"} 1',
            '{subscription_id="s1",collector="topology",reason="ok"} 1',
            '{subscription_id="s1",collector="traffic",reason="forbidden"} 0',
        ],
    ),
    "peering_monitor_subscription_last_success_timestamp_seconds": (
        Snapshot(
            NOW,
            coverage=(
                Coverage("s1", "topology", Reason.TIMEOUT, last_success=NOW),
                Coverage("s2", "topology", Reason.FORBIDDEN, last_success=None),
            ),
        ),
        ['{subscription_id="s1",collector="topology"} 1700000000.0'],
    ),
    "peering_monitor_subscription_info": (
        Snapshot(NOW, subscriptions=(Subscription("S1", "Netz Öst", "T1"),)),
        ['{subscription_id="s1",display_name="Netz Öst",tenant_id="t1"} 1'],
    ),
    "peering_monitor_check_findings": (
        Snapshot(
            NOW,
            checks=(
                CheckSetting("link/disconnected", Severity.CRITICAL),
                CheckSetting("link/initiated", Severity.WARNING),
            ),
            findings=(finding(), finding(peering(name="other"))),
        ),
        ['{check="link/disconnected",severity="critical"} 0', '{check="link/initiated",severity="warning"} 2'],
    ),
    "peering_monitor_ignored_findings": (
        Snapshot(
            NOW,
            checks=(
                CheckSetting("link/disconnected", Severity.CRITICAL),
                CheckSetting("link/initiated", Severity.WARNING),
            ),
            ignored=(ignored(finding()), ignored(finding(peering(name="other")))),
        ),
        ['{check="link/disconnected"} 0', '{check="link/initiated"} 2'],
    ),
    "peering_monitor_azure_ratelimit_remaining": (
        Snapshot(NOW, rate_limits=(RateLimit("S1", "subscription-reads", 0),)),
        ['{subscription_id="s1",kind="subscription-reads"} 0'],
    ),
    "peering_monitor_azure_metric_supported": (
        Snapshot(
            NOW,
            metric_support=(
                MetricSupport("s1", "BytesInPeering", supported=False),
                MetricSupport("s1", "PingMeshAverageRoundtripMs", supported=True),
            ),
        ),
        [
            '{subscription_id="s1",metric="BytesInPeering"} 0',
            '{subscription_id="s1",metric="PingMeshAverageRoundtripMs"} 1',
        ],
    ),
    "peering_monitor_snapshot_timestamp_seconds": (Snapshot(1_700_000_030.5), ["1700000030.5"]),
    "peering_monitor_snapshot_peerings": (snapshot(side()), ["1"]),
}


@pytest.mark.parametrize("family", [family.name for family in FAMILIES])
def test_exposition(family: str) -> None:
    """Each family shows its facts in the contract's labels and units, and nothing where there is no fact."""
    given, expected = EXPOSITIONS[family]
    assert lines(given, family) == expected


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
def test_inventory_tells_the_labels_on_the_page(family: Family | SetFamily) -> None:
    given, _ = EXPOSITIONS[family.name]
    for line in lines(given, family.name):
        block = line.partition("}")[0].removeprefix("{") if family.labels else ""
        names = [pair.partition("=")[0] for pair in block.split(",") if pair]
        assert sorted(names) == sorted(family.labels)


def test_an_empty_snapshot_shows_only_itself() -> None:
    """No fact is ever a zero that nobody read."""
    shown = [family.name for family in FAMILIES if lines(Snapshot(NOW), family.name)]
    assert shown == ["peering_monitor_snapshot_timestamp_seconds", "peering_monitor_snapshot_peerings"]


def test_case_of_ids_makes_no_second_series() -> None:
    """Azure answers in any case; the page is the same, letter by letter."""

    def told(letters: str) -> Snapshot:
        hub, app = (
            vnet_id(str(name), subscription="AbC", group=f"Rg-{letters}")
            for name in (f"Hub{letters}", f"App{letters}")
        )
        peered = peering(hub, app, name=f"To{letters}")
        return replace(
            snapshot(side(peered)),
            virtual_networks=(network(hub, location=f"west{letters}", peerings=[peered]),),
            findings=(finding(peered),),
            metric_points=(point(vnet=hub),),
            coverage=(Coverage(f"id-{letters}", "topology", Reason.OK),),
            subscriptions=(Subscription(f"id-{letters}", "Name", f"t-{letters}"),),
        )

    for family in FAMILIES:
        assert lines(told("ABC"), family.name) == lines(told("abc"), family.name)


def test_letters_beyond_ascii_keep_their_case() -> None:
    """ARM folds ASCII only, so Ä and ä may be two networks."""
    given = snapshot(side(peering(vnet_id("HÄ"))), side(peering(vnet_id("hä"))))
    assert len(lines(given, "azure_vnet_peering_info")) == 2


def test_a_network_listed_twice_is_one() -> None:
    once = network(peerings=[peering()])
    given = replace(snapshot(side(), side()), virtual_networks=(once, once))
    assert lines(given, "azure_vnet_peerings") == [f"{{{HUB}}} 1"]
    assert lines(given, "peering_monitor_snapshot_peerings") == ["1"]


def test_a_side_listed_twice_is_told_by_the_later() -> None:
    """Also where the ids differ and the labels do not, so that no side has two info series or two states."""
    earlier, later = peering(name="to-App"), peering(name="to-App/", state=PeeringState.INITIATED)
    given = snapshot(side(earlier), side(later))
    assert len(lines(given, "azure_vnet_peering_info")) == 1
    assert f'{{{HUB_TO_APP},state="Initiated"}} 1' in lines(given, "azure_vnet_peering_state")


def test_an_ignored_finding_is_in_no_other_series() -> None:
    checks = (CheckSetting("link/initiated", Severity.WARNING),)
    given = Snapshot(NOW, checks=checks, ignored=(ignored(finding()), ignored(network_finding())))
    assert lines(given, "azure_vnet_peering_finding") == []
    assert lines(given, "azure_vnet_finding") == []
    assert lines(given, "peering_monitor_check_findings") == ['{check="link/initiated",severity="warning"} 0']


def test_two_findings_with_equal_labels_are_one_series_and_counted_twice() -> None:
    given = Snapshot(NOW, findings=(finding(reason="one"), finding(reason="two")))
    assert len(lines(given, "azure_vnet_peering_finding")) == 1
    assert lines(given, "peering_monitor_check_findings") == ['{check="link/initiated",severity="warning"} 2']


@pytest.mark.parametrize("reasons", [(Reason.OK, Reason.TIMEOUT), (Reason.TIMEOUT, Reason.OK)])
def test_no_success_hides_a_failed_read(reasons: tuple[Reason, ...]) -> None:
    """Two rows for one subscription and collector are one series, the failure's; the time is the newest."""
    given = Snapshot(
        NOW,
        coverage=tuple(
            Coverage("s1", "topology", reason, last_success=NOW - position)
            for position, reason in enumerate(reasons)
        ),
    )
    assert lines(given, "peering_monitor_subscription_readable") == [
        '{subscription_id="s1",collector="topology",reason="timeout"} 0'
    ]
    assert lines(given, "peering_monitor_subscription_last_success_timestamp_seconds") == [
        '{subscription_id="s1",collector="topology"} 1700000000.0'
    ]


@pytest.mark.parametrize("order", [1, -1])
def test_the_newer_of_two_points_stands(order: int) -> None:
    old, new = point(value=1.0, end=NOW - 300), point(value=2.0, end=NOW)
    given = Snapshot(NOW, metric_points=(old, new)[::order])
    assert lines(given, "azure_vnet_peered_bytes") == [f'{{{HUB},direction="in"}} 2.0']


def test_a_remote_that_azure_did_not_name_has_empty_labels() -> None:
    unnamed = replace(peering(), remote_vnet=type(peering().id)(""))
    (line,) = lines(snapshot(side(unnamed)), "azure_vnet_peering_info")
    assert 'remote_subscription_id="",remote_resource_group="",remote_vnet=""' in line


@pytest.mark.parametrize("text", ["", "two\nlines", 'a "quote"', "a \\ backslash"])
def test_help_that_the_formats_write_differently_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="a_metric: help"):
        Family("a_metric", text, (), lambda _: {})


@pytest.mark.parametrize(("name", "label"), [("a-metric", "a"), ("a_metric", "a:label"), ("1metric", "a")])
def test_names_that_a_prometheus_may_refuse_are_refused(name: str, label: str) -> None:
    with pytest.raises(ValueError, match="not a name"):
        SetFamily(name, "Help.", (label,), ("member",), lambda _: {})


def test_families_have_names_of_their_own() -> None:
    names = [family.name for family in FAMILIES]
    assert len(set(names)) == len(names)
