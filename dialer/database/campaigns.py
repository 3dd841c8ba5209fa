"""Campaigns in PostgreSQL, and which agents work them.

The only module that names the tables ``campaigns`` and ``campaign_agents``.

Rule: a campaign changes its state here alone, through :func:`dialer.campaign.move` and under the
lock of its row, so that two people pressing at once get one answer each.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import asyncpg

from dialer.call_events import AgentId
from dialer.campaign import (
    AbandonWindow,
    Campaign,
    CampaignId,
    CampaignState,
    ClientId,
    Mode,
    TransferTarget,
    move,
)
from dialer.database.house import HouseRefused, explained
from dialer.database.pool import Connection
from dialer.team import TeamId


@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignSetup:
    """All that a manager decides about a campaign before it runs."""

    client: ClientId
    team: TeamId
    name: str
    purpose: str  #: what consents must name, such as sales.energy
    caller_id: str  #: E.164
    caller_name: str  #: said by the identity message
    sector: str = ""
    mode: Mode = Mode.PREDICTIVE
    abandon_rate_limit: float = 0.03  #: 0..0.5, inclusive
    abandon_window: AbandonWindow = AbandonWindow.DAY
    hard_stop: bool = False  #: above the limit nothing is dialed at all
    talk_share_target: float | None = None  #: 0..1; None: talk as much as the limit allows
    expected_talk: timedelta = timedelta(seconds=100)  #: on average, until talks were observed
    expected_wrap_up: timedelta = timedelta(seconds=15)  #: likewise
    connect_limit: timedelta = timedelta(seconds=2)
    ring_limit: timedelta = timedelta(seconds=25)  #: at least 15 s
    wrap_up_limit: timedelta = timedelta(minutes=2)
    recording: bool = True
    priority: int = 0  #: higher first
    share: float = 1.0  #: weight among campaigns of equal priority
    questionnaire: Mapping[str, Any] = field(default_factory=lambda: {"questions": []})
    retry: Mapping[str, Any] = field(default_factory=dict)  #: {}: the defaults
    meeting_minutes: int = 30
    transfer_targets: Sequence[Mapping[str, str]] = ()  #: ``name`` and ``to`` of each


_COLUMNS = tuple(CampaignSetup.__dataclass_fields__)
_TARGETS = "transfer_targets"
_COLUMN = {"client": "client_id", "team": "team_id"}


def _values(setup: CampaignSetup) -> list[Any]:
    return [
        dict(value) if isinstance(value, Mapping) else list(value) if name == _TARGETS else value
        for name, value in ((name, getattr(setup, name)) for name in _COLUMNS)
    ]


async def create_campaign(connection: Connection, setup: CampaignSetup) -> CampaignId:
    """Return the id of a new campaign, a draft.

    Raises:
        HouseRefused: A rule of the table is broken; ``because`` names it.
    """
    columns = ", ".join(_COLUMN.get(name, name) for name in _COLUMNS)
    places = ", ".join(f"${number}" for number in range(1, len(_COLUMNS) + 1))
    async with explained():
        return CampaignId(
            await connection.fetchval(
                f"INSERT INTO campaigns ({columns}) VALUES ({places}) RETURNING id",
                *_values(setup),
            )
        )


async def change_campaign(
    connection: Connection, campaign: CampaignId, setup: CampaignSetup
) -> None:
    """Replace what was decided about *campaign*; its state and its agents stay.

    Raises:
        HouseRefused: A rule of the table is broken, or there is no such campaign.
    """
    changes = ", ".join(
        f"{_COLUMN.get(name, name)} = ${number}" for number, name in enumerate(_COLUMNS, start=2)
    )
    async with explained():
        done = await connection.fetchval(
            f"UPDATE campaigns SET {changes} WHERE id = $1 RETURNING true",
            campaign,
            *_values(setup),
        )
    if not done:
        raise _unknown(campaign)


async def campaign_setup(connection: Connection, campaign: CampaignId) -> CampaignSetup:
    """Return what was decided about *campaign*.

    Raises:
        HouseRefused: There is no such campaign.
    """
    row = await connection.fetchrow("SELECT * FROM campaigns WHERE id = $1", campaign)
    if row is None:
        raise _unknown(campaign)
    values = {name: row[_COLUMN.get(name, name)] for name in _COLUMNS}
    return replace(
        CampaignSetup(**values),
        mode=Mode(row["mode"]),
        abandon_window=AbandonWindow(row["abandon_window"]),
        transfer_targets=tuple(row[_TARGETS]),
    )


async def assign(connection: Connection, campaign: CampaignId, agents: Iterable[AgentId]) -> None:
    """Let *agents*, and nobody else, work *campaign*.

    Raises:
        HouseRefused: An agent or the campaign is not there.
    """
    async with explained(), connection.transaction():
        await connection.execute("DELETE FROM campaign_agents WHERE campaign_id = $1", campaign)
        await connection.executemany(
            "INSERT INTO campaign_agents (campaign_id, agent_id) VALUES ($1, $2)",
            [(campaign, agent) for agent in sorted(set(agents))],
        )


async def campaign(connection: Connection, campaign: CampaignId) -> Campaign:
    """Return one campaign as an engine needs it.

    Raises:
        HouseRefused: There is no such campaign.
    """
    for found in await campaigns(connection, only=campaign):
        return found
    raise _unknown(campaign)


async def campaigns(
    connection: Connection,
    *,
    client: ClientId | None = None,
    team: TeamId | None = None,
    only: CampaignId | None = None,
) -> tuple[Campaign, ...]:
    """Return campaigns by priority and id: all, or those of a client or a team."""
    rows = await connection.fetch(
        """
        SELECT c.*,
               ARRAY(SELECT a.agent_id FROM campaign_agents a WHERE a.campaign_id = c.id) AS agents
          FROM campaigns c
         WHERE ($1::bigint IS NULL OR client_id = $1)
           AND ($2::bigint IS NULL OR team_id = $2)
           AND ($3::bigint IS NULL OR id = $3)
         ORDER BY priority DESC, id
        """,
        client,
        team,
        only,
    )
    return tuple(_campaign(row) for row in rows)


async def team_of(connection: Connection, campaign: CampaignId) -> TeamId:
    """Return the team that works *campaign*.

    Raises:
        HouseRefused: There is no such campaign.
    """
    team = await connection.fetchval("SELECT team_id FROM campaigns WHERE id = $1", campaign)
    if team is None:
        raise _unknown(campaign)
    return TeamId(team)


async def set_state(
    connection: Connection, campaign: CampaignId, asked: CampaignState
) -> CampaignState:
    """Move *campaign* to the state *asked* and return the state it had.

    Asked for the state it has, nothing happens.

    Raises:
        ImpossibleMove: It cannot go there from where it is.
        HouseRefused: There is no such campaign.
    """
    async with connection.transaction():
        row = await connection.fetchrow(
            "SELECT state FROM campaigns WHERE id = $1 FOR UPDATE", campaign
        )
        if row is None:
            raise _unknown(campaign)
        found = CampaignState(row["state"])
        if found is not asked:
            await connection.execute(
                "UPDATE campaigns SET state = $2 WHERE id = $1", campaign, move(found, asked)
            )
    return found


def _unknown(campaign: CampaignId) -> HouseRefused:
    return HouseRefused("unknown_campaign", f"there is no campaign {campaign}")


def _campaign(row: asyncpg.Record) -> Campaign:
    return Campaign(
        id=CampaignId(row["id"]),
        client=ClientId(row["client_id"]),
        name=row["name"],
        state=CampaignState(row["state"]),
        mode=Mode(row["mode"]),
        caller_id=row["caller_id"],
        caller_name=row["caller_name"],
        purpose=row["purpose"],
        sector=row["sector"],
        abandon_rate_limit=row["abandon_rate_limit"],
        abandon_window=AbandonWindow(row["abandon_window"]),
        hard_stop=row["hard_stop"],
        talk_share_target=row["talk_share_target"],
        expected_talk=row["expected_talk"],
        expected_wrap_up=row["expected_wrap_up"],
        connect_limit=row["connect_limit"],
        ring_limit=row["ring_limit"],
        wrap_up_limit=row["wrap_up_limit"],
        recording=row["recording"],
        priority=row["priority"],
        share=row["share"],
        meeting_minutes=row["meeting_minutes"],
        agents=frozenset(AgentId(agent) for agent in row["agents"]),
        transfer_targets=tuple(TransferTarget(**each) for each in row[_TARGETS]),
    )
