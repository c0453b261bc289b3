"""One HTTP exchange: note the request, let the faults have it, ask ARM, send what is left of the answer."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING

import msgspec
from aiohttp import web

from monitor.simulator.answers import Answer
from monitor.simulator.arm import Arm, ArmRequest, NeverAnswersError
from monitor.simulator.faults import (
    Body,
    Delay,
    Effect,
    Faults,
    Hang,
    Mutate,
    Reset,
    ResetMidBody,
    Status,
    Truncate,
    TruncateJson,
)
from monitor.simulator.requestlog import RecordedRequest, RequestLog
from monitor.simulator.routes import target_of
from monitor.simulator.wire import reset, send, send_damaged

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_FAULT_CODES = {
    401: "InvalidAuthenticationToken",
    403: "AuthorizationFailed",
    404: "ResourceNotFound",
    409: "Conflict",
    429: "TooManyRequests",
    500: "InternalServerError",
    502: "BadGateway",
    503: "ServerUnavailable",
    504: "GatewayTimeout",
    529: "TooManyRequests",
}


class Exchange:
    """Serves requests until it is told that the simulator stops."""

    def __init__(
        self,
        arm: Arm,
        *,
        faults: Faults,
        log: RequestLog,
        stopping: asyncio.Event,
        elapsed: Callable[[], float],
    ) -> None:
        """`stopping` ends hanging requests; `elapsed` is the time that the log shows."""
        self._arm = arm
        self._faults = faults
        self._log = log
        self._stopping = stopping
        self._elapsed = elapsed

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """Answer one request, or leave it unanswered."""
        asked = await _arm_request(request)
        entry = RecordedRequest(
            method=asked.method,
            path=asked.path,
            query=asked.query,
            api=asked.target.api,
            subscription=asked.target.subscription,
            had_token=asked.token is not None,
            time=self._elapsed(),
            headers={name: value for name, value in request.headers.items() if name.lower() != "authorization"},
            body=asked.body,
        )
        self._log.add(entry)
        effects = self._faults.effects_on(asked)
        try:
            answer = await self._answer(effects, asked)
        except NeverAnswersError:
            await self._stopping.wait()
            reset(request)
            return web.Response()
        if answer is None:
            reset(request)
            return web.Response()
        entry.status = answer.status
        damage: Truncate | ResetMidBody | None = None
        for effect in effects:
            if isinstance(effect, TruncateJson):
                answer.body = answer.body[: int(len(answer.body) * effect.keep)]
            elif isinstance(effect, Truncate | ResetMidBody):
                damage = effect
        return await (send(request, answer) if damage is None else send_damaged(request, answer, damage))

    async def _answer(self, effects: Sequence[Effect], asked: ArmRequest) -> Answer | None:
        """The answer, the effects before and inside it included; None is a reset."""
        for effect in effects:
            match effect:
                case Delay():
                    # A stop must not wait for the delay.
                    with contextlib.suppress(TimeoutError):
                        await asyncio.wait_for(self._stopping.wait(), effect.seconds)
                case Hang():
                    raise NeverAnswersError
                case Reset():
                    return None
                case Body():
                    return Answer(status=effect.status, body=effect.data, content_type=effect.content_type)
                case Status():
                    return _status_answer(effect)
                case _:
                    continue
        answer = self._arm.answer(asked)
        changes = [effect.change for effect in effects if isinstance(effect, Mutate)]
        if changes and answer.status == 200 and answer.body:  # noqa: PLR2004
            document = msgspec.json.decode(answer.body)
            for change in changes:
                document = change(document) or document
            answer.body = msgspec.json.encode(document)
        return answer


async def _arm_request(request: web.Request) -> ArmRequest:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    raw_path = request.rel_url.raw_path
    return ArmRequest(
        method=request.method,
        path=raw_path,
        query=dict(request.query),
        target=target_of(raw_path),
        base=f"{request.scheme}://{request.host}",
        token=token.strip() if scheme.lower() == "bearer" else None,
        body=await request.read() if request.can_read_body else b"",
    )


def _status_answer(effect: Status) -> Answer:
    if effect.body is not None:
        return Answer(status=effect.code, body=effect.body, headers=dict(effect.headers))
    code = _FAULT_CODES.get(effect.code, "SimulatedFault")
    document = {"error": {"code": code, "message": f"The simulator answers {effect.code} to this request."}}
    return Answer.of(document, status=effect.code, headers=dict(effect.headers))
