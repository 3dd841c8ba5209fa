"""The floor, live, and the switch that stops it: ``/board``, ``/stop``, ``/resume``.

Rule: stopping places no new calls anywhere in the house at once; live calls finish. It stands in
the database, so it survives a restart, and only a person ends it.
"""

import asyncio
from datetime import datetime
from typing import Any

from aiohttp import web
from pydantic import Field

from dialer.api.desk import Desk
from dialer.api.model import Outgoing
from dialer.api.operation import Asked, operation
from dialer.api.reach import FLOOR, tell_desks
from dialer.api.sampling import EVERY, SAMPLES, Sample
from dialer.api.streaming import Source, stream
from dialer.database import house
from dialer.views import Board


class Floor(Outgoing):
    """All teams at one instant."""

    at: datetime
    lab: bool
    teams: tuple[Board, ...]
    version: str = Field(description="changes whenever anything here does")


class RatesSoFar(Outgoing):
    """Samples of the board."""

    every_seconds: float
    samples: tuple[Sample, ...]


class Switch(Outgoing):
    """The stop-all switch."""

    stopped: bool
    stopped_at: datetime | None
    stopped_by: str | None = Field(description="login")


@operation("GET", "/board", roles=FLOOR)
async def board(asked: Asked[None, None]) -> Floor:
    """Return the floor as it is now: agents, calls, pacing, abandonment of every team."""
    return _floor(asked)


@operation("GET", "/board/events", roles=FLOOR, answer=Floor, media="text/event-stream")
async def events(asked: Asked[None, None]) -> web.StreamResponse:
    """Stream the floor as an event named `board`, at most four times a second."""
    source: Source[Floor] = Source(
        name="board",
        type=Floor,
        present=lambda: _floor(asked),
        newer=lambda seen: _newer(asked, seen),
        version=lambda floor: floor.version,
    )
    return await stream(asked.request, source)


@operation("GET", "/board/history", roles=FLOOR)
async def board_history(asked: Asked[None, None]) -> RatesSoFar:
    """Return how the campaigns' rates went during the last hour, oldest first."""
    samples = asked.request.app[SAMPLES].all()
    return RatesSoFar(every_seconds=EVERY.total_seconds(), samples=samples)


@operation("GET", "/stop", roles=FLOOR)
async def switch(asked: Asked[None, None]) -> Switch:
    """Say whether the house is stopped, since when and by whom."""
    return await _switch(asked)


@operation("POST", "/stop", roles=FLOOR)
async def stop(asked: Asked[None, None]) -> Switch:
    """Stop all: no new calls in the whole house; live calls finish."""
    async with asked.connection() as connection:
        await house.stop_all(connection, by=asked.user.login, now=asked.context.clock.now())
    await tell_desks(asked)
    return await _switch(asked)


@operation("POST", "/resume", roles=FLOOR)
async def resume(asked: Asked[None, None]) -> Switch:
    """Release the switch: running campaigns dial again."""
    async with asked.connection() as connection:
        await house.release_all(connection)
    await tell_desks(asked)
    return await _switch(asked)


async def _switch(asked: Asked[None, None]) -> Switch:
    async with asked.connection() as connection:
        found = await house.installation(connection)
    return Switch(stopped=found.stopped, stopped_at=found.stopped_at, stopped_by=found.stopped_by)


def _floor(asked: Asked[Any, Any]) -> Floor:
    context = asked.context
    boards = tuple(desk.board() for _, desk in sorted(context.desks.items()))
    return Floor(
        at=context.clock.now(),
        lab=context.lab,
        teams=boards,
        version="-".join(str(each.version) for each in boards) or "0",
    )


async def _newer(asked: Asked[Any, Any], seen: Floor) -> None:
    """Return once a team's board differs from the one in *seen*."""
    desks: list[Desk] = [desk for _, desk in sorted(asked.context.desks.items())]
    if len(desks) != len(seen.teams):
        return
    if not desks:
        await asyncio.sleep(1)
        return
    waiting = [
        asyncio.ensure_future(desk.board_changed(each.version))
        for desk, each in zip(desks, seen.teams, strict=True)
    ]
    try:
        await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in waiting:
            task.cancel()
