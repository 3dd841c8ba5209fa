"""Whoever records that a person may no longer be called, all running cores hear of it."""

import asyncio
from datetime import timedelta

from compliance.revocation import Heard
from compliance.subject_request import RequestKind
from compliance.suppression import Reach, Why
from dialer.clock import SystemClock
from dialer.database.pool import Pool
from dialer.rights.asking import receive, suppress, withdraw
from dialer.rights.revoking import announce, end_revoked_calls
from leads.lead import PersonId
from leads.phone import PhoneNumber
from tests.builders import MONDAY_MORNING
from tests.rights.scene import KEYS

NUMBER = PhoneNumber("+359888123456")


class Core:
    """Hears of revocations, as a core process does."""

    def __init__(self, pool: Pool) -> None:
        self.heard: asyncio.Queue[PersonId] = asyncio.Queue()
        self._task = asyncio.create_task(end_revoked_calls(pool, self._revoke, SystemClock()))
        self._pool = pool

    async def _revoke(self, person: PersonId) -> int:
        self.heard.put_nowait(person)
        return 1

    async def __aenter__(self) -> "Core":
        """Return when it listens: when a person nobody has is heard of."""
        async with asyncio.timeout(10):
            while self.heard.empty():
                async with self._pool.acquire() as connection:
                    await announce(connection, PersonId(0))
                await asyncio.sleep(0.01)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    async def next(self) -> PersonId:
        async with asyncio.timeout(10):
            while not (person := await self.heard.get()):
                pass
            return person


async def test_suppressions_withdrawals_and_objections_are_heard_when_they_are_committed(
    village, database
):
    connection = village.connection
    async with Core(database) as core:
        await suppress(
            connection,
            [NUMBER],
            client=None,
            reach=Reach.PERSON,
            why=Why.OBJECTION,
            keyring=KEYS,
            now=MONDAY_MORNING,
        )
        assert await core.next() == village.ivan
        said = Heard(at=MONDAY_MORNING)
        await withdraw(
            connection, village.maria, client=village.client, heard=said, now=MONDAY_MORNING
        )
        assert await core.next() == village.maria
        await receive(
            connection,
            RequestKind.OBJECTION,
            client=village.client,
            person=village.ivan,
            keyring=KEYS,
            heard=said,
            now=MONDAY_MORNING + timedelta(minutes=1),
        )
        assert await core.next() == village.ivan


async def test_what_is_rolled_back_is_not_heard(village, database):
    async with Core(database) as core:
        transaction = village.connection.transaction()
        await transaction.start()
        await announce(village.connection, village.ivan)
        await transaction.rollback()
        await announce(village.connection, village.maria)
        assert await core.next() == village.maria


async def test_a_lost_connection_is_replaced_by_another(village, database):
    async with Core(database) as core:
        await village.connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid() "
            "AND query LIKE 'LISTEN%'"
        )
        async with asyncio.timeout(20):
            while True:
                await announce(village.connection, village.ivan)
                await asyncio.sleep(0.05)
                if not core.heard.empty() and await core.heard.get() == village.ivan:
                    break
