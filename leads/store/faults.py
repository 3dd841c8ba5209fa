"""What a store may refuse, by what the database knows.

    Unfit                     a request that does not fit the present state; nothing was changed
    ├── LeaseLost             another engine may have claimed the lead
    ├── PersonBusy            an attempt for this person is open
    ├── SlotTaken             the rep has another meeting then
    ├── OutsideAvailability   the rep is not available then
    └── UnknownRow            there is no such row

Rule: database errors are told apart by the name of the constraint, never by their text, which
may hold personal data.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg

from leads.store.connection import Connection


class Unfit(Exception):
    """The request does not fit what the database knows; nothing was changed.

    ``because`` is a stable code for programs, the message a sentence for people.
    """

    because = "unfit"

    def __init__(self, detail: str, *, because: str | None = None) -> None:
        super().__init__(detail)
        self.because = because or self.because


class LeaseLost(Unfit):
    """The lead is no longer leased to the caller, or no longer due."""

    because = "lease_lost"


class PersonBusy(Unfit):
    """An attempt for this person is open; two at a time are forbidden."""

    because = "person_busy"


class SlotTaken(Unfit):
    """The rep has another meeting at that time."""

    because = "slot_taken"


class OutsideAvailability(Unfit):
    """The rep is not available at that time."""

    because = "outside_availability"


class UnknownRow(Unfit):
    """There is no row of that id."""

    because = "unknown"


_BY_CONSTRAINT: dict[str, tuple[type[Unfit], str]] = {
    "one_open_attempt_per_person": (PersonBusy, "an attempt for this person is open"),
    "a_rep_is_in_one_meeting_at_a_time": (SlotTaken, "the rep has another meeting at that time"),
    "one_promise_per_attempt": (Unfit, "a callback was promised in this attempt already"),
    "one_open_promise_per_lead": (Unfit, "another callback is promised to this lead"),
    "dispositions_pkey": (Unfit, "a disposition was recorded for this attempt already"),
}


@asynccontextmanager
async def all_or_nothing(connection: Connection) -> AsyncIterator[None]:
    """Run the block in a transaction (a savepoint within one) and name what it runs into.

    After a refusal the caller's own transaction goes on.

    Raises:
        Unfit: A constraint that has a name in this module's table objects.
    """
    try:
        async with connection.transaction():
            yield
    except asyncpg.IntegrityConstraintViolationError as fault:
        known = _BY_CONSTRAINT.get(fault.constraint_name or "")
        if known is None:
            raise
        kind, sentence = known
        raise kind(sentence) from None
