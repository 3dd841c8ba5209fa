"""How fast calls may leave: tokens come at a rate, each call takes one, few may wait.

Rule: a value. :meth:`TokenBucket.take` returns the bucket after the call, or None. When a trunk
says "too fast" the rate is halved; it grows back by itself (additive increase, multiplicative
decrease), so that a wrong ``cps`` in the file costs a few refused calls and not a campaign.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from math import ceil
from typing import Final

#: The rate never falls below this many calls per second.
FLOOR_PER_SECOND: Final = 0.2
#: Regained every ten seconds: this many calls per second, or this share of the configured rate.
REGAINED_PER_SECOND: Final = 0.1
REGAINED_SHARE: Final = 0.01
#: A Retry-After longer than this is not believed (RFC 3261, section 20.33 sets no bound).
LONGEST_PAUSE: Final = timedelta(minutes=10)


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenBucket:
    """A rate of calls and what is left of it at ``at``.

    >>> from datetime import UTC
    >>> noon = datetime(2026, 1, 5, 12, tzinfo=UTC)
    >>> bucket = TokenBucket.full(per_second=2.0, burst=1, at=noon).take(noon)
    >>> bucket.take(noon) is None
    True
    >>> bucket.ready_at(noon) - noon
    datetime.timedelta(microseconds=500000)
    """

    configured: float  #: calls per second by the file
    rate: float  #: calls per second now
    burst: int  #: tokens that fit
    tokens: float
    at: datetime
    closed_until: datetime | None = None  #: no call before

    @classmethod
    def full(cls, *, per_second: float, burst: int, at: datetime) -> "TokenBucket":
        """Return a bucket that nobody has taken from."""
        return cls(configured=per_second, rate=per_second, burst=burst, tokens=float(burst), at=at)

    def take(self, now: datetime) -> "TokenBucket | None":
        """Return the bucket after one call leaves now, None if none may."""
        bucket = self._advanced(now)
        # A token that is one part in a million short is there: times have microseconds.
        if bucket.tokens < 1 - 1e-6 or (self.closed_until is not None and now < self.closed_until):
            return None
        return replace(bucket, tokens=max(0.0, bucket.tokens - 1))

    def rate_at(self, now: datetime) -> float:
        """Return the calls per second that are allowed at *now*."""
        return self._advanced(now).rate

    def ready_at(self, now: datetime) -> datetime:
        """Return when the next call may leave; *now* if at once."""
        bucket = self._advanced(now)
        seconds = max(0.0, 1 - bucket.tokens) / bucket.rate
        wait = timedelta(microseconds=ceil(seconds * 1e6))
        return max(now + wait, self.closed_until or now)

    def slowed(self, now: datetime, *, pause_seconds: float | None = None) -> "TokenBucket":
        """Return the bucket after the trunk said that we are too fast.

        Args:
            pause_seconds: The trunk's Retry-After, if it sent one.
        """
        bucket = self._advanced(now)
        rate = min(self.configured, max(FLOOR_PER_SECOND, bucket.rate / 2))
        closed_until = bucket.closed_until
        if pause_seconds is not None and pause_seconds > 0:
            pause = min(LONGEST_PAUSE.total_seconds(), pause_seconds)
            closed_until = max(closed_until or now, now + timedelta(seconds=pause))
        return replace(bucket, rate=rate, tokens=0.0, closed_until=closed_until)

    def reconfigured(self, *, per_second: float, burst: int) -> "TokenBucket":
        """Return the bucket under new limits; what was taken stays taken."""
        slowness = self.rate / self.configured
        return replace(
            self,
            configured=per_second,
            rate=min(per_second, max(min(FLOOR_PER_SECOND, per_second), per_second * slowness)),
            burst=burst,
            tokens=min(self.tokens, float(burst)),
        )

    def _advanced(self, now: datetime) -> "TokenBucket":
        seconds = (now - self.at).total_seconds()
        if seconds <= 0:
            return self  # a clock that steps back gives nothing and takes nothing
        regained = max(REGAINED_PER_SECOND, REGAINED_SHARE * self.configured) * seconds / 10
        rate = min(self.configured, self.rate + regained)
        tokens = min(float(self.burst), self.tokens + seconds * (self.rate + rate) / 2)
        return replace(self, rate=rate, tokens=tokens, at=now)
