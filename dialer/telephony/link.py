"""The core's end of the socket to one worker: connected, lost, connected again, for ever.

Rule: what comes out is in the worker's order, each event once for this core, with its number.
What goes in is written when there is a connection. Without one, an INVITE is refused at once (a
permit is for now, not for whenever the worker returns) and every other order waits for the same
worker; if another one comes up in its place, nothing it could mean is left.
"""

import asyncio
import os
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from uuid import uuid4

from dialer.telephony.commands import Command, Originate
from dialer.telephony.framing import FrameReader, ProtocolError
from dialer.telephony.protocol import (
    VERSION,
    FromCore,
    Happened,
    Heartbeat,
    Hello,
    Order,
    Taken,
    Welcome,
    decode,
    encode,
)

HEARTBEAT_S: Final = 1.0
_HELLO_S: Final = 5.0
_SHORTEST_PAUSE_S: Final = 0.05
_LONGEST_PAUSE_S: Final = 1.0
_SENT_KEPT: Final = 256  #: the newest orders are said again after a reconnect, lest one was lost


@dataclass(frozen=True, slots=True)
class Connected:
    """The worker is there."""

    hello: Hello
    is_new: bool  #: another incarnation than before: every leg of the one before is gone


@dataclass(frozen=True, slots=True)
class Lost:
    """The connection is gone; the worker may be, too."""


@dataclass(frozen=True, slots=True)
class NotSent:
    """An INVITE was wanted while no worker was connected. It will never leave."""

    order: Order


FromLink = Connected | Lost | NotSent | Happened


class WorkerIncompatible(Exception):
    """The worker speaks another version of the protocol. Restart it."""


class WorkerLink:
    """One worker's socket, as the core uses it."""

    def __init__(
        self, path: Path, *, last_taken: Callable[[str], int] = lambda incarnation: 0
    ) -> None:
        """*last_taken* gives the number up to which an incarnation's events are durable."""
        self._path = path
        self._last_taken = last_taken
        self._inbox: asyncio.Queue[FromLink] = asyncio.Queue()
        self._writer: asyncio.StreamWriter | None = None
        self._incarnation: str | None = None
        self._newest = 0  # number of the newest event that came out
        self._orders: deque[Order] = deque(maxlen=_SENT_KEPT)
        self._prefix = f"{os.getpid()}-{uuid4().hex[:8]}"
        self._count = 0

    @property
    def is_connected(self) -> bool:
        """Whether a worker is there."""
        return self._writer is not None

    def order(self, command: Command) -> str:
        """Give the worker *command*; return the order's id."""
        self._count += 1
        order = Order(id=f"{self._prefix}-{self._count}", command=command)
        if self._writer is None and isinstance(command, Originate):
            self._inbox.put_nowait(NotSent(order))
            return order.id
        if not isinstance(command, Originate):
            self._orders.append(order)
        self._write(order)
        return order.id

    def taken(self, number: int) -> None:
        """Let the worker forget the events up to *number*."""
        self._write(Taken(number=number))

    async def events(self) -> AsyncIterator[FromLink]:
        """Yield what the worker says and how the connection is."""
        while True:
            yield await self._inbox.get()

    async def run(self) -> None:
        """Keep the connection until cancelled.

        Raises:
            WorkerIncompatible: the worker is of another version; trying again would not help.
        """
        pause = _SHORTEST_PAUSE_S
        while True:
            with suppress(OSError, ProtocolError, TimeoutError):
                await self._connect()
                pause = _SHORTEST_PAUSE_S
            await asyncio.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE_S)

    async def _connect(self) -> None:
        reader, writer = await asyncio.open_unix_connection(str(self._path))
        frames = FrameReader()
        try:
            async with asyncio.timeout(_HELLO_S):
                hello, rest = await _hello(reader, frames)
            self._begin(hello, writer)
            async with asyncio.TaskGroup() as tasks:
                beat = tasks.create_task(self._beat(), name="heartbeat to the worker")
                for content in rest:
                    self._hear(decode(content))
                while data := await reader.read(65536):
                    for content in frames.feed(data):
                        self._hear(decode(content))
                beat.cancel()
        except* (OSError, ProtocolError):
            pass  # the connection is of no more use; the worker has all that was not taken
        finally:
            writer.close()
            if self._writer is writer:
                self._writer = None
                self._inbox.put_nowait(Lost())

    def _begin(self, hello: Hello, writer: asyncio.StreamWriter) -> None:
        if hello.version != VERSION:
            raise WorkerIncompatible(
                f"the telephony worker speaks version {hello.version} of the protocol, "
                f"this core {VERSION}; restart the worker"
            )
        is_new = hello.incarnation != self._incarnation
        if is_new:
            self._incarnation = hello.incarnation
            self._orders.clear()
            self._newest = self._last_taken(hello.incarnation)
        self._writer = writer
        durable = self._last_taken(hello.incarnation)
        writer.write(encode(Welcome(version=VERSION, last_taken=durable)))
        self._inbox.put_nowait(Connected(hello, is_new))
        for order in self._orders:
            self._write(order)

    def _hear(self, message: object) -> None:
        if isinstance(message, Happened) and message.number > self._newest:
            self._newest = message.number
            self._inbox.put_nowait(message)

    def _write(self, message: FromCore) -> None:
        if self._writer is not None:
            self._writer.write(encode(message))

    async def _beat(self) -> None:
        while True:
            self._write(Heartbeat())
            await asyncio.sleep(HEARTBEAT_S)


async def _hello(
    reader: asyncio.StreamReader, frames: FrameReader
) -> tuple[Hello, list[dict[str, object]]]:
    """Return the worker's first message, and what came with it."""
    while data := await reader.read(65536):
        contents = list(frames.feed(data))
        if contents:
            hello = decode(contents[0])
            if not isinstance(hello, Hello):
                raise ProtocolError("the worker's first message must be a hello")
            return hello, contents[1:]
    raise ConnectionResetError("the worker closed the connection")
