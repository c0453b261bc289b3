"""The commands as people and scripts run them: real processes, real pipes, a real terminal."""

from __future__ import annotations

import io
import json
import os
import pty
import re
import signal
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self
from xml.etree import ElementTree as ET

import pytest

from monitor import __version__, cli
from monitor.analysis.registry import CHECKS
from monitor.settings import load_settings

if TYPE_CHECKING:
    from collections.abc import Iterator

FULL = Path("/dev/full")
pytestmark = pytest.mark.usefixtures("logging_as_it_was")

EXPLAINED = """\
vnet/peering-limit: A network uses 80 % of the peerings that Azure allows on it.

Severity: info (by default warning)
Reasons: near, reached. Whether there is room for one more peering.

Azure allows 500 peerings on a network, and 1,000 where Azure Virtual Network
Manager manages it, which shows in peerings whose name begins with ANM_. Every
peering counts, whatever its state. Where not all peerings of a network could be
read, the number of those that were is held against 1,000: one of the rest may
raise the limit.

Why it matters: Azure refuses the first peering beyond the limit. Whoever
connects the next spoke learns of it then, and a second hub is not built in an
hour.

To repair: Delete peerings that lead nowhere any more (link/disconnected names
them), put further spokes on a second hub, or let Azure Virtual Network Manager
manage the peerings, which raises the limit.
"""

MONITOR = [sys.executable, "-m", "monitor"]


