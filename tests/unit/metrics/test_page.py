from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry, Counter

from monitor.metrics.exposition import Format, Rendered, compose
from monitor.metrics.families import FAMILIES
from monitor.metrics.labels import block
from monitor.metrics.live import render_live
from monitor.metrics.render import render
from monitor.model import (
    CheckSetting,
    Coverage,
    MetricSupport,
    PeeringState,
    RateLimit,
    Reason,
    Severity,
    Snapshot,
    Subscription,
    SyncLevel,
    ascii_lower,
)
from tests.unit.metrics.builders import (
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
from tests.unit.metrics.pages import FORMATS, parse, series

GOLDEN = Path(__file__).parent / "golden"
"""Whole pages. After a change that is meant: ``UPDATE_GOLDEN=1 pytest tests/unit/metrics/test_page.py``."""


def estate() -> Snapshot:
    """A hub and an app network out of sync, and a peering to where nobody can look: every family has a sample."""
    hub, app, foreign = vnet_id("vnet-Hub"), vnet_id("vnet-App"), vnet_id("HV_x", subscription="s9", group="RG_9")
    out = peering(
        hub,
        app,
        name="hub-to-app",
        sync_level=SyncLevel.REMOTE_NOT_IN_SYNC,
        provisioning_state="Succeeded",
        allow_virtual_network_access=True,
        allow_forwarded_traffic=True,
        allow_gateway_transit=True,
        use_remote_gateways=False,
        peer_complete_vnets=True,
    )
    back = peering(
        app,
        hub,
        name='app "to"\\hub',
        sync_level=SyncLevel.LOCAL_NOT_IN_SYNC,
        provisioning_state="Updating",
        allow_virtual_network_access=True,
        use_remote_gateways=True,
    )
    unseen = peering(hub, foreign, name="RemoteVnetToHubPeering", state=PeeringState.CONNECTED)
    return Snapshot(
        built_at=1_700_000_030.5,
        virtual_networks=(
            network(app, location="northeurope", peerings=[back]),
            network(hub, peerings=[out, unseen]),
        ),
        sides=(
            side(back, consistent=True, is_global=True),
            side(out, consistent=True, is_global=True),
            side(unseen, remote_visible=False),
        ),
        findings=(finding(back, check="link/out-of-sync"), network_finding(hub)),
        checks=(
            CheckSetting("link/disconnected", Severity.CRITICAL),
            CheckSetting("link/out-of-sync", Severity.WARNING),
        ),
        ignored=(ignored(finding(out, check="link/disconnected")),),
        subscriptions=(Subscription("s1", "Netzwerk\n日本", "t1"),),
        coverage=(
            Coverage("", "subscriptions", Reason.OK, last_success=1_700_000_000.0),
            Coverage("s1", "topology", Reason.OK, last_success=1_700_000_030.25),
            Coverage("s1", "traffic", Reason.FORBIDDEN),
        ),
        metric_points=(
            point("BytesInPeering", 1_500_000.0, vnet=hub),
            point("BytesOutPeering", 3e22, vnet=hub),
            point("PingMeshAverageRoundtripMs", 2.125, vnet=hub, grain_seconds=60.0),
            point("PingMeshProbesFailedPercent", 50.0, vnet=hub, grain_seconds=60.0),
        ),
        metric_support=(MetricSupport("s1", "BytesInPeering", supported=True),),
        rate_limits=(RateLimit("s1", "subscription-reads", 249),),
    )


def whole_page(form: Format) -> str:
    registry = CollectorRegistry()
    runs = Counter("peering_monitor_collector_runs", "Runs.", ["collector", "outcome"], registry=registry)
    runs.labels("topology", "success").inc(3)
    return b"".join(compose(Rendered.of(estate()), render_live(registry, form), gzip=False)).decode()


@pytest.mark.parametrize(
    ("form", "file"), [(Format.TEXT, "page.txt"), (Format.OPENMETRICS, "page.openmetrics.txt")]
)
def test_golden_page(form: Format, file: str) -> None:
    """The whole page, as a scrape gets it. Read the difference; if it is meant, see GOLDEN above."""
    page = whole_page(form)
    path = GOLDEN / file
    if os.environ.get("UPDATE_GOLDEN"):
        path.write_text(page, encoding="utf-8", newline="")
    assert page == path.read_bytes().decode()


@pytest.mark.parametrize("form", FORMATS)
def test_both_formats_read_as_the_inventory_says(form: Format) -> None:
    """Every family is there as a gauge with its help, and each of its samples has its labels and no others."""
    parsed = {family.name: family for family in parse(render(estate()).decode(), form)}
    assert list(parsed) == [family.name for family in FAMILIES]
    for family in FAMILIES:
        found = parsed[family.name]
        assert (found.type, found.documentation) == ("gauge", family.help)
        for sample in found.samples:
            assert sample.name == family.name
            assert set(sample.labels) == set(family.labels)


def test_both_formats_say_the_same() -> None:
    page = render(estate()).decode()
    text, openmetrics = (dict(series(page, form)) for form in FORMATS)
    assert text == openmetrics


@pytest.mark.parametrize("form", FORMATS)
def test_values_come_back_exactly(form: Format) -> None:
    given_points = [3e22, 1e-9, 0.1 + 0.2, 123456789.0, float("inf"), float("-inf")]
    given_snapshot = Snapshot(
        0.0,
        metric_points=tuple(point(value=value, vnet=vnet_id(f"n{i}")) for i, value in enumerate(given_points)),
    )
    found = [
        value for (name, _), value in series(render(given_snapshot).decode(), form) if name.endswith("_bytes")
    ]
    assert found == given_points


NASTY = [
    "",
    "\\",
    '"',
    "\n",
    '\\n"\\',
    "\r\n",
    "\u2028\u2029\x85",
    "\x00",
    "\ufeffbom",
    "Ä日本語🙂",
    "}",
    '",x="',
    " ",
]

texts = st.one_of(st.text(), st.text(alphabet='\\"\nn,={} \r\x00\u2028\x85/'), st.sampled_from(NASTY))


@pytest.mark.parametrize("form", FORMATS)
@given(text=texts)
@example(text="".join(NASTY))
def test_any_text_survives_as_a_label(form: Format, text: str) -> None:
    """What Azure's people type comes out of a parser letter by letter; so do the peering names, in lower case."""
    name = text.replace("/", "")
    page = render(
        replace(
            snapshot(side(peering(name=f"x{name}"))),
            subscriptions=(Subscription("s1", text, "t1"),),
        )
    )
    parsed = {family.name: family.samples for family in parse(page.decode(), form)}
    assert [sample.labels["display_name"] for sample in parsed["peering_monitor_subscription_info"]] == [text]
    assert [sample.labels["peering"] for sample in parsed["azure_vnet_peering_info"]] == [ascii_lower(f"x{name}")]


@pytest.mark.parametrize(
    ("text", "shown"),
    [("A\ud800B", "A\ufffdB"), ("\udfff", "\ufffd"), ("\udc00\ud800", "\ufffd\ufffd"), ("\ud83d\ude42", "🙂")],
)
def test_half_a_surrogate_pair_does_not_spoil_the_page(text: str, shown: str) -> None:
    """It has no UTF-8, and Prometheus refuses a page that is not UTF-8: it is replaced, and the rest stays."""
    page = render(Snapshot(0.0, subscriptions=(Subscription("s1", text, "t1"),))).decode()
    assert f'display_name="{shown}"' in page


@given(left=st.tuples(texts, texts), right=st.tuples(texts, texts))
def test_different_labels_never_look_alike(left: tuple[str, str], right: tuple[str, str]) -> None:
    """So that equal text is equal labels, on which the one-series-per-label-set promise stands."""
    assert (block(a=left[0], b=left[1]) == block(a=right[0], b=right[1])) == (left == right)


few = st.sampled_from(["a", "A", "b", 'b"', "ä", ""])
networks = st.builds(lambda name, group: vnet_id(name, group=group), few, few)
peerings = st.builds(
    lambda local, remote, name, state: peering(local, remote, name=name, state=state),
    networks,
    networks,
    few,
    st.sampled_from(PeeringState),
)
unsure = st.one_of(st.none(), st.booleans())
times = st.sampled_from([1.0, 2.0])
metrics = st.sampled_from(["BytesInPeering", "PingMeshAverageRoundtripMs", "Other"])
severities = st.sampled_from(Severity)
crowded = st.builds(
    Snapshot,
    built_at=times,
    virtual_networks=st.lists(
        st.builds(
            lambda vnet, location, held: network(vnet, location=location, peerings=held),
            networks,
            few,
            st.lists(peerings, max_size=3),
        )
    ).map(tuple),
    sides=st.lists(
        st.builds(
            lambda built, visible, agree: side(built, remote_visible=visible, consistent=agree),
            peerings,
            st.booleans(),
            unsure,
        )
    ).map(tuple),
    findings=st.lists(
        st.builds(
            lambda on, check, severity: finding(on, check=check, severity=severity), peerings, few, severities
        )
    ).map(tuple),
    checks=st.lists(st.builds(CheckSetting, few, severities)).map(tuple),
    subscriptions=st.lists(st.builds(Subscription, few, few, few)).map(tuple),
    coverage=st.lists(
        st.builds(Coverage, few, few, st.sampled_from(Reason), st.just(""), st.one_of(st.none(), times))
    ).map(tuple),
    metric_points=st.lists(
        st.builds(lambda vnet, metric, end: point(metric, vnet=vnet, end=end), networks, metrics, times)
    ).map(tuple),
    metric_support=st.lists(st.builds(MetricSupport, few, metrics, st.booleans())).map(tuple),
    rate_limits=st.lists(st.builds(RateLimit, few, few, st.integers(0, 9))).map(tuple),
)
"""Snapshots of so few names that everything is there twice, in another case too."""


@given(given_snapshot=crowded)
def test_no_series_is_there_twice(given_snapshot: Snapshot) -> None:
    """Prometheus refuses the whole page over one series that comes twice, whatever Azure listed twice."""
    found = [which for which, _ in series(render(given_snapshot).decode(), Format.TEXT)]
    assert len(found) == len(set(found))


@given(given_snapshot=crowded)
def test_one_state_a_side(given_snapshot: Snapshot) -> None:
    """However often a side is listed, it is in one state and has one info series."""
    found = dict(series(render(given_snapshot).decode(), Format.OPENMETRICS))
    states = sum(value for (name, _), value in found.items() if name == "azure_vnet_peering_state")
    infos = sum(name == "azure_vnet_peering_info" for name, _ in found)
    told = sum(value for (name, _), value in found.items() if name == "peering_monitor_snapshot_peerings")
    assert states == infos == told


@given(given_snapshot=crowded)
def test_sample_count_is_what_is_on_the_page(given_snapshot: Snapshot) -> None:
    assert Rendered.of(given_snapshot).samples == len(series(render(given_snapshot).decode(), Format.TEXT))
