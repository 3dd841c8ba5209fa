"""The writer: what has gathered is written together, and no chain of events gets a hole."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from dialer.call_events import CallId, Rang
from dialer.clock import LoopClock
from dialer.ports import CallRow, Closed, Closing, LedgerUnavailable, Row
from dialer.writing import CLOSINGS_AT_ONCE, Writer
from leads.lead import AttemptId

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


class Diary:
    """A ledger that takes a second for everything, and notes what was begun together."""

    def __init__(self, *, away: int = 0) -> None:
        self.done: list[Any] = []
        self.at_once = 0
        self.most_at_once = 0
        self._away = away

    async def append(self, rows: Sequence[Row]) -> None:
        await self._take_time()
        self.done.append([(int(row.call), row.number) for row in rows])

    async def close_attempt(self, closing: Closing, rows: Sequence[Row], **_: Any) -> Closed:
        await self._take_time()
        self.done.append(int(closing.call))
        return Closed(lead_state="waiting")

    async def _take_time(self) -> None:
        if self._away:
            self._away -= 1
            raise LedgerUnavailable
        self.at_once += 1
        self.most_at_once = max(self.at_once, self.most_at_once)
        await asyncio.sleep(1)
        self.at_once -= 1


def call(number: int) -> CallId:
    return CallId(UUID(int=number))


def row(of: int, number: int) -> CallRow:
    return CallRow(call=call(of), number=number, event=Rang(NOON))


def closing(of: int) -> Closing:
    return Closing(call=call(of), attempt=AttemptId(of), outcome="busy")


async def written(diary: Diary, *items: Any) -> None:
    writer = Writer(diary, LoopClock(NOON), lambda: None)  # type: ignore[arg-type]
    for item in items:
        match item:
            case CallRow():
                writer.append(item)
            case Closing():
                writer.close(item)
            case _:
                writer.then(lambda item=item: diary.done.append(item))
    task = asyncio.create_task(writer.run())
    await writer.idle.wait()
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


async def test_what_has_gathered_is_one_transaction_whoever_waits_in_between():
    diary = Diary()
    await written(diary, row(1, 1), "first", row(2, 1), closing(3), "second", row(1, 2))
    assert diary.done == [[(1, 1), (2, 1), (1, 2)], 3, "first", "second"]


async def test_a_calls_later_rows_wait_for_its_closing():
    diary = Diary()
    await written(diary, row(1, 1), closing(1), row(2, 1), row(1, 3), row(2, 2), "told")
    assert diary.done == [[(1, 1), (2, 1)], 1, [(1, 3), (2, 2)], "told"]


async def test_a_few_closings_are_written_at_once_and_no_more():
    diary = Diary()
    await written(diary, *(closing(number) for number in range(1, 11)), "told")
    assert diary.most_at_once == CLOSINGS_AT_ONCE
    assert sorted(diary.done[:-1]) == [*range(1, 11)] and diary.done[-1] == "told"


async def test_while_the_database_is_away_everything_waits_in_its_order():
    diary = Diary(away=3)
    await written(diary, row(1, 1), closing(1), "told")
    assert diary.done == [[(1, 1)], 1, "told"]
