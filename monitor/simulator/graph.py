"""Azure Resource Graph: queries for subscriptions, in the scope of management groups.

Of the query language it knows what such a query needs: the table `resourcecontainers`, `where` with a single
comparison, `project` and `order by`. Anything else is refused as Resource Graph refuses what it cannot parse.
"""

from __future__ import annotations

import base64
import binascii
import math
import re
from typing import TYPE_CHECKING, Any, Literal

import msgspec

from monitor.simulator import answers, armid
from monitor.simulator.answers import Answer

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from monitor.simulator.arm import ArmRequest
    from monitor.simulator.estate import Tenant
    from monitor.simulator.model.cloud import Cloud
    from monitor.simulator.model.state import LiveSubscription
    from monitor.simulator.throttle import QueryQuota

MOST_ROWS = 1000
_ROWS = 100

Row = dict[str, Any]

_WHERE = re.compile(r"where (?P<path>\w+(\.\w+)*) (?P<operator>==|=~) '(?P<value>[^']*)'")
_COLUMN = re.compile(
    r"(?:(?P<alias>\w+) ?= ?)?(?:(?P<text>tostring)\((?P<inside>\w+(\.\w+)*)\)|(?P<path>\w+(\.\w+)*))"
)
_ORDER = re.compile(r"(?:order|sort) by (?P<column>\w+)(?P<way> asc| desc)?")
_GROUP_ID = re.compile(r"[\w().-]{1,90}", re.ASCII)


class _Options(msgspec.Struct):
    top: int | None = msgspec.field(default=None, name="$top")
    skip_token: str | None = msgspec.field(default=None, name="$skipToken")
    result_format: Literal["objectArray"] = msgspec.field(default="objectArray", name="resultFormat")


class _Request(msgspec.Struct, rename="camel"):
    query: str
    management_groups: list[str] | None = None
    subscriptions: list[str] | None = None
    options: _Options | None = None


class _QueryError(Exception):
    """The query is not one that is understood here."""


class Graph:
    """Answers queries about one cloud."""

    def __init__(
        self, cloud: Cloud, *, tenant: Tenant, quota: QueryQuota, utc_now: Callable[[], datetime]
    ) -> None:
        """`utc_now` stands in the error texts."""
        self._cloud = cloud
        self._tenant = tenant
        self._quota = quota
        self._utc_now = utc_now

    def answer(self, request: ArmRequest, *, enforce_quota: bool) -> Answer:
        """The result of a query, or the refusal; the quota's headers come with both."""
        if request.method != "POST":
            raise answers.method_not_allowed(request.method, "POST")
        remaining, resets_after = self._quota.take()
        headers = {
            "x-ms-user-quota-remaining": str(remaining or 0),
            "x-ms-user-quota-resets-after": f"00:00:{math.ceil(resets_after):02}",
        }
        if remaining is None and enforce_quota:
            message = (
                "Client application has been throttled and should not attempt to repeat the request until an "
                "amount of time has elapsed. Please see https://aka.ms/resourcegraph-throttling for help."
            )
            answer = self._refused(429, "RateLimiting", "RateLimiting", message)
        else:
            answer = self._query(request)
        answer.headers |= headers
        return answer

    def _query(self, request: ArmRequest) -> Answer:
        try:
            asked = msgspec.json.decode(request.body, type=_Request)
        except msgspec.DecodeError as error:
            return self._refused(400, "BadRequest", "InvalidRequestBody", f"The request body is invalid: {error}")
        options = asked.options or _Options()
        groups = [armid.key(group) for group in asked.management_groups or ()]
        for group in groups:
            if not _GROUP_ID.fullmatch(group):
                message = f"The provided management groups must be valid. Given: '{group}'."
                return self._refused(400, "BadRequest", "ManagementGroupsContainInvalidIds", message)
            known = self._cloud.management_groups.get(group)
            if known is None or known.answer == "forbidden":
                # Azure does not tell a group that is not there from one that may not be read.
                raise answers.forbidden(
                    client=self._tenant.client_id,
                    object_id=self._tenant.object_id,
                    action="Microsoft.Management/managementGroups/read",
                    scope=f"/providers/Microsoft.Management/managementGroups/{group}",
                )
        try:
            rows, pageable = _run(asked.query, self._rows(groups, asked.subscriptions))
            start = _position(options.skip_token)
        except _QueryError as error:
            return self._refused(400, "BadRequest", "InvalidQuery", f"Query is invalid. {error}")
        stop = min(start + max(1, min(options.top or _ROWS, MOST_ROWS)), len(rows))
        cut = stop < len(rows)
        document: Row = {
            "totalRecords": len(rows),
            "count": stop - start,
            "data": rows[start:stop],
            "facets": [],
            "resultTruncated": "true" if cut else "false",
        }
        if cut and pageable:
            document["$skipToken"] = base64.urlsafe_b64encode(f"from {stop}".encode()).decode()
        return Answer.of(document)

    def _rows(self, groups: list[str], subscriptions: list[str] | None) -> list[Row]:
        """The subscriptions in scope that the credential may see."""
        wanted = None if subscriptions is None else {armid.key(one) for one in subscriptions}
        rows = []
        for subscription in self._cloud.subscriptions.values():
            chain = self._cloud.group_chain(subscription)
            in_scope = not groups or any(armid.key(group.id) in groups for group in chain)
            named = wanted is None or armid.key(subscription.id) in wanted
            if in_scope and named and not subscription.hidden:
                rows.append(self._row(subscription))
        return rows

    def _row(self, subscription: LiveSubscription) -> Row:
        return {
            "id": f"/subscriptions/{subscription.id}",
            "name": subscription.name,
            "type": "microsoft.resources/subscriptions",
            "tenantId": subscription.tenant,
            "kind": "",
            "location": "",
            "resourceGroup": "",
            "subscriptionId": subscription.id,
            "managedBy": "",
            "sku": None,
            "plan": None,
            "properties": {
                "managementGroupAncestorsChain": [
                    {"name": group.id, "displayName": group.name}
                    for group in self._cloud.group_chain(subscription)
                ],
                "managedByTenants": [],
                "subscriptionPolicies": {
                    "locationPlacementId": "Public_2014-09-01",
                    "quotaId": "EnterpriseAgreement_2014-09-01",
                    "spendingLimit": "Off",
                },
                "state": subscription.state,
            },
            "tags": None,
            "identity": None,
            "zones": None,
            "extendedLocation": None,
        }

    def _refused(self, status: int, code: str, detail: str, message: str) -> Answer:
        """A refusal in Resource Graph's form: what is wrong stands in the details."""
        moment = self._utc_now()
        stamp = f"{moment:%Y-%m-%dT%H:%M:%S.%f}0Z"
        support = (
            f"Please provide below info when asking for support: timestamp = {stamp}, "
            f"correlationId = {armid.stable_guid('graph', stamp, message)}."
        )
        details = [{"code": detail, "message": message}]
        return Answer.of({"error": {"code": code, "message": support, "details": details}}, status=status)


