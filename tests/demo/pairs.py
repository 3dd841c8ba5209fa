"""One call as both sides saw it, for the tests of their agreement."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from dialer.call_events import CallId
from dialer.call_line import CallFacts, CallLine, line_of
from dialer.demo.network_log import NetworkCall
from dialer.simulation.network.behaviour import Fate, Kind
from leads.lead import AttemptId, LeadId
from leads.phone import PhoneNumber
from tests.reporting.calls import after, talked, unanswered

__all__ = ["NUMBER", "after", "answered_pair", "unanswered_pair"]

NUMBER = PhoneNumber("+441134960123")
MORNING = datetime(2026, 11, 23, 10, tzinfo=UTC)


def _line(attempt: int, events: list[Any], outcome: str) -> CallLine:
    return line_of(
        CallFacts(
            call=CallId(UUID(int=attempt)),
            attempt=AttemptId(attempt),
            lead=LeadId(attempt),
            campaign=1,
            number=NUMBER,
            trunk="simulated",
            outcome=outcome,
            abandoned=False,
            disposition=None,
            opened_at=MORNING,
            events=events,
        ),
        reveal=True,
    )


def answered_pair(attempt: int = 1, **changes: Any) -> tuple[CallLine, NetworkCall]:
    """A talk of a minute; *changes* are of the network's view."""
    call = NetworkCall(
        sip_call_id=f"id-{attempt}",
        number=NUMBER,
        invited_at=after(0.004),
        fate=Fate.TALKS,
        kind=Kind.PERSON,
        ringing_at=after(2),
        answered_at=after(10),
        ended_at=after(70.05),
        ended_by="callee",
        status=200,
        silence_after_hello_ms=300,
    )
    return _line(attempt, talked(f"id-{attempt}"), "answered"), replace(call, **changes)


def unanswered_pair(attempt: int = 1, **changes: Any) -> tuple[CallLine, NetworkCall]:
    """A call that rang in vain."""
    call = NetworkCall(
        sip_call_id=f"id-{attempt}",
        number=NUMBER,
        invited_at=MORNING,
        fate=Fate.NO_ANSWER,
        kind=Kind.NONE,
        ringing_at=after(2),
        ended_at=after(27) + timedelta(milliseconds=3),
        ended_by="caller",
        status=487,
    )
    return _line(attempt, unanswered(f"id-{attempt}"), "no_answer"), replace(call, **changes)
