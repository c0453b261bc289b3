"""What a real shell makes of repair commands: they run in bash with a stand-in for ``az`` that tells its words."""

from __future__ import annotations

import re
import shutil
import subprocess
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

BASH = shutil.which("bash") or "/bin/bash"
AZ = r"""az() { printf '%s\0' az "$@"; printf '\0'; }"""


def words_of(commands: Sequence[str], *, locale: str = "C.UTF-8") -> list[list[str]]:
    """Paste the commands into bash, one a line, and return the words that ``az`` was given each time."""
    script = "\n".join([AZ, *commands, ""])
    done = subprocess.run(
        [BASH, "--norc", "--noprofile", "-c", script],
        capture_output=True,
        check=True,
        env={"PATH": "/nonexistent", "LC_ALL": locale},
        cwd="/",
    )
    assert done.stderr == b""
    *calls, rest = done.stdout.decode().split("\0\0")
    assert rest == "", "something else than az printed"
    return [call.split("\0") for call in calls]


def options_of(words: Sequence[str]) -> dict[str, str]:
    """The options of a call as the Azure CLI reads them: ``--name VALUE``, ``--name=VALUE``, and flags.

    Those of ``sync``, and ``--subscription`` anywhere, are taken as they are, the others in the CLI's shorthand.
    """
    options: dict[str, str] = {}
    literal = "sync" in words[:5]
    name = ""
    for word in words:
        if word.startswith("--"):
            name, _, value = word.partition("=")
            options[name] = value if literal else _read(value)
        elif name:
            options[name] = word if literal else _read(word)
            name = ""
    return options


def _read(value: str) -> str:
    """The CLI's shorthand for text: in single quotes, with ``'/`` for a quote in it."""
    assert value not in {"null", "??"}, "the CLI would take this for nothing, or print its help"
    assert not value.startswith("@"), "the CLI would read a file"
    if value.startswith("'") and value.endswith("'"):
        return value[1:-1].replace("'/", "'")
    return value


def items_of(value: str) -> list[str]:
    """The CLI's shorthand for a list."""
    assert value[0] == "["
    assert value[-1] == "]"
    return [
        quoted.replace("'/", "'") if plain == "" else plain
        for quoted, plain in re.findall(r"(?:'((?:[^']|'/)*)'|([^,']+))(?:,|$)", value[1:-1])
    ]
