"""checks.ignore from the settings to every view: the metrics, the reports and the page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from structlog.testing import capture_logs

from monitor.model import Ignore, Severity
from monitor.report.document import document
from monitor.report.outcome import exit_code
from monitor.simulator import events
from monitor.web.page import Page
from tests.integration.harness import DAY, monitored
from tests.integration.live import live

if TYPE_CHECKING:
    from monitor.simulator import Simulator

BROKEN = events.DeletePeering(vnet="vnet-app", peering="app-to-hub")
FINDINGS, IGNORED = "azure_vnet_peering_finding", "peering_monitor_ignored_findings"
COUNT = "peering_monitor_check_findings"


def broken(azure: Simulator) -> None:
    azure.apply(BROKEN)


async def test_an_ignored_finding_has_no_series_is_counted_and_speaks_again_when_its_time_is_over() -> None:
    entry = Ignore(1_800_000_000.0 + DAY, "Migration of the app team.", vnet="vnet-app")
    async with monitored(ignores=(entry,)) as azure:
        azure.azure.apply(BROKEN)
        snapshot = await azure.topology()
        assert azure.findings() == []
        assert azure.series(FINDINGS) == {}
        assert sum(azure.series(COUNT).values()) == 0
        assert azure.series(IGNORED, check="link/disconnected") == {(("check", "link/disconnected"),): 1.0}
        assert len(azure.series(IGNORED)) == len(snapshot.checks)
        assert exit_code(snapshot, Severity.INFO) == 0
        assert len(azure.series("azure_vnet_peering_state", state="Disconnected")) == 9

        azure.clock.advance(DAY)
        snapshot = await azure.topology()
        assert azure.findings() == [("link/disconnected", "peer_missing")]
        assert len(azure.series(FINDINGS)) == 1
        assert sum(azure.series(IGNORED).values()) == 0
        assert snapshot.expired_ignores == (entry,)
        told = document(snapshot, fail_on=Severity.WARNING)
        assert [one["reason"] for one in told["expired_ignores"]] == ["Migration of the app team."]
        assert told["exit_code"] == 1
        assert "Expired in checks.ignore" in Page().render(snapshot)


async def test_the_settings_reach_the_daemon() -> None:
    entries = [
        {"check": "link/*", "vnet": "VNET-APP", "until": "2999-12-31", "reason": "Migration."},
        {"check": "vnet/*", "until": "2020-01-01", "reason": "Long ago."},
    ]
    async with live(arrange=broken, checks={"ignore": entries}) as daemon:
        await daemon.http.ready()
        assert await daemon.http.series(FINDINGS) == {}
        assert await daemon.http.value(IGNORED, check="link/disconnected") == 1.0
        page = (await daemon.http.ask("/")).text
        assert "Ignored until 3000-01-01 00:00 UTC: Migration." in page
        assert "Expired in checks.ignore" in page


async def test_an_expired_entry_is_a_warning_in_the_log_once() -> None:
    entry = Ignore(1_800_000_000.0 + 60, "Soon over.", check="link/*")
    async with monitored(ignores=(entry,)) as azure:
        with capture_logs() as logs:
            for _ in range(4):
                await azure.topology()
                azure.clock.advance(30)
    (told,) = [one for one in logs if one["log_level"] == "warning"]
    assert "expired" in told["event"]
    assert (told["check"], told["reason"], told["until"]) == ("link/*", "Soon over.", "2027-01-15T08:01:00+00:00")
