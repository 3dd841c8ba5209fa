"""What can happen to a call, each a fact in the past tense with its time.

These events are the record: they are appended to the call's chain in the order in which they
changed it, and minutes, invoices and reports are computed from them alone (``minutes.py``).
:func:`to_row` and :func:`from_row` are their form in the database and in ``calls.jsonl``.
"""

import re
from dataclasses import MISSING, dataclass, fields
from datetime import datetime
from enum import StrEnum
from typing import Any, Final, NewType, get_args
from uuid import UUID

from dialer.screening.verdict import ScreeningVerdict

CallId = NewType("CallId", UUID)
AgentId = NewType("AgentId", int)


class EndedBy(StrEnum):
    """Who ended a call."""

    CALLEE = "callee"  #: the callee hung up, or the network refused
    AGENT = "agent"  #: the agent hung up
    DIALER = "dialer"  #: one of the dialer's own timers or rules
    FAULT = "fault"  #: a leg, a process or a machine died


class OwnReason(StrEnum):
    """Why the dialer itself ended a call; a local 487 says nothing."""

    NONE = "none"  #: the other side ended it
    NO_PROVISIONAL = "no_provisional"  #: the trunk did not answer the INVITE at all
    NO_PROGRESS = "no_progress"  #: the trunk said 100 and then nothing
    RING_TIMEOUT = "ring_timeout"  #: it rang for the campaign's ring limit
    CANCELLED = "cancelled"  #: no longer wanted: stop-all, drain
    REVOKED = "revoked"  #: a withdrawal, objection or suppression arrived while it rang
    ABANDONED = "abandoned"  #: the identity message has been played
    HUNG_UP = "hung_up"  #: the agent pressed the button
    TOO_LONG = "too_long"  #: it lasted as long as its trunk lets any call last
    LOST = "lost"  #: the worker no longer knows the call
    ANNOUNCED = "announced"  #: who called back has heard what was to be said
    TURNED_AWAY = "turned_away"  #: who called in had nobody to reach here
    NOT_PLACED = "not_placed"  #: the permit was given and the INVITE never left
    SCREENED_OUT = "screened_out"  #: screening found a machine, a fax or an announcement
    HEARD_BUSY = "heard_busy"  #: the line's own tone said so, before any answer
    HEARD_CONGESTION = "heard_congestion"  #: likewise
    HEARD_REFUSED = "heard_refused"  #: an announcement began with special information tones


@dataclass(frozen=True, slots=True)
class Invited:
    """The INVITE has left, by the way that is named where it is known."""

    at: datetime
    sip_call_id: str
    trunk: str = ""
    host: str = ""  #: URI of the trunk's host
    port: str | None = None  #: of the gateway
    caller_id: str = ""  #: the number shown, E.164
    pool: str | None = None  #: of the caller ID


@dataclass(frozen=True, slots=True)
class Received:
    """The person has called us: this call came in, to a number we had shown them."""

    at: datetime
    sip_call_id: str
    trunk: str = ""
    called: str = ""  #: our number, E.164


@dataclass(frozen=True, slots=True)
class FailedOver:
    """A try ended before anything rang; the next leaves another way, on the same permit.

    What is told of the try that failed stands first, then the way of the next.
    """

    at: datetime
    outcome: str  #: sip_config.causes.Outcome
    trial: int = 2  #: which INVITE follows
    own_reason: OwnReason = OwnReason.NONE
    sip_status: int | None = None
    q850: int | None = None
    trunk: str = ""
    host: str = ""
    port: str | None = None
    caller_id: str = ""
    pool: str | None = None


@dataclass(frozen=True, slots=True)
class Rang:
    """The network says that the phone rings (180), or lets its progress be heard (183)."""

    at: datetime
    sip_status: int = 180
    early_media: bool = False


@dataclass(frozen=True, slots=True)
class LineOpened:
    """The trunk has answered; whether anybody has is listened for (``answer_supervision``)."""

    at: datetime


@dataclass(frozen=True, slots=True)
class Answered:
    """The network says that someone, or something, picked up. The connect clock starts."""

    at: datetime
    screened: bool = False  #: an agent gets the call only when screening has said who is there


@dataclass(frozen=True, slots=True)
class Screened:
    """Screening says who, or what, answered. What is said last holds."""

    at: datetime
    verdict: ScreeningVerdict
    heard_s: float = 0.0  #: how much sound that took, from the answer on
    evidence: str = ""
    let_through: bool = False  #: nobody is there, and an agent gets it all the same: a sample


@dataclass(frozen=True, slots=True)
class AgentAssigned:
    """An agent was reserved; the bridge is being made."""

    at: datetime
    agent: AgentId


@dataclass(frozen=True, slots=True)
class Connected:
    """Callee and agent hear each other."""

    at: datetime
    recorded: bool = False  #: a recording runs from here to the end


@dataclass(frozen=True, slots=True)
class AgentLost:
    """The agent's leg died under the call; the callee is still there."""

    at: datetime


@dataclass(frozen=True, slots=True)
class ConnectLimitPassed:
    """Nobody could take the answered call in time."""

    at: datetime
    announced: bool = False  #: the worker, without a core to ask, plays the identity message


@dataclass(frozen=True, slots=True)
class HangUpAsked:
    """The dialer or the agent wants the call to end; the network has yet to agree."""

    at: datetime
    because: OwnReason


