"""The worker's events, kept until the core has taken them.

Rule: an event has one number for ever, numbers have no holes, and none is dropped in silence:
when the journal is full the oldest is forgotten and a :class:`~dialer.telephony.events.Gap`
stands in the place of all that were.
"""

from collections import deque

from dialer.telephony.events import Event, Gap
from dialer.telephony.protocol import Happened


class Journal:
    """The numbered events of one incarnation.

    >>> from dialer.telephony.events import Answered
    >>> journal = Journal(limit=2)
    >>> for leg in "abc":
    ...     journal.append(0.0, Answered(leg=leg))
    >>> [(h.number, type(h.event).__name__) for h in journal.after(0)]
    [(1, 'Gap'), (2, 'Answered'), (3, 'Answered')]
    """

    def __init__(self, *, limit: int = 65_536) -> None:
        self._limit = limit
        self._kept: deque[Happened] = deque()
        self._first_lost = 0  # of those forgotten before they were taken; 0: none
        self._last_lost = 0
        self._taken = 0
        self.newest = 0  #: number of the newest event; 0 before the first

    @property
    def oldest(self) -> int:
        """Number of the oldest event kept; one more than the newest when none is."""
        return self._kept[0].number if self._kept else self.newest + 1

    def append(self, at: float, event: Event) -> None:
        """Number *event*, which happened *at* (CLOCK_MONOTONIC seconds), and keep it."""
        self.newest += 1
        self._kept.append(Happened(number=self.newest, at=at, event=event))
        if len(self._kept) > self._limit:
            lost = self._kept.popleft().number
            self._first_lost = self._first_lost or lost
            self._last_lost = lost

    def take(self, number: int) -> None:
        """Forget all events up to *number*: the core has them for good."""
        self._taken = max(self._taken, min(number, self.newest))
        while self._kept and self._kept[0].number <= number:
            self._kept.popleft()
        if self._last_lost <= number:
            self._first_lost = self._last_lost = 0

    def after(self, number: int, *, most: int | None = None) -> list[Happened]:
        """Return the events after *number*, oldest first; of those forgotten, that they were."""
        found: list[Happened] = []
        if self._last_lost > number:
            gap = Gap(first=max(self._first_lost, number + 1), last=self._last_lost)
            at = self._kept[0].at if self._kept else 0.0
            found.append(Happened(number=self._last_lost, at=at, event=gap))
        skip = max(0, number + 1 - self.oldest)
        end = len(self._kept) if most is None else min(len(self._kept), skip + most)
        found.extend(self._kept[i] for i in range(skip, end))
        return found
