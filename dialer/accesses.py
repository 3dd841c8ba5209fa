"""Who listened to an agent's calls or spoke in them: computed from the calls' events alone.

Rule: pure. An access lasts until its supervisor has another part, leaves, or the call is over.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from dialer.call_events import (
    AgentAssigned,
    AgentId,
    CallEvent,
    CallId,
    Ended,
    HandedOver,
    SupervisorJoined,
    SupervisorLeft,
)
from dialer.in_call import GuestId, supervisor_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """Somebody took part in a call."""

    call: CallId
    user: int
    part: str  #: listen | whisper | talk | take_over
    purpose: str
    began_at: datetime
    ended_at: datetime | None  #: ``None``: it goes on


def accesses_of(call: CallId, events: Sequence[CallEvent], agent: AgentId) -> list[Access]:
    """Return the accesses to a call while *agent* had it."""
    found = []
    having: AgentId | None = None
    for place, event in enumerate(events):
        match event:
            case AgentAssigned(agent=having):
                pass
            case SupervisorJoined() if having == agent:
                after = events[place + 1 :]
                ended_at = next(_ends(after, event.user), None)
                found.append(
                    Access(
                        call=call,
                        user=event.user,
                        part=event.part,
                        purpose=event.purpose,
                        began_at=event.at,
                        ended_at=ended_at,
                    )
                )
            case HandedOver(at, guest) if having == agent:
                if (user := supervisor_of(GuestId(guest))) is not None:
                    ended_at = next((e.at for e in events[place:] if isinstance(e, Ended)), None)
                    found.append(
                        Access(
                            call=call,
                            user=user,
                            part="take_over",
                            purpose=next((a.purpose for a in found if a.user == user), ""),
                            began_at=at,
                            ended_at=ended_at,
                        )
                    )
    return found


def _ends(events: Sequence[CallEvent], user: int) -> Iterator[datetime]:
    for event in events:
        match event:
            case SupervisorJoined(at, who) | SupervisorLeft(at, who) if who == user:
                yield at
            case HandedOver(at) | Ended(at):
                yield at
