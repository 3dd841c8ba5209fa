"""The life of one telephone call, from the permit to the agent's disposition.

      ┌──┐ failed over: the next trunk, before anything rang
      ▼  │
    dialing ──▶ ringing ──▶ answered ──▶ connected ──▶ ended
       │           │           │  ▲          │
       │           │           │  └──────────┘  (the agent's leg died; another may take it)
       │           │           └──▶ abandoning ──▶ ended        (connected may be without the
       │           │                                             agent, after a hand-over)
       └───────────┴───────────────────────────▶ ended      (possible everywhere)

Rule: :func:`advance` is the only place where a call changes. It is total and idempotent: an
event that comes twice, late or in a strange order changes nothing and asks for nothing, since
networks repeat themselves and a restarted core is told again what it may have missed. An event
that changed the call is appended to its chain; one that did not leaves no trace.

A call that an agent asked for has that agent from before its INVITE (``previewing.py``): the agent
waits for the callee, never the callee for an agent.
"""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from functools import reduce
from typing import get_args

from dialer import talk as talks
from dialer.call_events import (
    AgentAssigned,
    AgentId,
    AgentLost,
    Answered,
    CallEvent,
    CallId,
    Connected,
    ConnectLimitPassed,
    Disposed,
    Ended,
    FailedOver,
    HandedOver,
    HangUpAsked,
    InCallEvent,
    Invited,
    LineOpened,
    OwnReason,
    Rang,
    Received,
    Screened,
)
from dialer.in_call import HandOver, Order
from dialer.talk import Talk


class CallState(StrEnum):
    """Where a call is in its life."""

    DIALING = "dialing"  #: the permit is given; the INVITE leaves or has left
    RINGING = "ringing"  #: the callee's phone rings
    ANSWERED = "answered"  #: somebody picked up; an agent is being found or bridged
    CONNECTED = "connected"  #: callee and agent hear each other
    ABANDONING = "abandoning"  #: nobody could take it; the identity message plays
    ENDED = "ended"  #: the callee's leg is gone


#: How long a callee whose agent's phone died waits for another, with the hold tone.
DESERTED = timedelta(seconds=10)
UNANSWERED = frozenset({CallState.DIALING, CallState.RINGING})


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call as its events have made it."""

    id: CallId
    connect_limit: timedelta  #: from answer (or the loss of an agent) to an agent
    state: CallState = CallState.DIALING
    tries: int = 1  #: INVITEs, one after the other, that the permit was used for
    sip_call_id: str | None = None
    invited_at: datetime | None = None
    received_at: datetime | None = None  #: it came in then; None: we placed it
    ringing_at: datetime | None = None
    opened_at: datetime | None = None  #: the trunk answered; whether anybody has is listened for
    answered_at: datetime | None = None
    waiting_since: datetime | None = None  #: answered and without an agent since
    agent: AgentId | None = None  #: who has it, or had it last
    agent_reserved: bool = False  #: the agent above is being bridged, or is
    bridged_at: datetime | None = None  #: first heard by an agent
    screening: bool = False  #: a reserved agent is held back until it is known who is there
    screened: Screened | None = None  #: what screening said last
    agent_lost_at: datetime | None = None
    abandoned_at: datetime | None = None  #: the connect limit passed before any agent came
    hang_up_asked: OwnReason | None = None
    ended: Ended | None = None
    disposed: Disposed | None = None
    talk: Talk = field(default_factory=Talk)  #: what happens within the conversation

    @property
    def abandoned(self) -> bool:
        """Answered, and never heard by an agent: the limit passed, or nobody came at all.

        A callee who hangs up before the connect limit has passed was not abandoned by us, and
        who called us is not a callee.
        """
        waited = self.abandoned_at is not None and self.bridged_at is None
        return waited and not self.inbound

    @property
    def inbound(self) -> bool:
        """Whether the person called us."""
        return self.received_at is not None

    @property
    def patience(self) -> timedelta:
        """How long the callee waits for an agent: longer, who has spoken with one before."""
        return self.connect_limit if self.bridged_at is None else max(self.connect_limit, DESERTED)

    @property
    def is_over_for_agent(self) -> bool:
        """Nothing is left for the agent but to record what came of it."""
        return self.state is CallState.ENDED or self.talk.handed_over is not None

    @property
    def waits_for_agent(self) -> bool:
        return self.state is CallState.ANSWERED and not self.agent_reserved


# Commands: what must now be done.


@dataclass(frozen=True, slots=True)
class FindAgent:
    """Give the call to the longest-idle fitting agent, now or as soon as one is free."""


@dataclass(frozen=True, slots=True)
class PickUp:
    """Answer the person who calls us."""


@dataclass(frozen=True, slots=True)
class WakeAt:
    """Say :class:`ConnectLimitPassed` at that time if the call still waits."""

    at: datetime


@dataclass(frozen=True, slots=True)
class Bridge:
    """Let callee and agent hear each other, and record."""

    agent: AgentId


@dataclass(frozen=True, slots=True)
class PlayIdentityMessage:
    """Say who called, then hang up."""


@dataclass(frozen=True, slots=True)
class HangUp:
    """End the callee's leg, or cancel the INVITE."""

    because: OwnReason


