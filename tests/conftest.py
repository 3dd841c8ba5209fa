"""What every test may ask for: a fresh database, and a clock that jumps or does not.

``database`` is a pool on a copy of the migrated template, made for this test alone. The cluster
behind it is started when the first test asks, and stopped with the run.

An async test runs on virtual time unless it touches the outside world: with ``database`` or a
marker of :data:`REAL_MARKERS` it gets the real loop by itself.
"""

import asyncio
import itertools
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, TypeVar

import asyncpg
import hypothesis
import pytest

from dialer.database.launcher import Cluster, ClusterOptions
from dialer.database.migrating import migrate
from dialer.database.pool import Pool, connected, open_pool
from dialer.simulation.virtual_time import VirtualTimeLoop
from leads.store.vault import Vault

#: The same examples every time; a failure found here is found by everybody.
hypothesis.settings.register_profile("callwright", derandomize=True, deadline=None)
hypothesis.settings.load_profile("callwright")

T = TypeVar("T")

#: Tests so marked speak to the outside world, which does not wait for a jumping clock.
REAL_MARKERS: Final = ("real_time", "sip", "browser", "benchmark")
REAL_FIXTURES: Final = frozenset({"database", "database_dsn", "cluster", "aiohttp_client"})
TEMPLATE: Final = "template_migrated"
MIGRATED_AT: Final = datetime(2026, 1, 1, tzinfo=UTC)


def pytest_asyncio_loop_factories(
    config: pytest.Config, item: pytest.Item
) -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    """Virtual time, unless the test needs the real one."""
    marked = any(item.get_closest_marker(marker) for marker in REAL_MARKERS)
    if marked or REAL_FIXTURES & set(getattr(item, "fixturenames", ())):
        return {"real": asyncio.new_event_loop}
    return {"virtual": VirtualTimeLoop}


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run *work* on a loop of its own, leaving the current loop's place alone."""
    loop = asyncio.new_event_loop()
    try:
        return loop.run_until_complete(work)
    finally:
        loop.close()


def _home() -> Path:
    """A directory for the cluster, in memory if possible: copying a database is 10 times faster.

    Named after this process, so that what a killed run left behind is found and removed.
    """
    memory = Path("/dev/shm")
    parent = memory if os.access(memory, os.W_OK) else Path(tempfile.gettempdir())
    for left in parent.glob("callwright-tests-*"):
        if not Path("/proc", left.name.rpartition("-")[2]).exists():
            shutil.rmtree(left, ignore_errors=True)
    home = parent / f"callwright-tests-{os.getpid()}"
    home.mkdir(mode=0o700)
    return home


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """PostgreSQL of this run, without durability, with the migrated template in it."""
    home = _home()
    cluster = Cluster(
        home / "postgresql",
        sockets=home / "sockets",
        options=ClusterOptions(durable=False, shared_buffers_mib=64),
    )
    try:
        run(cluster.start())
        run(_make_template(cluster))
        yield cluster
    finally:
        run(cluster.stop())
        shutil.rmtree(home, ignore_errors=True)


async def _make_template(cluster: Cluster) -> None:
    async with connected(cluster.dsn("postgres")) as connection:
        await connection.execute(f"CREATE DATABASE {TEMPLATE}")
    async with connected(cluster.dsn(TEMPLATE)) as connection:
        await migrate(connection, now=MIGRATED_AT)


_numbers = itertools.count(1)


@pytest.fixture
async def database_dsn(cluster: Cluster) -> AsyncIterator[str]:
    """The address of a migrated database that is this test's alone."""
    name = f"test_{next(_numbers)}"
    async with connected(cluster.dsn("postgres")) as connection:
        await connection.execute(f"CREATE DATABASE {name} TEMPLATE {TEMPLATE} STRATEGY file_copy")
    yield cluster.dsn(name)
    async with connected(cluster.dsn("postgres")) as connection:
        await connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def vault() -> Iterator[Vault]:
    """The keys of the people in this test's database."""
    vault = Vault.in_memory()
    yield vault
    vault.close()


@pytest.fixture
async def database(database_dsn: str, vault: Vault) -> AsyncIterator[Pool]:
    """A pool on a migrated database that is this test's alone."""
    pool = await open_pool(database_dsn, vault=vault, application="tests", connections=5)
    yield pool
    try:
        async with asyncio.timeout(5):
            await pool.close()
    except TimeoutError:  # a test forgot a connection; the database is dropped by force anyway
        pool.terminate()


@pytest.fixture
async def connection(database: Pool) -> AsyncIterator[asyncpg.pool.PoolConnectionProxy]:
    """One connection of :func:`database`."""
    async with database.acquire() as connection:
        yield connection
