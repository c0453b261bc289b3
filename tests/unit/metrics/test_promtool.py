"""Prometheus's own linter on a whole page. Debian's package ``prometheus`` has the binary."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests import components

GOLDEN = Path(__file__).parent / "golden"


@pytest.fixture(scope="session")
def promtool() -> str:
    return components.promtool()


def lint(promtool: str, page: bytes) -> tuple[int, str]:
    done = subprocess.run([promtool, "check", "metrics"], input=page, capture_output=True, check=False, timeout=30)
    return done.returncode, (done.stdout + done.stderr).decode()


def test_promtool_has_nothing_to_say_about_the_page(promtool: str) -> None:
    """The golden page: every family of facts, labels that need escaping, and a counter."""
    assert lint(promtool, (GOLDEN / "page.txt").read_bytes()) == (0, "")


def test_promtool_would_say_so(promtool: str) -> None:
    """Its exit code tells of lint, so that the test above means something."""
    page = b"# HELP a_total A gauge that is called a counter.\n# TYPE a_total gauge\na_total 1\n"
    code, said = lint(promtool, page)
    assert code == 3
    assert "a_total" in said
