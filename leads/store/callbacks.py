"""Promised times of call, kept until they are settled.

Rule: a lead has at most one open promise. It is settled when the person was reached, when another
takes its place, or when it is given up; never silently.
"""

from collections.abc import Sequence
from datetime import datetime

import asyncpg

from leads.callback import Callback, Settlement
from leads.lead import AttemptId, LeadId
from leads.store.connection import Connection


async def open_promise(connection: Connection, lead: LeadId) -> Callback | None:
    """Return the promise to a lead that is not settled."""
    row = await connection.fetchrow(
        "SELECT * FROM callbacks WHERE lead_id = $1 AND settled_at IS NULL", lead
    )
    return None if row is None else _callback(row)


async def open_promises(connection: Connection, leads: Sequence[LeadId]) -> dict[LeadId, Callback]:
    """Return the unsettled promises to *leads*; leads without one are missing."""
    rows = await connection.fetch(
        "SELECT * FROM callbacks WHERE lead_id = ANY($1::bigint[]) AND settled_at IS NULL", leads
    )
    return {LeadId(row["lead_id"]): _callback(row) for row in rows}


async def promise(connection: Connection, attempt: AttemptId, callback: Callback) -> None:
    """Record a promise made in *attempt*; an earlier one must have been settled."""
    await connection.execute(
        """
        INSERT INTO callbacks (lead_id, attempt_id, agent_id, due_at, promised_at)
        VALUES ($1, $2, $3, $4, $5)
        """,
        callback.lead,
        attempt,
        callback.agent,
        callback.due_at,
        callback.promised_at,
    )


async def settle(
    connection: Connection, leads: Sequence[LeadId], settlement: Settlement, *, now: datetime
) -> None:
    """Settle the open promises to *leads*; those without one are passed over."""
    await connection.execute(
        """
        UPDATE callbacks SET settled_at = $2, settled_as = $3
         WHERE lead_id = ANY($1::bigint[]) AND settled_at IS NULL
        """,
        leads,
        now,
        settlement.value,
    )


async def promises_of_agent(
    connection: Connection, agent: int, *, until: datetime
) -> tuple[Callback, ...]:
    """Return the promises of one agent that fall due before *until*, earliest first."""
    rows = await connection.fetch(
        """
        SELECT *
          FROM callbacks
         WHERE agent_id = $1 AND settled_at IS NULL AND due_at < $2
         ORDER BY due_at, id
        """,
        agent,
        until,
    )
    return tuple(_callback(row) for row in rows)


def _callback(row: asyncpg.Record) -> Callback:
    return Callback(
        lead=LeadId(row["lead_id"]),
        agent=row["agent_id"],
        due_at=row["due_at"],
        promised_at=row["promised_at"],
    )
