"""Server-sent events: the present state, and again whenever it has changed.

    id: 17                    the version; a browser sends it back when it reconnects
    event: board
    data: {…}                 the whole view, not a difference

Rule: what is sent is always the present, so a slow reader misses frames and never gets old ones;
at most four frames a second. A stream ends after ten minutes and when the server stops: browsers
come back by themselves, and are let in anew.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final, Generic, TypeVar

from aiohttp import web

from dialer.api.context import STOPPING
from dialer.api.operation import adapter_of

V = TypeVar("V")

FRAME: Final = timedelta(milliseconds=250)
HEARTBEAT: Final = timedelta(seconds=15)
LIFE: Final = timedelta(minutes=10)


@dataclass(frozen=True, slots=True, kw_only=True)
class Source(Generic[V]):
    """Something that can be watched."""

    name: str  #: of the event
    type: Any
    present: Callable[[], V]
    newer: Callable[[V], Awaitable[object]]  #: returns once there is a newer one
    version: Callable[[V], str]


async def stream(request: web.Request, source: Source[V]) -> web.StreamResponse:
    """Send what *source* shows until the client leaves, the server stops or the stream is old."""
    response = web.StreamResponse(
        headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store"}
    )
    response.headers["X-Accel-Buffering"] = "no"
    await response.prepare(request)
    stopping = asyncio.create_task(request.app[STOPPING].wait())
    loop = asyncio.get_running_loop()
    ends = loop.time() + LIFE.total_seconds()
    seen = request.headers.get("Last-Event-ID", "")
    adapter = adapter_of(source.type)
    try:
        with suppress(ConnectionError):
            await response.write(b"retry: 1000\n\n")
            while not stopping.done() and loop.time() < ends:
                view = source.present()
                version = source.version(view)
                if version != seen:
                    await response.write(_frame(source.name, version, adapter.dump_json(view)))
                    seen = version
                    await asyncio.sleep(FRAME.total_seconds())
                if not await _first(source.newer(view), stopping):
                    await response.write(b": still here\n\n")
    finally:
        stopping.cancel()
    return response


def _frame(name: str, version: str, data: bytes) -> bytes:
    return b"".join(
        (b"event: ", name.encode(), b"\nid: ", version.encode(), b"\ndata: ", data, b"\n\n")
    )


async def _first(change: Awaitable[object], stopping: "asyncio.Task[Any]") -> bool:
    """Wait for the change, the stop or the next heartbeat; return whether it changed."""
    waiting = asyncio.ensure_future(change)
    try:
        await asyncio.wait(
            (waiting, stopping),
            timeout=HEARTBEAT.total_seconds(),
            return_when=asyncio.FIRST_COMPLETED,
        )
        if waiting.done():
            waiting.result()
            return True
        return False
    finally:
        waiting.cancel()
