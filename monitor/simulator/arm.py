"""Azure Resource Manager's front door: authentication, api-version, the subscription's standing, the operation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from monitor.simulator import answers, armid
from monitor.simulator.answers import Answer, ArmError
from monitor.simulator.routes import Api, Target

if TYPE_CHECKING:
    from collections.abc import Mapping

    from monitor.simulator.estate import Tenant
    from monitor.simulator.graph import Graph
    from monitor.simulator.insights import Insights
    from monitor.simulator.model.cloud import Cloud
    from monitor.simulator.model.state import LiveSubscription
    from monitor.simulator.reads import Reads
    from monitor.simulator.throttle import ReadBuckets
    from monitor.simulator.writes import Writes


class NeverAnswersError(Exception):
    """The request is to hang: whoever serves it keeps the connection open and says nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ArmRequest:
    """A request as ARM sees it; `base` is the scheme and host that nextLinks are built on."""

    method: str
    path: str
    query: Mapping[str, str]
    target: Target
    base: str
    token: str | None
    body: bytes = b""


class Arm:
    """Answers any request about one cloud."""

    def __init__(
        self,
        *,
        tenant: Tenant,
        token: str | None,
        enforce_rate_limits: bool,
        cloud: Cloud,
        buckets: ReadBuckets,
        reads: Reads,
        writes: Writes,
        insights: Insights,
        graph: Graph,
    ) -> None:
        """With a `token` only that one is accepted, else any."""
        self._tenant = tenant
        self._token = token
        self._enforce_rate_limits = enforce_rate_limits
        self._cloud = cloud
        self._buckets = buckets
        self._reads = reads
        self._writes = writes
        self._insights = insights
        self._graph = graph

    def answer(self, request: ArmRequest) -> Answer:
        """The response, errors included. Raises NeverAnswersError where there is to be none."""
        headers: dict[str, str] = {}
        try:
            self._authenticate(request)
            # A real status URL has it in it; one that a client builds itself without is still refused.
            if not _parameter(request.query, "api-version"):
                raise answers.missing_api_version()
            headers = self._count(request)
            self._admit(request)
            answer = self._operate(request)
        except ArmError as error:
            answer = error.answer()
        answer.headers = headers | answer.headers
        return answer

    def _authenticate(self, request: ArmRequest) -> None:
        if request.token is None:
            raise answers.missing_token(self._tenant.id)
        if not request.token or (self._token is not None and request.token != self._token):
            raise answers.invalid_token(self._tenant.id)

    def _count(self, request: ArmRequest) -> dict[str, str]:
        subscription = request.target.subscription
        if request.target.api is Api.RESOURCE_GRAPH:
            return {}  # it has a quota of its own
        if request.method != "GET":
            kind = "subscription-writes" if request.method == "PUT" else "subscription-deletes"
            return {f"x-ms-ratelimit-remaining-{kind}": "199"}
        remaining = self._buckets.take(armid.key(subscription) if subscription else "")
        if remaining is None and self._enforce_rate_limits:
            raise answers.throttled(
                subscription=subscription or self._tenant.id, object_id=self._tenant.object_id, retry_after=1
            )
        kind = "subscription-reads" if subscription else "tenant-reads"
        return {f"x-ms-ratelimit-remaining-{kind}": str(remaining or 0)}

    def _admit(self, request: ArmRequest) -> None:
        target = request.target
        if target.subscription is None:
            return
        subscription = self._cloud.subscription(target.subscription)
        if subscription is None:
            raise self._outside(request)
        self._check_standing(request, subscription)
        if target.group is not None and target.api is not Api.OPERATION:
            group = subscription.groups.get(armid.key(target.group))
            if group is None:
                raise answers.group_not_found(target.group)

    def _outside(self, request: ArmRequest) -> ArmError:
        wanted = request.target.subscription or ""
        for external in self._cloud.externals.values():
            parsed = armid.parse_network_id(external.id)
            if parsed is None or armid.key(parsed.subscription) != armid.key(wanted):
                continue
            if external.answer == "forbidden":
                return self._forbidden(request)
            if external.answer == "other-tenant":
                return answers.wrong_tenant(self._tenant.id)
        if not armid.is_guid(wanted):
            return answers.invalid_subscription_id(wanted)
        return answers.subscription_not_found(wanted)

    def _check_standing(self, request: ArmRequest, subscription: LiveSubscription) -> None:
        answer = "forbidden" if subscription.revoked else subscription.answer
        match answer:
            case "unauthorized":
                raise answers.invalid_token(self._tenant.id)
            case "forbidden":
                raise self._forbidden(request)
            case "not-found":
                raise answers.subscription_not_found(subscription.id)
            case "throttled":
                raise answers.throttled(
                    subscription=subscription.id,
                    object_id=self._tenant.object_id,
                    retry_after=subscription.retry_after,
                )
            case "timeout":
                raise NeverAnswersError
            case "server-error":
                raise answers.server_error()
            case "disabled":
                raise answers.disabled(subscription.id)
            case _:
                if subscription.state == "Disabled" and request.method != "GET":
                    raise answers.disabled(subscription.id)

    def _forbidden(self, request: ArmRequest) -> ArmError:
        verb = {"GET": "read", "PUT": "write", "DELETE": "delete"}.get(request.method, "action")
        scope = "/" + "/".join(request.target.segments)
        kind = _ACTIONS[request.target.api]
        if request.target.api in {Api.NETWORKS, Api.ROUTE_TABLES}:
            # A list is asked for on the scope that holds it, not on the collection's own path.
            scope = scope[: scope.lower().index("/providers/")]
        return answers.forbidden(
            client=self._tenant.client_id,
            object_id=self._tenant.object_id,
            action=f"{kind}/{verb}",
            scope=scope,
        )

    def _operate(self, request: ArmRequest) -> Answer:  # noqa: PLR0911 - the table of operations
        target = request.target
        if target.api is Api.RESOURCE_GRAPH:
            return self._graph.answer(request, enforce_quota=self._enforce_rate_limits)
        if request.method in {"PUT", "DELETE"} and target.api in {Api.NETWORK, Api.PEERING}:
            return self._writes.answer(request)
        if request.method != "GET":
            raise (
                answers.unknown_path(target.segments)
                if target.api is Api.UNKNOWN
                else answers.method_not_allowed(request.method)
            )
        match target.api:
            case Api.UNKNOWN:
                raise answers.unknown_path(target.segments)
            case Api.METRICS:
                return self._insights.metrics(self._reads.find_network(target), request.query)
            case Api.METRIC_DEFINITIONS:
                return self._insights.definitions(self._reads.find_network(target))
            case Api.SUBSCRIPTION_METRICS:
                return self._insights.at_subscription_scope()
            case Api.OPERATION:
                return self._writes.operation(request)
            case _:
                return self._reads.answer(request)


