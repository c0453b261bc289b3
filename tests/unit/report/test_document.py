"""The JSON document: scripts rely on its keys, so a change of one is a change of this file."""

from __future__ import annotations

import json

import pytest

from monitor.model import Reason, Severity
from monitor.report import document
from tests.unit.report.snapshots import (
    APP,
    BUILT_AT,
    DELETE,
    DETAIL,
    EXPIRED,
    FORBIDDEN,
    PROD,
    VNET_HUB,
    finding,
    ignored,
    read,
    snapshot,
)


def test_the_whole_document() -> None:
    seen = snapshot(
        finding(), coverage=(read(), read(PROD, Reason.THROTTLED, "Wait.", last_success=BUILT_AT), FORBIDDEN)
    )
    told = document.document(seen, fail_on=Severity.WARNING, external_url="https://peerings.example.com/x")
    link = seen.links[0].key.id
    assert told == {
        "schema_version": 1,
        "generated_at": "2023-11-14T22:13:20Z",
        "exit_code": 2,
        "fail_on": "warning",
        "summary": {
            "subscriptions": 2,
            "virtual_networks": 2,
            "links": 1,
            "peerings": 2,
            "findings": {"critical": 1, "warning": 0, "info": 0},
            "ignored_findings": 0,
            "reads": 3,
            "failed_reads": 2,
        },
        "findings": [
            {
                "check": "link/disconnected",
                "severity": "critical",
                "link": link,
                "side": f"{APP}/virtualNetworkPeerings/app-to-hub",
                "virtual_network": str(APP),
                "remote_virtual_network": str(VNET_HUB),
                "reason": "peer_missing",
                "detail": DETAIL,
                "repair": [DELETE],
                "portal_url": f"https://portal.azure.com/#@/resource{APP}/virtualNetworkPeerings/app-to-hub",
                "page_url": f"https://peerings.example.com/x/#link-{link}",
                "ignored": False,
                "ignored_until": None,
                "ignored_reason": None,
            }
        ],
        "coverage": [
            {
                "subscription_id": PROD,
                "collector": "topology",
                "reason": "throttled",
                "detail": "Wait.",
                "last_success_at": "2023-11-14T22:13:20Z",
            },
            {
                "subscription_id": PROD,
                "collector": "topology",
                "reason": "forbidden",
                "detail": FORBIDDEN.detail,
                "last_success_at": None,
            },
        ],
        "expired_ignores": [],
    }


def test_schema_version_is_first_and_the_order_of_keys_is_fixed() -> None:
    told = json.loads(document.render(snapshot(finding()), fail_on=None))
    assert list(told) == [
        "schema_version",
        "generated_at",
        "exit_code",
        "fail_on",
        "summary",
        "findings",
        "coverage",
        "expired_ignores",
    ]
    assert list(told["findings"][0])[:5] == ["check", "severity", "link", "side", "virtual_network"]


def test_an_ignored_finding_is_told_in_its_place_with_until_when_and_why() -> None:
    seen = snapshot(finding(check="link/initiated"), ignored=(ignored(),), expired_ignores=(EXPIRED,))
    told = document.document(seen, fail_on=Severity.INFO)
    one, other = told["findings"]
    assert (one["check"], one["ignored"]) == ("link/disconnected", True)
    assert (one["ignored_until"], one["ignored_reason"]) == ("2023-11-14T22:23:20Z", "The app team moves.")
    assert (other["check"], other["ignored"], other["ignored_until"]) == ("link/initiated", False, None)
    assert told["summary"]["findings"] == {"critical": 1, "warning": 0, "info": 0}
    assert told["summary"]["ignored_findings"] == 1
    assert told["expired_ignores"] == [
        {
            "check": "link/*",
            "vnet": "*",
            "peering": "app-*",
            "until": "2023-11-14T22:03:20Z",
            "reason": "It was\x1b moved.",
        }
    ]


def test_what_is_ignored_does_not_count_for_the_exit_code() -> None:
    assert document.document(snapshot(ignored=(ignored(),)), fail_on=Severity.INFO)["exit_code"] == 0


def test_a_healthy_estate_has_the_same_keys() -> None:
    told = document.document(snapshot(), fail_on=None)
    assert (told["exit_code"], told["fail_on"], told["findings"], told["coverage"]) == (0, "never", [], [])


def test_without_an_address_of_the_page_there_is_no_link_to_it() -> None:
    assert document.document(snapshot(finding()), fail_on=None)["findings"][0]["page_url"] is None


@pytest.mark.parametrize("fail_on", [None, *Severity])
def test_the_exit_code_is_that_of_the_process(fail_on: Severity | None) -> None:
    assert document.document(snapshot(finding()), fail_on=fail_on)["exit_code"] == (0 if fail_on is None else 1)


def test_any_name_is_carried_and_the_text_is_ascii() -> None:
    text = 'ü漢\ud800\x1b[31m\n"\\\u2028'
    told = document.render(snapshot(finding(detail=text, repair=(text,))), fail_on=None)
    assert told.isascii()
    assert json.loads(told)["findings"][0]["detail"] == text
    assert json.loads(told)["findings"][0]["repair"] == [text]
