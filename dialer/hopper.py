"""Candidates ready to dial, a few minutes' worth at most.

Rule: the hopper holds leases, not states. What is not dialed before its lease runs out is
dropped here and comes back from the database by itself; nothing is lost with the hopper.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta

from dialer.ports import Candidate

#: A candidate this close to the end of its lease is not dialed: the attempt has to be opened
#: within the lease.
LEASE_MARGIN = timedelta(seconds=10)


class Hopper:
    """The candidates of one campaign, promised callbacks first, else in the order given."""

    def __init__(self) -> None:
        self._callbacks: deque[Candidate] = deque()
        self._others: deque[Candidate] = deque()

    def __len__(self) -> int:
        return len(self._callbacks) + len(self._others)

    def __iter__(self) -> Iterator[Candidate]:
        yield from self._callbacks
        yield from self._others

    def add(self, candidates: Iterable[Candidate]) -> None:
        """Take candidates in; a lead that is here already is not taken twice."""
        known = {candidate.lead for candidate in self}
        for candidate in candidates:
            if candidate.lead not in known:
                known.add(candidate.lead)
                (self._callbacks if candidate.is_callback else self._others).append(candidate)

    def take(self, fits: Callable[[Candidate], bool], *, now: datetime) -> Candidate | None:
        """Return the first fitting candidate and let it go; leases about to end are dropped."""
        self.expire(now)
        for queue in (self._callbacks, self._others):
            for candidate in queue:
                if fits(candidate):
                    queue.remove(candidate)
                    return candidate
        return None

    def put_back(self, candidate: Candidate) -> None:
        """Take back, to the front, a candidate that could not be dialed just now."""
        (self._callbacks if candidate.is_callback else self._others).appendleft(candidate)

    def count(self, fits: Callable[[Candidate], bool]) -> int:
        """Return how many candidates fit."""
        return sum(1 for candidate in self if fits(candidate))

    def expire(self, now: datetime) -> None:
        """Drop candidates whose lease is about to end."""
        horizon = now + LEASE_MARGIN
        for queue in (self._callbacks, self._others):
            for candidate in [each for each in queue if each.claimed_until <= horizon]:
                queue.remove(candidate)

    def clear(self) -> list[Candidate]:
        """Empty the hopper and return what was in it, so that the leases can be given back."""
        released = list(self)
        self._callbacks.clear()
        self._others.clear()
        return released