def environment(**variables: str) -> dict[str, str]:
    """The environment of a command: nothing of ours but what is given."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PEERING_MONITOR_")}
    return kept | variables


def run(*arguments: str, stdin: Any = None, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*MONITOR, *arguments],
        env=environment(**variables),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        stdin=stdin,
    )


class TestHelp:
    def test_version(self) -> None:
        ended = run("--version")
        assert (ended.returncode, ended.stdout, ended.stderr) == (0, f"peering-monitor {__version__}\n", "")

    def test_help_names_every_command(self) -> None:
        ended = run("--help")
        assert ended.returncode == 0
        assert ended.stderr == ""
        for command in ("run", "demo", "check", "explain", "config", "simulate"):
            assert re.search(rf"^    {command} ", ended.stdout, re.MULTILINE)

    @pytest.mark.parametrize(
        "command",
        [
            ["run"],
            ["demo"],
            ["check"],
            ["explain"],
            ["config"],
            ["config", "show"],
            ["config", "validate"],
            ["simulate"],
        ],
    )
    def test_every_command_has_help_and_takes_a_config(
        self, command: list[str], capsys: pytest.CaptureFixture[str]
    ) -> None:
        with pytest.raises(SystemExit) as ended:
            cli.main([*command, "--help"])
        assert ended.value.code == 0
        assert "--config FILE" in capsys.readouterr().out

    def test_help_does_not_wait_for_the_azure_sdk(self) -> None:
        code = "import sys, monitor.cli; print(*sys.modules)"
        ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
        assert not {"azure", "aiohttp", "apscheduler", "monitor.app"} & set(ended.stdout.split())


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "the following arguments are required: COMMAND"),
        (["nope"], "invalid choice: 'nope'"),
        (["config"], "the following arguments are required: COMMAND"),
        (["simulate"], "the following arguments are required: --estate"),
        (["check", "--format", "xml"], "invalid choice: 'xml'"),
        (["check", "--fail-on", "error"], "invalid choice: 'error'"),
        (["check", "--fail", "info"], "unrecognized arguments: --fail info"),
        (["demo", "--listen", "9789"], "must be HOST:PORT, such as 0.0.0.0:9789, localhost:9789 or [::1]:9789"),
        (["run", "--listen", "x:1"], "unrecognized arguments"),
    ],
)
def test_bad_arguments_are_2_and_one_sentence(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main(arguments)
    told = capsys.readouterr()
    assert ended.value.code == 2
    assert told.out == ""
    assert said in told.err.splitlines()[-1]


def test_bad_arguments_are_2_for_the_process_too() -> None:
    ended = run()
    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr.endswith("the following arguments are required: COMMAND\n")


@pytest.fixture
def config(tmp_path: Path) -> Path:
    file = tmp_path / "monitor.yaml"
    file.write_text("log: {level: debug}\n")
    return file


class TestConfig:
    def test_validate_says_valid(self) -> None:
        ended = run("config", "validate")
        assert (ended.returncode, ended.stdout, ended.stderr) == (0, "valid\n", "")

    def test_validate_says_everything_that_is_wrong(self, config: Path) -> None:
        config.write_text("azure: {cloud: mars}\nshard: {index: 0}\nhttp: {listen: 80}\n")
        ended = run("config", "validate", "--config", str(config), PEERING_MONITOR_LOG__LEVEL="loud")
        assert ended.returncode == 2
        assert ended.stdout == ""
        assert [line.split(": ")[0:2] for line in ended.stderr.splitlines()] == [
            [f"{config}:1", "azure.cloud"],
            [f"{config}:2", "shard"],
            [f"{config}:3", "http.listen"],
            ["PEERING_MONITOR_LOG__LEVEL", "must be one of debug, info, warning, error, not 'loud'"],
            ["peering-monitor", "4 problems in the settings"],
        ]

    @pytest.mark.parametrize(
        "arguments",
        [
            ["--config", "{}", "config", "show"],
            ["config", "--config", "{}", "show"],
            ["config", "show", "--config", "{}"],
            ["--config", "/nope", "config", "show", "--config={}"],
        ],
    )
    def test_the_config_may_stand_before_or_after_the_command(self, arguments: list[str], config: Path) -> None:
        ended = run(*[argument.format(config) for argument in arguments])
        assert ended.returncode == 0
        assert "level: debug" in ended.stdout

    def test_the_config_may_be_named_by_a_variable(self, config: Path) -> None:
        assert "level: debug" in run("config", "show", PEERING_MONITOR_CONFIG=str(config)).stdout

    def test_what_show_prints_is_read_back_as_the_same(self, tmp_path: Path) -> None:
        first = run("config", "show", PEERING_MONITOR_SUBSCRIPTIONS__INCLUDE='["*-prod", "ünï"]')
        file = tmp_path / "shown.yaml"
        file.write_text(first.stdout)
        assert load_settings(file, {}).subscriptions.include == ("*-prod", "ünï")
        assert run("config", "show", "--config", str(file)).stdout == first.stdout

    def test_show_masks_secrets(self) -> None:
        ended = run(
            "config",
            "show",
            PEERING_MONITOR_AZURE__CREDENTIAL="static",
            PEERING_MONITOR_AZURE__STATIC_TOKEN="hunter2",
            PEERING_MONITOR_AZURE__RESOURCE_MANAGER_URL="http://127.0.0.1:1",
        )
        assert ended.returncode == 0
        assert "static_token: '***'" in ended.stdout
        assert "hunter2" not in ended.stdout

    @pytest.mark.parametrize(
        "command",
        [
            ["run"],
            ["demo"],
            ["check", "--format", "json"],
            ["explain", "link/initiated"],
            ["simulate", "--estate", "x"],
        ],
    )
    def test_every_command_ends_with_2_on_bad_settings(self, command: list[str]) -> None:
        ended = run(*command, PEERING_MONITOR_LOG__LEVEL="loud")
        assert ended.returncode == 2
        assert ended.stdout == ""
        assert ended.stderr.endswith("peering-monitor: 1 problem in the settings\n")
        assert "Traceback" not in ended.stderr


class TestExplain:
    @pytest.mark.parametrize("name", [check.name for check in CHECKS])
    def test_every_check_is_explained_in_lines_of_80(self, name: str, capsys: pytest.CaptureFixture[str]) -> None:
        assert cli.main(["explain", name]) == 0
        told = capsys.readouterr().out
        assert told.startswith(f"{name}: ")
        assert max(map(len, told.splitlines())) <= 80
        for part in ("\nSeverity: ", "\nReasons: ", "\n\nWhy it matters: ", "\n\nTo repair: "):
            assert told.count(part) == 1

    def test_the_whole_of_one(self) -> None:
        ended = run("explain", "vnet/peering-limit", PEERING_MONITOR_CHECKS__SEVERITY="{vnet/peering-limit: info}")
        assert (ended.returncode, ended.stderr) == (0, "")
        assert ended.stdout == EXPLAINED

    def test_json_is_one_document(self) -> None:
        ended = run(
            "explain",
            "LINK/Out-Of-Sync",
            "--format",
            "json",
            PEERING_MONITOR_CHECKS__DISABLED="[link/out-of-sync]",
        )
        told = json.loads(ended.stdout)
        assert ended.returncode == 0
        assert list(told) == [
            "schema_version",
            "check",
            "summary",
            "enabled",
            "severity",
            "default_severity",
            "what",
            "why",
            "repair",
            "reasons",
            "silenced_by",
        ]
        assert (told["schema_version"], told["check"], told["enabled"]) == (1, "link/out-of-sync", False)
        assert told["silenced_by"] == [
            "link/disconnected",
            "link/half-missing",
            "link/initiated",
            "link/remote-vnet-missing",
        ]

    @pytest.mark.parametrize(
        ("name", "said"),
        [
            ("link/disconected", "; did you mean link/disconnected?"),
            ("peering-limit", "; did you mean vnet/peering-limit?"),
            ("zzz", ""),
            ("\x1b[31m", ""),
        ],
    )
    def test_an_unknown_check_is_2_with_the_nearest(
        self, name: str, said: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert cli.main(["explain", name]) == 2
        told = capsys.readouterr()
        assert told.out == ""
        assert told.err == f"peering-monitor: there is no check {name!r} in this version{said}\n"

    def test_without_a_name_every_check_is_listed(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert cli.main(["explain"]) == 2
        told = capsys.readouterr()
        assert told.out == ""
        assert all(f"\n  {check.name} " in told.err for check in CHECKS)
        assert max(map(len, told.err.splitlines())) <= 80


class TestPipes:
    @pytest.mark.parametrize("arguments", [["config", "show"], ["--help"], ["--version"]])
    def test_a_reader_that_left_is_no_error(self, arguments: list[str]) -> None:
        reading, writing = os.pipe()
        os.close(reading)
        try:
            ended = subprocess.run(
                [*MONITOR, *arguments], env=environment(), stdout=writing, stderr=subprocess.PIPE, check=False
            )
        finally:
            os.close(writing)
        assert (ended.returncode, ended.stderr) == (0, b"")

    @pytest.mark.skipif(not FULL.exists(), reason="needs /dev/full")
    def test_a_full_disk_is_an_error_in_one_line(self) -> None:
        with FULL.open("wb") as full:
            ended = subprocess.run(
                [*MONITOR, "config", "show"], env=environment(), stdout=full, stderr=subprocess.PIPE, check=False
            )
        assert ended.returncode == 2
        assert ended.stderr == b"peering-monitor: cannot write the output: No space left on device\n"

    @pytest.mark.parametrize(("closed", "code"), [(">&-", 2), ("2>&-", 0)])
    def test_a_closed_output_is_no_accident(self, closed: str, code: int) -> None:
        command = f"exec {sys.executable} -m monitor config validate {closed}"
        ended = subprocess.run(
            ["/bin/sh", "-c", command], env=environment(), capture_output=True, text=True, check=False
        )
        assert ended.returncode == code
        assert "Traceback" not in ended.stderr

    def test_any_name_can_be_printed_in_any_locale(self) -> None:
        ended = run("config", "show", PEERING_MONITOR_SUBSCRIPTIONS__INCLUDE="[漢]", PYTHONIOENCODING="ascii")
        assert ended.returncode == 0
        assert "\\u6f22" in ended.stdout


class Azure:
    """A simulated Azure in a process of its own."""

    def __init__(self, estate: str) -> None:
        self._process = subprocess.Popen(
            [*MONITOR, "simulate", "--estate", estate, "--listen", "127.0.0.1:0"],
            env=environment(),
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout is not None
        self.url = self._process.stdout.readline().split()[-1]

    def check(self, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        return run("check", *arguments, **(self.variables() | variables))

    def variables(self) -> dict[str, str]:
        return {
            "PEERING_MONITOR_AZURE__CREDENTIAL": "static",
            "PEERING_MONITOR_AZURE__STATIC_TOKEN": "anything",
            "PEERING_MONITOR_AZURE__RESOURCE_MANAGER_URL": self.url,
        }

    def get(self, path: str, version: str) -> Any:
        return json.loads(self._ask(path, version, "GET"))

    def delete(self, path: str) -> None:
        self._ask(path, "2024-05-01", "DELETE")

    def _ask(self, path: str, version: str, method: str) -> bytes:
        url = f"{self.url}{path}?api-version={version}"
        request = urllib.request.Request(url, method=method, headers={"Authorization": "Bearer x"})
        with urllib.request.urlopen(request, timeout=10) as answer:
            body: bytes = answer.read()
        return body

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.send_signal(signal.SIGTERM)
        self._process.communicate(timeout=15)
        assert self._process.returncode == 0


@pytest.fixture(scope="module")
def sound() -> Iterator[Azure]:
    with Azure("hub-spoke") as azure:
        yield azure


@pytest.fixture(scope="module")
def broken() -> Iterator[Azure]:
    """The same, after one side was deleted."""
    with Azure("hub-spoke") as azure:
        subscriptions = {
            row["displayName"]: row["id"] for row in azure.get("/subscriptions", "2022-12-01")["value"]
        }
        azure.delete(
            f"{subscriptions['sub-connectivity']}/resourceGroups/rg-networking/providers/Microsoft.Network"
            "/virtualNetworks/vnet-hub/virtualNetworkPeerings/hub-to-app"
        )
        yield azure


class TestCheck:
    def test_what_is_ignored_is_0_and_told(self, broken: Azure) -> None:
        entry = "[{check: link/disconnected, vnet: vnet-app, until: 2999-12-31, reason: They move.}]"
        ended = broken.check("--fail-on", "info", PEERING_MONITOR_CHECKS__IGNORE=entry)
        assert (ended.returncode, ended.stderr) == (0, "")
        assert ended.stdout.startswith("Ignored\n  link/disconnected (peer_missing) of vnet-app ")
        assert ended.stdout.endswith("no findings, 1 ignored.\n")

    def test_a_sound_estate_is_0_and_one_line(self, sound: Azure) -> None:
        ended = sound.check()
        assert (ended.returncode, ended.stderr) == (0, "")
        assert re.fullmatch(r"Healthy: .*: no findings\.\n", ended.stdout)

    def test_findings_are_1_and_told_on_stdout(self, broken: Azure) -> None:
        ended = broken.check()
        assert (ended.returncode, ended.stderr) == (1, "")
        assert ended.stdout.startswith("CRITICAL link/disconnected (peer_missing)\n")
        assert "\x1b" not in ended.stdout

    def test_never_is_0_whatever_is_found(self, broken: Azure) -> None:
        ended = broken.check("--fail-on", "never", "--format", "json")
        assert ended.returncode == 0
        assert json.loads(ended.stdout)["exit_code"] == 0

    def test_json_is_one_document_with_the_exit_code(self, broken: Azure) -> None:
        ended = broken.check(
            "--format", "json", PEERING_MONITOR_LOG__LEVEL="debug", PEERING_MONITOR_LOG__FORMAT="json"
        )
        told = json.loads(ended.stdout)
        assert told["schema_version"] == 1
        assert told["exit_code"] == ended.returncode == 1
        assert [found["check"] for found in told["findings"]] == ["link/disconnected"]
        assert all(json.loads(line) for line in ended.stderr.splitlines())

    def test_junit_counts_the_failure(self, broken: Azure) -> None:
        ended = broken.check("--format", "junit")
        assert ended.returncode == 1
        assert ET.fromstring(ended.stdout).attrib["failures"] == "1"

    def test_what_cannot_be_seen_is_2_and_outranks_findings(self, broken: Azure) -> None:
        asked = '["*", 00000000-0000-0000-0000-000000000000]'
        ended = broken.check("--format", "json", PEERING_MONITOR_SUBSCRIPTIONS__INCLUDE=asked)
        told = json.loads(ended.stdout)
        assert ended.returncode == told["exit_code"] == 2
        assert told["findings"]
        assert [row["reason"] for row in told["coverage"]] == ["not_found"]

    def test_a_reader_that_left_changes_no_exit_code(self, broken: Azure) -> None:
        reading, writing = os.pipe()
        os.close(reading)
        ended = subprocess.run(
            [*MONITOR, "check"],
            env=environment(**broken.variables()),
            stdout=writing,
            stderr=subprocess.PIPE,
            check=False,
        )
        os.close(writing)
        assert (ended.returncode, ended.stderr) == (1, b"")

    @pytest.mark.parametrize(
        ("variables", "coloured"), [({}, True), ({"NO_COLOR": "1"}, False), ({"TERM": "dumb"}, False)]
    )
    def test_colour_only_on_a_terminal_that_wants_it(
        self,
        broken: Azure,
        variables: dict[str, str],
        coloured: bool,  # noqa: FBT001 - a row of the table
    ) -> None:
        ours, theirs = pty.openpty()
        environ = environment(TERM="xterm", **broken.variables())
        environ.pop("NO_COLOR", None)
        ended = subprocess.run(
            [*MONITOR, "check"], env=environ | variables, stdout=theirs, stderr=subprocess.PIPE, check=False
        )
        os.close(theirs)
        told = os.read(ours, 65536)
        os.close(ours)
        assert ended.returncode == 1
        assert told.startswith(b"\x1b[1;31mCRITICAL" if coloured else b"CRITICAL")

    def test_progress_is_told_on_a_terminal_only(self, sound: Azure) -> None:
        ours, theirs = pty.openpty()
        ended = subprocess.run(
            [*MONITOR, "check"],
            env=environment(**sound.variables()),
            stdout=subprocess.PIPE,
            stderr=theirs,
            check=False,
        )
        os.close(theirs)
        told = os.read(ours, 65536)
        os.close(ours)
        assert ended.returncode == 0
        assert told == b"Reading Azure ...\r\n"


class TestInterrupted:
    def test_ctrl_c_during_a_check_is_2_and_silent(self) -> None:
        """An Azure that never answers, and someone who has waited enough."""
        with socket.create_server(("127.0.0.1", 0)) as silent:
            process = subprocess.Popen(
                [*MONITOR, "check"],
                env=environment(
                    PEERING_MONITOR_AZURE__CREDENTIAL="static",
                    PEERING_MONITOR_AZURE__STATIC_TOKEN="anything",
                    PEERING_MONITOR_AZURE__RESOURCE_MANAGER_URL=f"http://127.0.0.1:{silent.getsockname()[1]}",
                ),
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
            silent.settimeout(30)
            silent.accept()[0].close()
            waiting, _ = silent.accept()  # it asked again
            with waiting:
                process.send_signal(signal.SIGINT)
                told = process.communicate(timeout=15)
        assert process.returncode == 2
        assert told == ("", "")

    def test_what_nobody_foresaw_is_logged_and_never_passes_for_findings(
        self, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
    ) -> None:
        class Broken(io.StringIO):
            def write(self, _: str) -> int:
                raise RuntimeError("out of order")

        monkeypatch.setattr(sys, "stdout", Broken())
        assert cli.main(["config", "validate"]) == 2
        told = capfd.readouterr().err
        assert "unexpected error" in told
        assert "RuntimeError: out of order" in told


class TestSimulate:
    def test_an_estate_that_is_not_there_is_2_and_one_line(self) -> None:
        ended = run("simulate", "--estate", "/nope.yaml")
        assert ended.returncode == 2
        assert ended.stdout == ""
        assert ended.stderr.startswith("peering-monitor: ")
        assert "Traceback" not in ended.stderr

    def test_an_address_that_is_taken_is_1_and_said(self, sound: Azure) -> None:
        ended = run("simulate", "--estate", "hub-spoke", "--listen", sound.url.removeprefix("http://"))
        assert ended.returncode == 1
        assert ended.stderr.startswith("peering-monitor: cannot listen on ")


class TestDemo:
    def overlay(self, path: Path | None = None, **variables: str) -> Any:
        return load_settings(path, variables, overlay=cli._DEMO_DEFAULTS)

    def test_it_has_defaults_of_its_own(self) -> None:
        settings = self.overlay()
        assert str(settings.http.listen) == "127.0.0.1:9789"
        assert settings.collectors.topology.interval == 2.0
        assert settings.collectors.traffic.interval == 15.0
        assert settings.collectors.traffic.grain == "1m"
        assert settings.log.format == "console"

    def test_file_and_environment_win_over_them(self, config: Path) -> None:
        config.write_text("collectors: {topology: {interval: 7s}}")
        settings = self.overlay(config, PEERING_MONITOR_HTTP__LISTEN="127.0.0.1:1")
        assert settings.collectors.topology.interval == 7.0
        assert settings.collectors.traffic.interval == 15.0
        assert str(settings.http.listen) == "127.0.0.1:1"

    def test_listen_of_the_command_line_wins_over_everything_and_sigterm_ends_it_with_0(self) -> None:
        process = subprocess.Popen(
            [*MONITOR, "demo", "--listen", "127.0.0.1:0", "--estate", "hub-spoke"],
            env=environment(PEERING_MONITOR_HTTP__LISTEN="256.256.256.256:1"),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert process.stdout is not None
        told = process.stdout.readline() + process.stdout.readline()
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=15)
        assert "http://127.0.0.1:" in told
        assert process.returncode == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_daemon_that_is_told_to_stop_while_it_still_starts_stops_cleanly(number: signal.Signals) -> None:
    code = f"from monitor import cli; import os; cli._stop_while_starting(); os.kill(os.getpid(), {int(number)})"
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=30, check=False)
    assert (ended.returncode, ended.stderr) == (0, "")
