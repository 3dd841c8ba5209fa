"""Leads in PostgreSQL. The only module that names the table ``leads``.

Rule: a lead's state changes in :func:`save` alone, which writes what
:func:`leads.lead.apply` has answered while the row is held; a lease changes nothing but
``claimed_until``.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from leads.importing.result import AcceptedRow
from leads.lead import Lead, LeadEvent, LeadId, LeadState, ListId, PersonId, RetiredBecause, apply
from leads.store import details
from leads.store.connection import Connection
from leads.store.details import Detail, Details
from leads.store.faults import UnknownRow
from leads.store.lead_row import LeadRow, lead_rows


async def add_leads(
    connection: Connection,
    *,
    list_id: ListId,
    campaign: int,
    rows: Sequence[tuple[PersonId, AcceptedRow]],
    now: datetime,
) -> dict[int, LeadId]:
    """Add leads that are due at once; return line of the file -> lead."""
    taken = await connection.fetch(
        "SELECT nextval(pg_get_serial_sequence('leads', 'id')) AS id FROM generate_series(1, $1)",
        len(rows),
    )
    ids = [LeadId(row["id"]) for row in taken]
    numbered = list(zip(ids, rows, strict=True))
    await connection.execute(
        """
        INSERT INTO leads (list_id, campaign_id, state, next_attempt_at, id, person_id, line,
                           subject, country, subdivision, time_zone, languages, source,
                           obtained_at, details)
        OVERRIDING SYSTEM VALUE
        SELECT $1, $2, 'waiting', $3, id, person, line, subject, country, subdivision, zone,
               string_to_array(languages, ' '), source, obtained, details
          FROM unnest($4::bigint[], $5::bigint[], $6::integer[], $7::text[], $8::text[],
                      $9::text[], $10::text[], $11::text[], $12::text[], $13::timestamptz[],
                      $14::bytea[])
            AS row (id, person, line, subject, country, subdivision, zone, languages, source,
                    obtained, details)
        """,
        list_id,
        campaign,
        now,
        ids,
        [person for person, _ in rows],
        [row.line for _, row in rows],
        [row.subject for _, row in rows],
        [row.country for _, row in rows],
        [row.subdivision for _, row in rows],
        [row.time_zone for _, row in rows],
        [" ".join(row.languages) for _, row in rows],
        [row.source for _, row in rows],
        [row.obtained_at for _, row in rows],
        details.sealed(connection, [(lead, _told(row)) for lead, (_, row) in numbered]),
    )
    return {row.line: lead for lead, (_, row) in numbered}


def _told(row: AcceptedRow) -> Details:
    return Details(
        company=row.company, name=row.name, email=row.email, city=row.city, fields=dict(row.fields)
    )


async def people_of_campaign(
    connection: Connection, campaign: int, people: Iterable[PersonId]
) -> set[PersonId]:
    """Return which of *people* have a lead in the campaign already."""
    rows = await connection.fetch(
        "SELECT person_id FROM leads WHERE campaign_id = $1 AND person_id = ANY($2::bigint[])",
        campaign,
        list(people),
    )
    return {PersonId(row["person_id"]) for row in rows}


async def of_lists(
    connection: Connection, lists: Sequence[ListId], leads: Iterable[LeadId]
) -> set[LeadId]:
    """Return which of *leads* stand on one of *lists*."""
    rows = await connection.fetch(
        "SELECT id FROM leads WHERE list_id = ANY($1::bigint[]) AND id = ANY($2::bigint[])",
        lists,
        list(leads),
    )
    return {LeadId(row["id"]) for row in rows}


async def leads_of_lists(connection: Connection, lists: Sequence[ListId]) -> list[LeadId]:
    """Return every lead of *lists*."""
    rows = await connection.fetch("SELECT id FROM leads WHERE list_id = ANY($1::bigint[])", lists)
    return [LeadId(row["id"]) for row in rows]


async def leads_of_person(connection: Connection, person: PersonId) -> tuple[LeadRow, ...]:
    """Return a person's leads, of whichever client, oldest first."""
    rows = await connection.fetch("SELECT * FROM leads WHERE person_id = $1 ORDER BY id", person)
    return lead_rows(connection, rows)


async def load_leads(connection: Connection, leads: Iterable[LeadId]) -> dict[LeadId, LeadRow]:
    """Return leads by id; unknown ids are missing."""
    rows = await connection.fetch(
        "SELECT * FROM leads WHERE id = ANY($1::bigint[]) ORDER BY id", list(leads)
    )
    return {row.lead.id: row for row in lead_rows(connection, rows)}


