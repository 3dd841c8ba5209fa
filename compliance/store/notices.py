"""What agents were told about the monitoring and recording of their own work.

Rule: neither is switched on for an agent who has not acknowledged the notice about it.
"""

from datetime import datetime

from compliance.store.proofs import store_wording
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
