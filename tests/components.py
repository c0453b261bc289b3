"""The real programs that tests drive, such as Prometheus, and what happens on a machine that lacks them."""

from __future__ import annotations

import os
import shutil

import pytest


def component(program: str, *, package: str) -> str:
    """The path of a program of a Debian package; without it the test is skipped, with CI=true it fails."""
    found = shutil.which(program)
    if found is None:
        missing = f"{program} is not on the PATH (Debian: apt-get install {package})"
        if os.environ.get("CI") == "true":
            pytest.fail(f"{missing}, and CI must not pass without it")
        pytest.skip(missing)
    return found


def promtool() -> str:
    """Prometheus's linter of metrics and rules."""
    return component("promtool", package="prometheus")


def prometheus() -> str:
    """Prometheus itself."""
    return component("prometheus", package="prometheus")
