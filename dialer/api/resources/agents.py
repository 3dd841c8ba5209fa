"""An agent at their own desk: ``/agents/me``.

Rule: nobody acts for another agent. Every answer is the agent as they are after the wish; what
does not fit now is refused with ``not-now`` and changes nothing.
"""

import asyncio
from datetime import datetime
from typing import Annotated, Final

from aiohttp import web
from pydantic import AfterValidator, Field

from dialer.agent import PHONE, SIGNED_IN, AgentState
from dialer.api.desk import Desk
from dialer.api.model import Code, Incoming, Outgoing
from dialer.api.operation import Asked, operation
from dialer.api.reach import AGENTS, desk_of
from dialer.api.resources.notices import must_have_read
from dialer.api.streaming import Source, stream
from dialer.call import CallState
from dialer.call_events import AgentId, CallId
from dialer.closing import WRAP_UP_LIMIT
from dialer.screening.verdict import ScreeningVerdict
from dialer.views import AgentView

#: Reasons of pauses that the dialer itself gives.
_OWN_REASONS: Final = frozenset({PHONE, SIGNED_IN, WRAP_UP_LIMIT})


def _a_persons(reason: str) -> str:
    if reason in _OWN_REASONS:
        raise ValueError("a reason of yours; this one is given by the dialer alone")
    return reason


class Pause(Incoming):
    """Why no calls are taken."""

    reason: Annotated[Code, AfterValidator(_a_persons)] = Field(
        description="such as break, lunch, training"
    )


class Since(Incoming):
    """Which version is known already."""

    since: int = Field(0, ge=0, le=2**53, description="the `version` seen last; 0: none")
    wait: float = Field(25, ge=0, le=55, description="seconds to wait for a change at most")


class CallNow(Outgoing):
    """The agent's call."""

    id: CallId
    attempt: int
    lead: int
    campaign: int
    number: str
    state: CallState
    answered_at: datetime | None
    bridged_at: datetime | None
    ended_at: datetime | None = Field(description="the callee hung up, or was handed over")
    held: bool = Field(description="the callee hears the hold tone")
    muted: bool = Field(description="the recording holds silence")
    transfer: str = Field(description="the target's name; empty: none is under way")
    transfer_state: str = Field(description="calling, answered, consulting or joined")
    transfer_is_blind: bool
    targets: tuple[str, ...] = Field(description="to whom you may hand the callee over")
    key: str = Field(description="the last that the callee pressed")
    listeners: tuple[str, ...] = Field(description="parts of the supervisors in the call")
    screening: ScreeningVerdict | None = Field(
        None, description="what screening says of who answered; a hint, it may be wrong"
    )


class OfferNow(Outgoing):
    """A lead before the agent: in a preview campaign one, in a manual campaign several."""

    lead: int
    campaign: int
    number: str
    is_callback: bool = Field(description="the call was promised")
    until: datetime = Field(description="then it goes back to the list")
    may_skip: bool = Field(description="it alone is before you, and may be passed on")


class AgentNow(Outgoing):
    """An agent as they are now."""

    id: int
    name: str
    state: AgentState
    since: datetime | None
    reason: str = Field(description="of a pause")
    leg_up: bool = Field(description="the agent's telephone is connected")
    wants: AgentState | None = Field(description="where the agent goes next, if asked for")
    call: CallNow | None
    offers: tuple[OfferNow, ...] = Field(description="leads you may ask to be called")
    version: int = Field(description="changes whenever anything here does")
    now: datetime = Field(description="the dialer's clock, for timers")


