"""Puts answers on the wire with aiohttp, whole or damaged as a fault wants it."""

from __future__ import annotations

import asyncio
import gzip
import socket
import struct
import uuid
from typing import TYPE_CHECKING

from aiohttp import web

from monitor.simulator.faults import ResetMidBody, Truncate

if TYPE_CHECKING:
    from monitor.simulator.answers import Answer

# Below this a gzip is not worth its header; above the second, compressing would hold up the event loop.
_GZIP_FROM = 1_000
_GZIP_IN_THREAD_FROM = 200_000
_RESET_ON_CLOSE = struct.pack("ii", 1, 0)


async def send(request: web.Request, answer: Answer) -> web.StreamResponse:
    """The answer as it should be, compressed when the client accepts that."""
    headers = _headers(answer)
    body = answer.body
    accepts = "gzip" in request.headers.get("Accept-Encoding", "").lower()
    if accepts and len(body) >= _GZIP_FROM:
        if len(body) >= _GZIP_IN_THREAD_FROM:
            body = await asyncio.to_thread(gzip.compress, body, 1)
        else:
            body = gzip.compress(body, 1)
        headers["Content-Encoding"] = "gzip"
        headers["Vary"] = "Accept-Encoding"
    return web.Response(status=answer.status, body=body, headers=headers)


async def send_damaged(
    request: web.Request, answer: Answer, damage: Truncate | ResetMidBody
) -> web.StreamResponse:
    """A part of the body, then the end: an orderly close, or a reset."""
    response = web.StreamResponse(status=answer.status, headers=_headers(answer))
    if isinstance(damage, Truncate) and damage.chunked:
        response.enable_chunked_encoding()
    else:
        response.content_length = len(answer.body)
    await response.prepare(request)
    await response.write(answer.body[: int(len(answer.body) * damage.keep)])
    transport = request.transport
    if transport is None:
        return response
    if isinstance(damage, Truncate):
        transport.close()
    else:
        # Let the bytes leave first: a reset discards what the kernel has not sent.
        await asyncio.sleep(0.01)
        reset(request)
    return response


def reset(request: web.Request) -> None:
    """Reset the connection: the client sees ECONNRESET, not an orderly end."""
    transport = request.transport
    if transport is None:
        return
    connection = transport.get_extra_info("socket")
    if connection is not None:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
    transport.abort()


def _headers(answer: Answer) -> dict[str, str]:
    number = str(uuid.uuid4())
    headers = {
        "Cache-Control": "no-cache",
        "Pragma": "no-cache",
        "Expires": "-1",
        "Strict-Transport-Security": "max-age=31536000; includeSubDomains",
        "X-Content-Type-Options": "nosniff",
        "x-ms-request-id": number,
        "x-ms-correlation-request-id": number,
        "x-ms-routing-request-id": f"SIMULATOR:{number}",
    }
    if answer.content_type is not None:
        headers["Content-Type"] = answer.content_type
    return headers | answer.headers
