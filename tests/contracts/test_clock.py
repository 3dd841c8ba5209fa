"""Both clocks keep one promise."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from dialer.clock import LoopClock, SystemClock

START = datetime(2026, 11, 23, 8, tzinfo=UTC)
Made = Callable[[], LoopClock | SystemClock]
CLOCKS = [lambda: LoopClock(START), SystemClock]


@pytest.fixture(params=CLOCKS, ids=["loop", "system"])
def clock(request: pytest.FixtureRequest) -> Made:
    """Makes the clock where a loop runs."""
    made: Made = request.param
    return made


async def test_every_time_is_utc(clock: Made):
    assert clock().now().utcoffset() == timedelta(0)


async def test_time_does_not_go_back(clock: Made):
    ticking = clock()
    before = ticking.now()
    await ticking.sleep(timedelta(milliseconds=5))
    assert ticking.now() >= before


async def test_an_alarm_rings_and_a_cancelled_one_never(clock: Made):
    ticking, rang = clock(), asyncio.Event()
    soon = ticking.now() + timedelta(milliseconds=20)
    never: list[bool] = []
    ticking.wake_at(soon, lambda: never.append(True)).cancel()
    ticking.wake_at(soon, rang.set)
    async with asyncio.timeout(60):
        await rang.wait()
        ticking.wake_at(soon, rang.clear)  # after the cancelled one would have rung
        while rang.is_set():
            await ticking.sleep(timedelta(milliseconds=1))
    assert never == []


async def test_alarms_ring_in_the_order_of_their_times(clock: Made):
    ticking, rang, done = clock(), [], asyncio.Event()
    now = ticking.now()
    for after in (30, 10, 20):
        ticking.wake_at(now + timedelta(milliseconds=after), lambda after=after: rang.append(after))
    ticking.wake_at(now + timedelta(milliseconds=40), done.set)
    async with asyncio.timeout(60):
        await done.wait()
    assert rang == [10, 20, 30]


async def test_an_alarm_for_the_past_rings_soon_but_not_at_once(clock: Made):
    ticking, rang = clock(), asyncio.Event()
    ticking.wake_at(ticking.now() - timedelta(hours=1), rang.set)
    assert not rang.is_set()
    async with asyncio.timeout(60):
        await rang.wait()


async def test_a_cancelled_alarm_may_be_cancelled_again_and_so_may_one_that_rang(clock: Made):
    ticking, rang = clock(), asyncio.Event()
    alarm = ticking.wake_at(ticking.now(), rang.set)
    async with asyncio.timeout(60):
        await rang.wait()
    for _ in range(2):
        alarm.cancel()


@pytest.mark.parametrize("seconds", [-5, 0])
async def test_sleeping_for_nothing_returns_at_once(clock: Made, seconds: int):
    async with asyncio.timeout(60):
        await clock().sleep(timedelta(seconds=seconds))


async def test_a_stamp_of_another_process_becomes_a_time_of_day(clock: Made):
    ticking = clock()
    apart = ticking.now() - ticking.from_monotonic(ticking.monotonic())
    assert abs(apart) < timedelta(seconds=1)


# --- What one of them promises beyond that --------------------------------------------------------


async def test_eight_hours_pass_in_no_time_and_exactly():
    clock = LoopClock(START)
    await clock.sleep(timedelta(hours=8))
    assert clock.now() == START + timedelta(hours=8)
    assert clock.from_monotonic(clock.monotonic()) == clock.now()


async def test_a_clock_starts_when_it_is_made_and_not_when_the_loop_was():
    await asyncio.sleep(100)
    assert LoopClock(START).now() == START


async def test_an_alarm_of_virtual_time_rings_exactly_then():
    clock = LoopClock(START)
    rang: list[datetime] = []
    clock.wake_at(START + timedelta(hours=2), lambda: rang.append(clock.now()))
    await clock.sleep(timedelta(hours=3))
    assert rang == [START + timedelta(hours=2)]


async def test_an_alarm_follows_a_clock_that_is_set_back():
    clock, rang = SystemClock(), []
    at = clock.now() + timedelta(seconds=90)
    alarm = clock.wake_at(at, lambda: rang.append(True))
    clock.offset -= timedelta(hours=1)
    await asyncio.sleep(120)  # virtual; the machine's clock has not moved
    assert not rang
    alarm.cancel()


def test_the_offset_moves_the_clock_and_stamps_of_other_processes_alike():
    clock = SystemClock(offset=timedelta(days=-3))
    assert abs(clock.now() - clock.from_monotonic(clock.monotonic())) < timedelta(seconds=1)
