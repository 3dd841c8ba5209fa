"""Talk, wrap-up and audio time of a call, computed from its events alone.

Rule: pure, and the only arithmetic on call times. Reports, invoices and ``calls.jsonl`` use it;
nothing keeps a counter. Durations are in seconds.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from dialer.call import Call, replayed
from dialer.call_events import (
    AgentLost,
    CallEvent,
    CallId,
    Connected,
    Ended,
    HandedOver,
    Held,
    Resumed,
)

_NOBODY: Final = UUID(int=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Minutes:
    """The times of one call, in seconds; ``None`` where it never came to that."""

    ring_s: float | None = None  #: from the INVITE to the answer, or to the end
    connect_s: float | None = None  #: from the answer until an agent is heard
    #: Callee and agent, or who took the call over, were connected; holds are in it, a gap without
    #: anybody is not.
    talk_s: float = 0.0
    hold_s: float = 0.0  #: of that, the callee heard the hold tone
    audio_s: float = 0.0  #: from the first bridge to the callee's end: what a recording spans
    wrap_up_s: float | None = None  #: from the agent's end of the call to the disposition


def minutes_of(events: Sequence[CallEvent]) -> Minutes:
    """Return the times of the call with these *events*, in the order of its chain."""
    call = call_of(events)
    ended_at = call.ended.at if call.ended else None
    left_at = call.talk.handed_over.at if call.talk.handed_over else None
    return Minutes(
        ring_s=_between(call.invited_at, call.answered_at or ended_at),
        connect_s=_between(call.answered_at, call.bridged_at),
        talk_s=_talk(events),
        audio_s=_between(call.bridged_at, ended_at) or 0.0,
        hold_s=_hold(events),
        wrap_up_s=_between(left_at or ended_at, call.disposed.at if call.disposed else None),
    )


def call_of(events: Sequence[CallEvent], connect_limit: timedelta = timedelta(seconds=2)) -> Call:
    """Return the call that *events* made."""
    return replayed(Call(id=CallId(_NOBODY), connect_limit=connect_limit), list(events))


def _talk(events: Sequence[CallEvent]) -> float:
    talk, since = 0.0, None
    for event in events:
        match event:
            case Connected(at) | HandedOver(at):
                since = since or at
            case AgentLost(at) | Ended(at):
                talk += (at - since).total_seconds() if since else 0.0
                since = None
    return max(talk, 0.0)


def _hold(events: Sequence[CallEvent]) -> float:
    held, since = 0.0, None
    for event in events:
        match event:
            case Held(at):
                since = since or at
            case Resumed(at) | HandedOver(at) | AgentLost(at) | Ended(at):
                held += (at - since).total_seconds() if since else 0.0
                since = None
    return max(held, 0.0)


def _between(start: datetime | None, end: datetime | None) -> float | None:
    if start is None or end is None:
        return None
    return max((end - start).total_seconds(), 0.0)
