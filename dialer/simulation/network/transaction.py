"""Saying a thing again until it is heard: retransmission over UDP (RFC 3261, section 17)."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True, kw_only=True)
class Timers:
    """The timers of RFC 3261, appendix A, in seconds."""

    t1: float = 0.5  #: the first interval
    t2: float = 4.0  #: the longest interval

    @property
    def lifetime(self) -> float:
        """How long a message is repeated, and a finished exchange remembered."""
        return 64 * self.t1


TIMERS: Final = Timers()


class Repetition:
    """Sends at once, then at doubling intervals, until stopped or out of patience.

    Args:
        gave_up: Called when the message was repeated for its lifetime and nobody reacted.
        sent: The message has just been sent; begin with the first interval.
    """

    def __init__(
        self,
        send: Callable[[], None],
        *,
        timers: Timers,
        gave_up: Callable[[], None],
        sent: bool = False,
    ) -> None:
        self._send = send
        self._timers = timers
        self._gave_up = gave_up
        self._loop = asyncio.get_running_loop()
        self._until = self._loop.time() + timers.lifetime
        self._interval = timers.t1
        self._next: asyncio.TimerHandle | None = None
        self._wait()
        if not sent:
            self._send()

    def stop(self) -> None:
        """Say it no more. Stopping twice does nothing."""
        if self._next is not None:
            self._next.cancel()
            self._next = None

    def _again(self) -> None:
        if self._loop.time() >= self._until:
            self._next = None
            self._gave_up()
            return
        self._wait()
        self._send()

    def _wait(self) -> None:
        self._next = self._loop.call_later(self._interval, self._again)
        self._interval = min(2 * self._interval, self._timers.t2)
