"""What the database knows of a run when everybody has gone home."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from compliance.store.auditing import TrailReport, verify_trail
from compliance.store.decisions import permitted_attempts
from dialer.call_line import CallLine, lines_of
from dialer.campaign import CampaignId
from dialer.database.pool import Connection
from dialer.reporting.gathering import tries_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Books:
    """Calls, permits, dispositions, recordings, and what is still open."""

    lines: list[CallLine]
    permitted: frozenset[str]  #: attempts the trail has a permit for
    dispositions: Mapping[int, str]  #: by attempt
    open_attempts: int
    leads_in_call: int
    agents_on_duty: int
    recordings: Mapping[str, str]  #: state by call
    trail: TrailReport


async def books_of(connection: Connection, campaign: int) -> Books:
    """Read the books of one campaign."""

    async def count(query: str) -> int:
        return int(await connection.fetchval(query))

    async def pairs(query: str) -> dict[Any, Any]:
        return {row[0]: row[1] for row in await connection.fetch(query)}

    tries = await tries_of(connection, CampaignId(campaign))
    taped = await pairs("SELECT call_id::text, state FROM recordings")
    return Books(
        lines=lines_of((each.facts for each in tries), reveal=True),
        permitted=await permitted_attempts(connection, CampaignId(campaign)),
        dispositions=await pairs("SELECT attempt_id, code FROM dispositions"),
        open_attempts=await count("SELECT count(*) FROM attempts WHERE closed_at IS NULL"),
        leads_in_call=await count("SELECT count(*) FROM leads WHERE state = 'in_call'"),
        agents_on_duty=await count(
            "SELECT count(*) FROM (SELECT DISTINCT ON (agent_id) state FROM agent_events "
            "ORDER BY agent_id, id DESC) last WHERE state <> 'offline'"
        ),
        recordings=taped,
        trail=await verify_trail(connection),
    )
