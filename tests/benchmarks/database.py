"""A PostgreSQL of our own, durable as in earnest, for the benchmarks that need one."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from dialer.database.launcher import Cluster
from dialer.database.migrating import migrate
from dialer.database.pool import connected
from tests.builders import LONG_AGO


@asynccontextmanager
async def own_database(home: Path) -> AsyncIterator[str]:
    """Yield the address of a migrated database, which goes with its server."""
    async with Cluster(home / "postgresql", sockets=home / "s") as cluster:
        async with connected(cluster.dsn()) as connection:
            await migrate(connection, now=LONG_AGO)
        yield cluster.dsn()
