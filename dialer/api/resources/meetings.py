"""Meetings, seen by the reps who hold them and by those who booked them: ``/meetings``.

Rule: a change of a meeting, what it means for the lead and the new invitation are one transaction.
A rep sees the own meetings, a client's user those of the client.
"""

from datetime import datetime, timedelta
from typing import Final

from aiohttp import web
from pydantic import Field

from dialer.api.model import Id, Incoming, Instant, Outgoing
from dialer.api.operation import Asked, operation
from dialer.api.problem import not_found
from dialer.api.reach import FLOOR, HOUSE, READERS, client_of, keep_to_client
from dialer.campaign import CampaignId
from dialer.database import campaigns, house
from dialer.database.accounts import Role
from dialer.database.campaigns import CampaignSetup
from dialer.database.inviting import invitation_of, invite
from dialer.database.pool import Connection
from leads.meeting import Meeting, MeetingId, Verdict
from leads.rep import Interval, Rep
from leads.store import booking, leads, meetings, reps
from leads.store.lead_row import LeadRow

REPS: Final = frozenset({Role.REP})
#: When a lead whose meeting came to nothing may be called again.
CALL_AGAIN_AFTER: Final = timedelta(days=1)
_BEFORE, _AHEAD = timedelta(days=7), timedelta(days=90)


class MeetingsWanted(Incoming):
    """Which meetings are of interest."""

    from_: Instant | None = Field(None, alias="from", description="none: a week ago")
    until: Instant | None = Field(None, description="none: 90 days ahead")
    rep: Id | None = None
    limit: int = Field(500, ge=1, le=2000)


class MeetingNow(Outgoing):
    """A meeting."""

    id: int
    uid: str = Field(description="of the invitation")
    rep: int
    rep_name: str
    rep_time_zone: str
    lead: int
    lead_name: str
    lead_company: str
    campaign: int
    starts_at: datetime
    ends_at: datetime
    booked_at: datetime
    state: str
    verdict: Verdict | None


class VerdictWish(Incoming):
    """The rep's one tap after the meeting."""

    verdict: Verdict


class MoveWish(Incoming):
    """Another time."""

    starts_at: Instant = Field(description="begin of a free slot of the same rep")


class CancelWish(Incoming):
    """How a meeting is called off."""

    wants_other_time: bool = Field(False, description="the lead asked to agree another time")
    call_again_at: Instant | None = Field(None, description="none: in a day")


@operation("GET", "/meetings", roles=READERS | REPS)
async def all_of_them(asked: Asked[None, MeetingsWanted]) -> tuple[MeetingNow, ...]:
    """List meetings by time."""
    wanted, now = asked.query, asked.context.clock.now()
    from_, until = wanted.from_ or now - _BEFORE, wanted.until or now + _AHEAD
    async with asked.connection() as connection:
        known = await _reps(asked, connection, wanted.rep)
        found = [
            (rep, meeting)
            for rep in known
            for meeting in await meetings.meetings_of_rep(
                connection, rep.id, from_=from_, until=until
            )
        ]
        rows = await leads.load_leads(connection, {meeting.lead for _, meeting in found})
    found.sort(key=lambda each: (each[1].starts_at, each[1].id))
    return tuple(_shown(meeting, rep, rows[meeting.lead]) for rep, meeting in found[: wanted.limit])


@operation("GET", "/meetings/{meeting:int}", roles=READERS | REPS)
async def one(asked: Asked[None, None]) -> MeetingNow:
    """Return one meeting."""
    async with asked.connection() as connection:
        return await _now(connection, await _mine(asked, connection))


@operation("POST", "/meetings/{meeting:int}/verdict", roles=HOUSE | REPS)
async def verdict(asked: Asked[VerdictWish, None]) -> MeetingNow:
    """Say what came of a meeting; a lead who did not come is called again."""
    now = asked.context.clock.now()
    async with asked.connection() as connection:
        meeting = await _mine(asked, connection)
        changed, _ = await booking.record_verdict(
            connection,
            meeting.id,
            asked.body.verdict,
            call_again_at=now + CALL_AGAIN_AFTER,
            now=now,
        )
        return await _now(connection, changed)


