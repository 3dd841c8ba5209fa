"""Telling the running engines that a person may no longer be called.

    suppression, objection, withdrawal ──commit──▶ NOTIFY ──▶ every core ──▶ ringing calls end

Rule: announced in the transaction that records it, so that it is heard when, and only when, it
holds. A core that is not connected at that moment hears nothing: its calls ring on to their limit
at most, and none is placed, since the gate reads the tables before every call.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any, Final

import asyncpg
import structlog

from dialer.database.pool import CONNECTION_ERRORS, Connection, Pool
from dialer.ports import Clock
from leads.lead import PersonId

log = structlog.get_logger()

CHANNEL: Final = "revoked"
AGAIN_AFTER: Final = timedelta(seconds=1)
_ALIVE_EVERY: Final = timedelta(seconds=10)


async def announce(connection: Connection, person: PersonId) -> None:
    """Let every core end the unanswered calls to *person* when this transaction is committed."""
    await connection.execute("SELECT pg_notify($1, $2)", CHANNEL, str(int(person)))


async def end_revoked_calls(
    pool: Pool, revoke: Callable[[PersonId], Awaitable[int]], clock: Clock
) -> None:
    """Listen until cancelled, and end what may not go on ringing."""
    while True:
        try:
            async with pool.acquire() as connection:
                await _listen(connection, revoke, clock)
        except (*CONNECTION_ERRORS, asyncpg.PostgresError) as error:
            log.warning("database_lost", problem=type(error).__name__)
        await clock.sleep(AGAIN_AFTER)


async def _listen(
    connection: Connection, revoke: Callable[[PersonId], Awaitable[int]], clock: Clock
) -> None:
    heard: asyncio.Queue[str] = asyncio.Queue()

    def hear(_connection: Any, _process: int, _channel: str, person: Any) -> None:
        heard.put_nowait(str(person))

    await connection.add_listener(CHANNEL, hear)
    try:
        while True:
            try:
                async with asyncio.timeout(_ALIVE_EVERY.total_seconds()):
                    person = await heard.get()
            except TimeoutError:
                await connection.execute("SELECT 1")  # raises when the connection has been lost
                continue
            if person.isdecimal():
                ended = await revoke(PersonId(int(person)))
                log.info("calls_revoked", ended=ended)
    finally:
        if not connection.is_closed():
            await connection.remove_listener(CHANNEL, hear)
