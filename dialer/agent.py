"""The life of an agent's shift, from sign-in to sign-off.

    offline ──▶ paused ◀──▶ ready ──▶ assigned ──▶ talking ──▶ wrap_up ──▶ ready
                  ▲           │ leg lost              │ leg lost     │ pause asked, or leg lost
                  └───────────┘                       └──▶ wrap_up   └──▶ paused

Rule: :func:`advance` is the only place where an agent changes. An agent is ready only with a
SIP leg that is up. What cannot be done now but makes sense later is remembered (a pause asked
in a call begins after it; "ready" asked before the phone is up comes true when it is);
what makes no sense raises :class:`NotNow` and changes nothing.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Final

from dialer.call_events import AgentId, CallId


class AgentState(StrEnum):
    """Where an agent is in the shift."""

    OFFLINE = "offline"  #: not signed in; no leg
    PAUSED = "paused"  #: signed in and takes no calls; the reason says why
    READY = "ready"  #: waits for a call
    ASSIGNED = "assigned"  #: a callee is being bridged to the agent
    TALKING = "talking"  #: hears the callee
    WRAP_UP = "wrap_up"  #: the callee is gone; answers and disposition are being recorded


WITH_CALL: Final = frozenset({AgentState.ASSIGNED, AgentState.TALKING, AgentState.WRAP_UP})

PHONE: Final = "phone"  #: the reason of a pause that lasts until the agent's leg is up
SIGNED_IN: Final = "signed_in"  #: the reason of the pause before the first "ready"


class NotNow(Exception):
    """What was asked does not fit the agent's present state."""

    def __init__(self, asked: str, state: AgentState) -> None:
        super().__init__(f"{asked} is not possible while {state.replace('_', ' ')}")
        self.asked = asked
        self.state = state


@dataclass(frozen=True, slots=True, kw_only=True)
class Agent:
    """One agent as the shift has made them."""

    id: AgentId
    languages: frozenset[str]
    state: AgentState = AgentState.OFFLINE
    since: datetime | None = None  #: in this state since; ``None`` before the first sign-in
    reason: str = ""  #: of a pause
    leg_up: bool = False
    call: CallId | None = None
    wants: AgentState | None = None  #: READY, PAUSED or OFFLINE, as soon as it is possible
    wants_reason: str = ""

    def __post_init__(self) -> None:
        if self.state is AgentState.READY and not self.leg_up:
            raise ValueError(f"agent {self.id} cannot be ready without a leg")
        if (self.state in WITH_CALL) != (self.call is not None):
            raise ValueError(f"agent {self.id} is {self.state} with call {self.call}")


# Events: facts, in the past tense.


@dataclass(frozen=True, slots=True)
class SignedIn:
    at: datetime


@dataclass(frozen=True, slots=True)
class SignedOff:
    at: datetime


@dataclass(frozen=True, slots=True)
class LegUp:
    at: datetime


@dataclass(frozen=True, slots=True)
class LegLost:
    at: datetime


@dataclass(frozen=True, slots=True)
class ReadyAsked:
    at: datetime


@dataclass(frozen=True, slots=True)
class PauseAsked:
    at: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class Assigned:
    at: datetime
    call: CallId


@dataclass(frozen=True, slots=True)
class Bridged:
    at: datetime


@dataclass(frozen=True, slots=True)
class CallGone:
    """The callee's leg ended, or the call was taken from the agent."""

    at: datetime
    was_heard: bool  #: the agent heard the callee, so there is something to record


@dataclass(frozen=True, slots=True)
class WrappedUp:
    at: datetime


AgentEvent = (
    SignedIn
    | SignedOff
    | LegUp
    | LegLost
    | ReadyAsked
    | PauseAsked
    | Assigned
    | Bridged
    | CallGone
    | WrappedUp
)

# Commands: what must now be done.


@dataclass(frozen=True, slots=True)
class CallLeg:
    """Call the agent's phone; the leg stays up until sign-off."""


@dataclass(frozen=True, slots=True)
class ReleaseLeg:
    """Hang up the agent's leg."""


@dataclass(frozen=True, slots=True)
class ReturnCall:
    """The agent's leg died under the callee: another agent, or a decent end."""

    call: CallId


@dataclass(frozen=True, slots=True)
class Free:
    """The agent may be given a call from now on."""


Command = CallLeg | ReleaseLeg | ReturnCall | Free
Change = tuple[Agent, tuple[Command, ...]]


def advance(agent: Agent, event: AgentEvent) -> Change:
    """Return *agent* after *event*, and what must now be done.

    Raises:
        NotNow: the event is something asked for that makes no sense in this state.
    """
    match event:
        case SignedIn(at):
            if agent.state is not AgentState.OFFLINE:
                raise NotNow("sign in", agent.state)
            return _enter(agent, AgentState.PAUSED, at, reason=PHONE), (CallLeg(),)
        case LegUp(at):
            return _leg_up(agent, at)
        case LegLost(at):
            return _leg_lost(agent, at)
        case ReadyAsked(at):
            return _ready(agent, at)
        case PauseAsked(at, reason):
            return _pause(agent, at, reason)
        case SignedOff(at):
            return _sign_off(agent, at)
        case Assigned(at, call):
            if agent.state is not AgentState.READY:
                raise NotNow("a call", agent.state)
            return _enter(agent, AgentState.ASSIGNED, at, call=call), ()
        case Bridged(at):
            if agent.state is not AgentState.ASSIGNED:
                return agent, ()
            return _enter(agent, AgentState.TALKING, at, call=agent.call), ()
        case CallGone(at, was_heard):
            return _call_gone(agent, at, was_heard=was_heard)
        case WrappedUp(at):
            if agent.state is not AgentState.WRAP_UP:
                raise NotNow("a disposition", agent.state)
            return _free(agent, at)


