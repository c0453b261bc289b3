from __future__ import annotations

import importlib
import inspect
from pathlib import Path

import pytest

import monitor.analysis.checks
from monitor.analysis.documentation import UndocumentedError, documentation
from monitor.analysis.registry import CHECKS, LINK_CHECKS, NETWORK_CHECKS, Check, LinkCheck

SOURCES = Path(monitor.analysis.checks.__file__).parent
TESTS = Path(__file__).parent / "checks"
BY_NAME = pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.name)


def stem(check: Check) -> str:
    return check.name.partition("/")[2].replace("-", "_")


@BY_NAME
def test_one_name_leads_to_file_function_and_test(check: Check) -> None:
    module = importlib.import_module(f"monitor.analysis.checks.{stem(check)}")
    kind = check.name.partition("/")[0]
    assert kind == ("link" if isinstance(check, LinkCheck) else "vnet")
    assert getattr(module, f"{kind}_{stem(check)}") is check.function
    assert (TESTS / f"test_{stem(check)}.py").is_file()


def test_every_check_is_of_one_kind_and_named_once() -> None:
    assert {*LINK_CHECKS, *NETWORK_CHECKS} == {*CHECKS}
    assert len({check.name for check in CHECKS}) == len(CHECKS)


def test_every_file_of_a_check_is_registered() -> None:
    assert {path.stem for path in SOURCES.glob("*.py")} - {"__init__"} == {stem(check) for check in CHECKS}


@BY_NAME
def test_every_check_is_documented(check: Check) -> None:
    parts = documentation(check.function)
    for text in (parts.summary, *parts.what, parts.why, parts.repair):
        assert text.endswith("."), text
        assert (
            text[0].isupper()
            or text.split()[0] in {"useRemoteGateways", "allowGatewayTransit"}
            or (text.split()[0] in {"allowForwardedTraffic", "provisioningState"})
        ), text
    assert check.summary
    assert not check.summary.endswith("."), "a phrase for tables, not a sentence"


@BY_NAME
def test_reasons_are_words_for_a_label(check: Check) -> None:
    assert check.reasons.__doc__
    for reason in check.reasons:
        assert reason.value.replace("_", "").isalpha()
        assert reason.value.islower()


@BY_NAME
def test_every_reason_is_given_in_a_test_of_its_check(check: Check) -> None:
    text = (TESTS / f"test_{stem(check)}.py").read_text()
    for reason in check.reasons:
        assert f'"{reason.value}"' in text, f"no test of {check.name} gives the reason {reason.value}"


@BY_NAME
def test_every_check_has_a_finding_a_clean_and_an_unseen_case(check: Check) -> None:
    module = importlib.import_module(f"tests.unit.analysis.checks.test_{stem(check)}")
    names = [name for name, _ in inspect.getmembers(module, inspect.isfunction) if name.startswith("test_")]
    for case in ("finding", "clean", "unseen"):
        assert any(name.startswith(f"test_{case}_") for name in names), f"{check.name} has no {case} case"


@pytest.mark.parametrize(
    "docstring",
    [
        None,
        "",
        "Summary only.",
        "Summary.\n\nWhat.\n\nTo repair: do.",
        "Summary.\n\nWhy it matters: it does.\n\nTo repair: do.",
        "Summary.\n\nWhat.\n\nTo repair: do.\n\nWhy it matters: it does.",
    ],
)
def test_a_check_without_a_part_of_its_documentation_is_refused(docstring: str | None) -> None:
    def link_nothing() -> None: ...

    link_nothing.__doc__ = docstring
    with pytest.raises(UndocumentedError, match="link_nothing"):
        documentation(link_nothing)


def test_documentation_is_running_text() -> None:
    def link_example() -> None:
        """Something is wrong.

        It is wrong
        in two lines.

        In two paragraphs.

        Why it matters: it does
        matter.

        To repair: mend it.
        """

    parts = documentation(link_example)
    assert parts.summary == "Something is wrong."
    assert parts.what == ("It is wrong in two lines.", "In two paragraphs.")
    assert parts.why == "It does matter."
    assert parts.repair == "Mend it."
