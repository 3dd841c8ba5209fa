"""Both clocks keep one promise."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from dialer.clock import LoopClock, SystemClock

START = datetime(2026, 11, 23, 8, tzinfo=UTC)


async def test_eight_hours_pass_in_no_time_and_exactly():
    clock = LoopClock(START)
    await clock.sleep(timedelta(hours=8))
    assert clock.now() == START + timedelta(hours=8)
    assert clock.from_monotonic(clock.monotonic()) == clock.now()


async def test_a_clock_starts_when_it_is_made_and_not_when_the_loop_was():
    await asyncio.sleep(100)
    assert LoopClock(START).now() == START


async def test_an_alarm_rings_at_its_time_and_a_cancelled_one_never():
    clock = LoopClock(START)
    rang: list[datetime] = []
    clock.wake_at(START + timedelta(hours=2), lambda: rang.append(clock.now()))
    clock.wake_at(START + timedelta(hours=1), lambda: rang.append(clock.now())).cancel()
    await clock.sleep(timedelta(hours=3))
    assert rang == [START + timedelta(hours=2)]


async def test_an_alarm_for_the_past_rings_soon_but_not_at_once():
    clock, rang = LoopClock(START), asyncio.Event()
    clock.wake_at(START - timedelta(hours=1), rang.set)
    assert not rang.is_set()
    await rang.wait()
    assert clock.now() == START


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
    assert clock.now().utcoffset() == timedelta(0)


@pytest.mark.parametrize("seconds", [-5, 0])
async def test_sleeping_for_nothing_returns_at_once(seconds: int):
    clock = LoopClock(START)
    await clock.sleep(timedelta(seconds=seconds))
    assert clock.now() == START
