"""The names that scrape configurations, alert rules and dashboards rely on: a change here is a breaking change."""

from __future__ import annotations

import asyncio
import time

import pytest
from prometheus_client.parser import text_string_to_metric_families

from monitor.model import PeeringState, SyncLevel
from monitor.runtime.passes import COLLECTORS
from monitor.simulator import events
from tests.integration.harness import Clock, monitored

VNET = {"subscription_id", "resource_group", "vnet"}
SIDE = VNET | {"peering"}
REMOTE = {"remote_subscription_id", "remote_resource_group", "remote_vnet"}

FACTS = {
    "azure_vnet_peering_info": SIDE | REMOTE | {"resource_id", "link"},
    "azure_vnet_info": VNET | {"location"},
    "azure_vnet_peering_global": SIDE,
    "azure_vnet_peering_state": SIDE | {"state"},
    "azure_vnet_peering_sync_level": SIDE | {"level"},
    "azure_vnet_peering_provisioning_succeeded": SIDE,
    "azure_vnet_peering_flag": SIDE | {"flag"},
    "azure_vnet_peering_consistent": SIDE,
    "azure_vnet_peering_remote_visible": SIDE,
    "azure_vnet_peering_finding": SIDE | REMOTE | {"check", "severity", "link"},
    "azure_vnet_finding": VNET | {"check", "severity"},
    "azure_vnet_peerings": VNET,
    "azure_vnet_peering_limit": VNET,
    "azure_vnet_peered_bytes": VNET | {"direction"},
    "azure_vnet_peered_bytes_per_second": VNET | {"direction"},
    "azure_vnet_ping_mesh_roundtrip_seconds": VNET,
    "azure_vnet_ping_mesh_probes_failed_ratio": VNET,
    "azure_vnet_metric_timestamp_seconds": VNET | {"metric"},
    "peering_monitor_subscription_readable": {"subscription_id", "collector", "reason"},
    "peering_monitor_subscription_last_success_timestamp_seconds": {"subscription_id", "collector"},
    "peering_monitor_subscription_info": {"subscription_id", "display_name", "tenant_id"},
    "peering_monitor_check_findings": {"check", "severity"},
    "peering_monitor_ignored_findings": {"check"},
    "peering_monitor_azure_ratelimit_remaining": {"subscription_id", "kind"},
    "peering_monitor_azure_metric_supported": {"subscription_id", "metric"},
    "peering_monitor_snapshot_timestamp_seconds": set[str](),
    "peering_monitor_snapshot_peerings": set[str](),
}
OURSELVES = {
    "peering_monitor_build_info": ("gauge", {"version", "python_version"}),
    "peering_monitor_collector_success": ("gauge", {"collector"}),
    "peering_monitor_collector_duration_seconds": ("gauge", {"collector"}),
    "peering_monitor_collector_last_success_timestamp_seconds": ("gauge", {"collector"}),
    "peering_monitor_collector_runs": ("counter", {"collector", "outcome"}),
    "peering_monitor_azure_requests": ("counter", {"api", "code"}),
    "peering_monitor_azure_request_duration_seconds": ("histogram", {"api"}),
    "peering_monitor_azure_throttled": ("counter", {"api"}),
}
VALUES = {
    ("azure_vnet_peering_state", "state"): {one.value for one in PeeringState},
    ("azure_vnet_peering_sync_level", "level"): {one.value for one in SyncLevel},
    ("azure_vnet_peering_flag", "flag"): {
        "allow_virtual_network_access",
        "allow_forwarded_traffic",
        "allow_gateway_transit",
        "use_remote_gateways",
        "peer_complete_vnets",
    },
    ("azure_vnet_peered_bytes", "direction"): {"in", "out"},
    ("peering_monitor_collector_runs_total", "collector"): set(COLLECTORS),
    ("peering_monitor_collector_runs_total", "outcome"): {"success", "partial", "failure", "skipped"},
}


@pytest.fixture(scope="module")
def page() -> str:
    async def read() -> str:
        async with monitored("incident", clock=Clock(time.time())) as tenant:
            tenant.azure.apply(events.DeletePeering(vnet="vnet-app", peering="app-to-hub"))
            overlap = ("10.3.0.0/16", "10.2.128.0/17")
            tenant.azure.apply(events.ResizeVnet(vnet="vnet-dev", address_space=overlap))
            await tenant.topology()
            await tenant.traffic()
            return tenant.page()

    return asyncio.run(read())


@pytest.mark.parametrize("name", FACTS)
def test_a_fact_has_exactly_these_labels_and_is_a_gauge(name: str, page: str) -> None:
    (family,) = (one for one in text_string_to_metric_families(page) if one.name == name)
    assert family.type == "gauge"
    assert {frozenset(sample.labels) for sample in family.samples} == {frozenset(FACTS[name])}


@pytest.mark.parametrize("name", OURSELVES)
def test_a_metric_about_ourselves_has_this_type_and_these_labels(name: str, page: str) -> None:
    kind, labels = OURSELVES[name]
    (family,) = (one for one in text_string_to_metric_families(page) if one.name == name)
    assert family.type == kind
    assert {frozenset(sample.labels) - {"le"} for sample in family.samples} == {frozenset(labels)}


@pytest.mark.parametrize(("name", "label"), VALUES)
def test_a_label_that_enumerates_has_these_values(name: str, label: str, page: str) -> None:
    found = {
        sample.labels[label]
        for family in text_string_to_metric_families(page)
        for sample in family.samples
        if sample.name == name
    }
    assert found == VALUES[name, label]


def test_nothing_else_is_exported(page: str) -> None:
    names = {family.name for family in text_string_to_metric_families(page)}
    assert {one for one in names if not one.startswith("process_")} == {*FACTS, *OURSELVES}


def test_no_created_series_show(page: str) -> None:
    assert "_created" not in page


def test_facts_about_azure_are_in_lower_case(page: str) -> None:
    labels = {
        sample.labels[label]
        for family in text_string_to_metric_families(page)
        for sample in family.samples
        for label in (SIDE | REMOTE | {"resource_id"}) & set(sample.labels)
    }
    assert labels == {one.lower() for one in labels}
    assert any("hv_vwan-hub-we" in one for one in labels)
