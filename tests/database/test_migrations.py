"""The migrations: each file once, in order, never edited, whoever else is starting."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

import asyncpg
import pytest

from dialer.database.launcher import Cluster
from dialer.database.migrating import (
    Migration,
    MigrationFailed,
    MigrationRefused,
    migrate,
    pending,
    read,
    shipped,
)
from dialer.database.pool import DatabaseUnavailable, Pool, connected

NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)


def a_migration(number: int, sql: str = "SELECT 1") -> Migration:
    return Migration(number=number, name=f"{number:04}_step.sql", sql=sql)


def seen(*migrations: Migration) -> dict[int, tuple[str, bytes]]:
    return {each.number: (each.name, each.digest) for each in migrations}


def write(directory: Path, **files: str) -> Path:
    for name, sql in files.items():
        (directory / f"{name[1:]}.sql").write_text(sql)
    return directory


async def test_the_shipped_migrations_apply_to_an_empty_database_and_a_second_time_do_nothing(
    cluster: Cluster,
):
    async with connected(cluster.dsn("postgres")) as maintenance:
        await maintenance.execute("CREATE DATABASE from_nothing")
    async with connected(cluster.dsn("from_nothing")) as connection:
        applied = await migrate(connection, now=NOW)
        again = await migrate(connection, now=NOW)
    assert applied == tuple(each.name for each in read(shipped()))
    assert again == ()


async def test_of_several_nodes_starting_at_once_exactly_one_applies_each_file(
    database_dsn: str, tmp_path: Path
):
    files = write(
        tmp_path,
        _0001_things="CREATE TABLE things (id int); INSERT INTO things VALUES (1)",
        _0002_index="-- no-transaction\nCREATE INDEX CONCURRENTLY things_by_id ON things (id)",
    )

    async def node() -> tuple[str, ...]:
        async with connected(database_dsn) as connection:
            return await migrate(connection, now=NOW, directory=files)

    async with connected(database_dsn) as connection:
        await connection.execute("DELETE FROM migrations")
    applied = await asyncio.gather(*(node() for _ in range(4)))
    assert sorted(applied) == [(), (), (), ("0001_things.sql", "0002_index.sql")]


async def test_an_index_whose_building_was_interrupted_is_built_anew(
    database_dsn: str, tmp_path: Path
):
    index = "INDEX CONCURRENTLY IF NOT EXISTS things_by_id ON things (id)"
    files = write(tmp_path, _0001_index=f"-- no-transaction\nCREATE {index}")
    async with connected(database_dsn) as connection:
        await connection.execute("DELETE FROM migrations; CREATE TABLE things (id int)")
        await connection.execute("INSERT INTO things VALUES (1), (1)")
        with pytest.raises(asyncpg.UniqueViolationError):  # leaves it behind as a crash does
            await connection.execute(f"CREATE UNIQUE {index}")
        await migrate(connection, now=NOW, directory=files)
        found = await connection.fetch(
            "SELECT indisvalid, indisunique FROM pg_index WHERE indrelid = 'things'::regclass"
        )
    assert [tuple(row) for row in found] == [(True, False)]


def test_an_edited_file_is_refused():
    with pytest.raises(MigrationRefused, match=r"0001_step.sql was edited .* new migration"):
        pending((a_migration(1, "SELECT 2"),), seen(a_migration(1)))


def test_a_file_that_comes_too_late_is_refused():
    with pytest.raises(MigrationRefused, match=r"0001_step.sql comes before 0002_step.sql"):
        pending((a_migration(1), a_migration(2)), seen(a_migration(2)))


def test_a_database_of_a_newer_version_is_refused():
    with pytest.raises(MigrationRefused, match=r"0002_step.sql.*newer version"):
        pending((a_migration(1),), seen(a_migration(1), a_migration(2)))


def test_two_files_of_one_number_are_refused(tmp_path: Path):
    with pytest.raises(MigrationRefused, match="share a number"):
        read(write(tmp_path, _0001_a="SELECT 1", _0001_b="SELECT 1"))


def test_a_file_that_is_not_numbered_is_refused(tmp_path: Path):
    with pytest.raises(MigrationRefused, match=r"later.sql is not named like 0001_house.sql"):
        read(write(tmp_path, _later="SELECT 1"))


async def test_a_failing_file_changes_nothing_and_is_named_with_its_line(
    database: Pool, tmp_path: Path
):
    files = write(tmp_path, _0001_bad="CREATE TABLE half_done (id int);\nSELEC 1")
    async with database.acquire() as connection:
        await connection.execute("DELETE FROM migrations")
        with pytest.raises(MigrationFailed, match=r"0001_bad.sql, line 2: .*42601.*SELEC"):
            await migrate(connection, now=NOW, directory=files)
        assert await connection.fetchval("SELECT to_regclass('half_done')") is None


async def test_who_waits_too_long_for_another_node_says_so(
    database_dsn: str,
):
    async with connected(database_dsn) as one, connected(database_dsn) as other:
        await one.execute(f"SELECT pg_advisory_lock({int.from_bytes(b'callwrgt', 'big')})")
        with pytest.raises(DatabaseUnavailable, match="another node") as failure:
            await migrate(other, now=NOW, within=timedelta(0))
    assert failure.value.retriable


async def test_the_statement_limit_is_back_after_migrating(database: Pool):
    async with database.acquire() as connection:
        before = await connection.fetchval("SHOW statement_timeout")
        await migrate(connection, now=NOW)
        assert await connection.fetchval("SHOW statement_timeout") == before != "0"
