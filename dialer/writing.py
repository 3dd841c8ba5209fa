"""The engine's only way to write: in order, durable, never lost, never blocking the floor.

What has gathered is written together: first its rows, in one transaction, then its closings, a few
at once, then those who wait for it are told. A closing waits for the rows before it, and a call's
later rows wait for its closing. A call's events are numbered as they are written, when it is known
whether the closing before them was refused; so no chain ever has a hole, nor two events of one
number. While the database is
away everything stays queued here and in the telephony worker (whose events are acknowledged
only after they have been written), and :attr:`Writer.healthy` tells the engine to place no
calls.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final, TypeVar

import structlog

from dialer.call_events import CallEvent, CallId
from dialer.ports import (
    AgentRow,
    CallRow,
    Clock,
    Closed,
    Closing,
    ClosingRefused,
    Ledger,
    LedgerUnavailable,
    Row,
)

log = structlog.get_logger()
T = TypeVar("T")

RETRY_AFTER: Final = timedelta(seconds=1)
BATCH_LIMIT: Final = 500  #: rows in one transaction
CLOSINGS_AT_ONCE: Final = 4  #: transactions; each takes a connection that others want, too


@dataclass(slots=True)
class Chain:
    """How many events of one call are on record."""

    length: int = 0


@dataclass(frozen=True, slots=True)
class Happened:
    """An event of a call, to become the next of its chain."""

    call: CallId
    chain: Chain
    event: CallEvent

    def row(self) -> CallRow:
        """Return its row, with the next number."""
        self.chain.length += 1
        return CallRow(call=self.call, number=self.chain.length, event=self.event)


@dataclass(slots=True)
class _Close:
    closing: Closing
    last: Happened | None
    done: asyncio.Future[Closed]


@dataclass(slots=True)
class _Tell:
    call: Callable[[], None]


_Item = AgentRow | Happened | _Close | _Tell


@dataclass(slots=True)
class _Stretch:
    """What stands first in the queue and may be written together."""

    rows: list[Row] = field(default_factory=list)
    closings: list[_Close] = field(default_factory=list)
    tells: list[_Tell] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.rows) + len(self.closings) + len(self.tells)

    def takes(self, item: _Item) -> bool:
        """Take *item* in; return whether that was possible."""
        match item:
            case _Tell():
                self.tells.append(item)
            case _Close() if len(self.closings) < CLOSINGS_AT_ONCE:
                self.closings.append(item)
            case _Close():
                return False
            case _ if len(self.rows) >= BATCH_LIMIT:
                return False
            case AgentRow():
                self.rows.append(item)
            case Happened() if any(item.call == each.closing.call for each in self.closings):
                return False
            case Happened():
                self.rows.append(item.row())
        return True


class Writer:
    """A queue of rows and closings, written by :meth:`run` in the order they were given."""

    def __init__(self, ledger: Ledger, clock: Clock, changed: Callable[[], None]) -> None:
        self._ledger = ledger
        self._clock = clock
        self._changed = changed
        self._queue: deque[_Item] = deque()
        self._waiting = asyncio.Event()
        self.healthy = True
        self.idle = asyncio.Event()
        self.idle.set()

    def append(self, item: AgentRow | Happened) -> None:
        self._put(item)

    def close(self, closing: Closing, last: Happened | None = None) -> asyncio.Future[Closed]:
        """Close an attempt, with *last* in the same transaction.

        The future fails with :class:`dialer.ports.ClosingRefused` if the database says no.
        """
        done: asyncio.Future[Closed] = asyncio.get_running_loop().create_future()
        self._put(_Close(closing, last, done))
        return done

    def then(self, call: Callable[[], None]) -> None:
        """Call *call* once everything given so far is durable."""
        if self._queue or not self.idle.is_set():
            self._put(_Tell(call))
        else:
            call()

    def _put(self, item: _Item) -> None:
        self._queue.append(item)
        self.idle.clear()
        self._waiting.set()

    async def run(self) -> None:
        """Write until cancelled."""
        while True:
            await self._waiting.wait()
            while self._queue:
                await self._write_next()
            self._waiting.clear()
            self.idle.set()

    async def _write_next(self) -> None:
        stretch = _Stretch()
        for item in self._queue:
            if not stretch.takes(item):
                break
        if stretch.rows:
            await self._until_available(lambda: self._ledger.append(stretch.rows))
        if stretch.closings:
            await asyncio.gather(*map(self._write_closing, stretch.closings))
        for _ in range(len(stretch)):
            self._queue.popleft()
        for tell in stretch.tells:
            tell.call()

    async def _write_closing(self, item: _Close) -> None:
        rows = (item.last.row(),) if item.last else ()
        try:
            closed = await self._until_available(
                lambda: self._ledger.close_attempt(item.closing, rows, now=self._clock.now())
            )
        except Exception as refused:  # a fault of ours must not keep all other calls waiting
            if item.last:
                item.last.chain.length -= 1
            if not isinstance(refused, ClosingRefused):
                log.exception("closing_failed", attempt_id=item.closing.attempt)
            if not item.done.cancelled():
                item.done.set_exception(refused)
        else:
            if not item.done.cancelled():
                item.done.set_result(closed)

    async def _until_available(self, write: Callable[[], Awaitable[T]]) -> T:
        while True:
            try:
                result = await write()
            except LedgerUnavailable:
                self._set_healthy(False)
                await self._clock.sleep(RETRY_AFTER)
            else:
                self._set_healthy(True)
                return result

    def _set_healthy(self, healthy: bool) -> None:
        if healthy != self.healthy:
            self.healthy = healthy
            log.log(
                logging.INFO if healthy else logging.WARNING,
                "database_back" if healthy else "database_lost",
                queued=len(self._queue),
            )
            self._changed()