@operation("POST", "/meetings/{meeting:int}/move", roles=FLOOR | REPS)
async def move(asked: Asked[MoveWish, None]) -> MeetingNow:
    """Move a meeting to another free time of its rep; a new invitation leaves."""
    now = asked.context.clock.now()
    async with asked.connection() as connection, connection.transaction():
        meeting = await _mine(asked, connection)
        length = meeting.ends_at - meeting.starts_at
        slot = Interval(asked.body.starts_at, asked.body.starts_at + length)
        changed = await booking.move_meeting(connection, meeting.id, slot, now=now)
        await _invite(asked, connection, changed)
        return await _now(connection, changed)


@operation("POST", "/meetings/{meeting:int}/cancel", roles=FLOOR | REPS)
async def cancel(asked: Asked[CancelWish, None]) -> MeetingNow:
    """Call a meeting off; the invitation is taken back and the lead is called again."""
    now, wish = asked.context.clock.now(), asked.body
    async with asked.connection() as connection, connection.transaction():
        meeting = await _mine(asked, connection)
        changed, _ = await booking.cancel_meeting(
            connection,
            meeting.id,
            call_again_at=max(wish.call_again_at or now + CALL_AGAIN_AFTER, now),
            wants_other_time=wish.wants_other_time,
            now=now,
        )
        await _invite(asked, connection, changed)
        return await _now(connection, changed)


@operation("GET", "/meetings/{meeting:int}/invitation", roles=READERS | REPS, media="text/calendar")
async def invitation(asked: Asked[None, None]) -> web.Response:
    """Return the invitation as a calendar file (RFC 5545)."""
    async with asked.connection() as connection:
        meeting = await _mine(asked, connection)
        _, setup = await _campaign(connection, meeting)
        text = await invitation_of(
            connection,
            meeting,
            setup,
            organizer=asked.context.organizer,
            now=asked.context.clock.now(),
        )
    headers = {"Content-Disposition": f'attachment; filename="{meeting.uid}.ics"'}
    return web.Response(
        body=text.encode(), content_type="text/calendar", charset="utf-8", headers=headers
    )


async def _invite(
    asked: Asked[MoveWish, None] | Asked[CancelWish, None],
    connection: Connection,
    meeting: Meeting,
) -> None:
    _, setup = await _campaign(connection, meeting)
    context = asked.context
    await invite(connection, meeting, setup, organizer=context.organizer, now=context.clock.now())


async def _reps(
    asked: Asked[None, MeetingsWanted], connection: Connection, only: int | None
) -> list[Rep]:
    """Return the reps whose meetings the user may see."""
    if asked.user.role is Role.REP:
        own = await reps.rep_of_user(connection, asked.user.id)
        found = [own] if own else []
    else:
        client = client_of(asked.user)
        ids = [each.id for each in await house.clients(connection)] if client is None else [client]
        found = [rep for each in ids for rep in await reps.reps_of_client(connection, each)]
    return [rep for rep in found if only in (None, rep.id)]


async def _mine(
    asked: Asked[None, None]
    | Asked[VerdictWish, None]
    | Asked[MoveWish, None]
    | Asked[CancelWish, None],
    connection: Connection,
) -> Meeting:
    """Return the meeting asked for, if the user may see it."""
    meeting = await meetings.load_meeting(connection, MeetingId(asked.number("meeting")))
    _, client = await reps.load_rep(connection, meeting.rep)
    keep_to_client(asked.user, client)
    if asked.user.role is Role.REP:
        own = await reps.rep_of_user(connection, asked.user.id)
        if own is None or own.id != meeting.rep:
            raise not_found(f"there is no meeting {meeting.id} of yours")
    return meeting


async def _now(connection: Connection, meeting: Meeting) -> MeetingNow:
    rep, _ = await reps.load_rep(connection, meeting.rep)
    return _shown(meeting, rep, await leads.load_lead(connection, meeting.lead))


async def _campaign(connection: Connection, meeting: Meeting) -> tuple[CampaignId, CampaignSetup]:
    row = await leads.load_lead(connection, meeting.lead)
    campaign = CampaignId(row.campaign)
    return campaign, await campaigns.campaign_setup(connection, campaign)


def _shown(meeting: Meeting, rep: Rep, row: LeadRow) -> MeetingNow:
    return MeetingNow(
        id=meeting.id,
        uid=str(meeting.uid),
        rep=rep.id,
        rep_name=rep.name,
        rep_time_zone=rep.time_zone,
        lead=row.lead.id,
        lead_name=row.name,
        lead_company=row.company,
        campaign=row.campaign,
        starts_at=meeting.starts_at,
        ends_at=meeting.ends_at,
        booked_at=meeting.booked_at,
        state=meeting.state.value,
        verdict=meeting.verdict,
    )
