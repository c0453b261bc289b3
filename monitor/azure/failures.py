"""Every way in which asking Azure can fail, turned into a reason of the closed list and a sentence."""

from __future__ import annotations

import re
import zlib
from http import HTTPStatus

import msgspec
from azure.core.exceptions import (
    AzureError as SdkError,
)
from azure.core.exceptions import (
    ClientAuthenticationError,
    ServiceRequestError,
    ServiceRequestTimeoutError,
    ServiceResponseError,
    ServiceResponseTimeoutError,
)

from monitor.model import Failure, Reason

MAX_DETAIL = 400
"""Characters of Azure's own words that a detail keeps."""

SITE_OVERLOADED = 529
"""What Azure Monitor's data plane answers instead of 429."""

RETRIED_STATUS = frozenset({408, 429, 500, 502, 503, 504, SITE_OVERLOADED})
"""Answers after which the same GET may succeed a little later."""

_NOT_FOUND_CODES = frozenset({"ManagementGroupsContainInvalidIds"})
_DISABLED_CODES = frozenset({"ReadOnlyDisabledSubscription", "SubscriptionDisabled", "DisabledSubscription"})
_THROTTLED = frozenset({HTTPStatus.TOO_MANY_REQUESTS, SITE_OVERLOADED})
_REASONS: dict[int, Reason] = {
    HTTPStatus.UNAUTHORIZED: Reason.UNAUTHENTICATED,
    HTTPStatus.FORBIDDEN: Reason.FORBIDDEN,
    HTTPStatus.NOT_FOUND: Reason.NOT_FOUND,
    HTTPStatus.REQUEST_TIMEOUT: Reason.TIMEOUT,
}
_SUPPORT = "Please provide below info when asking for support"
_BLANKS = re.compile(r"\s+")
_BEARER = re.compile(r"(?i)bearer\s+[\w.~+/=-]+|\beyJ[\w-]+\.[\w-]+\.[\w-]*")


class AzureError(Exception):
    """A read of Azure that failed. ``code`` is Azure's own error code, empty where none was given.

    ``status`` is the HTTP status or None without an answer; ``retry`` whether the same request may succeed soon;
    ``message`` Azure's own sentence, whole (Azure Monitor's says more than its code).
    """

    def __init__(
        self,
        failure: Failure,
        *,
        code: str = "",
        status: int | None = None,
        retry: bool = False,
        message: str = "",
    ) -> None:
        super().__init__(failure.detail)
        self.failure = failure
        self.code = code
        self.status = status
        self.retry = retry
        self.message = message


class _ErrorDetail(msgspec.Struct):
    code: str | None = None
    message: str | None = None
    details: list[_ErrorDetail] | None = None


class _ErrorBody(msgspec.Struct):
    error: _ErrorDetail | None = None
    code: str | None = None
    message: str | None = None


_decode_error = msgspec.json.Decoder(_ErrorBody).decode


def one_line(text: str) -> str:
    """Put text from elsewhere on one line of bounded length, with anything that looks like a token masked."""
    line = _BEARER.sub("***", _BLANKS.sub(" ", text).strip())
    return line if len(line) <= MAX_DETAIL else line[: MAX_DETAIL - 1] + "…"


def from_response(status: int, body: bytes) -> AzureError:
    """Give an answer that is not 200 its reason, from its status and the error code in its body.

    Resource Manager wraps its errors in ``error``, Azure Monitor answers them flat.
    """
    try:
        parsed = _decode_error(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        parsed = _ErrorBody()
    detail = parsed.error or _ErrorDetail(parsed.code, parsed.message)
    if detail.message and detail.message.startswith(_SUPPORT) and detail.details:
        detail = detail.details[0]  # Resource Graph says there what is wrong
    code, message = detail.code or "", detail.message or ""
    told = one_line(f"{code}: {message}" if code and message else code or message or "no error in the body")
    return AzureError(
        Failure(_reason_of(status, code), f"HTTP {status} {told}"),
        code=code,
        status=status,
        retry=status in RETRIED_STATUS,
        message=message,
    )


def _reason_of(status: int, code: str) -> Reason:
    if code in _DISABLED_CODES:
        return Reason.DISABLED
    if code in _NOT_FOUND_CODES:
        return Reason.NOT_FOUND
    if status in _THROTTLED:
        return Reason.THROTTLED
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return Reason.SERVER_ERROR
    return _REASONS.get(status, Reason.BAD_RESPONSE)


def from_exception(error: Exception) -> AzureError:
    """Give an exception of the SDK, the transport or the decoder its reason."""
    told = one_line(str(error) or type(error).__name__)
    if isinstance(error, ClientAuthenticationError):
        return AzureError(Failure(Reason.UNAUTHENTICATED, f"no token: {told}"))
    if isinstance(error, (TimeoutError, ServiceRequestTimeoutError, ServiceResponseTimeoutError)):
        return AzureError(Failure(Reason.TIMEOUT, f"no answer in time: {told}"), retry=True)
    if isinstance(error, (ServiceRequestError, ServiceResponseError)):
        return AzureError(Failure(Reason.NETWORK, f"the connection failed: {told}"), retry=True)
    if isinstance(error, (msgspec.DecodeError, UnicodeDecodeError, zlib.error)):
        return bad_response(f"the answer cannot be read: {told}")
    if isinstance(error, (SdkError, OSError)):  # IncompleteReadError (a body cut short) is such an SdkError
        return AzureError(Failure(Reason.NETWORK, f"the connection failed: {told}"), retry=True)
    raise error


def bad_response(detail: str) -> AzureError:
    """Make the failure of an answer that is not what Azure documents."""
    return AzureError(Failure(Reason.BAD_RESPONSE, one_line(detail)))
