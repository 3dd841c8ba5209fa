"""Due leads on a lease, each with the number to dial next.

Rule: a lease is no state. A claim that comes to nothing runs out by itself, and a lead that turns
out to have no number left is retired on the way, not given out.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from leads import phone
from leads.callback import Settlement
from leads.lead import LeadId, LeadState, RetiredBecause
from leads.retry import next_number
from leads.segment import segment_of
from leads.store import attempts, callbacks, leads, people
from leads.store.connection import Connection
from leads.store.lead_row import LeadRow
from leads.store.people import PersonNumber


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimedLead:
    """A lead that is leased to the caller until ``claimed_until``."""

    row: LeadRow
    number: PersonNumber  #: to be dialed next
    numbers: tuple[PersonNumber, ...]  #: all it may be dialed at, in order of preference
    claimed_until: datetime
    segment: str  #: of leads that answer alike

    @property
    def is_callback(self) -> bool:
        """Whether a call was promised."""
        return self.row.lead.state is LeadState.CALLBACK


async def claim(
    connection: Connection,
    *,
    campaign: int,
    count: int,
    lease: timedelta,
    now: datetime,
    languages: Sequence[str] | None = None,
) -> list[ClaimedLead]:
    """Lease up to *count* due leads of a campaign, promised callbacks first, then by waiting time.

    Args:
        languages: Only leads that speak one of these, or whose language is unknown; None: all.
    """
    async with connection.transaction():
        rows = await leads.lease(
            connection, campaign=campaign, count=count, lease=lease, now=now, languages=languages
        )
        ids = [row.lead.id for row in rows]
        numbers = await people.numbers_of_leads(connection, ids)
        history = await attempts.attempts_of_leads(connection, ids)
        claimed, numberless = [], []
        for row in rows:
            of_lead = numbers.get(row.lead.id, ())
            chosen = next_number(
                [number.id for number in of_lead],
                [attempt.past for attempt in history.get(row.lead.id, ())],
                promised=row.lead.state is LeadState.CALLBACK,
            )
            if chosen is None:
                numberless.append(row.lead.id)
                continue
            number = next(one for one in of_lead if one.id == chosen)
            local = now.astimezone(ZoneInfo(zone_of(row, number.number)))
            claimed.append(
                ClaimedLead(
                    row=row,
                    number=number,
                    numbers=of_lead,
                    claimed_until=now + lease,
                    segment=segment_of(
                        list_id=row.list_id,
                        kind=number.kind,
                        tries=len(history.get(row.lead.id, ())),
                        local=local,
                    ),
                )
            )
        if numberless:
            await retire(connection, numberless, RetiredBecause.NO_VALID_NUMBER, now=now)
    return claimed


async def retire(
    connection: Connection, retired: Sequence[LeadId], because: RetiredBecause, *, now: datetime
) -> set[LeadId]:
    """Retire leads for good and settle what was promised to them; return those that were not yet.

    A lead whose call is going on is retired too; the end of its attempt then changes it no more.
    """
    async with connection.transaction():
        done = await leads.retire_leads(connection, retired, because)
        await callbacks.settle(connection, retired, Settlement.GIVEN_UP, now=now)
    return done


def zone_of(row: LeadRow, number: phone.PhoneNumber | None) -> str:
    """Return the zone in which to think of a lead's day: its own, its number's first, or UTC."""
    if row.time_zone:
        return row.time_zone
    zones = phone.time_zones(number) if number else ()
    return zones[0] if zones else "UTC"
