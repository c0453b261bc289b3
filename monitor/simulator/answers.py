"""An answer before it goes over the wire, and ARM's refusals word for word."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import msgspec

JSON_TYPE = "application/json; charset=utf-8"


@dataclass(slots=True, kw_only=True)
class Answer:
    """Status, headers and body of one response."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    content_type: str | None = JSON_TYPE

    @classmethod
    def of(cls, document: object, *, status: int = 200, headers: dict[str, str] | None = None) -> Answer:
        """An answer with a JSON document."""
        return cls(status=status, body=msgspec.json.encode(document), headers=dict(headers or {}))


class ArmError(Exception):
    """A refusal: raised anywhere below the router, answered in ARM's form."""

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        *,
        headers: dict[str, str] | None = None,
        flat: bool = False,
        details: bool = False,
    ) -> None:
        """`flat` is Azure Monitor's form without `error`; `details` the network provider's with an empty list."""
        super().__init__(f"{status} {code}: {message}")
        self.status = status
        self.code = code
        self.message = message
        self.headers = headers or {}
        self.flat = flat
        self.details = details

    def answer(self) -> Answer:
        """The response that says so."""
        error: dict[str, Any] = {"code": self.code, "message": self.message}
        if self.details:
            error["details"] = []
        headers = {"x-ms-failure-cause": "gateway"} if not (self.flat or self.details) else {}
        return Answer.of(
            error if self.flat else {"error": error}, status=self.status, headers=headers | self.headers
        )


def missing_token(tenant: str) -> ArmError:
    """A request without an Authorization header."""
    text = "The authentication failed because of missing 'Authorization' header."
    message = "Authentication failed. The 'Authorization' header is missing."
    return ArmError(401, "AuthenticationFailed", message, headers=_challenge(tenant, text))


def invalid_token(tenant: str) -> ArmError:
    """A request with a token that is not accepted."""
    text = "Could not find identity for access token."
    return ArmError(
        401, "InvalidAuthenticationToken", "The access token is invalid.", headers=_challenge(tenant, text)
    )


def wrong_tenant(tenant: str) -> ArmError:
    """A request for a subscription that belongs to another tenant."""
    message = (
        f"The access token is from the wrong issuer 'https://sts.windows.net/{tenant}/'. It must match one of the "
        "tenants 'https://sts.windows.net/f8cdef31-a31e-4b4a-93e4-5f571e91255a/' associated with this "
        "subscription. Please use correct authority (URL) to get the token. Note, if the subscription is "
        "transferred to another tenant there is no impact to the services, but information about new tenant could "
        "take time to propagate (up to an hour). If you just transferred your subscription and see this error "
        "message, please try back later."
    )
    headers = _challenge(tenant, "The access token is from wrong audience or resource.")
    return ArmError(401, "InvalidAuthenticationTokenTenant", message, headers=headers)


def _challenge(tenant: str, description: str) -> dict[str, str]:
    value = (
        f'Bearer authorization_uri="https://login.windows.net/{tenant}", error="invalid_token", '
        f'error_description="{description}"'
    )
    return {"WWW-Authenticate": value}


def missing_api_version() -> ArmError:
    """A request without `api-version`."""
    message = "The api-version query parameter (?api-version=) is required for all requests."
    return ArmError(400, "MissingApiVersionParameter", message)


def forbidden(*, client: str, object_id: str, action: str, scope: str) -> ArmError:
    """The principal lacks a permission."""
    message = (
        f"The client '{client}' with object id '{object_id}' does not have authorization to perform action "
        f"'{action}' over scope '{scope}' or the scope is invalid. If access was recently granted, please refresh "
        "your credentials."
    )
    return ArmError(403, "AuthorizationFailed", message)


def subscription_not_found(subscription: str) -> ArmError:
    """No such subscription."""
    return ArmError(404, "SubscriptionNotFound", f"The subscription '{subscription}' could not be found.")


def invalid_subscription_id(text: str) -> ArmError:
    """What stands in the subscription's place is no GUID."""
    message = f"The provided subscription identifier '{text}' is malformed or invalid."
    return ArmError(404, "InvalidSubscriptionId", message)


def group_not_found(group: str) -> ArmError:
    """No such resource group."""
    return ArmError(404, "ResourceGroupNotFound", f"Resource group '{group}' could not be found.")


def resource_not_found(kind: str, name: str, group: str) -> ArmError:
    """ARM itself knows no such resource."""
    message = (
        f"The Resource '{kind}/{name}' under resource group '{group}' was not found. For more details please go "
        "to https://aka.ms/ARMResourceNotFoundFix"
    )
    return ArmError(404, "ResourceNotFound", message)


def child_not_found(resource_id: str) -> ArmError:
    """The network provider knows no such child resource."""
    return ArmError(404, "NotFound", f"Resource {resource_id} not found.", details=True)


def disabled(subscription: str) -> ArmError:
    """The subscription is disabled."""
    message = (
        f"The subscription '{subscription}' is disabled and therefore marked as read only. You cannot perform any "
        "write actions on this subscription until it is re-enabled."
    )
    return ArmError(409, "ReadOnlyDisabledSubscription", message)


def throttled(*, subscription: str, object_id: str, retry_after: int) -> ArmError:
    """Too many reads for one subscription and principal."""
    message = (
        f"Number of 'read' requests for subscription '{subscription}' actor '{object_id}' exceeded. "
        f"Please try again after '{retry_after}' seconds after additional tokens are available. "
        "Refer to https://aka.ms/arm-throttling for additional information."
    )
    headers = {"Retry-After": str(retry_after)}
    return ArmError(429, "SubscriptionRequestsThrottled", message, headers=headers)


def server_error() -> ArmError:
    """Azure's own fault."""
    message = "The server encountered an internal error. Please retry the request."
    return ArmError(500, "InternalServerError", message)


def unknown_path(segments: list[str]) -> ArmError:
    """The path names nothing that this ARM has; never an HTML page."""
    lowered = [segment.lower() for segment in segments]
    if not lowered or lowered[0] != "subscriptions":
        message = "The request did not have a subscription or a valid tenant level resource provider."
        return ArmError(404, "MissingSubscription", message)
    if "providers" in lowered[:-1]:
        at = lowered.index("providers")
        namespace = segments[at + 1]
        kind = "/".join(segments[at + 2 :: 2]) or "(none)"
        if lowered[at + 1] in {"microsoft.network", "microsoft.insights", "microsoft.resources"}:
            message = (
                f"The resource type '{kind}' could not be found in the namespace '{namespace}' for the given "
                "api version."
            )
            return ArmError(404, "InvalidResourceType", message)
        return ArmError(404, "InvalidResourceNamespace", f"The resource namespace '{namespace}' is invalid.")
    message = "The requested resource path is not served here."
    return ArmError(404, "NotFound", message)


def method_not_allowed(method: str, allowed: str = "GET") -> ArmError:
    """The path exists, the verb does not."""
    message = f"The requested resource does not support http method '{method}'."
    return ArmError(405, "MethodNotAllowed", message, headers={"Allow": allowed})
