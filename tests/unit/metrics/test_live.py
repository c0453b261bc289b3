from __future__ import annotations

import pytest
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Info, Summary

from monitor.metrics.exposition import Format
from monitor.metrics.live import render_live
from tests.unit.metrics.pages import FORMATS, parse


@pytest.fixture
def registry() -> CollectorRegistry:
    registry = CollectorRegistry()
    requests = Counter("peering_monitor_azure_requests", "Requests.", ["api", "code"], registry=registry)
    requests.labels("arm", "200").inc(2)
    took = Histogram(
        "peering_monitor_azure_request_duration_seconds", "Took.", ["api"], buckets=(0.5, 1), registry=registry
    )
    took.labels("arm").observe(0.75)
    Summary("peering_monitor_sums", "A summary.", registry=registry).observe(2)
    Gauge("peering_monitor_collector_success", "Success.", ["collector"], registry=registry).labels(
        "topology"
    ).set(1)
    return registry


def test_text(registry: CollectorRegistry) -> None:
    assert render_live(registry, Format.TEXT).decode() == (
        "# HELP peering_monitor_azure_requests_total Requests.\n"
        "# TYPE peering_monitor_azure_requests_total counter\n"
        'peering_monitor_azure_requests_total{api="arm",code="200"} 2.0\n'
        "# HELP peering_monitor_azure_request_duration_seconds Took.\n"
        "# TYPE peering_monitor_azure_request_duration_seconds histogram\n"
        'peering_monitor_azure_request_duration_seconds_bucket{api="arm",le="0.5"} 0.0\n'
        'peering_monitor_azure_request_duration_seconds_bucket{api="arm",le="1.0"} 1.0\n'
        'peering_monitor_azure_request_duration_seconds_bucket{api="arm",le="+Inf"} 1.0\n'
        'peering_monitor_azure_request_duration_seconds_count{api="arm"} 1.0\n'
        'peering_monitor_azure_request_duration_seconds_sum{api="arm"} 0.75\n'
        "# HELP peering_monitor_sums A summary.\n"
        "# TYPE peering_monitor_sums summary\n"
        "peering_monitor_sums_count 1.0\n"
        "peering_monitor_sums_sum 2.0\n"
        "# HELP peering_monitor_collector_success Success.\n"
        "# TYPE peering_monitor_collector_success gauge\n"
        'peering_monitor_collector_success{collector="topology"} 1.0\n'
    )


@pytest.mark.parametrize("form", [Format.OPENMETRICS, Format.OPENMETRICS_0_0_1])
def test_openmetrics_names_the_counter_without_total_and_ends(registry: CollectorRegistry, form: Format) -> None:
    page = render_live(registry, form).decode()
    assert "# TYPE peering_monitor_azure_requests counter\n" in page
    assert 'peering_monitor_azure_requests_total{api="arm",code="200"} 2.0\n' in page
    assert page.endswith('peering_monitor_collector_success{collector="topology"} 1.0\n# EOF\n')
    assert page.count("# EOF") == 1


@pytest.mark.parametrize("form", FORMATS)
def test_no_created_series(registry: CollectorRegistry, form: Format) -> None:
    """Neither as samples nor as families of their own, and the types stay what they are."""
    families = parse(render_live(registry, form).decode(), form)
    assert {family.type for family in families} == {"counter", "histogram", "summary", "gauge"}
    assert not [
        sample.name for family in families for sample in family.samples if sample.name.endswith("_created")
    ]


def test_only_the_library_s_created_series_go(registry: CollectorRegistry) -> None:
    """A metric that is called so by its author stays."""
    Gauge("peering_monitor_file_created", "A time.", registry=registry).set(5)
    assert b"\npeering_monitor_file_created 5.0\n" in render_live(registry, Format.TEXT)


@pytest.mark.parametrize("form", FORMATS)
def test_an_info_keeps_its_suffix(form: Format) -> None:
    registry = CollectorRegistry()
    Info("peering_monitor_build", "Build.", registry=registry).info({"version": "1"})
    assert 'peering_monitor_build_info{version="1"} 1.0\n' in render_live(registry, form).decode()
