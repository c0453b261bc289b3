"""The log: one record a line in one form, whoever wrote it, and no secret in it."""

from __future__ import annotations

import io
import json
import logging
import warnings
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

import pytest

from monitor import log

JWT = "eyJhbGciOiJSUzI1NiJ9.eyJhdWQiOiJhcm0iLCJvaWQiOiIxIn0.c2lnbmF0dXJl-_x"
HOSTILE = 'a\n{"level": "info"}\r\x1b[31m\x85\u2028\u202eü漢\ud800\x00'


pytestmark = pytest.mark.usefixtures("logging_as_it_was")


def configure(**options: Any) -> io.StringIO:
    stream = io.StringIO()
    log.configure(stream=stream, **options)
    return stream


def records(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def record(stream: io.StringIO) -> dict[str, Any]:
    (only,) = records(stream)
    return only


def fail_with(message: str) -> None:
    local_secret = "locals are not logged"  # noqa: F841 - what a traceback must not show
    raise ValueError(message)


def fail() -> None:
    try:
        fail_with("inner\nforged")
    except ValueError as error:
        raise RuntimeError(f"outer {JWT}") from error


class TestJson:
    def test_a_record_has_time_level_logger_and_event_first(self) -> None:
        stream = configure()
        log.get_logger("monitor.x").info("it happened", subscription="s")
        told = record(stream)
        assert list(told) == ["timestamp", "level", "logger", "event", "subscription"]
        assert told["level"] == "info"
        assert told["logger"] == "monitor.x"
        assert told["event"] == "it happened"
        assert told["subscription"] == "s"

    def test_time_is_utc_in_iso_form(self) -> None:
        stream = configure()
        log.get_logger("x").info("now")
        stamp = record(stream)["timestamp"]
        assert stamp.endswith("Z")
        assert datetime.fromisoformat(stamp).utcoffset() == timedelta(0)

    def test_the_standard_librarys_records_have_the_same_form(self) -> None:
        stream = configure()
        logging.getLogger("some.library").warning("took %d s", 3)
        told = record(stream)
        assert list(told) == ["timestamp", "level", "logger", "event"]
        assert told["event"] == "took 3 s"
        assert told["logger"] == "some.library"

    def test_positional_arguments_work_in_ours_too(self) -> None:
        stream = configure()
        log.get_logger("x").info("took %d s", 3)
        assert record(stream)["event"] == "took 3 s"

    def test_hostile_text_stays_on_its_line_and_is_kept(self) -> None:
        stream = configure()
        log.get_logger("x").info(HOSTILE, **{"key\n": HOSTILE})
        logging.getLogger("y").warning(HOSTILE)
        assert stream.getvalue().isascii()
        assert stream.getvalue().count("\n") == 2
        assert [told["event"] for told in records(stream)] == [HOSTILE, HOSTILE]

    def test_an_exception_is_one_structured_field_without_locals(self) -> None:
        stream = configure()
        try:
            fail()
        except RuntimeError:
            log.get_logger("x").exception("broke")
            logging.getLogger("y").exception("broke")
        assert "locals are not logged" not in stream.getvalue()
        for told in records(stream):
            assert list(told) == ["timestamp", "level", "logger", "event", "exception"]
            assert [one["exc_type"] for one in told["exception"]] == ["RuntimeError", "ValueError"]
            assert told["exception"][0]["exc_value"] == "outer ***"
            assert told["exception"][0]["frames"][-1]["name"] == "fail"

    def test_whatever_is_given_is_valid_json(self) -> None:
        class Kind(StrEnum):
            ONE = "one"

        stream = configure()
        nested: list[Any] = []
        nested.append(nested)
        log.get_logger("x").info(
            "x", f=float("nan"), kind=Kind.ONE, b=b"\xff", e=ValueError("no"), t=(1, {2}), n=nested, o=stream
        )
        told = json.loads(stream.getvalue(), parse_constant=lambda name: pytest.fail(f"{name} is not JSON"))
        assert told["f"] == "nan"
        assert told["kind"] == "one"
        assert told["e"] == "ValueError: no"
        assert told["t"] == [1, [2]]


class TestLevels:
    def test_what_is_below_the_level_is_not_logged(self) -> None:
        stream = configure(level="warning")
        log.get_logger("x").info("no")
        logging.getLogger("y").info("no")
        log.get_logger("x").warning("yes")
        assert [told["event"] for told in records(stream)] == ["yes"]

    @pytest.mark.parametrize(
        "name",
        [
            "azure.core.pipeline.policies.http_logging_policy",
            "azure.identity",
            "msal",
            "asyncio",
        ],
    )
    def test_libraries_stay_at_warning_even_when_we_debug(self, name: str) -> None:
        stream = configure(level="debug")
        logging.getLogger(name).info("Request URL ...")
        logging.getLogger(name).warning("bad")
        assert [told["event"] for told in records(stream)] == ["bad"]

    def test_the_schedulers_own_words_are_not_logged_beside_ours(self) -> None:
        stream = configure(level="debug")
        logging.getLogger("apscheduler.scheduler").warning("Execution of job skipped")
        logging.getLogger("apscheduler.executors.default").error("Job raised an exception")
        assert records(stream) == []

    def test_libraries_follow_a_higher_level(self) -> None:
        stream = configure(level="error")
        logging.getLogger("azure.identity").warning("no")
        assert records(stream) == []

    def test_the_access_log_is_off_and_the_servers_errors_are_not(self) -> None:
        stream = configure(level="debug")
        logging.getLogger("aiohttp.access").error("GET /metrics")
        logging.getLogger("aiohttp.server").error("Error handling request")
        assert [told["event"] for told in records(stream)] == ["Error handling request"]

    def test_warnings_are_logged(self) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("always")
            stream = configure()
            warnings.warn("careful", stacklevel=1)
            logging.captureWarnings(capture=False)
        assert record(stream)["logger"] == "py.warnings"

    def test_configuring_again_replaces_the_first_for_loggers_that_exist(self) -> None:
        logger = log.get_logger("x")
        first = configure()
        logger.info("one")
        second = configure(level="error")
        logger.info("two")
        logger.error("three")
        assert [told["event"] for told in records(first)] == ["one"]
        assert [told["event"] for told in records(second)] == ["three"]


SECRETS = [
    (f"token {JWT} used", "token *** used"),
    ("Authorization: Bearer abcdefgh.ijkl", "Authorization: ***"),
    ("authorization: Negotiate YIIabc", "authorization: ***"),
    ("b'Authorization: Bearer abcdefghijk'", "b'Authorization: ***'"),
    ("{'Authorization': 'Bearer abc'}", "{'Authorization': '***'}"),
    ('{\\"Authorization\\": \\"Bearer abc\\"}', '{\\"Authorization\\": \\"***\\"}'),
    ("x-ms-authorization-auxiliary: Bearer abc", "x-ms-authorization-auxiliary: ***"),
    ("sent 'Bearer abcdefghijk'", "sent 'Bearer ***'"),
    ("client_secret=hunter2&scope=x", "client_secret=***&scope=x"),
    ('{"client_secret": "hunter2"}', '{"client_secret": "***"}'),
    ("clientSecret: hunter2", "clientSecret: ***"),
    ("static_token: hunter2", "static_token: ***"),
    ("PEERING_MONITOR_AZURE__STATIC_TOKEN=hunter2", "PEERING_MONITOR_AZURE__STATIC_TOKEN=***"),
    ('"access_token":"hunter2","expires_in":1', '"access_token":"***","expires_in":1'),
    ("client_assertion=hunter2", "client_assertion=***"),
    ("https://x/y?sv=1&sig=aB%2Fc%3D&se=2", "https://x/y?sv=1&sig=***&se=2"),
    ("GET https://x/y?sig=abc failed", "GET https://x/y?sig=*** failed"),
]
HARMLESS = [
    "does not have authorization to perform action 'Microsoft.Network/virtualNetworks/read'",
    "Bearer of good news",
    "the peering's name is design=1",
    "/subscriptions/8e7d4a10-52c6-4b0e-9d5f-1c3b7a2e6f01/resourceGroups/rg",
    "nextLink with $skipToken=abc",
]


class TestSecrets:
    @pytest.mark.parametrize(("text", "masked"), SECRETS)
    @pytest.mark.parametrize("form", ["json", "console"])
    def test_what_looks_like_a_credential_is_masked_wherever_it_stands(
        self, text: str, masked: str, form: str
    ) -> None:
        stream = configure(format=form)
        log.get_logger("x").info(text, value=text, nested={"list": [text]}, error=ValueError(text), **{text: 1})
        logging.getLogger("y").warning("%s", text)
        try:
            fail_with(text)
        except ValueError:
            log.get_logger("x").exception("broke")
        told = stream.getvalue()
        assert not [part for part in ("hunter2", "abc", "eyJ", "aB%2Fc", "YII") if part in told]
        if form == "json":
            assert records(stream)[0]["event"] == masked
            assert records(stream)[0]["value"] == masked
            assert records(stream)[0]["nested"] == {"list": [masked]}
            assert records(stream)[1]["event"] == masked

    @pytest.mark.parametrize("text", HARMLESS)
    def test_what_only_resembles_one_is_left(self, text: str) -> None:
        stream = configure()
        log.get_logger("x").info(text)
        assert record(stream)["event"] == text

    def test_a_value_under_a_secrets_name_is_masked_whatever_it_is(self) -> None:
        stream = configure()
        log.get_logger("x").info("x", client_secret="a b", headers={"Authorization": ["x y"], "Accept": "z"})
        assert record(stream)["client_secret"] == "***"
        assert record(stream)["headers"] == {"Authorization": "***", "Accept": "z"}

    def test_known_secrets_are_masked_anywhere(self) -> None:
        stream = configure(secrets=["s3cr3t.[x]", "s3cr3t.[x]-longer"])
        log.get_logger("x").info("is s3cr3t.[x]-longer or s3cr3t.[x]?")
        assert record(stream)["event"] == "is *** or ***?"

    def test_a_word_that_is_no_secret_is_not_masked_everywhere(self) -> None:
        """The simulator's token may be "demo"; it protects nothing."""
        stream = configure(secrets=["demo", ""])
        log.get_logger("x").info("a demo")
        assert record(stream)["event"] == "a demo"


class TestConsole:
    def test_it_is_a_line_for_people(self) -> None:
        stream = configure(format="console")
        log.get_logger("monitor.x").info("it happened", n=1)
        assert stream.getvalue().split(maxsplit=1)[1].rstrip("\n").split() == [
            "[info", "]", "it", "happened", "[monitor.x]", "n=1",
        ]  # fmt: skip

    def test_hostile_text_neither_starts_a_line_nor_acts_on_the_terminal(self) -> None:
        stream = configure(format="console")
        log.get_logger("x").info(HOSTILE, value=HOSTILE, nested=[HOSTILE], **{"key\x1b\n": 1})
        told = stream.getvalue().removesuffix("\n")
        assert told.isprintable()
        assert "ü漢" in told

    def test_a_traceback_is_indented_so_that_no_line_of_it_passes_for_a_record(self) -> None:
        stream = configure(format="console")
        try:
            fail()
        except RuntimeError:
            log.get_logger("x").exception("broke")
        first, *further = stream.getvalue().splitlines()
        assert "broke" in first
        assert "    forged" in further
        assert not [line for line in further if line and not line.startswith("    ")]
        assert JWT not in stream.getvalue()

    def test_colour_only_on_a_terminal_that_wants_it(self, monkeypatch: pytest.MonkeyPatch) -> None:
        class Terminal(io.StringIO):
            def isatty(self) -> bool:
                return True

        def told(stream: io.StringIO) -> str:
            log.configure(format="console", stream=stream)
            log.get_logger("x").info("x")
            return stream.getvalue()

        monkeypatch.delenv("NO_COLOR", raising=False)
        assert "\x1b[" in told(Terminal())
        assert "\x1b[" not in told(io.StringIO())
        monkeypatch.setenv("NO_COLOR", "1")
        assert "\x1b[" not in told(Terminal())