async def load_lead(connection: Connection, lead: LeadId, *, hold: bool = False) -> LeadRow:
    """Return one lead; with *hold* nobody else changes it until the transaction ends.

    Raises:
        UnknownRow: There is no such lead.
    """
    query = "SELECT * FROM leads WHERE id = $1" + (" FOR UPDATE" if hold else "")
    rows = await connection.fetch(query, lead)
    if not rows:
        raise UnknownRow(f"there is no lead {lead}")
    return lead_rows(connection, rows)[0]


async def save(connection: Connection, lead: Lead) -> None:
    """Write the state of a lead that is held by this transaction; its lease ends."""
    await connection.execute(
        """
        UPDATE leads
           SET state = $2, next_attempt_at = $3, retired_because = $4, callback_agent = $5,
               claimed_until = NULL
         WHERE id = $1
        """,
        lead.id,
        lead.state.value,
        lead.next_attempt_at,
        lead.retired_because,
        lead.callback_agent,
    )


async def lease(
    connection: Connection,
    *,
    campaign: int,
    count: int,
    lease: timedelta,
    now: datetime,
    languages: Sequence[str] | None = None,
) -> list[LeadRow]:
    """Lease up to *count* due leads of a campaign to the caller.

    Promised callbacks come first, then the leads that have waited longest. Rows another engine
    is claiming at this moment are passed over, so two engines never hold one lead. A lease that
    is neither used nor given back ends by itself after *lease*.

    Args:
        languages: Only leads that speak one of these, or whose language is unknown; None: all.
    """
    rows = await connection.fetch(
        """
        WITH promised AS (
             SELECT id
               FROM leads
              WHERE campaign_id = $1
                AND state = 'callback'
                AND next_attempt_at <= $3
                AND (claimed_until IS NULL OR claimed_until <= $3)
                AND ($5::text[] IS NULL OR languages = '{}' OR languages && $5)
              ORDER BY next_attempt_at, id
              LIMIT $2
                FOR UPDATE SKIP LOCKED),
        waiting AS (
             SELECT id
               FROM leads
              WHERE campaign_id = $1
                AND state = 'waiting'
                AND next_attempt_at <= $3
                AND (claimed_until IS NULL OR claimed_until <= $3)
                AND ($5::text[] IS NULL OR languages = '{}' OR languages && $5)
              ORDER BY next_attempt_at, id
              LIMIT greatest(0, $2 - (SELECT count(*) FROM promised))
                FOR UPDATE SKIP LOCKED)
        UPDATE leads
           SET claimed_until = $3::timestamptz + $4
         WHERE id IN (SELECT id FROM promised UNION ALL SELECT id FROM waiting)
        RETURNING *
        """,
        campaign,
        count,
        now,
        lease,
        None if languages is None else list(languages),
    )
    return sorted(lead_rows(connection, rows), key=_urgency)


def _urgency(row: LeadRow) -> tuple[bool, datetime | None, LeadId]:
    return (row.lead.state is not LeadState.CALLBACK, row.lead.next_attempt_at, row.lead.id)


async def release(connection: Connection, leads: Sequence[LeadId]) -> None:
    """Give leases back; the leads stay what they are."""
    await connection.execute(
        "UPDATE leads SET claimed_until = NULL WHERE id = ANY($1::bigint[])", leads
    )


async def release_campaigns(connection: Connection, campaigns: Sequence[int]) -> None:
    """Give every lease on leads of *campaigns* back, whoever has it."""
    await connection.execute(
        """
        UPDATE leads SET claimed_until = NULL
         WHERE campaign_id = ANY($1::bigint[]) AND claimed_until IS NOT NULL
        """,
        campaigns,
    )


async def postpone(connection: Connection, until: Mapping[LeadId, datetime]) -> set[LeadId]:
    """Put due leads off to later times and end their leases; return those that were due.

    A promised callback stays promised. Leads that are not waiting for a call are left alone.
    """
    rows = await connection.fetch(
        """
        UPDATE leads
           SET next_attempt_at = later.at, claimed_until = NULL
          FROM unnest($1::bigint[], $2::timestamptz[]) AS later (id, at)
         WHERE leads.id = later.id AND state IN ('waiting', 'callback')
        RETURNING leads.id
        """,
        list(until),
        list(until.values()),
    )
    return {LeadId(row["id"]) for row in rows}


