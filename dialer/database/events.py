"""The record: calls, what happened to them, and what agents were doing.

The only module that names the tables ``calls``, ``call_events`` and ``agent_events``.

Rule: rows are appended and never changed; the database refuses anything else. Appending the
same rows again, as after a commit whose answer was lost, changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import asyncpg

from dialer.agent import AgentState
from dialer.call_events import AgentId, CallEvent, CallId, from_row, to_row
from dialer.database.pool import Connection
from dialer.ports import AgentRow, CallRow, Row
from dialer.team import TeamId
from leads.lead import AttemptId


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedCall:
    """A call as the record has it."""

    id: CallId
    attempt: AttemptId
    team: TeamId
    trunk: str
    caller_id: str
    opened_at: datetime
    closed_at: datetime | None
    events: tuple[CallEvent, ...]  #: in the order in which they changed the call


async def open_call(
    connection: Connection,
    call: CallId,
    *,
    attempt: AttemptId,
    team: TeamId,
    trunk: str,
    caller_id: str,
    now: datetime,
) -> None:
    """Record that *call* is about to be placed. One call per attempt: the database sees to it."""
    await connection.execute(
        """
        INSERT INTO calls (id, attempt_id, team_id, trunk, caller_id, opened_at)
        VALUES ($1, $2, $3, $4, $5, $6)
        """,
        call,
        attempt,
        team,
        trunk,
        caller_id,
        now,
    )


async def close_call(connection: Connection, call: CallId, *, now: datetime) -> None:
    """Record that nothing that matters can happen to *call* any more; the first time stands."""
    await connection.execute(
        "UPDATE calls SET closed_at = $2 WHERE id = $1 AND closed_at IS NULL", call, now
    )


async def close_disposed_call(connection: Connection, call: CallId, *, now: datetime) -> None:
    """Record the end of a call whose attempt was closed while it went on without the agent."""
    await connection.execute(
        """
        UPDATE calls c SET closed_at = $2
         WHERE id = $1 AND closed_at IS NULL
           AND EXISTS (SELECT FROM call_events e WHERE e.call_id = c.id AND e.kind = 'disposed')
        """,
        call,
        now,
    )


async def append(connection: Connection, rows: Iterable[Row]) -> None:
    """Append *rows* in one transaction; those that are there already are passed over."""
    of_calls: list[CallRow] = []
    of_agents: list[AgentRow] = []
    for row in rows:
        match row:
            case CallRow():
                of_calls.append(row)
            case AgentRow():
                of_agents.append(row)
    async with connection.transaction():
        if of_calls:
            await _append_call_rows(connection, of_calls)
        if of_agents:
            await _append_agent_rows(connection, of_agents)


async def _append_call_rows(connection: Connection, rows: Sequence[CallRow]) -> None:
    written = [to_row(row.event) for row in rows]
    await connection.execute(
        """
        INSERT INTO call_events (call_id, number, kind, at, detail)
        SELECT * FROM unnest($1::uuid[], $2::int[], $3::text[], $4::timestamptz[], $5::jsonb[])
            ON CONFLICT (call_id, number) DO NOTHING
        """,
        [row.call for row in rows],
        [row.number for row in rows],
        [kind for kind, _, _ in written],
        [at for _, at, _ in written],
        [_storable(detail) for _, _, detail in written],
    )


def _storable(detail: Mapping[str, Any]) -> dict[str, Any]:
    """Return *detail* without what PostgreSQL has no place for (NUL, half a surrogate pair).

    Whatever happened must go on record: what the far end wrote is no reason to stop.
    """
    return {
        name: value.translate(_UNSTORABLE) if isinstance(value, str) else value
        for name, value in detail.items()
    }


_UNSTORABLE: Final = dict.fromkeys([0, *range(0xD800, 0xE000)], "\N{REPLACEMENT CHARACTER}")


async def _append_agent_rows(connection: Connection, rows: Sequence[AgentRow]) -> None:
    """Insert what is not there; agents' rows have no number, so all of a row is compared.

    One engine writes an agent's rows, so nobody else can insert between look and insert. Rows
    of one batch are never compared with each other.
    """
    await connection.execute(
        """
        INSERT INTO agent_events (agent_id, at, state, reason, call_id)
        SELECT n.agent_id, n.at, n.state, n.reason, n.call_id
          FROM unnest($1::bigint[], $2::timestamptz[], $3::text[], $4::text[], $5::uuid[])
               WITH ORDINALITY AS n (agent_id, at, state, reason, call_id, position)
         WHERE NOT EXISTS (
               SELECT FROM agent_events e
                WHERE e.agent_id = n.agent_id AND e.at = n.at AND e.state = n.state
                  AND e.reason = n.reason AND e.call_id IS NOT DISTINCT FROM n.call_id)
         ORDER BY n.position
        """,
        [row.agent for row in rows],
        [row.at for row in rows],
        [row.state for row in rows],
        [row.reason for row in rows],
        [row.call for row in rows],
    )


_CALL = """
    SELECT c.id, c.attempt_id, c.team_id, c.trunk, c.caller_id, c.opened_at, c.closed_at,
           e.kind, e.at, e.detail
      FROM calls c LEFT JOIN call_events e ON e.call_id = c.id
