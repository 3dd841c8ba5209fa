"""Listening to calls, and speaking in them: ``/supervision``; and who did: ``/agents/…/accesses``.

Rule: nobody hears an agent who has not acknowledged the notice about it. A client's auditor
listens to the calls of the own client's campaigns and does no more. Every access is on record
before anybody asks for it.
"""

from typing import Any, Final, Literal

from pydantic import Field

from compliance.store.notices import present_notices
from dialer.agent import AgentState
from dialer.api.accesses import PART_NAMES, AccessShown, accesses_shown
from dialer.api.desk import Desk
from dialer.api.model import Id, Incoming, Line, Outgoing, Phone
from dialer.api.operation import Asked, operation
from dialer.api.problem import not_found
from dialer.api.reach import AGENTS, FLOOR, client_of, conflict, desk_of
from dialer.call_events import AgentId
from dialer.campaign import ClientId
from dialer.database import campaigns
from dialer.database.accounts import Role
from dialer.database.pool import Connection
from dialer.in_call import Part
from dialer.supervising import Watching
from dialer.views import WatchView

LISTENERS: Final = FLOOR | {Role.CLIENT}

PARTS: Final = {"listen": Part.LISTEN, "whisper": Part.WHISPER, "barge": Part.TALK}


class WatchWish(Incoming):
    """What somebody wants to hear, and why."""

    agent: Id = Field(description="whose calls")
    part: Literal["listen", "whisper", "barge"] = Field(
        "listen", description="whisper: the agent hears you; barge: the callee, too"
    )
    phone: Phone = Field(
        "", description="your telephone: a SIP URI or a number; empty: the connected one"
    )
    purpose: Line = Field(description="why; recorded with each access, and shown to the agent")


class WatchNow(Outgoing):
    """What your telephone is connected to."""

    agent: int
    part: str
    is_up: bool = Field(description="you picked up")
    call: str | None = Field(description="that you are in")


class Supervision(Outgoing):
    """Your telephone."""

    watching: WatchNow | None


class AgentHeard(Outgoing):
    """An agent whose calls you may hear."""

    id: int
    name: str
    state: AgentState


@operation("GET", "/supervision", roles=LISTENERS)
async def present(asked: Asked[None, None]) -> Supervision:
    """Return what your telephone is connected to."""
    return _shown(_own(asked)[1])


@operation("GET", "/supervision/agents", roles=LISTENERS)
async def agents(asked: Asked[None, None]) -> tuple[AgentHeard, ...]:
    """List the agents whose calls you may hear, a client's auditor those of the own campaigns."""
    client = client_of(asked.user)
    async with asked.connection() as connection:
        mine = await _agents_of(connection, client) if client is not None else None
    boards = [desk.board() for _, desk in sorted(asked.context.desks.items())]
    return tuple(
        AgentHeard(id=each.agent, name=each.name, state=each.state)
        for board in boards
        for each in board.agents
        if mine is None or each.agent in mine
    )


@operation("PUT", "/supervision", roles=LISTENERS)
async def watch(asked: Asked[WatchWish, None]) -> Supervision:
    """Hear an agent's calls, from now on and instead of what was before.

    Your telephone is called if it is not connected yet, and stays connected from call to call.
    """
    wish, user = asked.body, asked.user
    client = client_of(user)
    agent = AgentId(wish.agent)
    async with asked.connection() as connection:
        if client is not None and agent not in await _agents_of(connection, client):
            raise not_found(f"there is no agent {agent} of yours")
        desk = _desk_with(asked, agent)
        await _must_know(connection, agent)
    known, _ = _own(asked)
    if known is not None and known is not desk:
        await known.end_watch(user.id)
    await desk.watch(
        Watching(
            user=user.id,
            agent=agent,
            part=PARTS[wish.part],
            purpose=wish.purpose,
            phone=wish.phone,
            client=client,
        )
    )
    return _shown(desk.watched(user.id))


@operation("POST", "/supervision/take-over", roles=FLOOR)
async def take_over(asked: Asked[None, None]) -> Supervision:
    """Go on with the callee in the agent's place, who then records what came of the call."""
    desk, _ = _own(asked)
    if desk is None:
        raise conflict("not-now", "your telephone is not connected to any call")
    await desk.take_over(asked.user.id)
    return _shown(desk.watched(asked.user.id))


@operation("DELETE", "/supervision", roles=LISTENERS)
async def end(asked: Asked[None, None]) -> None:
    """Hear no more calls; your telephone is hung up. Who has taken a call over ends it."""
    desk, _ = _own(asked)
    if desk is not None:
        await desk.end_watch(asked.user.id)


@operation("GET", "/agents/me/accesses", roles=AGENTS)
async def mine(asked: Asked[None, None]) -> tuple[AccessShown, ...]:
    """List who listened to your calls or spoke in them, when and why, latest first."""
    agent, _ = await desk_of(asked)
    async with asked.connection() as connection:
        return await accesses_shown(connection, agent)


@operation("GET", "/agents/{agent:int}/accesses", roles={Role.DPO})
async def of_agent(asked: Asked[None, None]) -> tuple[AccessShown, ...]:
    """List who listened to an agent's calls: a part of the agent's own data."""
    async with asked.connection() as connection:
        return await accesses_shown(connection, AgentId(asked.number("agent")))


async def _agents_of(connection: Connection, client: ClientId) -> frozenset[AgentId]:
    found = await campaigns.campaigns(connection, client=client)
    return frozenset(agent for campaign in found for agent in campaign.agents)


async def _must_know(connection: Connection, agent: AgentId) -> None:
    """Refuse to listen to an agent who has not acknowledged the notice about it."""
    told = {each.kind: each for each in await present_notices(connection, agent)}
    monitoring = told.get("monitoring")
    if monitoring is None or monitoring.acknowledged_at is None:
        raise conflict(
            "notice-not-acknowledged",
            "the agent has not acknowledged the notice about listening; nobody may listen yet",
        )


def _desk_with(asked: Asked[Any, Any], agent: AgentId) -> Desk:
    for desk in asked.context.desks.values():
        if desk.has(agent):
            return desk
    raise not_found(f"there is no agent {agent} on any floor that is at work")


def _own(asked: Asked[Any, Any]) -> tuple[Desk | None, WatchView | None]:
    """Return the desk where the user's telephone is connected, and to what."""
    for desk in asked.context.desks.values():
        if (found := desk.watched(asked.user.id)) is not None:
            return desk, found
    return None, None


def _shown(view: WatchView | None) -> Supervision:
    if view is None:
        return Supervision(watching=None)
    part = PART_NAMES.get(view.part, view.part)
    call = None if view.call is None else str(view.call)
    return Supervision(watching=WatchNow(agent=view.agent, part=part, is_up=view.is_up, call=call))