async def retire_leads(
    connection: Connection, leads: Sequence[LeadId], because: RetiredBecause
) -> set[LeadId]:
    """Retire leads for good; return those that were not retired before."""
    rows = await connection.fetch(
        "SELECT * FROM leads WHERE id = ANY($1::bigint[]) AND state <> 'retired' "
        "ORDER BY id FOR UPDATE",
        leads,
    )
    for row in lead_rows(connection, rows):
        await save(connection, apply(row.lead, LeadEvent.GIVEN_UP, retired_because=because))
    return {LeadId(row["id"]) for row in rows}


async def rectify(
    connection: Connection, leads: Sequence[LeadId], corrected: Mapping[Detail, str]
) -> None:
    """Correct what a list says about a person, GDPR 16; what is not named stays."""
    known = await load_leads(connection, leads)
    changed = [(lead, row.details.corrected(corrected)) for lead, row in known.items()]
    await connection.execute(
        """
        UPDATE leads SET details = new.details
          FROM unnest($1::bigint[], $2::bytea[]) AS new (id, details)
         WHERE leads.id = new.id
        """,
        [lead for lead, _ in changed],
        details.sealed(connection, changed),
    )


async def never_called(
    connection: Connection, lists: Sequence[ListId], *, limit: int
) -> list[tuple[LeadId, PersonId]]:
    """Return leads of *lists* that wait for their very first attempt, and whose they are."""
    rows = await connection.fetch(
        """
        SELECT id, person_id
          FROM leads
         WHERE list_id = ANY($1::bigint[]) AND state = 'waiting' AND claimed_until IS NULL
         ORDER BY id
         LIMIT $2
        """,
        lists,
        limit,
    )
    return [(LeadId(row["id"]), PersonId(row["person_id"])) for row in rows]


async def erase_leads(connection: Connection, leads: Sequence[LeadId]) -> None:
    """Forget what the lists said about the person; country and kind of subject stay."""
    await connection.execute(
        """
        UPDATE leads
           SET details = NULL, subdivision = NULL
         WHERE id = ANY($1::bigint[])
        """,
        leads,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class LeadCounts:
    """A campaign's leads at one instant."""

    by_state: Mapping[LeadState, int]
    retired: Mapping[str, int]  #: by reason
    due: int  #: may be claimed now
    claimed: int  #: due, and leased to an engine
    later: int  #: will be due at some time
    next_due_at: datetime | None  #: of those that are not due yet
    due_per_hour: Mapping[datetime, int]  #: beginning of the hour -> leads, for one day ahead


async def count_leads(connection: Connection, campaign: int, *, now: datetime) -> LeadCounts:
    """Return a campaign's leads by state, and when they will be due."""
    rows = await connection.fetch(
        """
        SELECT state, retired_because, count(*) AS leads,
               count(*) FILTER (WHERE next_attempt_at <= $2) AS due,
               count(*) FILTER (WHERE next_attempt_at <= $2 AND claimed_until > $2) AS claimed,
               min(next_attempt_at) FILTER (WHERE next_attempt_at > $2) AS next_due_at
          FROM leads
         WHERE campaign_id = $1
         GROUP BY state, retired_because
        """,
        campaign,
        now,
    )
    hours = await connection.fetch(
        """
        SELECT date_trunc('hour', greatest(next_attempt_at, $2), 'UTC') AS hour, count(*) AS leads
          FROM leads
         WHERE campaign_id = $1
           AND state IN ('waiting', 'callback')
           AND next_attempt_at < $2 + interval '1 day'
         GROUP BY hour
         ORDER BY hour
        """,
        campaign,
        now,
    )
    by_state = dict.fromkeys(LeadState, 0)
    for row in rows:
        by_state[LeadState(row["state"])] += row["leads"]
    due, claimed = sum(row["due"] for row in rows), sum(row["claimed"] for row in rows)
    return LeadCounts(
        by_state=by_state,
        retired={row["retired_because"]: row["leads"] for row in rows if row["retired_because"]},
        due=due - claimed,
        claimed=claimed,
        later=by_state[LeadState.WAITING] + by_state[LeadState.CALLBACK] - due,
        next_due_at=min((row["next_due_at"] for row in rows if row["next_due_at"]), default=None),
        due_per_hour={row["hour"]: row["leads"] for row in hours},
    )