@dataclass(frozen=True, slots=True)
class Ended:
    """The callee's leg is gone."""

    at: datetime
    by: EndedBy
    own_reason: OwnReason = OwnReason.NONE
    sip_status: int | None = None
    q850: int | None = None
    reason_text: str = ""
    retry_after_s: float | None = None  #: what the trunk asks for before the next call


@dataclass(frozen=True, slots=True)
class Disposed:
    """The agent has recorded what came of it: wrap-up is over."""

    at: datetime
    disposition: str


# In the call: see ``talk.py``.


@dataclass(frozen=True, slots=True)
class Held:
    """The callee hears the hold tone, and nobody hears the callee."""

    at: datetime


@dataclass(frozen=True, slots=True)
class Resumed:
    """The hold is over."""

    at: datetime


@dataclass(frozen=True, slots=True)
class TapeMuted:
    """The recording holds silence from now on (*muted*), or no longer: card data are spoken."""

    at: datetime
    muted: bool


@dataclass(frozen=True, slots=True)
class DigitHeard:
    """The callee pressed a key. Nothing of it is recorded while the tape is muted."""

    at: datetime
    digit: str


@dataclass(frozen=True, slots=True)
class DigitsSent:
    """The agent sent keys to the callee's line; which ones is not recorded."""

    at: datetime
    count: int


@dataclass(frozen=True, slots=True)
class TransferAsked:
    """One of the campaign's transfer targets is being called for the callee."""

    at: datetime
    target: str  #: its name
    guest: str  #: the name of its leg
    blind: bool = False  #: handed over as soon as the target answers, without a consultation


@dataclass(frozen=True, slots=True)
class TargetAnswered:
    """The target picked up."""

    at: datetime


@dataclass(frozen=True, slots=True)
class TargetJoined:
    """Callee, agent and target hear each other: a call of three."""

    at: datetime


@dataclass(frozen=True, slots=True)
class TransferEnded:
    """The target is out of the call again, and the callee is the agent's."""

    at: datetime
    why: str  #: cancelled | refused | gone | agent_lost


@dataclass(frozen=True, slots=True)
class HandedOver:
    """Callee and guest go on without the agent."""

    at: datetime
    guest: str  #: the name of its leg
    to: str = ""  #: the target's name; empty: a supervisor took the call over


@dataclass(frozen=True, slots=True)
class SupervisorJoined:
    """Somebody listens to the conversation, or speaks in it. Another part is another event."""

    at: datetime
    user: int
    part: str  #: listen | whisper | talk
    purpose: str = ""


@dataclass(frozen=True, slots=True)
class SupervisorLeft:
    at: datetime
    user: int


InCallEvent = (
    Held
    | Resumed
    | TapeMuted
    | DigitHeard
    | DigitsSent
    | TransferAsked
    | TargetAnswered
    | TargetJoined
    | TransferEnded
    | HandedOver
    | SupervisorJoined
    | SupervisorLeft
)
CallEvent = (
    Invited
    | Received
    | FailedOver
    | Rang
    | LineOpened
    | Answered
    | Screened
    | AgentAssigned
    | Connected
    | AgentLost
    | ConnectLimitPassed
    | HangUpAsked
    | Ended
    | Disposed
    | InCallEvent
)


def _kind(event_type: type) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", event_type.__name__).lower()


_TYPES: Final[dict[str, type[CallEvent]]] = {
    _kind(event_type): event_type
    for event_type in (
        Invited,
        Received,
        FailedOver,
        Rang,
        LineOpened,
        Answered,
        Screened,
        AgentAssigned,
        Connected,
        AgentLost,
        ConnectLimitPassed,
        HangUpAsked,
        Ended,
        Disposed,
        *get_args(InCallEvent),
    )
}

KINDS: Final = frozenset(_TYPES)  #: every kind of row there can be


class UnknownCallEvent(ValueError):
    """A recorded event cannot be read: the row was written by a newer version, or altered."""

    def __init__(self, kind: str, found: str) -> None:
        super().__init__(f"call event {kind!r} cannot be read: {found}; known: {sorted(KINDS)}")
        self.kind = kind


def to_row(event: CallEvent) -> tuple[str, datetime, dict[str, Any]]:
    """Return *event* as ``(kind, at, detail)``; details that have their default are left out.

    >>> from datetime import UTC
    >>> to_row(Disposed(at=datetime(2026, 11, 23, 10, tzinfo=UTC), disposition="qualified"))[2]
    {'disposition': 'qualified'}
    """
    detail = {
        field.name: getattr(event, field.name)
        for field in fields(event)
        if field.name != "at"
        and (field.default is MISSING or getattr(event, field.name) != field.default)
    }
    return _kind(type(event)), event.at, detail


def from_row(kind: str, at: datetime, detail: dict[str, Any]) -> CallEvent:
    """Return the event that :func:`to_row` wrote.

    Raises:
        UnknownCallEvent: the kind is not one of :data:`KINDS`, or its details do not fit.
    """
    try:
        event_type = _TYPES[kind]
        values = dict(detail)
        if "by" in values:
            values["by"] = EndedBy(values["by"])
        if "verdict" in values:
            values["verdict"] = ScreeningVerdict(values["verdict"])
        for name in ("own_reason", "because"):
            if name in values:
                values[name] = OwnReason(values[name])
        return event_type(at=at, **values)
    except (KeyError, TypeError, ValueError) as error:
        raise UnknownCallEvent(kind, type(error).__name__) from None
