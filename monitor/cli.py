"""The commands: they read the arguments and the settings, start the log, hand over, and end with an exit code.

What a command needs is imported when it runs, so that ``--help`` and ``config`` do not wait for the Azure SDK.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import shutil
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from monitor import __version__, log
from monitor.analysis.registry import CHECKS
from monitor.model import Severity
from monitor.settings import Listen, Settings, SettingsError, load_settings, to_yaml

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Mapping, Sequence
    from types import FrameType

    from monitor.model import Snapshot

OK = 0
FAILED = 1
BAD_CONFIG = 2
NOT_ALL_SEEN = 2

_NEVER = "never"
_WIDEST = 120  # sentences that are wider are hard to read

_CONSOLE = {"log": {"format": "console"}}
_CHECK_DEFAULTS = {"log": {"format": "console", "level": "error"}}  # the report says the rest
_DEMO_DEFAULTS = {
    "collectors": {
        "topology": {"interval": "2s"},
        "traffic": {"interval": "15s", "grain": "1m"},
    },
    "http": {"listen": "127.0.0.1:9789"},
    **_CONSOLE,
}
_SIMULATOR_LISTEN = Listen("127.0.0.1", 9790)

# The Azure SDK's own variables that hold a secret: their values are masked in the log like our own.
_SDK_SECRETS = ("AZURE_CLIENT_SECRET", "AZURE_CLIENT_CERTIFICATE_PASSWORD", "AZURE_PASSWORD")


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code; ``argv`` is without the program's name."""
    if sys.stderr is None:  # closed by whoever started us
        sys.stderr = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115 - for as long as we live
    log.configure(format="console")
    try:
        arguments = _parser().parse_args(argv)
    except SystemExit:
        if sys.stdout is not None:
            _write("")  # a reader that left during --help is no error
        raise
    command: Callable[[argparse.Namespace], int] = arguments.function
    failed: int = arguments.failed
    try:
        return command(arguments)
    except SettingsError as error:
        count = len(error.problems)
        _complain(str(error))
        _complain(f"peering-monitor: {count} {'problem' if count == 1 else 'problems'} in the settings")
        return BAD_CONFIG
    except _CannotWriteError as error:
        _complain(f"peering-monitor: cannot write the output: {error}")
        return failed
    except BrokenPipeError:
        _give_up_stdout()
        return failed
    except KeyboardInterrupt:
        return failed
    except Exception:  # noqa: BLE001 - the last one: it is logged, and ends the process
        # Python's own end would be a traceback and exit code 1, which of `check` means findings.
        log.get_logger(__name__).exception("unexpected error")
        return failed


# The commands


def _run(arguments: argparse.Namespace) -> int:
    _stop_while_starting()
    settings = _start(arguments)
    from monitor import app  # noqa: PLC0415 - see the module's docstring

    return _finish(app.run(settings))


def _demo(arguments: argparse.Namespace) -> int:
    _stop_while_starting()
    listen = {"http": {"listen": str(arguments.listen)}} if arguments.listen else None
    settings = _start(arguments, overlay=_DEMO_DEFAULTS, given=listen)
    from monitor import app  # noqa: PLC0415 - see the module's docstring

    return _finish(app.demo(settings, estate=arguments.estate))


def _simulate(arguments: argparse.Namespace) -> int:
    _stop_while_starting()
    _start(arguments, overlay=_CONSOLE)
    from monitor import app  # noqa: PLC0415 - see the module's docstring

    listen: Listen = arguments.listen
    return _finish(app.simulate(arguments.estate, host=listen.host, port=listen.port))


def _check(arguments: argparse.Namespace) -> int:
    settings = _start(arguments, overlay=_CHECK_DEFAULTS)
    from monitor import app  # noqa: PLC0415 - see the module's docstring
    from monitor.report.outcome import exit_code  # noqa: PLC0415 - as above

    if sys.stderr.isatty():
        _complain("Reading Azure ...")
    try:
        snapshot = asyncio.run(app.check(settings))
    except app.UsageProblem as problem:
        _complain(f"peering-monitor: {problem}")
        return NOT_ALL_SEEN
    fail_on = None if arguments.fail_on == _NEVER else Severity(arguments.fail_on)
    _write(_report(arguments.format, snapshot, fail_on, settings))
    return exit_code(snapshot, fail_on)


