"""Values for tests: a test names only what it is about, the rest is filled in here.

``a_…`` makes a value; ``…_in(connection)`` makes rows and returns their ids. Numbers are from
ranges reserved for fiction (Ofcom's drama numbers).
"""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from dialer.call_events import AgentId, CallId
from dialer.campaign import CampaignId
from dialer.database import campaigns, events, house
from dialer.database.accounts import Role, UserId, create_user
from dialer.database.campaigns import CampaignSetup
from dialer.database.pool import Connection
from dialer.team import TeamId
from leads.lead import DUE_STATES, AttemptId, Lead, LeadId, LeadState, PersonId, RetiredBecause
from leads.phone import NumberKind, PhoneNumber
from leads.store import people

MONDAY_MORNING = datetime(2026, 11, 23, 8, tzinfo=UTC)
LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)
_numbers = itertools.count(1)


def a_lead(*, state: LeadState = LeadState.WAITING, **changes: Any) -> Lead:
    defaults: dict[str, Any] = {
        "id": LeadId(1),
        "person": PersonId(1),
        "next_attempt_at": LONG_AGO if state in DUE_STATES else None,
        "retired_because": RetiredBecause.QUALIFIED if state is LeadState.RETIRED else None,
    }
    return Lead(state=state, **{**defaults, **changes})


async def a_user_in(connection: Connection, role: Role = Role.ADMIN, **changes: Any) -> UserId:
    login = f"user{next(_numbers)}"
    given = {"login": login, "display_name": login.title(), "role": role, "now": LONG_AGO}
    return await create_user(connection, **{**given, **changes})


async def a_team_in(connection: Connection) -> TeamId:
    return await house.create_team(connection, f"team {next(_numbers)}")


async def an_agent_in(connection: Connection, team: TeamId, **changes: Any) -> AgentId:
    given = {
        "user": await a_user_in(connection, Role.AGENT),
        "team": team,
        "name": f"Agent {next(_numbers)}",
        "languages": ["en"],
        "sip_uri": "sip:agent@127.0.0.1:5080",
    }
    return await house.create_agent(connection, **{**given, **changes})


async def a_setup_in(connection: Connection, **changes: Any) -> CampaignSetup:
    client = await house.create_client(connection, f"client {next(_numbers)}", now=LONG_AGO)
    setup = CampaignSetup(
        client=client,
        team=changes.pop("team", None) or await a_team_in(connection),
        name="Winter tariff",
        purpose="sales.energy",
        caller_id="+441134960000",
        caller_name="Example Energy",
    )
    return replace(setup, **changes)


async def a_campaign_in(connection: Connection, **changes: Any) -> CampaignId:
    return await campaigns.create_campaign(connection, await a_setup_in(connection, **changes))


async def an_attempt_in(
    connection: Connection, campaign: CampaignId, *, opened_at: datetime = MONDAY_MORNING
) -> AttemptId:
    """An open attempt on a new lead of a new person; no rule of ``leads`` is asked."""
    number = PhoneNumber(f"+447700900{next(_numbers) % 1000:03}")
    [person] = await people.add_people(connection, 1, now=opened_at)
    ids = await people.add_numbers(connection, [(person, number, NumberKind.MOBILE)])
    return AttemptId(
        await connection.fetchval(
            """
            WITH list AS (
              INSERT INTO lists (client_id, campaign_id, name, file_name, file_sha256, encoding,
                                 delimiter, columns, imported_at, rows_total, rows_accepted,
                                 rows_rejected, rows_duplicate)
              SELECT client_id, id, 'list', 'list.csv', '', 'utf-8', ',', '{}', $2, 1, 1, 0, 0
                FROM campaigns WHERE id = $1 RETURNING id
            ), lead AS (
              INSERT INTO leads (person_id, list_id, campaign_id, line, state, country)
              SELECT $4, list.id, $1, 2, 'in_call', 'GB' FROM list RETURNING id
            )
            INSERT INTO attempts (lead_id, person_id, campaign_id, number_id, was_callback,
                                  opened_at, permit_expires_at)
            SELECT lead.id, $4, $1, $5, false, $2, $3 FROM lead
            RETURNING id
            """,
            campaign,
            opened_at,
            opened_at + timedelta(seconds=30),
            person,
            ids[number],
        )
    )


async def the_number_in(connection: Connection) -> PhoneNumber:
    """The first number there is, opened."""
    first = await connection.fetchval("SELECT min(id) FROM person_numbers")
    return (await people.number_of(connection, first)).number


async def a_call_in(
    connection: Connection, campaign: CampaignId, *, opened_at: datetime = MONDAY_MORNING
) -> CallId:
    call = CallId(uuid4())
    await events.open_call(
        connection,
        call,
        attempt=await an_attempt_in(connection, campaign, opened_at=opened_at),
        team=await campaigns.team_of(connection, campaign),
        trunk="loopback",
        caller_id="+441134960000",
        now=opened_at,
    )
    return call
