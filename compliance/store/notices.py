"""What agents were told about the monitoring and recording of their own work.

Rule: neither is switched on for an agent who has not acknowledged the notice about it.
"""

from dataclasses import dataclass
from datetime import datetime

from compliance.agent_notice import TEXTS
from compliance.store.proofs import store_wording, wordings
from leads.store.connection import Connection


async def give_notice(
    connection: Connection, agent_id: int, kind: str, *, text: str, now: datetime
) -> None:
    """Record that an agent was shown *text* about ``monitoring`` or ``recording``."""
    wording = await store_wording(connection, text)
    await connection.execute(
        """
        INSERT INTO agent_notices (agent_id, kind, wording_id, given_at)
        VALUES ($1, $2, $3, $4)
            ON CONFLICT DO NOTHING
        """,
        agent_id,
        kind,
        wording,
        now,
    )


async def acknowledge(
    connection: Connection, agent_id: int, kind: str, *, text: str, now: datetime
) -> bool:
    """Record that the agent acknowledged that very text; False when it was never shown."""
    wording = await store_wording(connection, text)
    rows = await connection.fetch(
        """
        UPDATE agent_notices SET acknowledged_at = coalesce(acknowledged_at, $4)
         WHERE agent_id = $1 AND kind = $2 AND wording_id = $3
        RETURNING agent_id
        """,
        agent_id,
        kind,
        wording,
        now,
    )
    return bool(rows)


async def may_observe(connection: Connection, agent_id: int, kind: str, *, text: str) -> bool:
    """Whether the agent has acknowledged the present notice."""
    wording = await store_wording(connection, text)
    found = await connection.fetchval(
        """
        SELECT EXISTS (SELECT FROM agent_notices
                        WHERE agent_id = $1 AND kind = $2 AND wording_id = $3
                          AND acknowledged_at IS NOT NULL)
        """,
        agent_id,
        kind,
        wording,
    )
    return bool(found)


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One present notice, and since when an agent has acknowledged it."""

    kind: str
    text: str
    acknowledged_at: datetime | None


async def present_notices(connection: Connection, agent_id: int) -> tuple[Told, ...]:
    """Return the notices in use, with what the agent said to each."""
    rows = await connection.fetch(
        "SELECT kind, wording_id, acknowledged_at FROM agent_notices WHERE agent_id = $1",
        agent_id,
    )
    texts = await wordings(connection, {row["wording_id"] for row in rows})
    said = {(row["kind"], texts[row["wording_id"]]): row["acknowledged_at"] for row in rows}
    return tuple(
        Told(kind=kind, text=text, acknowledged_at=said.get((kind, text)))
        for kind, text in TEXTS.items()
    )


async def acknowledge_all(connection: Connection, agent_id: int, *, now: datetime) -> None:
    """Record that the agent was shown the present notices and acknowledged them."""
    async with connection.transaction():
        for kind, text in TEXTS.items():
            await give_notice(connection, agent_id, kind, text=text, now=now)
            await acknowledge(connection, agent_id, kind, text=text, now=now)