def _report(form: str, snapshot: Snapshot, fail_on: Severity | None, settings: Settings) -> str:
    from monitor.report import document, junit, table  # noqa: PLC0415 - see the module's docstring

    if form == "json":
        return document.render(snapshot, fail_on=fail_on, external_url=settings.http.external_url)
    if form == "junit":
        return junit.render(snapshot, fail_on=fail_on)
    width = min(shutil.get_terminal_size((80, 24)).columns, _WIDEST)
    plain = os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb" or not sys.stdout.isatty()
    return table.render(snapshot, width=width, colour=not plain)


def _explain(arguments: argparse.Namespace) -> int:
    from monitor.analysis.engine import AnalysisOptions  # noqa: PLC0415 - see the module's docstring
    from monitor.report import explanation  # noqa: PLC0415 - as above

    if arguments.check is None:
        _complain("peering-monitor explain: name a check:")
        _complain(explanation.listing().rstrip("\n"))
        return BAD_CONFIG
    check = explanation.find(arguments.check)
    if check is None:
        _complain(f"peering-monitor: {explanation.unknown(arguments.check)}")
        return BAD_CONFIG
    checks = _settings(arguments).checks
    options = AnalysisOptions(disabled=frozenset(checks.disabled), severity=checks.severity)
    render = explanation.render_json if arguments.format == "json" else explanation.render_text
    _write(render(check, options))
    return OK


def _config_show(arguments: argparse.Namespace) -> int:
    _write(to_yaml(_settings(arguments)))
    return OK


def _config_validate(arguments: argparse.Namespace) -> int:
    _settings(arguments)
    _write("valid\n")
    return OK


def _settings(
    arguments: argparse.Namespace,
    *,
    overlay: Mapping[str, Any] | None = None,
    given: Mapping[str, Any] | None = None,
) -> Settings:
    return load_settings(
        arguments.config,
        os.environ,
        overlay=overlay,
        arguments=given,
        check_names=frozenset(check.name for check in CHECKS),
    )


def _start(
    arguments: argparse.Namespace,
    *,
    overlay: Mapping[str, Any] | None = None,
    given: Mapping[str, Any] | None = None,
) -> Settings:
    """Read the settings and start the log that they ask for."""
    settings = _settings(arguments, overlay=overlay, given=given)
    secrets = [os.environ[name] for name in _SDK_SECRETS if name in os.environ]
    if settings.azure.static_token is not None:
        secrets.append(settings.azure.static_token.get_secret_value())
    log.configure(level=settings.log.level, format=settings.log.format, secrets=secrets)
    return settings


def _stop_while_starting() -> None:
    """Let a signal end a daemon cleanly also before its event loop runs; process 1 would not get it otherwise."""

    def stop(_: int, __: FrameType | None) -> None:
        raise SystemExit(OK)

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)


def _finish(coroutine: Coroutine[Any, Any, int]) -> int:
    """Run a daemon to its end."""
    from monitor.app import UsageProblem  # noqa: PLC0415 - see the module's docstring

    try:
        return asyncio.run(coroutine)
    except UsageProblem as problem:
        _complain(f"peering-monitor: {problem}")
        return problem.exit_code


# Output


class _CannotWriteError(Exception):
    """Standard output takes nothing more."""


def _write(text: str) -> None:
    """Write to standard output; a reader that left is no error, a full disk is."""
    if sys.stdout is None:
        raise _CannotWriteError("standard output is closed")
    try:
        if hasattr(sys.stdout, "reconfigure"):  # which also flushes what is there
            sys.stdout.reconfigure(errors="backslashreplace")  # names are of any script, locales are not
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:
        _give_up_stdout()
    except OSError as error:
        _give_up_stdout()
        raise _CannotWriteError(error.strerror or str(error)) from error


