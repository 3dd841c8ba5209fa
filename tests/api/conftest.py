"""The API on a real database, with a scripted desk behind it and a client before it."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from aiohttp.test_utils import TestClient, TestServer

from dialer.api.application import application
from dialer.api.context import ApiContext
from dialer.database.accounts import Role
from dialer.database.pool import Pool
from tests.api.scripted import House, SettableClock, a_house_in
from tests.api.visiting import Visitor


@pytest.fixture
async def house(database: Pool) -> House:
    async with database.acquire() as connection:
        return await a_house_in(connection)


@pytest.fixture
def clock() -> SettableClock:
    return SettableClock()


@pytest.fixture
def context(database: Pool, house: House, clock: SettableClock, tmp_path: Path) -> ApiContext:
    return ApiContext(
        pool=database,
        clock=clock,
        desks={house.team: house.desk},
        recordings_dir=tmp_path,
        version="1.2.3",
    )


@pytest.fixture
async def http(context: ApiContext) -> AsyncIterator[TestClient]:
    async with TestClient(TestServer(application(context))) as client:
        yield client


@pytest.fixture
def visitor(http: TestClient, house: House) -> Callable[[Role | None], Visitor]:
    """Somebody of a role, or a stranger."""
    return lambda role: Visitor(http, house.tokens[role] if role else None)
