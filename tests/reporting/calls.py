"""Calls as the record has them, for the tests of reports."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from dialer.call_events import (
    AgentAssigned,
    AgentId,
    Answered,
    CallEvent,
    CallId,
    Connected,
    ConnectLimitPassed,
    Disposed,
    Ended,
    EndedBy,
    Invited,
    Rang,
)
from dialer.call_line import CallFacts
from dialer.reporting.record import Record, Taped, Tried
from leads.lead import AttemptId, LeadId
from leads.phone import PhoneNumber

MORNING = datetime(2026, 11, 23, 10, tzinfo=UTC)


def after(seconds: float) -> datetime:
    return MORNING + timedelta(seconds=seconds)


def unanswered(call_id: str = "a") -> list[CallEvent]:
    return [Invited(MORNING, call_id), Rang(after(2)), Ended(after(27), by=EndedBy.DIALER)]


def abandoned(call_id: str = "a") -> list[CallEvent]:
    return [
        Invited(MORNING, call_id),
        Rang(after(2)),
        Answered(after(10)),
        ConnectLimitPassed(after(12)),
        Ended(after(16), by=EndedBy.DIALER),
    ]


def talked(call_id: str = "a", *, connect_s: float = 0.05, talk_s: float = 60) -> list[CallEvent]:
    bridged = 10 + connect_s
    return [
        Invited(MORNING, call_id),
        Rang(after(2)),
        Answered(after(10)),
        AgentAssigned(after(10), AgentId(1)),
        Connected(after(bridged), recorded=True),
        Ended(after(bridged + talk_s), by=EndedBy.CALLEE),
        Disposed(after(bridged + talk_s + 9), "qualified"),
    ]


def tried(
    number: int, events: Sequence[CallEvent] = (), *, closed: bool = True, **changes: Any
) -> Tried:
    """The *number*-th attempt."""
    facts: dict[str, Any] = {
        "call": CallId(UUID(int=number)),
        "attempt": AttemptId(number),
        "lead": LeadId(number),
        "campaign": 1,
        "number": PhoneNumber(f"+44113496{number:04}"),
        "trunk": "simulated",
        "outcome": "no_answer" if closed else None,
        "abandoned": False,
        "disposition": None,
        "opened_at": MORNING,
        "events": tuple(events),
    }
    own = {name: changes.pop(name) for name in list(changes) if name not in facts}
    return Tried(facts=CallFacts(**{**facts, **changes}), closed=closed, **own)


def a_tape(*, available_s: float = 80.0, state: str = "playable") -> Taped:
    return Taped(state=state, seconds=60.0, available_at=after(available_s))


def a_record(**changes: Any) -> Record:
    given: dict[str, Any] = {
        "client": "Example Energy",
        "campaign": "Winter tariff",
        "since": MORNING,
        "until": after(600),
        "abandon_rate_limit": 0.03,
    }
    return Record(**{**given, **changes})
