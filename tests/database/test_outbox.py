"""The outbox: exactly one file per row, whatever dies when."""

import asyncio
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from dialer.database import outbox
from dialer.database.outbox import UnusableFileName
from dialer.database.pool import Connection, Pool
from leads.store.vault import Vault
from tests.builders import MONDAY_MORNING


@pytest.fixture
def vault(tmp_path: Path) -> Iterator[Vault]:
    """In a file, since another process reads it too."""
    vault = Vault.opened(tmp_path / "keys")
    yield vault
    vault.close()


LINES = "BEGIN:VCALENDAR\r\nSUMMARY:Среща\r\nEND:VCALENDAR\r\n"


async def promise(connection: Connection, name: str = "a.ics", **changes: object) -> None:
    given = {"kind": "invitation", "content": LINES, "now": MONDAY_MORNING, **changes}
    await outbox.add(connection, file_name=name, **given)


def files(directory: Path) -> list[str]:
    return sorted(file.name for file in (directory / "invitation").iterdir())


async def test_what_was_committed_leaves_as_it_was_written(database: Pool, tmp_path: Path):
    async with database.acquire() as connection:
        await promise(connection)
    assert await outbox.deliver_due(database, tmp_path, now=MONDAY_MORNING) == 1
    assert await outbox.deliver_due(database, tmp_path, now=MONDAY_MORNING) == 0
    assert (tmp_path / "invitation" / "a.ics").read_bytes() == LINES.encode()


async def test_what_was_rolled_back_never_leaves(database: Pool, tmp_path: Path):
    async with database.acquire() as connection:
        transaction = connection.transaction()
        await transaction.start()
        await promise(connection)
        await transaction.rollback()
    assert await outbox.deliver_due(database, tmp_path, now=MONDAY_MORNING) == 0


async def test_nothing_leaves_before_its_time(database: Pool, tmp_path: Path):
    later = MONDAY_MORNING + timedelta(hours=1)
    async with database.acquire() as connection:
        await promise(connection, deliver_after=later)
    assert await outbox.deliver_due(database, tmp_path, now=MONDAY_MORNING) == 0
    assert await outbox.deliver_due(database, tmp_path, now=later) == 1


async def test_a_promise_repeated_stays_what_it_was(database: Pool, tmp_path: Path):
    async with database.acquire() as connection:
        await promise(connection)
        await promise(connection, content="other")
    await outbox.deliver_due(database, tmp_path, now=MONDAY_MORNING)
    assert (tmp_path / "invitation" / "a.ics").read_bytes() == LINES.encode()


@pytest.mark.parametrize("moment", ["before the file has its name", "before the commit"])
async def test_a_kill_in_the_middle_leaves_one_file_in_the_end(
    database: Pool, database_dsn: str, tmp_path: Path, moment: str
):
    program = """
import asyncio, os, signal, sys
from datetime import UTC, datetime
from pathlib import Path
from dialer.database import outbox
from dialer.database.pool import open_pool
from leads.store.vault import Vault

def die(*_):
    os.kill(os.getpid(), signal.SIGKILL)

async def main(dsn, directory, moment):
    if moment == "before the commit":
        outbox._write, write = lambda *args: (write(*args), die()), outbox._write
    else:
        Path.replace = die
    pool = await open_pool(dsn, vault=Vault.opened(Path(directory) / "keys"))
    await outbox.deliver_due(pool, Path(directory), now=datetime(2026, 11, 23, 9, tzinfo=UTC))

asyncio.run(main(*sys.argv[1:]))
"""
    async with database.acquire() as connection:
        await promise(connection)
    killed = await asyncio.to_thread(
        subprocess.run, [sys.executable, "-c", program, database_dsn, str(tmp_path), moment]
    )
    assert killed.returncode == -signal.SIGKILL
    async with database.acquire() as connection:
        assert await outbox.undelivered(connection) == 1
    await deliver_until_empty(database, tmp_path)
    assert files(tmp_path) == ["a.ics"]
    assert (tmp_path / "invitation" / "a.ics").read_bytes() == LINES.encode()


async def deliver_until_empty(database: Pool, directory: Path) -> None:
    """The killed process's lock goes when PostgreSQL notices; the test's limit is the guard."""
    async with database.acquire() as connection:
        while await outbox.undelivered(connection):
            await outbox.deliver_due(database, directory, now=MONDAY_MORNING)


async def test_a_disk_that_refuses_is_tried_again_later(database: Pool, tmp_path: Path):
    (tmp_path / "invitation").write_text("a file where the directory should be")
    async with database.acquire() as connection:
        await promise(connection)
    assert await outbox.deliver_due(database, tmp_path, now=MONDAY_MORNING) == 0
    (tmp_path / "invitation").unlink()
    assert await outbox.deliver_due(database, tmp_path, now=MONDAY_MORNING) == 0
    soon = MONDAY_MORNING + timedelta(seconds=2)
    assert await outbox.deliver_due(database, tmp_path, now=soon) == 1


async def test_two_nodes_deliver_each_row_once(database: Pool, tmp_path: Path):
    async with database.acquire() as connection:
        for number in range(20):
            await promise(connection, f"{number}.ics")
    delivered = await asyncio.gather(
        *(outbox.deliver_due(database, tmp_path, now=MONDAY_MORNING) for _ in range(2))
    )
    assert sum(delivered) == 20
    assert len(files(tmp_path)) == 20


@pytest.mark.parametrize(
    "name", ["", "../a.ics", "/etc/passwd", ".hidden", "a b", "ж.ics", "a" * 201]
)
async def test_a_name_that_leaves_the_directory_is_refused(connection: Connection, name: str):
    with pytest.raises(UnusableFileName):
        await promise(connection, name)