@dataclass(frozen=True, slots=True)
class FreeAgent:
    """The agent no longer has this call."""

    agent: AgentId


@dataclass(frozen=True, slots=True)
class InCall:
    """Something within the conversation."""

    order: Order


@dataclass(frozen=True, slots=True)
class ListenToLine:
    """Find out whether anybody has answered, until the ring limit is over."""


Command = (
    FindAgent
    | PickUp
    | ListenToLine
    | WakeAt
    | Bridge
    | PlayIdentityMessage
    | HangUp
    | FreeAgent
    | InCall
)


def advance(call: Call, event: CallEvent) -> tuple[Call, tuple[Command, ...]]:
    """Return *call* after *event*, and what must now be done."""
    match event:
        case Disposed():
            if not call.is_over_for_agent or call.disposed is not None:
                return call, ()
            return replace(call, disposed=event), ()
        case _ if call.state is CallState.ENDED:
            return call, ()
        case Ended():
            freed = (FreeAgent(call.agent),) if call.agent and call.agent_reserved else ()
            ended = replace(call, state=CallState.ENDED, ended=event, agent_reserved=False)
            return ended, (*freed, *map(InCall, talks.over(call.talk)))
        case Invited() if call.invited_at is None:
            return replace(call, invited_at=event.at, sip_call_id=event.sip_call_id), ()
        case Received() if call.state is CallState.DIALING and call.invited_at is None:
            return _received(call, event)
        case FailedOver() if call.state is CallState.DIALING and event.trial == call.tries + 1:
            return replace(call, tries=event.trial, invited_at=None, sip_call_id=None), ()
        case Rang() if call.state is CallState.DIALING:
            return replace(call, state=CallState.RINGING, ringing_at=event.at), ()
        case LineOpened() if call.state in UNANSWERED and call.opened_at is None:
            return _opened(call, event)
        case Answered() if call.state in UNANSWERED:
            return _answered(call, event)
        case Screened() if call.answered_at and call.screened != event:
            return _screened(call, event)
        case AgentAssigned() if call.state is CallState.DIALING and call.invited_at is None:
            if call.agent is not None:
                return call, ()
            return replace(call, agent=event.agent, agent_reserved=True), ()
        case AgentAssigned() if call.waits_for_agent:
            bridge = () if call.screening else (Bridge(event.agent),)
            return replace(call, agent=event.agent, agent_reserved=True), bridge
        case Connected() if call.state is CallState.ANSWERED and call.agent_reserved:
            bridged_at = call.bridged_at or event.at
            return replace(call, state=CallState.CONNECTED, bridged_at=bridged_at), ()
        case AgentLost() if call.agent_reserved:
            return _agent_lost(call, event)
        case HandedOver() if call.state is CallState.CONNECTED and not call.talk.handed_over:
            return _handed_over(call, event)
        case _ if isinstance(event, _IN_CALL) and call.state is CallState.CONNECTED:
            talk, orders = talks.advance(call.talk, event)
            return replace(call, talk=talk), tuple(map(InCall, orders))
        case ConnectLimitPassed(at, announced=True) if call.state is CallState.ANSWERED:
            return _announced(call, at)
        case ConnectLimitPassed() if call.waits_for_agent and not call.hang_up_asked:
            return _limit_passed(call, event)
        case HangUpAsked() if call.hang_up_asked is None:
            return replace(call, hang_up_asked=event.because), (HangUp(event.because),)
        case _:
            return call, ()


