"""Free times of the client's reps: ``/campaigns/{campaign}/slots``.

Rule: a slot is a proposal. Whether it is still free is decided when it is booked.
"""

from datetime import datetime, timedelta

from pydantic import Field

from dialer.api.model import Id, Incoming, Instant, Outgoing
from dialer.api.operation import Asked, operation
from dialer.api.reach import AGENTS, FLOOR, campaign_of
from leads.store.booking import FreeSlot, free_slots_of_client


class SlotsWanted(Incoming):
    """Which free times are of interest."""

    from_: Instant | None = Field(None, alias="from", description="not before; none: from now on")
    days: int = Field(14, ge=1, le=60)
    rep: Id | None = None
    languages: str = Field(
        "",
        pattern="^([a-z]{2,3}(,[a-z]{2,3}){0,9})?$",
        description="of the lead, such as bg,en: only reps who speak one of them",
    )
    limit: int = Field(200, ge=1, le=2000)


class RepShown(Outgoing):
    """A salesperson of the client."""

    id: int
    name: str
    time_zone: str
    languages: tuple[str, ...]


class Slot(Outgoing):
    """A time at which a rep could be booked."""

    rep: int
    starts_at: datetime
    ends_at: datetime


class Slots(Outgoing):
    """Free times, earliest first."""

    minutes: int = Field(description="length of a meeting")
    reps: tuple[RepShown, ...] = Field(description="those of the slots")
    slots: tuple[Slot, ...]


@operation("GET", "/campaigns/{campaign:int}/slots", roles=AGENTS | FLOOR)
async def slots(asked: Asked[None, SlotsWanted]) -> Slots:
    """Return when the client's reps could hold a meeting."""
    wanted, now = asked.query, asked.context.clock.now()
    begin = max(now, wanted.from_ or now)
    async with asked.connection() as connection:
        campaign = await campaign_of(asked, connection, asked.number("campaign"))
        found = await free_slots_of_client(
            connection,
            campaign.client,
            minutes=campaign.meeting_minutes,
            now=now,
            horizon=begin - now + timedelta(days=wanted.days),
            languages=[language for language in wanted.languages.split(",") if language],
        )
    free = [
        each for each in found if each.slot.starts_at >= begin and wanted.rep in (None, each.rep.id)
    ]
    return _shown(free[: wanted.limit], campaign.meeting_minutes)


def _shown(free: list[FreeSlot], minutes: int) -> Slots:
    reps = {each.rep.id: each.rep for each in free}
    return Slots(
        minutes=minutes,
        reps=tuple(
            RepShown(id=rep.id, name=rep.name, time_zone=rep.time_zone, languages=rep.languages)
            for rep in reps.values()
        ),
        slots=tuple(
            Slot(
                rep=each.rep.id,
                starts_at=each.slot.starts_at,
                ends_at=each.slot.ends_at,
            )
            for each in free
        ),
    )
