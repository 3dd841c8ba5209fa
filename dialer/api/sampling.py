"""How the rates went during the last hour: samples of the board, for its chart.

Rule: memory of this process alone, bounded, and nothing is decided by it; the record stays the call
events.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Iterable
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Final

from aiohttp import web

from dialer.api.context import CONTEXT
from dialer.api.model import Outgoing
from dialer.views import Board

EVERY: Final = timedelta(seconds=3)
KEPT: Final = 1200  #: rounds: an hour
CAMPAIGNS_KEPT: Final = 50  #: of one round


class Sample(Outgoing):
    """One campaign's rates at one instant."""

    at: datetime
    campaign: int
    answer_rate: float
    abandon_rate: float
    live_answers: int


class Samples:
    """The latest rounds."""

    def __init__(self) -> None:
        self._rounds: deque[tuple[Sample, ...]] = deque(maxlen=KEPT)

    def take(self, boards: Iterable[Board], now: datetime) -> None:
        """Remember how every campaign with live answers stands."""
        found = tuple(
            Sample(
                at=now,
                campaign=each.campaign,
                answer_rate=each.answer_rate,
                abandon_rate=each.abandon_rate,
                live_answers=each.live_answers,
            )
            for board in boards
            for each in board.campaigns
            if each.live_answers
        )
        if found:
            self._rounds.append(found[:CAMPAIGNS_KEPT])

    def all(self) -> tuple[Sample, ...]:
        """Return them, oldest first."""
        return tuple(sample for taken in self._rounds for sample in taken)


SAMPLES: Final = web.AppKey("samples", Samples)


async def sampling(app: web.Application) -> AsyncIterator[None]:
    """Take samples for as long as the application runs."""
    samples, context = app[SAMPLES], app[CONTEXT]

    async def take() -> None:
        while True:
            desks = list(context.desks.values())
            samples.take((desk.board() for desk in desks), context.clock.now())
            await context.clock.sleep(EVERY)

    task = asyncio.create_task(take(), name="samples")
    yield
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
