"""The engine's only way to write: in order, durable, never lost, never blocking the floor.

Rows are appended in batches; a closing waits for the rows before it. While the database is
away everything stays queued here and in the telephony worker (whose events are acknowledged
only after they have been written), and :attr:`Writer.healthy` tells the engine to place no
calls.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Final, TypeVar

import structlog

from dialer.ports import Clock, Closed, Closing, ClosingRefused, Ledger, LedgerUnavailable, Row

log = structlog.get_logger()
T = TypeVar("T")

RETRY_AFTER: Final = timedelta(seconds=1)
BATCH_LIMIT: Final = 500  #: rows in one transaction


@dataclass(slots=True)
class _Close:
    closing: Closing
    rows: tuple[Row, ...]
    done: asyncio.Future[Closed]


@dataclass(slots=True)
class _Tell:
    call: Callable[[], None]


class Writer:
    """A queue of rows and closings, written by :meth:`run` in the order they were given."""

    def __init__(self, ledger: Ledger, clock: Clock, changed: Callable[[], None]) -> None:
        self._ledger = ledger
        self._clock = clock
        self._changed = changed
        self._queue: deque[Row | _Close | _Tell] = deque()
        self._waiting = asyncio.Event()
        self.healthy = True
        self.idle = asyncio.Event()
        self.idle.set()

    def append(self, row: Row) -> None:
        self._put(row)

    def close(self, closing: Closing, *rows: Row) -> asyncio.Future[Closed]:
        """Close an attempt, with *rows* in the same transaction.

        The future fails with :class:`dialer.ports.ClosingRefused` if the database says no.
        """
        done: asyncio.Future[Closed] = asyncio.get_running_loop().create_future()
        self._put(_Close(closing, rows, done))
        return done

    def then(self, call: Callable[[], None]) -> None:
        """Call *call* once everything given so far is durable."""
        if self._queue or not self.idle.is_set():
            self._put(_Tell(call))
        else:
            call()

    def _put(self, item: Row | _Close | _Tell) -> None:
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
        match self._queue[0]:
            case _Tell(call):
                self._queue.popleft()
                call()
            case _Close() as close:
                await self._write_closing(close)
                self._queue.popleft()
            case _:
                rows = self._next_rows()
                await self._until_available(lambda: self._ledger.append(rows))
                for _ in rows:
                    self._queue.popleft()

    def _next_rows(self) -> list[Row]:
        rows: list[Row] = []
        for item in self._queue:
            if isinstance(item, _Close | _Tell) or len(rows) == BATCH_LIMIT:
                break
            rows.append(item)
        return rows

    async def _write_closing(self, item: _Close) -> None:
        try:
            closed = await self._until_available(
                lambda: self._ledger.close_attempt(item.closing, item.rows, now=self._clock.now())
            )
        except Exception as refused:  # a fault of ours must not keep all other calls waiting
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
