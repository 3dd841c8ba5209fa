"""What agents are told of the recording and monitoring of their work: ``/agents/me/notices``.

Rule: a shift begins when the agent has acknowledged the notices as they read today; until then
nothing about the agent is recorded or listened to.
"""

from datetime import UTC, datetime
from typing import Final

from pydantic import Field

from compliance.store.notices import Told, acknowledge_all, present_notices
from dialer.agent import AgentState
from dialer.api.accesses import AccessShown, accesses_shown
from dialer.api.model import Incoming, Outgoing
from dialer.api.operation import Asked, operation
from dialer.api.problem import Problem
from dialer.api.reach import AGENTS, conflict, desk_of
from dialer.call_events import AgentId, CallId
from dialer.database import events
from dialer.database.pool import Connection

_BEGINNING: Final = datetime(2000, 1, 1, tzinfo=UTC)


class Notice(Outgoing):
    """One notice."""

    kind: str = Field(description="recording or monitoring")
    text: str = Field(description="as it reads today")
    acknowledged_at: datetime | None = Field(description="by you; null: not yet")


class Notices(Outgoing):
    """All of them."""

    notices: list[Notice]


class Acknowledgement(Incoming):
    """Which notices were read."""

    kinds: list[str] = Field(min_length=1, max_length=8, description="all that are shown to you")


def _shown(told: tuple[Told, ...]) -> Notices:
    return Notices(
        notices=[Notice(kind=t.kind, text=t.text, acknowledged_at=t.acknowledged_at) for t in told]
    )


@operation("GET", "/agents/me/notices", roles=AGENTS)
async def read(asked: Asked[None, None]) -> Notices:
    """Return what you are told about your own data."""
    agent, _ = await desk_of(asked)
    async with asked.connection() as connection:
        return _shown(await present_notices(connection, agent))


@operation("POST", "/agents/me/notices", roles=AGENTS)
async def acknowledge(asked: Asked[Acknowledgement, None]) -> Notices:
    """Say that you have read the notices; a shift can then begin."""
    agent, _ = await desk_of(asked)
    async with asked.connection() as connection:
        wanted = {told.kind for told in await present_notices(connection, agent)}
        if set(asked.body.kinds) != wanted:
            raise Problem(422, "notices", f"acknowledge all of: {', '.join(sorted(wanted))}")
        await acknowledge_all(connection, agent, now=asked.context.clock.now())
        return _shown(await present_notices(connection, agent))


class StateKept(Outgoing):
    """A state you entered."""

    at: datetime
    state: AgentState
    reason: str = Field(description="of a pause")
    call: CallId | None


class OwnData(Outgoing):
    """What is kept about an agent's work."""

    agent: int
    made_at: datetime
    notices: list[Notice]
    states: list[StateKept] = Field(description="the latest first")
    accesses: tuple[AccessShown, ...] = Field(description="who listened to your calls, and why")


class Latest(Incoming):
    """How much of it."""

    limit: int = Field(1000, ge=1, le=100_000, description="states at most")


@operation("GET", "/agents/me/data", roles=AGENTS)
async def data(asked: Asked[None, Latest]) -> OwnData:
    """Return what is kept about you: notices, every state you entered, who listened to you."""
    agent, _ = await desk_of(asked)
    now = asked.context.clock.now()
    async with asked.connection() as connection:
        told = await present_notices(connection, agent)
        entered = await events.shifts(connection, [agent], since=_BEGINNING, until=now)
        accesses = await accesses_shown(connection, agent)
    latest = entered[::-1][: asked.query.limit]
    return OwnData(
        agent=agent,
        made_at=now,
        notices=_shown(told).notices,
        states=[
            StateKept(at=row.at, state=row.state, reason=row.reason, call=row.call)
            for row in latest
        ],
        accesses=accesses,
    )


async def must_have_read(connection: Connection, agent: AgentId) -> None:
    """Refuse to begin a shift for an agent who has not acknowledged the present notices.

    Raises:
        Problem: A notice is not acknowledged.
    """
    told = await present_notices(connection, agent)
    open_ = [each.kind for each in told if each.acknowledged_at is None]
    if open_:
        raise conflict(
            "notice-not-acknowledged",
            "read the notices about your own data first, and acknowledge them",
            kinds=open_,
        )