def shown(view: AgentView, now: datetime) -> AgentNow:
    """Return *view* as it leaves the house."""
    call = view.call
    return AgentNow(
        id=view.agent,
        name=view.name,
        state=view.state,
        since=view.since,
        reason=view.reason,
        leg_up=view.leg_up,
        wants=view.wants,
        call=None
        if call is None
        else CallNow(
            id=call.call,
            attempt=call.attempt,
            lead=call.lead,
            campaign=call.campaign,
            number=call.number,
            state=call.state,
            answered_at=call.answered_at,
            bridged_at=call.bridged_at,
            ended_at=call.ended_at,
            held=call.held,
            muted=call.muted,
            transfer=call.transfer,
            transfer_state=call.transfer_state,
            transfer_is_blind=call.transfer_is_blind,
            targets=call.targets,
            key=call.key,
            listeners=call.listeners,
            screening=call.screening,
        ),
        offers=tuple(
            OfferNow(
                lead=offer.lead,
                campaign=offer.campaign,
                number=offer.number,
                is_callback=offer.is_callback,
                until=offer.until,
                may_skip=offer.may_skip,
            )
            for offer in view.offers
        ),
        version=view.version,
        now=now,
    )


def _now(asked: Asked[None, None] | Asked[Pause, None], agent: AgentId, desk: Desk) -> AgentNow:
    return shown(desk.view(agent), asked.context.clock.now())


@operation("GET", "/agents/me", roles=AGENTS)
async def me(asked: Asked[None, None]) -> AgentNow:
    """Return yourself: state, telephone, call."""
    agent, desk = await desk_of(asked)
    return _now(asked, agent, desk)


@operation("POST", "/agents/me/sign-in", roles=AGENTS)
async def sign_in(asked: Asked[None, None]) -> AgentNow:
    """Begin the shift: your telephone is called, and you are paused until you are ready."""
    agent, desk = await desk_of(asked)
    async with asked.connection() as connection:
        await must_have_read(connection, agent)
    await desk.sign_in(agent)
    return _now(asked, agent, desk)


@operation("POST", "/agents/me/sign-off", roles=AGENTS)
async def sign_off(asked: Asked[None, None]) -> AgentNow:
    """End the shift, after the wrap-up if there is one."""
    agent, desk = await desk_of(asked)
    await desk.sign_off(agent)
    return _now(asked, agent, desk)


@operation("POST", "/agents/me/ready", roles=AGENTS)
async def ready(asked: Asked[None, None]) -> AgentNow:
    """Take calls, as soon as your telephone is connected."""
    agent, desk = await desk_of(asked)
    await desk.ready(agent)
    return _now(asked, agent, desk)


@operation("POST", "/agents/me/pause", roles=AGENTS)
async def pause(asked: Asked[Pause, None]) -> AgentNow:
    """Take no calls; asked for in a call, the pause begins after it."""
    agent, desk = await desk_of(asked)
    await desk.pause(agent, asked.body.reason)
    return _now(asked, agent, desk)


@operation("POST", "/agents/me/hang-up", roles=AGENTS)
async def hang_up(asked: Asked[None, None]) -> AgentNow:
    """End the call; your own telephone stays connected."""
    agent, desk = await desk_of(asked)
    await desk.hang_up(agent)
    return _now(asked, agent, desk)


@operation("GET", "/agents/me/changes", roles=AGENTS)
async def changes(asked: Asked[None, Since]) -> AgentNow:
    """Wait for the next change.

    Answers as soon as your `version` differs from `since`, and otherwise after `wait` seconds
    with what is known already.
    """
    agent, desk = await desk_of(asked)
    try:
        async with asyncio.timeout(asked.query.wait):
            view = await desk.changed(agent, asked.query.since)
    except TimeoutError:
        view = desk.view(agent)
    return shown(view, asked.context.clock.now())


@operation("GET", "/agents/me/events", roles=AGENTS, answer=AgentNow, media="text/event-stream")
async def events(asked: Asked[None, None]) -> web.StreamResponse:
    """Stream every change of yours as an event named `agent`."""
    agent, desk = await desk_of(asked)
    clock = asked.context.clock
    source: Source[AgentNow] = Source(
        name="agent",
        type=AgentNow,
        present=lambda: shown(desk.view(agent), clock.now()),
        newer=lambda seen: desk.changed(agent, seen.version),
        version=lambda view: str(view.version),
    )
    return await stream(asked.request, source)
