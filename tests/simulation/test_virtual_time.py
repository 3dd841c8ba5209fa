"""Virtual time: waiting costs nothing, order is kept, real files still work."""

import asyncio
import os

import pytest

from dialer.simulation.virtual_time import VirtualTimeLoop


async def test_eight_hours_cost_nothing_and_are_exact():
    loop = asyncio.get_running_loop()
    assert isinstance(loop, VirtualTimeLoop)
    virtual = loop.time()
    await asyncio.sleep(8 * 3600)
    assert loop.time() - virtual == pytest.approx(8 * 3600)


async def test_what_is_due_earlier_happens_earlier():
    happened: list[int] = []

    async def after(seconds: int) -> None:
        await asyncio.sleep(seconds)
        happened.append(seconds)

    await asyncio.gather(*(after(seconds) for seconds in (3600, 1, 60)))
    assert happened == [1, 60, 3600]


async def test_a_timeout_is_measured_in_virtual_time():
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(3600):
            await asyncio.Event().wait()


async def test_without_anything_planned_the_outside_world_is_waited_for():
    reading, writing = os.pipe()
    told = asyncio.Event()
    asyncio.get_running_loop().add_reader(reading, told.set)
    await asyncio.to_thread(os.write, writing, b"x")
    await told.wait()
    asyncio.get_running_loop().remove_reader(reading)
    os.close(reading)
    os.close(writing)


@pytest.mark.real_time
async def test_a_test_marked_so_runs_on_the_real_loop():
    assert not isinstance(asyncio.get_running_loop(), VirtualTimeLoop)


async def test_a_test_with_a_database_runs_on_the_real_loop(database_dsn: str):
    assert not isinstance(asyncio.get_running_loop(), VirtualTimeLoop)
