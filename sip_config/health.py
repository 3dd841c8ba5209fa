"""Whether a host reacts, and whether a trunk completes calls.

    host    up ──fail_after failures in a row──▶ down ──ok_after successes in a row──▶ up
    trunk   usable ──bad share in the last calls, or refused──▶ held ──hold_down_s──▶ usable

Rule: values and what one observation makes of them. A host fails by silence only: any answer,
even a refusal listed in ``ok_codes``, proves it alive. A host that is down is tried again once per
``hold_down_s``, so one that answers no OPTIONS comes back too.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from sip_config.causes import FACTS, Outcome
from sip_config.limits import Health

#: A trunk that refuses us altogether rests this many times longer than one that fails calls.
REFUSED_FACTOR: Final = 10

#: Outcomes that say nothing about a trunk: our own doing.
_OUR_OWN: Final = frozenset({Outcome.CANCELLED, Outcome.LOST})


@dataclass(frozen=True, slots=True, kw_only=True)
class HostHealth:
    """Whether one host reacts."""

    is_up: bool = True
    failures: int = 0  #: in a row
    successes: int = 0  #: in a row
    retry_at: datetime | None = None  #: when a host that is down may be tried with a call

    def usable(self, now: datetime) -> bool:
        """Whether a call may be sent to it now."""
        return self.is_up or (self.retry_at is not None and now >= self.retry_at)

    def after(self, alive: bool, *, health: Health, now: datetime) -> "HostHealth":
        """Return the health after the host has reacted, or has not."""
        if alive:
            successes = self.successes + 1
            if self.is_up or successes >= health.ok_after:
                return HostHealth(successes=successes)
            return replace(self, failures=0, successes=successes, retry_at=now)
        failures = self.failures + 1
        if self.is_up and failures < health.fail_after:
            return HostHealth(failures=failures)
        retry_at = now + timedelta(seconds=health.hold_down_s)
        return HostHealth(is_up=False, failures=failures, retry_at=retry_at)


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What one finished call says about its trunk."""

    outcome: Outcome
    delay_seconds: float | None = None  #: from INVITE to ringing


@dataclass(frozen=True, slots=True, kw_only=True)
class TrunkHealth:
    """Whether a trunk completes calls."""

    recent: tuple[Seen, ...] = ()  #: the last calls, the oldest first
    refusals: int = 0  #: calls in a row the trunk refused as not ours to place
    held_until: datetime | None = None
    held_for: str = ""  #: why

    def usable(self, now: datetime) -> bool:
        """Whether calls may be placed now."""
        return self.held_until is None or now >= self.held_until

    @property
    def answer_rate(self) -> float | None:
        """Share of the recent calls that were answered (ASR), 0..1; None without calls."""
        return _share(self.recent, lambda seen: seen.outcome is Outcome.ANSWERED)

    @property
    def failure_rate(self) -> float | None:
        """Share of the recent calls the trunk itself failed, 0..1; None without calls."""
        return _share(self.recent, lambda seen: FACTS[seen.outcome].blames_trunk)

    @property
    def mean_delay_seconds(self) -> float | None:
        """Mean time from INVITE to ringing of recent calls that rang; None if none did."""
        delays = [seen.delay_seconds for seen in self.recent if seen.delay_seconds is not None]
        return sum(delays) / len(delays) if delays else None

    def after(self, seen: Seen, *, health: Health, now: datetime) -> "TrunkHealth":
        """Return the health after one more call has ended."""
        if seen.outcome in _OUR_OWN:
            return self
        refusals = self.refusals + 1 if seen.outcome is Outcome.TRUNK_AUTH else 0
        recent = (*self.recent, seen)[-health.passive.window :]
        later = replace(self, recent=recent, refusals=refusals)
        if refusals >= health.fail_after:
            return later.held("it refuses us", now, health.hold_down_s * REFUSED_FACTOR)
        if len(recent) < health.passive.window:
            return later
        if why := later._complaint(health):
            return later.held(why, now, health.hold_down_s)
        return later

    def held(self, why: str, now: datetime, seconds: float) -> "TrunkHealth":
        """Return a trunk that rests; what came before is forgotten when it returns."""
        return TrunkHealth(held_until=now + timedelta(seconds=seconds), held_for=why)

    def _complaint(self, health: Health) -> str:
        passive = health.passive
        if (rate := self.failure_rate) is not None and rate > passive.max_5xx:
            return f"it failed {rate:.0%} of the last {len(self.recent)} calls"
        if (rate := self.answer_rate) is not None and rate < passive.min_asr:
            return f"only {rate:.1%} of the last {len(self.recent)} calls were answered"
        delay = self.mean_delay_seconds
        if passive.max_pdd_s is not None and delay is not None and delay > passive.max_pdd_s:
            return f"{delay:.1f} s pass until it rings"
        return ""


def _share(seen: tuple[Seen, ...], counts: Callable[[Seen], bool]) -> float | None:
    return sum(map(counts, seen)) / len(seen) if seen else None