def _give_up_stdout() -> None:
    """Let the interpreter's last flush go nowhere instead of failing."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)


def _complain(text: str) -> None:
    sys.stderr.write(f"{text}\n")


# Arguments


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="peering-monitor",
        description="Health monitor for Azure virtual network peerings.",
        epilog="Every setting of the file is also an environment variable: http.listen is "
        "PEERING_MONITOR_HTTP__LISTEN.",
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"%(prog)s {__version__}")
    _add_config(parser, default=None)
    commands = parser.add_subparsers(title="commands", dest="command", metavar="COMMAND", required=True)

    _add_command(
        commands, "run", _run, "run the daemon", "Collects on schedule and serves HTTP until SIGTERM or SIGINT."
    )

    demo = _add_command(
        commands,
        "demo",
        _demo,
        "run the daemon against a simulated Azure",
        "Needs no Azure, no network and no credential.",
    )
    _add_listen(demo, default=None, shown="127.0.0.1:9789")
    _add_estate(demo, default="incident")

    check = _add_command(
        commands,
        "check",
        _check,
        "read Azure once, print what is wrong, and end",
        "Exit code 0: nothing at or above the level; 1: findings; "
        "2: not everything could be seen, whatever was found, or the settings are bad.",
        failed=NOT_ALL_SEEN,
    )
    check.add_argument(
        "--format", choices=["table", "json", "junit"], default="table", help="default: %(default)s"
    )
    check.add_argument(
        "--fail-on",
        choices=[*map(str, Severity), _NEVER],
        default=str(Severity.WARNING),
        help="the least severity that makes the exit code 1 (default: %(default)s)",
    )

    explain = _add_command(
        commands,
        "explain",
        _explain,
        "print what a check means, why it matters and how to repair it",
        "Without a name every check is listed. Exit code 0; 2: there is no such check, or the settings are bad.",
        failed=BAD_CONFIG,
    )
    explain.add_argument("check", metavar="CHECK", nargs="?", help="the check's name, such as link/disconnected")
    explain.add_argument("--format", choices=["table", "json"], default="table", help="default: %(default)s")

    config = commands.add_parser("config", help="show or validate the settings", allow_abbrev=False)
    _add_config(config)
    config_commands = config.add_subparsers(
        title="commands", dest="config_command", metavar="COMMAND", required=True
    )
    _add_command(
        config_commands,
        "show",
        _config_show,
        "print the effective settings as YAML, secrets masked",
        failed=BAD_CONFIG,
    )
    _add_command(
        config_commands, "validate", _config_validate, "print every error of the settings", failed=BAD_CONFIG
    )

    simulate = _add_command(commands, "simulate", _simulate, "run only the Azure simulator")
    _add_listen(simulate, default=_SIMULATOR_LISTEN, shown=str(_SIMULATOR_LISTEN))
    _add_estate(simulate)
    return parser


def _add_command(
    commands: argparse._SubParsersAction[argparse.ArgumentParser],
    name: str,
    function: Callable[[argparse.Namespace], int],
    summary: str,
    more: str = "",
    *,
    failed: int = FAILED,
) -> argparse.ArgumentParser:
    """Add a command; ``failed`` is its exit code where it breaks off."""
    description = f"{summary[0].upper()}{summary[1:]}. {more}"
    parser = commands.add_parser(name, help=summary, description=description, allow_abbrev=False)
    parser.set_defaults(function=function, failed=failed)
    _add_config(parser)
    return parser


def _add_config(parser: argparse.ArgumentParser, default: Any = argparse.SUPPRESS) -> None:
    """``--config``; below the top parser it must not overwrite what was given before the command."""
    parser.add_argument(
        "--config",
        type=Path,
        metavar="FILE",
        default=default,
        help="the settings, YAML (default: the file that PEERING_MONITOR_CONFIG names, else none)",
    )


def _add_listen(parser: argparse.ArgumentParser, *, default: Listen | None, shown: str) -> None:
    parser.add_argument(
        "--listen",
        type=_listen,
        metavar="HOST:PORT",
        default=default,
        help=f"where to listen; port 0 takes a free one (default: {shown})",
    )


def _add_estate(parser: argparse.ArgumentParser, *, default: str | None = None) -> None:
    more = f" (default: {default})" if default else ""
    parser.add_argument(
        "--estate",
        metavar="FILE",
        default=default,
        required=default is None,
        help=f"what there is in the simulated Azure: a file, or the name of a bundled estate{more}",
    )


def _listen(text: str) -> Listen:
    try:
        return Listen.parse(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"must be {error}, not {text!r}") from None
