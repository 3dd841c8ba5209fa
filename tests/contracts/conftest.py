"""Every test that asks for ``ground`` is run in memory and over PostgreSQL."""

import pytest

from dialer.database.pool import Pool
from tests.contracts.grounds import Ground, MemoryGround, PostgresGround


@pytest.fixture
async def memory_ground() -> MemoryGround:
    return MemoryGround()


@pytest.fixture
async def postgres_ground(database: Pool) -> PostgresGround:
    return await PostgresGround.furnished(database)


@pytest.fixture(params=["memory", "postgres"])
def ground(request: pytest.FixtureRequest) -> Ground:
    found: Ground = request.getfixturevalue(f"{request.param}_ground")
    return found
