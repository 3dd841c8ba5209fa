"""How often somebody may try to sign in.

    five wrong tries of one login from one address ──▶ wait, twice as long after each further one
    thirty from one address, whatever the logins   ──▶ likewise

Rule: only failures count, so that a whole floor may sign in at once from one address. A login alone
is never shut: nobody can keep somebody else out by guessing. What is remembered is bounded.
"""

from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

PER_LOGIN: Final = 5
PER_ADDRESS: Final = 30
FIRST_WAIT: Final = timedelta(seconds=2)
LONGEST_WAIT: Final = timedelta(minutes=15)
FORGOTTEN_AFTER: Final = timedelta(minutes=30)
ROOM: Final = 10_000  #: keys remembered at most


@dataclass(frozen=True, slots=True)
class _Failures:
    count: int
    last_at: datetime


class Throttle:
    """Remembers failures by login and address."""

    def __init__(self) -> None:
        self._failures: OrderedDict[tuple[str, str], _Failures] = OrderedDict()

    def wait(self, login: str, address: str, *, now: datetime) -> timedelta:
        """Return how long to wait before the next try; zero: none.

        >>> from datetime import UTC
        >>> throttle, noon = Throttle(), datetime(2026, 11, 23, 12, tzinfo=UTC)
        >>> for _ in range(PER_LOGIN): throttle.failed("anna", "192.0.2.1", now=noon)
        >>> throttle.wait("anna", "192.0.2.1", now=noon)
        datetime.timedelta(seconds=2)
        >>> throttle.wait("anna", "192.0.2.2", now=noon)
        datetime.timedelta(0)
        """
        return max(
            self._wait((login, address), PER_LOGIN, now),
            self._wait(("", address), PER_ADDRESS, now),
        )

    def failed(self, login: str, address: str, *, now: datetime) -> None:
        """Remember a failure."""
        for key in ((login, address), ("", address)):
            known = self._failures.pop(key, None)
            fresh = known is not None and now - known.last_at < FORGOTTEN_AFTER
            self._failures[key] = _Failures(known.count + 1 if known and fresh else 1, now)
            if len(self._failures) > ROOM:
                self._failures.popitem(last=False)

    def succeeded(self, login: str, address: str) -> None:
        """Forget the failures of a login that has proved itself."""
        self._failures.pop((login, address), None)

    def _wait(self, key: tuple[str, str], free: int, now: datetime) -> timedelta:
        known = self._failures.get(key)
        if known is None or known.count < free or now - known.last_at >= FORGOTTEN_AFTER:
            return timedelta(0)
        doubled = FIRST_WAIT * (1 << min(known.count - free, 12))
        return max(min(doubled, LONGEST_WAIT) - (now - known.last_at), timedelta(0))
