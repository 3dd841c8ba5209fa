"""What is to be done later in the SIP thread, by time.

Rule: an alarm is never called off. Whoever set it looks, when it rings, whether it still matters.
"""

from collections.abc import Callable
from heapq import heappop, heappush


class Alarms:
    """Callables by the time (CLOCK_MONOTONIC seconds) at which they are due.

    >>> alarms, rung = Alarms(), []
    >>> alarms.at(2.0, rung.append)
    >>> alarms.at(1.0, rung.append)
    >>> alarms.ring(1.5)
    >>> rung
    [1.5]
    """

    def __init__(self) -> None:
        self._heap: list[tuple[float, int, Callable[[float], None]]] = []
        self._count = 0

    def at(self, at: float, do: Callable[[float], None]) -> None:
        """Have *do* called with the time then, at *at* or soon after."""
        self._count += 1
        heappush(self._heap, (at, self._count, do))

    def ring(self, now: float) -> None:
        """Call all that is due."""
        while self._heap and self._heap[0][0] <= now:
            heappop(self._heap)[2](now)
