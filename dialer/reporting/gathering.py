"""A campaign's record, read from the database in a handful of statements.

Rule: reads only, and every table through the module that names it.
"""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Final

from compliance.store.decisions import count_decisions
from dialer.call_line import CallFacts
from dialer.campaign import CampaignId
from dialer.database import campaigns, events, house, recordings, ring_backs
from dialer.database.events import RecordedCall
from dialer.database.pool import Connection
from dialer.reporting.record import Decisions, Met, Record, Rows, Taped, Tried
from leads.lead import AttemptId
from leads.phone import PhoneNumber
from leads.store import attempts, dispositions, lists, meetings, people, reps
from leads.store.attempts import AttemptRow
from leads.store.dispositions import DispositionRow

#: Stands for a number that was erased at its person's request.
ERASED: Final = PhoneNumber("")


async def record_of(
    connection: Connection, campaign: CampaignId, *, since: datetime, until: datetime
) -> Record:
    """Return the record of *campaign* from *since* to *until*.

    Lists, decisions and attempts are those of the whole campaign; the agents' shifts are those
    of the interval.

    Raises:
        HouseRefused: There is no such campaign.
    """
    setup = await campaigns.campaign_setup(connection, campaign)
    names = {client.id: client.name for client in await house.clients(connection)}
    agents = (await campaigns.campaign(connection, campaign)).agents
    return Record(
        client=names[setup.client],
        campaign=setup.name,
        since=since,
        until=until,
        abandon_rate_limit=setup.abandon_rate_limit,
        rows=await _rows(connection, setup.client, campaign),
        decisions=await _decisions(connection, campaign),
        attempts=await tries_of(connection, campaign),
        agents=len(agents),
        shifts=await events.shifts(connection, sorted(agents), since=since, until=until),
        meetings=await _meetings(connection, campaign, setup.client),
        ring_backs=await ring_backs.count_of_campaign(connection, campaign),
    )


async def tries_of(connection: Connection, campaign: CampaignId) -> tuple[Tried, ...]:
    """Return every attempt of *campaign* with its call, disposition and recording."""
    rows = await attempts.attempts_of_campaign(connection, campaign)
    ids = [row.id for row in rows]
    calls = {call.attempt: call for call in await events.calls_of_attempts(connection, ids)}
    recorded = await dispositions.load_dispositions(connection, ids)
    numbers = await people.numbers_by_id(connection, {row.number for row in rows})
    taped = await recordings.recordings_of(connection, [call.id for call in calls.values()])
    return tuple(
        _tried(
            row,
            calls[row.id],
            numbers.get(row.number, ERASED),
            recorded,
            taped.get(calls[row.id].id),
        )
        for row in rows
        if row.id in calls
    )


def _tried(
    row: AttemptRow,
    call: RecordedCall,
    number: PhoneNumber,
    recorded: Mapping[AttemptId, DispositionRow],
    tape: recordings.Recording | None,
) -> Tried:
    disposition = recorded.get(row.id)
    judgement = disposition.judgement if disposition else None
    playable = tape is not None and tape.state is recordings.RecordingState.PLAYABLE
    return Tried(
        facts=CallFacts(
            call=call.id,
            attempt=row.id,
            lead=row.lead,
            campaign=row.campaign,
            number=number,
            trunk=call.trunk,
            outcome=row.outcome,
            abandoned=row.abandoned,
            disposition=disposition.code.value if disposition else None,
            opened_at=row.opened_at,
            events=call.events,
            recording=str(Path(tape.path)) if tape is not None and playable else None,
            recording_s=tape.seconds if tape is not None and playable else None,
        ),
        closed=row.closed_at is not None,
        qualified=judgement.qualified if judgement else None,
        taped=None if tape is None else _taped(tape),
    )


def _taped(tape: recordings.Recording) -> Taped:
    return Taped(state=tape.state.value, seconds=tape.seconds, available_at=tape.available_at)


async def _rows(connection: Connection, client: int, campaign: CampaignId) -> Rows:
    own = [
        row for row in await lists.lists_of_client(connection, client) if row.campaign == campaign
    ]
    reasons = await lists.reasons_of(connection, [row.id for row in own])
    return Rows(
        total=sum(row.rows_total for row in own),
        accepted=sum(row.rows_accepted for row in own),
        rejected=sum(row.rows_rejected for row in own),
        duplicates=sum(row.rows_duplicate for row in own),
        reasons={reason.value: count for reason, count in reasons.items()},
    )


async def _decisions(connection: Connection, campaign: CampaignId) -> Decisions:
    counted = await count_decisions(connection, campaign)
    return Decisions(
        permitted=counted.permitted,
        refused=counted.refused,
    )


async def _meetings(connection: Connection, campaign: CampaignId, client: int) -> tuple[Met, ...]:
    known = {rep.id: rep for rep in await reps.reps_of_client(connection, client)}
    tried = await attempts.attempts_of_campaign(connection, campaign)
    booked = await meetings.meetings_of_leads(connection, sorted({row.lead for row in tried}))
    return tuple(
        Met(
            starts_at=meeting.starts_at,
            rep=known[meeting.rep].name,
            time_zone=known[meeting.rep].time_zone,
            state=meeting.state.value,
        )
        for meeting in booked
        if meeting.rep in known
    )
