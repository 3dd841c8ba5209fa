"""A worker for all SIP tests of a run, a core and far ends for each."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from tests.sip.desk import Core, WorkerProcess
from tests.sip.uas import Uas


@pytest.fixture
async def worker() -> AsyncIterator[WorkerProcess]:
    process = WorkerProcess()
    await process.start()
    yield process
    code = await process.stop()
    process.clear()
    assert code in (0, -9)


@pytest.fixture
async def core(worker: WorkerProcess) -> AsyncIterator[Core]:
    core = await Core(worker.socket).connect()
    yield core
    await core.disconnect()


@pytest.fixture
async def far_end() -> AsyncIterator[Callable[[], Awaitable[Uas]]]:
    opened: list[Uas] = []

    async def open_one() -> Uas:
        opened.append(await Uas.open())
        return opened[-1]

    yield open_one
    for uas in opened:
        uas.close()
    await asyncio.sleep(0)


@pytest.fixture
async def uas(far_end: Callable[[], Awaitable[Uas]]) -> Uas:
    return await far_end()
