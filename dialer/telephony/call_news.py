"""What a worker's events mean for calls and agents: the names of legs, and facts as call events.

Rule: pure. A callee's leg is named after its call, so that a call can never be placed twice by one
worker; each further INVITE of the call adds its number.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Final
from uuid import UUID

from dialer import call_events as call_event
from dialer.call_events import AgentId, CallEvent, CallId, EndedBy, OwnReason
from dialer.telephony import events as fact
from dialer.telephony import guests
from dialer.telephony.events import Side

CALLEE: Final = "call."
AGENT: Final = "agent."


def call_events(event: fact.Event, at: datetime) -> Iterator[CallEvent]:
    """Yield what a worker's event means for the call of its leg."""
    match event:
        case fact.Invited(sip_call_id=sip_call_id):
            yield call_event.Invited(at, sip_call_id)
        case fact.Provisional(status=status, early_media=early_media):
            yield call_event.Rang(at, status, early_media)
        case fact.Answered(screened=screened):
            yield call_event.Answered(at, screened)
        case fact.Detected(verdict=verdict, evidence=evidence):
            yield call_event.Screened(at, verdict, evidence=evidence)
        case fact.Bridged():
            yield call_event.Connected(at)
        case fact.Playing():  # by our order, and then it is known; or by the worker's own
            yield call_event.ConnectLimitPassed(at, announced=True)
        case fact.Ended():
            yield call_event.Ended(
                at,
                _ended_by(event),
                own_reason=event.own_reason,
                sip_status=event.status,
                q850=event.q850,
                reason_text=event.reason_text,
                retry_after_s=event.retry_after_s,
            )
        case _:
            yield from guests.in_call_events(event, at)


def _ended_by(event: fact.Ended) -> EndedBy:
    if event.by is Side.REMOTE:
        return EndedBy.CALLEE
    return EndedBy.AGENT if event.own_reason is OwnReason.HUNG_UP else EndedBy.DIALER


def leg_of(call: CallId, trial: int = 1) -> str:
    """Return the name of the leg of one INVITE of a call."""
    return f"{CALLEE}{call}" if trial == 1 else f"{CALLEE}{call}.{trial}"


def call_of(leg: str) -> CallId | None:
    """Return the call a callee's leg is named after."""
    if not leg.startswith(CALLEE):
        return None
    try:
        return CallId(UUID(leg.removeprefix(CALLEE).partition(".")[0]))
    except ValueError:
        return None


def trial_of(leg: str) -> int:
    """Return which INVITE of its call a callee's leg is."""
    number = leg.removeprefix(CALLEE).partition(".")[2]
    return int(number) if number.isdecimal() else 1


def agent_of(leg: str) -> AgentId | None:
    """Return the agent a leg leads to."""
    number = leg.removeprefix(AGENT).partition(".")[0]
    return AgentId(int(number)) if leg.startswith(AGENT) and number.isdecimal() else None