_ACTIONS: dict[Api, str] = {
    Api.SUBSCRIPTIONS: "Microsoft.Resources/subscriptions",
    Api.SUBSCRIPTION: "Microsoft.Resources/subscriptions",
    Api.NETWORKS: "Microsoft.Network/virtualNetworks",
    Api.NETWORK: "Microsoft.Network/virtualNetworks",
    Api.PEERINGS: "Microsoft.Network/virtualNetworks/virtualNetworkPeerings",
    Api.PEERING: "Microsoft.Network/virtualNetworks/virtualNetworkPeerings",
    Api.ROUTE_TABLES: "Microsoft.Network/routeTables",
    Api.ROUTE_TABLE: "Microsoft.Network/routeTables",
    Api.METRIC_DEFINITIONS: "Microsoft.Insights/metricDefinitions",
    Api.METRICS: "Microsoft.Insights/metrics",
    Api.SUBSCRIPTION_METRICS: "Microsoft.Insights/metrics",
    Api.OPERATION: "Microsoft.Network/locations/operations",
    Api.RESOURCE_GRAPH: "Microsoft.ResourceGraph/resources",
    Api.UNKNOWN: "Microsoft.Resources/subscriptions/resources",
}


def _parameter(query: Mapping[str, str], name: str) -> str | None:
    # Query parameter names are case-insensitive in ARM too.
    found = query.get(name)
    if found is not None:
        return found
    return next((value for key, value in query.items() if key.lower() == name), None)
