"""How long each kind of work took in the SIP thread.

A worker that is slow is nearly always waiting in that one thread; this says for what.
"""

import time
from bisect import bisect_left
from collections.abc import Iterator
from contextlib import contextmanager

from dialer.telephony.events import BUCKETS_MS, OperationFigures


class Stopwatch:
    """Sums and histograms of durations, by operation."""

    def __init__(self) -> None:
        self._totals: dict[str, float] = {}
        self._longest: dict[str, float] = {}
        self._buckets: dict[str, list[int]] = {}

    def add(self, operation: str, seconds: float) -> None:
        """Count one *operation* that took *seconds*."""
        buckets = self._buckets.setdefault(operation, [0] * (len(BUCKETS_MS) + 1))
        buckets[bisect_left(BUCKETS_MS, seconds * 1000)] += 1
        self._totals[operation] = self._totals.get(operation, 0.0) + seconds
        self._longest[operation] = max(self._longest.get(operation, 0.0), seconds)

    @contextmanager
    def timing(self, operation: str) -> Iterator[None]:
        """Time what happens inside."""
        start = time.monotonic()
        try:
            yield
        finally:
            self.add(operation, time.monotonic() - start)

    def figures(self) -> tuple[OperationFigures, ...]:
        """Return what was counted, by operation."""
        return tuple(
            OperationFigures(
                operation=operation,
                count=sum(buckets),
                total_s=self._totals[operation],
                longest_s=self._longest[operation],
                buckets=tuple(buckets),
            )
            for operation, buckets in sorted(self._buckets.items())
        )
