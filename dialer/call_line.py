"""One attempt as one line: the dialer's own view of a call, for files and programs.

The fields of :class:`CallLine` are public (``calls.jsonl``, ``dialer calls --json``): they are
only added to. Everything in a line comes from the call's events, its attempt and its recording.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from dialer.call import Call
from dialer.call_events import CallEvent, CallId, FailedOver, Invited
from dialer.minutes import call_of, minutes_of
from dialer.on_record import taken_by
from leads.lead import AttemptId, LeadId
from leads.phone import PhoneNumber, redact


@dataclass(frozen=True, slots=True, kw_only=True)
class Try:
    """An INVITE that failed before anything rang; the next left by another way."""

    trunk: str
    sip_call_id: str | None
    invited_at: str | None
    outcome: str
    sip_status: int | None
    q850: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CallLine:
    """One attempt. Times are ISO 8601 in UTC with milliseconds, durations seconds."""

    id: str  #: the call's UUID
    attempt: int
    lead: int
    campaign: int
    number: str  #: E.164, or its last digits where it is masked
    trunk: str  #: the one that carried the call, or was asked last
    sip_call_id: str | None
    outcome: str | None  #: None: the attempt is not closed yet
    sip_status: int | None  #: of the final answer to the INVITE; None: there was none
    q850: int | None
    abandoned: bool
    opened_at: str
    invited_at: str | None
    ringing_at: str | None
    answered_at: str | None
    bridged_at: str | None
    ended_at: str | None
    ended_by: str | None
    own_reason: str | None
    connect_ms: float | None  #: from the answer to the bridge
    talk_s: float
    hold_s: float  #: of the talk, the callee heard the hold tone
    transferred_to: str | None  #: the transfer target the callee was brought together with
    transferred_at: str | None  #: when they first heard each other
    wrap_up_s: float | None
    agent: int | None
    disposition: str | None
    recording: str | None  #: path below the recordings directory, once playable
    recording_s: float | None  #: decoded length
    direction: str = "outbound"  #: inbound: they called us
    earlier_tries: tuple[Try, ...] = ()  #: INVITEs that failed before anything rang
    screening: str | None = None  #: the screening verdict that was said last

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class CallFacts:
    """What a line is made of."""

    call: CallId
    attempt: AttemptId
    lead: LeadId
    campaign: int
    number: PhoneNumber
    trunk: str
    outcome: str | None
    abandoned: bool
    disposition: str | None
    opened_at: datetime
    events: Sequence[CallEvent]
    recording: str | None = None
    recording_s: float | None = None


def line_of(facts: CallFacts, *, reveal: bool = False) -> CallLine:
    """Return the line of one attempt; the number is masked unless *reveal*."""
    call, minutes = call_of(facts.events), minutes_of(facts.events)
    ended, joined_at = call.ended, call.talk.target_joined_at
    connect_ms = None if minutes.connect_s is None else round(minutes.connect_s * 1000, 1)
    return CallLine(
        id=str(facts.call),
        attempt=facts.attempt,
        lead=facts.lead,
        campaign=facts.campaign,
        number=facts.number if reveal else redact(facts.number),
        trunk=taken_by(facts.events, trunk=facts.trunk, caller_id="").trunk_id,
        sip_call_id=call.sip_call_id,
        outcome=facts.outcome,
        sip_status=_sip_status(call),
        q850=ended.q850 if ended else None,
        abandoned=facts.abandoned,
        opened_at=_stamp(facts.opened_at) or "",
        invited_at=_stamp(call.invited_at),
        ringing_at=_stamp(call.ringing_at),
        answered_at=_stamp(call.answered_at),
        bridged_at=_stamp(call.bridged_at),
        ended_at=_stamp(ended.at if ended else None),
        ended_by=ended.by.value if ended else None,
        own_reason=ended.own_reason.value if ended else None,
        connect_ms=connect_ms,
        talk_s=round(minutes.talk_s, 3),
        hold_s=round(minutes.hold_s, 3),
        transferred_to=call.talk.transfer.target if joined_at and call.talk.transfer else None,
        transferred_at=_stamp(joined_at),
        wrap_up_s=None if minutes.wrap_up_s is None else round(minutes.wrap_up_s, 3),
        agent=call.agent,
        disposition=facts.disposition,
        recording=facts.recording,
        recording_s=facts.recording_s,
        screening=call.screened.verdict.value if call.screened else None,
        direction="inbound" if call.inbound else "outbound",
        earlier_tries=tuple(_earlier_tries(facts)),
    )


def _sip_status(call: Call) -> int | None:
    if call.answered_at or call.opened_at:
        return 200
    return call.ended.sip_status if call.ended else None


def _earlier_tries(facts: CallFacts) -> Iterator[Try]:
    invited: Invited | None = None
    trunk = facts.trunk
    for event in facts.events:
        match event:
            case Invited():
                invited = event
            case FailedOver():
                yield Try(
                    trunk=trunk,
                    sip_call_id=invited.sip_call_id if invited else None,
                    invited_at=_stamp(invited.at if invited else None),
                    outcome=event.outcome,
                    sip_status=event.sip_status,
                    q850=event.q850,
                )
                invited, trunk = None, event.trunk


def lines_of(many: Iterable[CallFacts], *, reveal: bool = False) -> list[CallLine]:
    """Return a line for each of *many*."""
    return [line_of(facts, reveal=reveal) for facts in many]


def _stamp(at: datetime | None) -> str | None:
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z") if at else None