def _received(call: Call, event: Received) -> tuple[Call, tuple[Command, ...]]:
    after = replace(
        call,
        state=CallState.RINGING,
        received_at=event.at,
        ringing_at=event.at,
        sip_call_id=event.sip_call_id,
    )
    return after, (PickUp(),)


def _opened(call: Call, event: LineOpened) -> tuple[Call, tuple[Command, ...]]:
    ringing_at = call.ringing_at or event.at
    after = replace(call, state=CallState.RINGING, ringing_at=ringing_at, opened_at=event.at)
    if call.hang_up_asked:  # the CANCEL and the trunk's answer crossed
        return after, (HangUp(call.hang_up_asked),)
    return after, (ListenToLine(),)


def _answered(call: Call, event: Answered) -> tuple[Call, tuple[Command, ...]]:
    after = replace(
        call,
        state=CallState.ANSWERED,
        answered_at=event.at,
        waiting_since=event.at,
        screening=event.screened,
    )
    if call.hang_up_asked:  # the CANCEL and the answer crossed; the call is not wanted
        return after, (HangUp(call.hang_up_asked),)
    limit = WakeAt(event.at + call.connect_limit)
    if not (call.agent_reserved and call.agent):
        return after, (FindAgent(), limit)
    return after, (limit,) if event.screened else (Bridge(call.agent), limit)


_IN_CALL = get_args(InCallEvent)


def _screened(call: Call, event: Screened) -> tuple[Call, tuple[Command, ...]]:
    """What is known before an agent hears the call decides; later it is a hint to the agent."""
    after = replace(call, screened=event, screening=False)
    if not call.screening or call.state is not CallState.ANSWERED:
        return after, ()
    if event.verdict.is_nobody and not event.let_through and not call.hang_up_asked:
        why = OwnReason.SCREENED_OUT
        return replace(after, hang_up_asked=why), (HangUp(why),)
    if call.agent_reserved and call.agent:
        return after, (Bridge(call.agent),)
    return after, ()


def _agent_lost(call: Call, event: AgentLost) -> tuple[Call, tuple[Command, ...]]:
    if (target := call.talk.talks_with) is not None:  # the callee is not alone
        alone = replace(call, agent_reserved=False, agent_lost_at=event.at)
        return alone, (InCall(HandOver(target)),)
    if call.state in UNANSWERED:  # who asked for the call cannot take it: nobody is rung for nobody
        why = call.hang_up_asked or OwnReason.CANCELLED
        alone = replace(call, agent_reserved=False, agent_lost_at=event.at, hang_up_asked=why)
        return alone, () if call.hang_up_asked else (HangUp(why),)
    after = replace(
        call,
        state=CallState.ANSWERED,
        agent_reserved=False,
        agent_lost_at=event.at,
        waiting_since=event.at,
        talk=replace(Talk(), transfers=call.talk.transfers, key_at=call.talk.key_at),
    )
    dropped = tuple(map(InCall, talks.over(call.talk)))
    return after, (*dropped, FindAgent(), WakeAt(event.at + call.patience))


def _handed_over(call: Call, event: HandedOver) -> tuple[Call, tuple[Command, ...]]:
    talk, _ = talks.advance(call.talk, event)
    freed = (FreeAgent(call.agent),) if call.agent and call.agent_reserved else ()
    return replace(call, talk=talk, agent_reserved=False), freed


def _limit_passed(call: Call, event: ConnectLimitPassed) -> tuple[Call, tuple[Command, ...]]:
    waited_since = call.waiting_since or event.at
    if event.at - waited_since < call.patience:
        return call, ()  # the timer of an earlier wait
    after = replace(call, state=CallState.ABANDONING, abandoned_at=event.at)
    return after, (PlayIdentityMessage(),)


def _announced(call: Call, at: datetime) -> tuple[Call, tuple[Command, ...]]:
    """Whoever is being bridged comes too late: the callee hears the last message already."""
    freed = (FreeAgent(call.agent),) if call.agent and call.agent_reserved else ()
    after = replace(call, state=CallState.ABANDONING, abandoned_at=at, agent_reserved=False)
    return after, freed


def replayed(call: Call, events: list[CallEvent]) -> Call:
    """Return *call* as its recorded *events* left it; their commands belong to the past."""
    return reduce(lambda so_far, event: advance(so_far, event)[0], events, call)
