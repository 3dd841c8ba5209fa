"""The circuit breaker: stops over-dialing without trusting any model.

The look-ahead and its budget believe their estimates. This does not: it counts. While it is open
at most one call per idle agent is placed.

- **burst**: in the last three minutes at least three abandons, and more than 15 % of live answers;
- **debt**: abandons above the limit by more than everything the rest of the shift can earn;
- **storm**: nearly all of the last thirty calls failed at once (a dead trunk burns a list).

Rule: opens on what happened, closes when the window is clean again; both from events alone.
"""

from collections import deque
from typing import Final

from dialer.pacing.answering import AT_ONCE_SECONDS

WINDOW_SECONDS: Final = 180.0
ABANDONS_LEAST: Final = 3
SHARE: Final = 0.15
STORM_CALLS: Final = 30
STORM_SHARE: Final = 0.95
#: During a storm one call in so many seconds finds out whether it is over.
STORM_PROBE_SECONDS: Final = 2.0


class Breaker:
    """Counts the last minutes' live answers and abandons, and the last calls' sudden ends."""

    __slots__ = ("_abandons", "_answers", "_at_once", "_open", "_recent")

    def __init__(self) -> None:
        self._answers: deque[float] = deque()
        self._abandons: deque[float] = deque()
        self._open = False
        self._recent: deque[bool] = deque(maxlen=STORM_CALLS)
        self._at_once = 0

    def answered(self, at: float) -> None:
        self._answers.append(at)

    def abandoned(self, at: float) -> None:
        self._abandons.append(at)
        self._forget(at)
        many = len(self._abandons) >= ABANDONS_LEAST
        if many and len(self._abandons) > SHARE * len(self._answers):
            self._open = True

    def call_ended(self, ring_seconds: float, *, answered: bool) -> None:
        """Note how a ringing call ended."""
        if len(self._recent) == STORM_CALLS:
            self._at_once -= self._recent[0]
        at_once = not answered and ring_seconds < AT_ONCE_SECONDS
        self._recent.append(at_once)
        self._at_once += at_once

    @property
    def storm(self) -> bool:
        """Whether nearly all of the last calls failed at once."""
        return self._at_once >= STORM_SHARE * STORM_CALLS

    def is_open(self, now: float) -> bool:
        """Return whether a burst of abandons is still in the window."""
        self._forget(now)
        if self._open and not self._abandons:
            self._open = False
        return self._open

    def _forget(self, now: float) -> None:
        since = now - WINDOW_SECONDS
        for times in (self._answers, self._abandons):
            while times and times[0] < since:
                times.popleft()
