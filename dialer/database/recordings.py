"""Which call has a recording, and how it was measured. Names the table ``recordings`` alone.

    expected ──▶ playable | failed

Rule: a recording is expected from the moment of the bridge, so one that never came is seen.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import asyncpg

from dialer.call_events import CallId
from dialer.database.pool import Connection
from leads.sealing import Owner


class RecordingState(StrEnum):
    """Where a recording is in its life."""

    EXPECTED = "expected"  #: the bridge was made; the file is being written or merged
    PLAYABLE = "playable"  #: decoded, measured, hashed
    FAILED = "failed"  #: will never be there


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """The recording of one call."""

    call: CallId
    path: str  #: relative to the recordings directory
    state: RecordingState
    seconds_by_events: float | None = None  #: bridge to hang-up
    seconds: float | None = None  #: decoded length
    sha256: bytes | None = None
    bytes: int | None = None
    available_at: datetime | None = None
    problem: str | None = None  #: why it failed; or, playable, why it is not as long as by events


async def expect(connection: Connection, call: CallId, *, path: str) -> None:
    """Record that *call* is being recorded; harmless when that is known."""
    await connection.execute(
        """
        INSERT INTO recordings (call_id, path, state) VALUES ($1, $2, 'expected')
            ON CONFLICT (call_id) DO NOTHING
        """,
        call,
        path,
    )


async def measured(
    connection: Connection,
    call: CallId,
    *,
    seconds: float,
    seconds_by_events: float | None,
    sha256: bytes,
    size: int,
    available_at: datetime,
    path: str | None = None,
    difference: str | None = None,
) -> None:
    """Record that the recording of *call* can be played; a repetition changes nothing.

    Args:
        seconds: Decoded length.
        seconds_by_events: From bridge to hang-up.
        size: Bytes of the file.
        path: Where it is, if not where it was expected.
        difference: Why the two lengths differ; ``None``: they do not.
    """
    await connection.execute(
        """
        UPDATE recordings
           SET state = 'playable', seconds = $2, seconds_by_events = $3, sha256 = $4,
               bytes = $5, available_at = $6, path = coalesce($7, path), problem = $8
         WHERE call_id = $1 AND state <> 'playable'
        """,
        call,
        seconds,
        seconds_by_events,
        sha256,
        size,
        available_at,
        path,
        difference,
    )


async def failed(connection: Connection, call: CallId, *, problem: str) -> None:
    """Record that the recording of *call* will never be there, and why."""
    await connection.execute(
        """
        UPDATE recordings SET state = 'failed', problem = $2
         WHERE call_id = $1 AND state = 'expected'
        """,
        call,
        problem,
    )


async def recording(connection: Connection, call: CallId) -> Recording | None:
    """Return the recording of *call*; ``None`` if none was expected."""
    row = await connection.fetchrow("SELECT * FROM recordings WHERE call_id = $1", call)
    return None if row is None else _recording(row)


async def recordings_of(connection: Connection, calls: Sequence[CallId]) -> dict[CallId, Recording]:
    """Return the recordings of *calls*; those of which none was expected are missing."""
    rows = await connection.fetch(
        "SELECT * FROM recordings WHERE call_id = ANY($1::uuid[])", list(calls)
    )
    return {CallId(row["call_id"]): _recording(row) for row in rows}


async def still_expected(connection: Connection) -> tuple[Recording, ...]:
    """Return what is neither playable nor failed: after a crash, what to look for on disk."""
    rows = await connection.fetch(
        "SELECT * FROM recordings WHERE state = 'expected' ORDER BY call_id"
    )
    return tuple(_recording(row) for row in rows)


async def counted(connection: Connection) -> Counter[RecordingState]:
    """Return how many recordings there are in each state."""
    rows = await connection.fetch("SELECT state, count(*) FROM recordings GROUP BY state")
    return Counter({RecordingState(row["state"]): row["count"] for row in rows})


async def available_before(
    connection: Connection, cutoff: datetime
) -> tuple[tuple[CallId, datetime], ...]:
    """Return the calls whose recording has been playable since before *cutoff*, and since when."""
    rows = await connection.fetch(
        """
        SELECT call_id, available_at
          FROM recordings
         WHERE state = 'playable' AND available_at < $1
         ORDER BY available_at, call_id
        """,
        cutoff,
    )
    return tuple((CallId(row["call_id"]), row["available_at"]) for row in rows)


async def erase(connection: Connection, calls: Sequence[CallId]) -> tuple[str, ...]:
    """Record that the recordings of *calls* are gone; return the paths to be removed.

    Those erased before are among them, for a removal that a crash has cut short.
    """
    rows = await connection.fetch(
        """
        UPDATE recordings SET state = 'failed', problem = 'erased'
         WHERE call_id = ANY($1::uuid[])
        RETURNING path
        """,
        list(calls),
    )
    return tuple(row["path"] for row in rows)


def own_key(call: CallId) -> Owner:
    """Return the owner of the key a recording is sealed with, when recordings are sealed."""
    return Owner(f"recording:{call}")


def _recording(row: asyncpg.Record) -> Recording:
    values = dict(row)
    call, state = CallId(values.pop("call_id")), RecordingState(values.pop("state"))
    return Recording(call=call, state=state, **values)
