"""What time it is. No other module asks.

    SystemClock   the machine's clock, plus an offset in a lab
    LoopClock     the time of an event loop that jumps, for in-memory ports

Rule: everywhere else time is an argument. Both clocks answer in UTC; both pass one suite.
"""

import asyncio
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Final

_LONGEST_NAP: Final = timedelta(minutes=1)


class Alarm:
    """A planned call; :meth:`cancel` calls it off.

    Naps of a minute at most, and a look at the clock after each: when the machine's clock is
    set, or the machine slept, an alarm hours ahead still rings at its time of day.
    """

    def __init__(self, now: Callable[[], datetime], at: datetime, call: Callable[[], None]) -> None:
        self._now = now
        self._at = at
        self._call = call
        self._nap: asyncio.TimerHandle | None = None
        self._lie_down()

    def cancel(self) -> None:
        """Call it off; harmless when it has rung."""
        if self._nap is not None:
            self._nap.cancel()
            self._nap = None

    def _lie_down(self) -> None:
        nap = min(max(self._at - self._now(), timedelta(0)), _LONGEST_NAP)
        loop = asyncio.get_running_loop()
        self._nap = loop.call_later(nap.total_seconds(), self._wake_up)

    def _wake_up(self) -> None:
        if self._now() < self._at:
            self._lie_down()
        else:
            self._nap = None
            self._call()


class SystemClock:
    """The machine's clock plus *offset* (zero except in a lab)."""

    def __init__(self, offset: timedelta = timedelta(0)) -> None:
        self.offset = offset

    def now(self) -> datetime:
        """Return the present instant, aware, in UTC."""
        return datetime.now(UTC) + self.offset  # noqa: TID251 (the one place)

    def monotonic(self) -> float:
        """Return seconds that only ever grow, the same for all processes of this machine."""
        return time.monotonic()

    def from_monotonic(self, seconds: float) -> datetime:
        """Return the instant at which :meth:`monotonic` was *seconds*, here or in a worker."""
        return self.now() - timedelta(seconds=time.monotonic() - seconds)

    def wake_at(self, at: datetime, call: Callable[[], None]) -> Alarm:
        """Call *call* from the event loop at *at*, or soon if that has passed."""
        return Alarm(self.now, at, call)

    async def sleep(self, duration: timedelta) -> None:
        """Return after *duration*, at once when it is not positive."""
        await asyncio.sleep(max(duration.total_seconds(), 0))


class LoopClock:
    """A clock that stood at *start* when it was made and goes as the running loop's time does.

    The zero is taken when the clock is made: a loop that has run before would otherwise start
    the clock late.
    """

    def __init__(self, start: datetime) -> None:
        self._start = start.astimezone(UTC)
        self._loop = asyncio.get_running_loop()
        self._zero = self._loop.time()

    def now(self) -> datetime:
        """Return the present instant, aware, in UTC."""
        return self._start + timedelta(seconds=self.monotonic())

    def monotonic(self) -> float:
        """Return the seconds since the clock was made."""
        return self._loop.time() - self._zero

    def from_monotonic(self, seconds: float) -> datetime:
        """Return the instant at which :meth:`monotonic` was *seconds*."""
        return self._start + timedelta(seconds=seconds)

    def wake_at(self, at: datetime, call: Callable[[], None]) -> Alarm:
        """Call *call* from the event loop at *at*, or soon if that has passed."""
        return Alarm(self.now, at, call)

    async def sleep(self, duration: timedelta) -> None:
        """Return after *duration*, at once when it is not positive."""
        await asyncio.sleep(max(duration.total_seconds(), 0))