def _run(query: str, rows: list[Row]) -> tuple[list[Row], bool]:
    """The rows that a query leaves, and whether they can be paged: only with `id` among the columns."""
    table, *stages = [" ".join(stage.split()) for stage in query.split("|")]
    if table.lower() != "resourcecontainers":
        raise _QueryError(f"The simulator has no table '{table}'.")
    for stage in stages:
        if where := _WHERE.fullmatch(stage):
            rows = [row for row in rows if _equal(_at(row, where["path"]), where["operator"], where["value"])]
        elif stage.startswith("project "):
            columns = [_COLUMN.fullmatch(text.strip()) for text in stage.removeprefix("project ").split(",")]
            rows = [_projected(row, columns, stage) for row in rows]
        elif order := _ORDER.fullmatch(stage):
            column, down = order["column"], order["way"] == " desc"
            rows = sorted(rows, key=lambda row: str(row.get(column)), reverse=down)
        else:
            raise _QueryError(f"The simulator does not understand '{stage}'.")
    return rows, all("id" in row for row in rows)


def _projected(row: Row, columns: list[re.Match[str] | None], stage: str) -> Row:
    projected: Row = {}
    for column in columns:
        if column is None:
            raise _QueryError(f"The simulator does not understand '{stage}'.")
        path = column["path"] or column["inside"]
        value = _at(row, path)
        projected[column["alias"] or path.replace(".", "_")] = str(value) if column["text"] else value
    return projected


def _equal(value: Any, operator: str, wanted: str) -> bool:
    return bool(value == wanted if operator == "==" else str(value).lower() == wanted.lower())


def _at(row: Row, path: str) -> Any:
    value: Any = row
    for part in path.split("."):
        if not isinstance(value, dict) or part not in value:
            raise _QueryError(f"Failed to resolve column '{path}'.")
        value = value[part]
    return value


def _position(token: str | None) -> int:
    if token is None:
        return 0
    try:
        return int(base64.urlsafe_b64decode(token).decode().removeprefix("from "))
    except (binascii.Error, UnicodeDecodeError, ValueError):
        raise _QueryError(f"The skip token '{token}' is invalid.") from None
