"""Who lives in the house: the installation, its clients, its teams and their agents.

The only module that names the tables ``installation``, ``clients``, ``teams`` and ``agents``.

Rule: what a person typed and the database refuses comes back as :class:`HouseRefused`, found by
the name of the constraint, which is a sentence already.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import asyncpg

from dialer.call_events import AgentId
from dialer.campaign import ClientId
from dialer.database.pool import Connection
from dialer.team import TeamAgent, TeamId


class HouseRefused(ValueError):
    """What was asked does not fit what is there; nothing was changed.

    Attributes:
        because: A stable code: the violated rule's name, or ``unknown_…`` for what is not there.
    """

    def __init__(self, because: str, detail: str) -> None:
        super().__init__(detail)
        self.because = because


#: What the constraints of these tables, and of ``campaigns``, mean to a person.
SENTENCES: Final[Mapping[str, str]] = {
    "client_names_are_unique": "there is a client of that name already; choose another name",
    "team_names_are_unique": "there is a team of that name already; choose another name",
    "one_agent_per_user": "that user is an agent already; an agent belongs to one team",
    "agents_speak_a_language": "an agent needs at least one language, such as en",
    "agents_user_id_fkey": "there is no such user",
    "agents_team_id_fkey": "there is no such team",
    "campaigns_client_id_fkey": "there is no such client",
    "campaigns_team_id_fkey": "there is no such team",
    "campaign_agents_agent_id_fkey": "there is no such agent",
    "campaign_agents_campaign_id_fkey": "there is no such campaign",
    "campaign_names_are_unique_per_client": "the client has a campaign of that name already",
    "mode_is_known": "the mode is one of manual, preview, progressive, predictive",
    "abandon_rate_limit_is_a_share": "the abandon rate limit is a share between 0 and 1",
    "a_ringing_phone_gets_15_seconds": "a phone rings for at least 15 seconds",
    "only_a_lab_has_another_clock": "only a lab has another clock than the machine's",
}


@asynccontextmanager
async def explained() -> AsyncIterator[None]:
    """Turn a violated constraint into :class:`HouseRefused`."""
    try:
        yield
    except asyncpg.IntegrityConstraintViolationError as error:
        name = error.constraint_name or ""
        if name not in SENTENCES:
            raise
        raise HouseRefused(name, SENTENCES[name]) from None


# --- the installation ------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Installation:
    """What holds for the whole house."""

    lab: bool
    clock_offset: timedelta  #: added to the machine's clock
    stopped_at: datetime | None  #: the stop-all switch is on since
    stopped_by: str | None  #: login of who pressed it

    @property
    def stopped(self) -> bool:
        return self.stopped_at is not None


async def installation(connection: Connection) -> Installation:
    """Return what holds for the whole house now."""
    row = await connection.fetchrow(
        "SELECT lab, clock_offset, stopped_at, stopped_by FROM installation"
    )
    assert row is not None  # the migration made it, and a CHECK keeps it one
    return Installation(**dict(row))


async def set_up(connection: Connection, *, lab: bool, clock_offset: timedelta) -> None:
    """Remember whether this is a lab, and how far its clock is from the machine's.

    Raises:
        HouseRefused: Another clock without a lab.
    """
    async with explained():
        await connection.execute(
            "UPDATE installation SET lab = $1, clock_offset = $2", lab, clock_offset
        )


async def stop_all(connection: Connection, *, by: str, now: datetime) -> None:
    """Press the switch: no new calls. Pressed again, the first press stands."""
    await connection.execute(
        "UPDATE installation SET stopped_at = $1, stopped_by = $2 WHERE stopped_at IS NULL",
        now,
        by,
    )


async def release_all(connection: Connection) -> None:
    """Release the switch; harmless when it was not pressed."""
    await connection.execute("UPDATE installation SET stopped_at = NULL, stopped_by = NULL")


# --- clients and teams -----------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """A company the calls are made for."""

    id: ClientId
    name: str


async def create_client(connection: Connection, name: str, *, now: datetime) -> ClientId:
    """Return the id of a new client.

    Raises:
        HouseRefused: There is one of that name.
    """
    async with explained():
        return ClientId(
            await connection.fetchval(
                "INSERT INTO clients (name, created_at) VALUES ($1, $2) RETURNING id", name, now
            )
        )


async def clients(connection: Connection) -> tuple[Client, ...]:
    """Return all clients by name."""
    rows = await connection.fetch("SELECT id, name FROM clients ORDER BY name")
    return tuple(Client(id=ClientId(row["id"]), name=row["name"]) for row in rows)


async def create_team(connection: Connection, name: str) -> TeamId:
    """Return the id of a new team.

    Raises:
        HouseRefused: There is one of that name.
    """
    async with explained():
        return TeamId(
            await connection.fetchval("INSERT INTO teams (name) VALUES ($1) RETURNING id", name)
        )


async def teams(connection: Connection) -> tuple[tuple[TeamId, str], ...]:
    """Return all teams, id and name, by name."""
    rows = await connection.fetch("SELECT id, name FROM teams ORDER BY name")
    return tuple((TeamId(row["id"]), row["name"]) for row in rows)


async def team_name(connection: Connection, team: TeamId) -> str:
    """Return a team's name.

    Raises:
        HouseRefused: There is no such team.
    """
    name = await connection.fetchval("SELECT name FROM teams WHERE id = $1", team)
    if name is None:
        raise HouseRefused("unknown_team", f"there is no team {team}")
    return str(name)


# --- agents ----------------------------------------------------------------------------------


async def create_agent(
    connection: Connection,
    *,
    user: int,
    team: TeamId,
    name: str,
    languages: Sequence[str],
    sip_uri: str,
) -> AgentId:
    """Make *user* an agent of *team* and return the agent's id.

    Args:
        languages: ISO 639-1, at least one.
        sip_uri: Called at sign-in.

    Raises:
        HouseRefused: The user is an agent already, or something named is not there.
    """
    async with explained():
        return AgentId(
            await connection.fetchval(
                """
                INSERT INTO agents (user_id, team_id, name, languages, sip_uri)
                VALUES ($1, $2, $3, $4, $5)
                RETURNING id
                """,
                user,
                team,
                name,
                list(languages),
                sip_uri,
            )
        )


async def agents(connection: Connection, team: TeamId) -> tuple[TeamAgent, ...]:
    """Return the agents of *team* in the order they were made, as if nobody had signed in yet."""
    rows = await connection.fetch(
        "SELECT id, name, languages, sip_uri FROM agents WHERE team_id = $1 ORDER BY id", team
    )
    return tuple(
        TeamAgent(
            id=AgentId(row["id"]),
            name=row["name"],
            languages=frozenset(row["languages"]),
            sip_uri=row["sip_uri"],
        )
        for row in rows
    )


async def agent_of_user(connection: Connection, user: int) -> tuple[AgentId, TeamId] | None:
    """Return which agent *user* is, and of which team; ``None`` if they take no calls."""
    row = await connection.fetchrow("SELECT id, team_id FROM agents WHERE user_id = $1", user)
    return None if row is None else (AgentId(row["id"]), TeamId(row["team_id"]))


# --- one engine per team -----------------------------------------------------------------------


async def raise_epoch(connection: Connection, team: TeamId) -> int:
    """Make the caller the team's only engine and return its epoch.

    Waits for transactions that opened an attempt under the epoch before; those to come are
    refused by :func:`hold_epoch`.
    """
    epoch = await connection.fetchval(
        "UPDATE teams SET epoch = epoch + 1 WHERE id = $1 RETURNING epoch", team
    )
    if epoch is None:
        raise HouseRefused("unknown_team", f"there is no team {team}")
    return int(epoch)


async def hold_epoch(connection: Connection, team: TeamId, epoch: int) -> bool:
    """Return whether *epoch* is still the team's, and keep it so until the transaction ends."""
    found = await connection.fetchval("SELECT epoch FROM teams WHERE id = $1 FOR SHARE", team)
    return bool(found == epoch)


async def wait_for_openings(connection: Connection, team: TeamId) -> None:
    """Return when no transaction that holds the team's epoch is left; none begins until we end."""
    await connection.execute("SELECT FROM teams WHERE id = $1 FOR NO KEY UPDATE", team)