"""


async def unfinished(connection: Connection, team: TeamId) -> tuple[RecordedCall, ...]:
    """Return the calls of *team* that are not closed, oldest first."""
    return await _calls(connection, "WHERE c.closed_at IS NULL AND c.team_id = $1", team)


async def call(connection: Connection, call: CallId) -> RecordedCall | None:
    """Return one call, or ``None`` if it is not on record."""
    found = await _calls(connection, "WHERE c.id = $1", call)
    return found[0] if found else None


async def supervised_calls(
    connection: Connection, agent: AgentId, *, limit: int
) -> tuple[RecordedCall, ...]:
    """Return the calls an agent had that somebody listened to or spoke in, latest first."""
    rows = await connection.fetch(
        """
        SELECT e.call_id, min(e.at) AS began_at FROM call_events e
         WHERE e.kind = 'supervisor_joined'
           AND EXISTS (SELECT FROM call_events a
                        WHERE a.call_id = e.call_id AND a.kind = 'agent_assigned'
                          AND a.detail->>'agent' = $1)
         GROUP BY e.call_id ORDER BY began_at DESC LIMIT $2
        """,
        str(agent),
        limit,
    )
    ids = [row["call_id"] for row in rows]
    return (await _calls(connection, "WHERE c.id = ANY($1::uuid[])", ids))[::-1]


async def latest_attempt_showing(connection: Connection, caller_id: str) -> AttemptId | None:
    """Return the attempt of the last call that showed *caller_id*."""
    found = await connection.fetchval(
        "SELECT attempt_id FROM calls WHERE caller_id = $1 ORDER BY opened_at DESC LIMIT 1",
        caller_id,
    )
    return None if found is None else AttemptId(found)


async def attempts_of_calls(
    connection: Connection, calls: Sequence[CallId]
) -> dict[CallId, AttemptId]:
    """Return the attempt of each of *calls*."""
    rows = await connection.fetch(
        "SELECT id, attempt_id FROM calls WHERE id = ANY($1::uuid[])", list(calls)
    )
    return {CallId(row["id"]): AttemptId(row["attempt_id"]) for row in rows}


async def calls_of_attempts(
    connection: Connection, attempts: Sequence[AttemptId]
) -> tuple[RecordedCall, ...]:
    """Return the calls of *attempts*, oldest first."""
    return await _calls(connection, "WHERE c.attempt_id = ANY($1::bigint[])", list(attempts))


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """When an answered call was answered, connected to an agent, and ended."""

    answered_at: datetime
    connected_at: datetime | None
    ended_at: datetime | None


async def answers(connection: Connection, attempts: Sequence[AttemptId]) -> dict[AttemptId, Answer]:
    """Return what the record says of the calls of *attempts*; unanswered ones are missing."""
    rows = await connection.fetch(
        """
        SELECT c.attempt_id,
               min(e.at) FILTER (WHERE e.kind = 'answered') AS answered_at,
               min(e.at) FILTER (WHERE e.kind = 'connected') AS connected_at,
               min(e.at) FILTER (WHERE e.kind = 'ended') AS ended_at
          FROM calls c JOIN call_events e ON e.call_id = c.id
         WHERE c.attempt_id = ANY($1::bigint[])
         GROUP BY c.attempt_id
        """,
        list(attempts),
    )
    return {
        AttemptId(row["attempt_id"]): Answer(
            answered_at=row["answered_at"],
            connected_at=row["connected_at"],
            ended_at=row["ended_at"],
        )
        for row in rows
        if row["answered_at"] is not None
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class ScreenedAttempts:
    """What became of calls in which screening heard nobody before an agent did."""

    ended: tuple[AttemptId, ...]  #: because of it
    let_through: tuple[AttemptId, ...]  #: to an agent, as a sample


async def screened(connection: Connection, attempts: Sequence[AttemptId]) -> ScreenedAttempts:
    """Return which of *attempts* screening ended or let through."""
    rows = await connection.fetch(
        """
        SELECT DISTINCT c.attempt_id, e.kind
          FROM calls c JOIN call_events e ON e.call_id = c.id
         WHERE c.attempt_id = ANY($1::bigint[])
           AND (e.kind = 'screened' AND e.detail @> '{"let_through": true}'
                OR e.kind = 'ended' AND e.detail @> '{"own_reason": "screened_out"}')
         ORDER BY c.attempt_id
        """,
        list(attempts),
    )
    return ScreenedAttempts(
        ended=tuple(AttemptId(r["attempt_id"]) for r in rows if r["kind"] == "ended"),
        let_through=tuple(AttemptId(r["attempt_id"]) for r in rows if r["kind"] == "screened"),
    )


async def calls_between(
    connection: Connection, *, since: datetime, until: datetime, team: TeamId | None = None
) -> tuple[RecordedCall, ...]:
    """Return the calls opened from *since* (included) to *until* (not), oldest first."""
    return await _calls(
        connection,
        "WHERE c.opened_at >= $1 AND c.opened_at < $2 AND ($3::bigint IS NULL OR c.team_id = $3)",
        since,
        until,
        team,
    )


async def _calls(connection: Connection, where: str, *values: object) -> tuple[RecordedCall, ...]:
    rows = await connection.fetch(f"{_CALL} {where} ORDER BY c.opened_at, c.id, e.number", *values)
    found: dict[CallId, tuple[asyncpg.Record, list[CallEvent]]] = {}
    for row in rows:
        _, events = found.setdefault(CallId(row["id"]), (row, []))
        if row["kind"] is not None:
            events.append(from_row(row["kind"], row["at"], row["detail"]))
    return tuple(_recorded(row, events) for row, events in found.values())


def _recorded(row: asyncpg.Record, events: list[CallEvent]) -> RecordedCall:
    values = dict(row)
    return RecordedCall(
        id=CallId(values["id"]),
        attempt=AttemptId(values["attempt_id"]),
        team=TeamId(values["team_id"]),
        trunk=values["trunk"],
        caller_id=values["caller_id"],
        opened_at=values["opened_at"],
        closed_at=values["closed_at"],
        events=tuple(events),
    )


async def last_states(connection: Connection, agents: Sequence[AgentId]) -> dict[AgentId, AgentRow]:
    """Return the state each of *agents* entered last; who never signed in is not in it."""
    rows = await connection.fetch(
        """
        SELECT last.agent_id, last.at, last.state, last.reason, last.call_id
          FROM unnest($1::bigint[]) AS asked (agent_id)
         CROSS JOIN LATERAL (
               SELECT * FROM agent_events e
                WHERE e.agent_id = asked.agent_id ORDER BY e.id DESC LIMIT 1) AS last
        """,
        list(agents),
    )
    return {AgentId(row["agent_id"]): _agent_row(row) for row in rows}


async def shifts(
    connection: Connection,
    agents: Sequence[AgentId],
    *,
    since: datetime,
    until: datetime,
) -> tuple[AgentRow, ...]:
    """Return the states *agents* entered from *since* (included) to *until* (not), in order."""
    rows = await connection.fetch(
        """
        SELECT agent_id, at, state, reason, call_id
          FROM agent_events
         WHERE agent_id = ANY($1::bigint[]) AND at >= $2 AND at < $3
         ORDER BY at, id
        """,
        list(agents),
        since,
        until,
    )
    return tuple(_agent_row(row) for row in rows)


def _agent_row(row: asyncpg.Record) -> AgentRow:
    values = dict(row)
    return AgentRow(
        agent=AgentId(values["agent_id"]),
        at=values["at"],
        state=AgentState(values["state"]),
        reason=values["reason"],
        call=None if values["call_id"] is None else CallId(values["call_id"]),
    )
