"""Opening an attempt: the lead goes into a call in the transaction that made its permit.

    prepare ──▶ (the gate is asked, in the same transaction) ──▶ open_attempt | leads.postpone

Rule: from :func:`prepare` to the end of the transaction the person is held, so that of two
decisions about one person the second sees the first.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from leads.lead import (
    DUE_STATES,
    AttemptId,
    LeadEvent,
    LeadId,
    LeadState,
    NumberId,
    PersonId,
    apply,
)
from leads.store import attempts, leads, people
from leads.store.attempts import AttemptRow
from leads.store.connection import Connection
from leads.store.faults import LeaseLost, PersonBusy, all_or_nothing
from leads.store.lead_row import LeadRow


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """A lead held for one attempt, with the id that attempt will have."""

    attempt: AttemptId
    row: LeadRow
    number: NumberId


async def prepare(
    connection: Connection,
    *,
    lead: LeadId,
    person: PersonId,
    number: NumberId,
    claimed_until: datetime,
    now: datetime,
) -> Prepared:
    """Hold the person and the lead until the transaction ends, and name the attempt to come.

    Args:
        claimed_until: End of the caller's lease, as the claim said.

    Raises:
        LeaseLost: The lease is over or another's, or the lead is no longer due.
        PersonBusy: An attempt for the person is open.
    """
    await people.lock_person(connection, person)
    row = await leads.load_lead(connection, lead, hold=True)
    due = row.lead.next_attempt_at is not None and row.lead.next_attempt_at <= now
    if not due or row.claimed_until != claimed_until or claimed_until <= now:
        raise LeaseLost(f"lead {lead} is {row.lead.state} and no longer leased to the caller")
    if row.lead.person != person:
        raise LeaseLost(f"lead {lead} is not about person {person}")
    if await attempts.person_is_busy(connection, person):
        raise PersonBusy(f"an attempt for person {person} is open")
    attempt = await attempts.next_attempt_id(connection)
    return Prepared(attempt=attempt, row=row, number=number)


async def prepare_ring_back(
    connection: Connection, *, lead: LeadId, person: PersonId, number: NumberId
) -> Prepared:
    """Hold the person and the lead for an attempt that is none of ours: they call us.

    Neither a lease nor a due time is needed, for nobody is dialed.

    Raises:
        PersonBusy: An attempt for the person is open.
    """
    await people.lock_person(connection, person)
    row = await leads.load_lead(connection, lead, hold=True)
    if await attempts.person_is_busy(connection, person):
        raise PersonBusy(f"an attempt for person {person} is open")
    attempt = await attempts.next_attempt_id(connection)
    return Prepared(attempt=attempt, row=row, number=number)


async def open_attempt(
    connection: Connection,
    prepared: Prepared,
    *,
    permit_expires_at: datetime,
    obligations: Sequence[str],
    now: datetime,
    rang_back: bool = False,
) -> AttemptRow:
    """Open the attempt that was prepared in this transaction; the lead is then in a call.

    Args:
        rang_back: They call us: a lead that is not due for a call keeps its state.

    Raises:
        PersonBusy: An attempt for the person is open, says the database's last guard.
    """
    row = prepared.row
    attempt = AttemptRow(
        id=prepared.attempt,
        lead=row.lead.id,
        person=row.lead.person,
        campaign=row.campaign,
        number=prepared.number,
        was_callback=row.lead.state is LeadState.CALLBACK,
        opened_at=now,
        permit_expires_at=permit_expires_at,
        obligations=tuple(obligations),
        closed_at=None,
        outcome=None,
        abandoned=False,
        counts=True,
    )
    async with all_or_nothing(connection):
        await attempts.add_attempt(connection, attempt)
        if row.lead.state in DUE_STATES or not rang_back:  # whose meeting is booked stays so
            await leads.save(connection, apply(row.lead, LeadEvent.DIALED))
    return attempt
