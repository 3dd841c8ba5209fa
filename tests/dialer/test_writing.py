"""The writer: what has gathered is written together, and no chain of events gets a hole."""

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from dialer.call_events import CallId, Disposed, Rang
from dialer.clock import LoopClock
from dialer.ports import Closed, Closing, ClosingRefused, LedgerUnavailable, Row
from dialer.writing import CLOSINGS_AT_ONCE, Chain, Happened, Writer
from leads.lead import AttemptId

REFUSED = "refused"
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
        if closing.outcome == REFUSED:
            raise ClosingRefused("answers", "they do not fit")
        self.done.append((int(closing.call), *(row.number for row in rows)))
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


@dataclass(frozen=True)
class Event:
    """Something happened to a call."""

    of: int


def closing(of: int, outcome: str = "busy") -> Closing:
    return Closing(call=call(of), attempt=AttemptId(of), outcome=outcome)


async def written(diary: Diary, *items: Any) -> None:
    writer = Writer(diary, LoopClock(NOON), lambda: None)  # type: ignore[arg-type]
    chains: defaultdict[CallId, Chain] = defaultdict(Chain)
    ends = []
    for item in items:
        match item:
            case Event(of):
                writer.append(Happened(call(of), chains[call(of)], Rang(NOON)))
            case Closing():
                last = Happened(item.call, chains[item.call], Disposed(NOON, ""))
                ends.append(writer.close(item, last))
            case _:
                writer.then(lambda item=item: diary.done.append(item))
    task = asyncio.create_task(writer.run())
    await writer.idle.wait()
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
    for end in ends:
        end.exception()


async def test_what_has_gathered_is_one_transaction_whoever_waits_in_between():
    diary = Diary()
    await written(diary, Event(1), "first", Event(2), closing(3), "second", Event(1))
    assert diary.done == [[(1, 1), (2, 1), (1, 2)], (3, 1), "first", "second"]


async def test_a_calls_later_rows_wait_for_its_closing():
    diary = Diary()
    await written(diary, Event(1), closing(1), Event(2), Event(1), Event(2), "told")
    assert diary.done == [[(1, 1), (2, 1)], (1, 2), [(1, 3), (2, 2)], "told"]


async def test_after_a_closing_that_is_refused_the_chain_goes_on_without_a_hole():
    diary = Diary()
    await written(diary, Event(1), closing(1, REFUSED), Event(1), closing(1))
    assert diary.done == [[(1, 1)], [(1, 2)], (1, 3)]


async def test_a_few_closings_are_written_at_once_and_no_more():
    diary = Diary()
    await written(diary, *(closing(number) for number in range(1, 11)), "told")
    assert diary.most_at_once == CLOSINGS_AT_ONCE
    assert sorted(diary.done[:-1]) == [(number, 1) for number in range(1, 11)]
    assert diary.done[-1] == "told"


async def test_while_the_database_is_away_everything_waits_in_its_order():
    diary = Diary(away=3)
    await written(diary, Event(1), closing(1), "told")
    assert diary.done == [[(1, 1)], (1, 2), "told"]