def _enter(
    agent: Agent,
    state: AgentState,
    at: datetime,
    *,
    reason: str = "",
    call: CallId | None = None,
    leg_up: bool | None = None,
) -> Agent:
    """Return *agent* in another state, all fields of it changed at once."""
    leg = agent.leg_up if leg_up is None else leg_up
    return replace(agent, state=state, since=at, reason=reason, call=call, leg_up=leg)


def _leg_up(agent: Agent, at: datetime) -> Change:
    if agent.leg_up or agent.state is AgentState.OFFLINE:
        return agent, () if agent.leg_up else (ReleaseLeg(),)
    up = replace(agent, leg_up=True)
    if up.state is not AgentState.PAUSED:
        return up, ()
    if up.wants is not None:
        return _free(up, at)
    if up.reason == PHONE:
        return _enter(up, AgentState.PAUSED, at, reason=SIGNED_IN), ()
    return up, ()


def _leg_lost(agent: Agent, at: datetime) -> Change:
    match agent.state:
        case AgentState.OFFLINE:
            return agent, ()
        case AgentState.READY | AgentState.ASSIGNED:
            paused = _enter(agent, AgentState.PAUSED, at, reason=PHONE, leg_up=False)
            wants = agent.wants or AgentState.READY
            returned = (ReturnCall(agent.call),) if agent.call else ()
            return replace(paused, wants=wants), (*returned, CallLeg())
        case AgentState.TALKING if agent.call:
            wrapping = _enter(agent, AgentState.WRAP_UP, at, call=agent.call, leg_up=False)
            return wrapping, (ReturnCall(agent.call), CallLeg())
        case _:
            return replace(agent, leg_up=False), (CallLeg(),)


def _ready(agent: Agent, at: datetime) -> Change:
    match agent.state:
        case AgentState.OFFLINE:
            raise NotNow("ready", agent.state)
        case AgentState.PAUSED if agent.leg_up:
            return _free(replace(agent, wants=AgentState.READY), at)
        case AgentState.READY:
            return agent, ()
        case _:
            return replace(agent, wants=AgentState.READY, wants_reason=""), ()


def _pause(agent: Agent, at: datetime, reason: str) -> Change:
    match agent.state:
        case AgentState.OFFLINE:
            raise NotNow("a pause", agent.state)
        case AgentState.READY:
            return _enter(agent, AgentState.PAUSED, at, reason=reason), ()
        case AgentState.PAUSED if agent.leg_up:
            return _enter(replace(agent, wants=None), AgentState.PAUSED, at, reason=reason), ()
        case _:
            return replace(agent, wants=AgentState.PAUSED, wants_reason=reason), ()


def _sign_off(agent: Agent, at: datetime) -> Change:
    match agent.state:
        case AgentState.OFFLINE:
            return agent, ()
        case AgentState.TALKING | AgentState.ASSIGNED:
            raise NotNow("sign off", agent.state)
        case AgentState.WRAP_UP:
            return replace(agent, wants=AgentState.OFFLINE, wants_reason=""), ()
        case _:
            return _offline(agent, at), (ReleaseLeg(),)


def _call_gone(agent: Agent, at: datetime, *, was_heard: bool) -> Change:
    match agent.state:
        case AgentState.TALKING:
            return _enter(agent, AgentState.WRAP_UP, at, call=agent.call), ()
        case AgentState.ASSIGNED if was_heard:
            return _enter(agent, AgentState.WRAP_UP, at, call=agent.call), ()
        case AgentState.ASSIGNED:
            return _free(agent, at)
        case _:
            return agent, ()


def _free(agent: Agent, at: datetime) -> Change:
    """Go where the agent wants to be: back to ready unless something else was asked."""
    wants, reason = agent.wants or AgentState.READY, agent.wants_reason
    settled = replace(agent, wants=None, wants_reason="", call=None, state=AgentState.PAUSED)
    if wants is AgentState.OFFLINE:
        return _offline(settled, at), (ReleaseLeg(),)
    if wants is AgentState.PAUSED:
        return _enter(settled, AgentState.PAUSED, at, reason=reason), ()
    if not agent.leg_up:
        waiting = replace(settled, wants=AgentState.READY)
        return _enter(waiting, AgentState.PAUSED, at, reason=PHONE), ()
    return _enter(settled, AgentState.READY, at), (Free(),)


def _offline(agent: Agent, at: datetime) -> Agent:
    offline = _enter(agent, AgentState.OFFLINE, at, leg_up=False)
    return replace(offline, wants=None, wants_reason="")


def longest_idle(agents: list[Agent], fits: Callable[[Agent], bool]) -> Agent | None:
    """Return the fitting ready agent who has waited longest, or ``None``."""
    waiting = [agent for agent in agents if agent.state is AgentState.READY and fits(agent)]
    return min(waiting, key=lambda agent: (agent.since, agent.id), default=None)
