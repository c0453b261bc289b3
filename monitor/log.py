"""The log: structlog's and the standard library's records, one a line, no secret in it."""

from __future__ import annotations

import logging
import math
import os
import re
import sys
from typing import TYPE_CHECKING, Any, Literal, TextIO

import structlog
from structlog.dev import plain_traceback
from structlog.processors import ExceptionRenderer
from structlog.tracebacks import ExceptionDictTransformer

from monitor.printable import printable

if TYPE_CHECKING:
    from collections.abc import Collection

    from structlog.typing import EventDict, Processor, WrappedLogger

MASK = "***"

# Libraries whose INFO tells what we tell better, or shows requests with their headers.
_QUIET = ("aiohttp", "asyncio", "azure", "msal", "urllib3")
_FIRST = ("timestamp", "level", "logger", "event")


def get_logger(name: str) -> structlog.stdlib.BoundLogger:
    """The logger of a module; ``name`` is its ``__name__``."""
    return structlog.stdlib.get_logger(name)


def configure(
    *,
    level: str = "info",
    format: Literal["json", "console"] = "json",  # noqa: A002 - the setting's own name
    stream: TextIO | None = None,
    colour: bool | None = None,
    secrets: Collection[str] = (),
) -> None:
    """Send every log record from ``level`` on to ``stream`` (standard error); calling it again replaces the first.

    ``secrets`` are values that are masked wherever they turn up, besides everything that looks like a credential.
    ``colour`` concerns the console format only; by default a terminal decides, and NO_COLOR.
    """
    stream = sys.stderr if stream is None else stream
    if colour is None:
        colour = stream.isatty() and not os.environ.get("NO_COLOR")
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    mask = _Mask(secrets)
    rendering: list[Processor]
    if format == "json":
        rendering = [
            ExceptionRenderer(ExceptionDictTransformer(show_locals=False, use_rich=False)),
            mask,
            _in_order,
            structlog.processors.JSONRenderer(allow_nan=False),
        ]
    else:
        rendering = [
            structlog.processors.format_exc_info,
            mask,
            _escape_controls,
            structlog.dev.ConsoleRenderer(colors=colour, exception_formatter=plain_traceback, sort_keys=False),
        ]
    handler = _Handler(stream)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *rendering],
        )
    )
    root = logging.getLogger()
    for old in [handler for handler in root.handlers if isinstance(handler, _Handler)]:
        root.removeHandler(old)
    root.addHandler(handler)
    number = logging.getLevelNamesMapping()[level.upper()]
    root.setLevel(number)
    for name in _QUIET:
        logging.getLogger(name).setLevel(max(number, logging.WARNING))
    logging.getLogger("aiohttp.access").disabled = True
    logging.getLogger("apscheduler").setLevel(logging.CRITICAL)  # skipped and broken runs we tell ourselves
    logging.captureWarnings(capture=True)
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            structlog.stdlib.PositionalArgumentsFormatter(),
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,  # a logger made before this call follows it too
    )


class _Handler(logging.StreamHandler[TextIO]):
    """Ours, so that configuring again finds it."""


def _in_order(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """What every record has comes first."""
    first = {key: event.pop(key) for key in _FIRST if key in event}
    return {**first, **event}


# Secrets

_NAME = (
    r"(?:(?:client|shared|account)[_-]?(?:secret|key)|static[_-]?token|password|passwd|client[_-]?assertion"
    r"|(?:access|refresh|id|bearer|sas|auth)[_-]?token|api[_-]?key)"
)
_HEADER = r"(?:(?:proxy-)?authorization|x-ms-authorization-auxiliary)"
_NAMED = re.compile(f"{_NAME}|{_HEADER}", re.IGNORECASE)
_IS = r"\\*[\"']?\s*[:=]\s*(?:b(?=[\"']))?\\*[\"']?"  # between name and value; quotes may be escaped once more
_VALUE = r"[^\s\"'\\,;&}\])]+"
_PATTERNS = (
    re.compile(rf"(?P<keep>{_HEADER}{_IS})(?:[a-z]+\s+)?{_VALUE}", re.IGNORECASE),
    re.compile(rf"(?P<keep>{_NAME}{_IS}){_VALUE}", re.IGNORECASE),
    re.compile(r"(?P<keep>\b(?:bearer|basic)\s+)[A-Za-z0-9._~+/-]{8,}=*", re.IGNORECASE),
    re.compile(r"(?P<keep>)\beyJ[\w-]{5,}\.[\w-]+(?:\.[\w-]*){0,3}"),  # a JWT
    re.compile(r"(?P<keep>[?&;\s\"']sig=)[^&\s\"'\\]+", re.IGNORECASE),  # a shared access signature
)
_LEAST_SECRET = 8  # a token such as "demo" protects nothing, and masking the word everywhere hides the log
_DEEPEST = 12


class _Mask:
    """Turns a record into plain data without secrets; everything that is not plain becomes its text first."""

    def __init__(self, secrets: Collection[str]) -> None:
        known = sorted({s for s in secrets if len(s) >= _LEAST_SECRET}, key=len, reverse=True)
        self._known = re.compile("|".join(map(re.escape, known))) if known else None

    def __call__(self, _: WrappedLogger, __: str, event: EventDict) -> EventDict:
        return {self._text(str(key)): self._clean(key, value, 0) for key, value in event.items()}

    def _clean(self, key: Any, value: Any, depth: int) -> Any:
        if isinstance(key, str) and _NAMED.fullmatch(key) and value is not None:
            return MASK
        if value is None or isinstance(value, int) or (isinstance(value, float) and math.isfinite(value)):
            return value
        if depth < _DEEPEST and isinstance(value, dict):
            return {self._text(str(name)): self._clean(name, item, depth + 1) for name, item in value.items()}
        if depth < _DEEPEST and isinstance(value, list | tuple | set | frozenset):
            return [self._clean(None, item, depth + 1) for item in value]
        if isinstance(value, BaseException):
            value = f"{type(value).__name__}: {value}"
        return self._text(value if isinstance(value, str) else repr(value))

    def _text(self, text: str) -> str:
        if self._known is not None:
            text = self._known.sub(MASK, text)
        for pattern in _PATTERNS:
            text = pattern.sub(rf"\g<keep>{MASK}", text)
        return str(text)


# Lines for people


def _escape_controls(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """Keep a record on its line and off the terminal's controls; a traceback is indented below it."""
    trace = {key: _indented(event.pop(key)) for key in ("stack", "exception") if isinstance(event.get(key), str)}
    return {printable(str(key)): _escaped_deep(value) for key, value in event.items()} | trace


def _escaped_deep(value: Any) -> Any:
    """Only text is written as it is; of everything else Python's own form, which escapes, is shown."""
    return printable(value) if isinstance(value, str) else value


def _indented(trace: str) -> str:
    return "\n".join(f"    {printable(line)}".rstrip() for line in trace.split("\n"))
