"""The life of one lead, from the list it arrived on to a booked meeting.

    waiting ──dialed──▶ in_call ──▶ waiting    (not reached; another attempt is planned)
    callback ──dialed─▶    ├──────▶ callback   (asked for another time; or promised and not reached)
                           ├──────▶ booked     (meeting booked)
                           └──────▶ retired    (no further calls; also from every other state)
    booked ──────────────────────▶ waiting | callback   (meeting cancelled, moved, not held)

Rule: every change of a lead's state is one row of :data:`TRANSITIONS`. Nothing else in the
program assigns ``Lead.state``; PostgreSQL checks the same set of names.

Being in a hopper is not a state but a lease (``claimed_until`` in the store): it runs out by
itself when an engine dies, and a promised callback stays promised while it is claimed.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Final, NewType

LeadId = NewType("LeadId", int)
PersonId = NewType("PersonId", int)  #: whom the lead is about; caps hold per person
NumberId = NewType("NumberId", int)  #: one number of one person
AttemptId = NewType("AttemptId", int)
ListId = NewType("ListId", int)


class LeadState(StrEnum):
    """Where a lead is in its life."""

    WAITING = "waiting"  #: may be dialed once ``next_attempt_at`` has come
    CALLBACK = "callback"  #: was promised a call at ``next_attempt_at``
    IN_CALL = "in_call"  #: an attempt is under way
    BOOKED = "booked"  #: a meeting is booked; dialed again only if it comes to nothing
    RETIRED = "retired"  #: never dialed again


DUE_STATES: Final = frozenset({LeadState.WAITING, LeadState.CALLBACK})  #: states that have a time


class LeadEvent(StrEnum):
    """What can happen to a lead. Facts, in the past tense."""

    DIALED = "dialed"
    POSTPONED = "postponed"  #: may not be called now; the gate or a person named a later time
    RETRY_PLANNED = "retry_planned"  #: not reached, or not for long enough; nothing was promised
    CALLBACK_PROMISED = "callback_promised"
    CALLBACK_UNANSWERED = "callback_unanswered"  #: we rang as promised; the promise stands
    MEETING_BOOKED = "meeting_booked"
    MEETING_CANCELLED = "meeting_cancelled"
    MEETING_MOVED = "meeting_moved"  #: another time is wanted and not yet agreed: call to agree it
    MEETING_NOT_HELD = "meeting_not_held"  #: nobody came
    MEETING_HELD = "meeting_held"
    GIVEN_UP = "given_up"  #: no further calls; ``retired_because`` says why


class RetiredBecause(StrEnum):
    """Why a lead is never dialed again."""

    NOT_INTERESTED = "not_interested"
    DO_NOT_CALL = "do_not_call"  #: asked not to be called; a suppression stands beside it
    WRONG_PERSON = "wrong_person"  #: nobody there is whom the list means
    LANGUAGE = "language"  #: no common language with the team
    QUALIFIED = "qualified"  #: handed to the client without a meeting
    NOT_QUALIFIED = "not_qualified"  #: talked to; not what the client looks for
    NO_VALID_NUMBER = "no_valid_number"  #: every number turned out wrong or not in use
    ATTEMPTS_USED_UP = "attempts_used_up"
    MEETING_HELD = "meeting_held"
    REFUSED_FOR_GOOD = "refused_for_good"  #: the gate's refusal names no time
    WITHDRAWN = "withdrawn"  #: the client took the list or the row back
    ERASED = "erased"  #: the person asked for erasure


TRANSITIONS: Final[dict[tuple[LeadState, LeadEvent], LeadState]] = {
    (LeadState.WAITING, LeadEvent.DIALED): LeadState.IN_CALL,
    (LeadState.CALLBACK, LeadEvent.DIALED): LeadState.IN_CALL,
    (LeadState.WAITING, LeadEvent.POSTPONED): LeadState.WAITING,
    (LeadState.CALLBACK, LeadEvent.POSTPONED): LeadState.CALLBACK,
    (LeadState.IN_CALL, LeadEvent.RETRY_PLANNED): LeadState.WAITING,
    (LeadState.IN_CALL, LeadEvent.CALLBACK_PROMISED): LeadState.CALLBACK,
    (LeadState.IN_CALL, LeadEvent.CALLBACK_UNANSWERED): LeadState.CALLBACK,
    (LeadState.IN_CALL, LeadEvent.MEETING_BOOKED): LeadState.BOOKED,
    (LeadState.BOOKED, LeadEvent.MEETING_CANCELLED): LeadState.WAITING,
    (LeadState.BOOKED, LeadEvent.MEETING_NOT_HELD): LeadState.WAITING,
    (LeadState.BOOKED, LeadEvent.MEETING_MOVED): LeadState.CALLBACK,
    (LeadState.BOOKED, LeadEvent.CALLBACK_PROMISED): LeadState.CALLBACK,
    (LeadState.BOOKED, LeadEvent.MEETING_HELD): LeadState.RETIRED,
    (LeadState.WAITING, LeadEvent.GIVEN_UP): LeadState.RETIRED,
    (LeadState.CALLBACK, LeadEvent.GIVEN_UP): LeadState.RETIRED,
    (LeadState.IN_CALL, LeadEvent.GIVEN_UP): LeadState.RETIRED,
    (LeadState.BOOKED, LeadEvent.GIVEN_UP): LeadState.RETIRED,
}


class ImpossibleTransition(RuntimeError):
    """*event* cannot happen to a lead in *state*; the lead is unchanged."""

    def __init__(self, state: LeadState, event: LeadEvent) -> None:
        possible = sorted(known for held, known in TRANSITIONS if held is state)
        super().__init__(f"{event} while {state}; possible: {', '.join(possible) or 'nothing'}")
        self.state = state
        self.event = event


class IncompleteLead(ValueError):
    """A lead's times and reasons do not fit its state."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lead:
    """One row's subject for a campaign, as far as its life is concerned."""

    id: LeadId
    person: PersonId
    state: LeadState
    next_attempt_at: datetime | None = None  #: aware; set in :data:`DUE_STATES` and only there
    retired_because: RetiredBecause | None = None  #: set when retired and only then
    callback_agent: int | None = None  #: the agent a callback was promised from; None: any

    def __post_init__(self) -> None:
        if (self.state in DUE_STATES) != (self.next_attempt_at is not None):
            raise IncompleteLead(f"a {self.state} lead and next_attempt_at={self.next_attempt_at}")
        if self.next_attempt_at is not None and self.next_attempt_at.tzinfo is None:
            raise IncompleteLead(f"next_attempt_at={self.next_attempt_at} has no time zone")
        if (self.state is LeadState.RETIRED) != (self.retired_because is not None):
            raise IncompleteLead(f"a {self.state} lead and retired_because={self.retired_because}")
        if self.callback_agent is not None and self.state is not LeadState.CALLBACK:
            raise IncompleteLead(f"a {self.state} lead has no agent to call it back")


def apply(
    lead: Lead,
    event: LeadEvent,
    *,
    next_attempt_at: datetime | None = None,
    retired_because: RetiredBecause | None = None,
    callback_agent: int | None = None,
) -> Lead:
    """Return *lead* as it is after *event*.

    Args:
        next_attempt_at: When the lead may next be dialed (aware). Required by the events that
            lead to a state in :data:`DUE_STATES`, forbidden by all others.
        retired_because: Required by the events that retire, forbidden by all others.
        callback_agent: Whose promise it is; for events that lead to a callback alone. A postponed
            callback keeps its agent.

    Raises:
        ImpossibleTransition: *event* is not in the table for ``lead.state``.
        IncompleteLead: A time, a reason or an agent is missing or out of place.
    """
    try:
        state = TRANSITIONS[lead.state, event]
    except KeyError:
        raise ImpossibleTransition(lead.state, event) from None
    if event is LeadEvent.POSTPONED:
        callback_agent = lead.callback_agent
    return replace(
        lead,
        state=state,
        next_attempt_at=next_attempt_at,
        retired_because=retired_because,
        callback_agent=callback_agent,
    )
