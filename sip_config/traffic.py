"""A carrier's conditions on our traffic, as budgets: share answered, mean length, short calls.

Rule: pure counting over a day. Pacing and the board ask :func:`conditions`; routing asks
:func:`broken`. Below ``minimum_calls`` attempts nothing is concluded.
"""

from dataclasses import dataclass
from enum import StrEnum

from sip_config.limits import TrafficConditions


class Measure(StrEnum):
    """What a condition is about."""

    ANSWERED_SHARE = "answered_share"  #: answered of all attempts (ASR)
    MEAN_SECONDS = "mean_seconds"  #: mean length of answered calls (ACD)
    SHORT_SHARE = "short_share"  #: short ones of answered calls


@dataclass(frozen=True, slots=True, kw_only=True)
class Traffic:
    """What a trunk has carried today."""

    attempts: int = 0
    answered: int = 0
    short: int = 0  #: answered and not longer than ``short_call_s``
    seconds: float = 0.0  #: of answered calls

    def after(self, seconds: float | None, limits: TrafficConditions) -> "Traffic":
        """Return the traffic after one more attempt; ``seconds``: None if not answered."""
        if seconds is None:
            return Traffic(
                attempts=self.attempts + 1,
                answered=self.answered,
                short=self.short,
                seconds=self.seconds,
            )
        return Traffic(
            attempts=self.attempts + 1,
            answered=self.answered + 1,
            short=self.short + (seconds <= limits.short_call_s),
            seconds=self.seconds + seconds,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """One condition and how it stands."""

    measure: Measure
    limit: float
    value: float | None  #: None: nothing to measure yet
    is_kept: bool
    headroom: int | None  #: further bad calls until it breaks; None: not countable yet


def conditions(traffic: Traffic, limits: TrafficConditions) -> tuple[Condition, ...]:
    """Return how *traffic* stands against every condition that is set.

    A bad call is one that is not answered (share answered) or a short one (share of short calls).

    >>> limits = TrafficConditions(min_asr=0.5, minimum_calls=1)
    >>> conditions(Traffic(attempts=100, answered=60), limits)[0].headroom
    20
    """
    found = []
    if limits.min_asr is not None:
        value = traffic.answered / traffic.attempts if traffic.attempts else None
        allowed = int(traffic.answered / limits.min_asr) if limits.min_asr else traffic.attempts
        headroom = max(0, allowed - traffic.attempts) if value is not None else None
        found.append(_condition(Measure.ANSWERED_SHARE, limits.min_asr, value, headroom, low=True))
    if limits.min_average_s is not None:
        value = traffic.seconds / traffic.answered if traffic.answered else None
        found.append(_condition(Measure.MEAN_SECONDS, limits.min_average_s, value, None, low=True))
    if limits.max_short_rate is not None:
        value = traffic.short / traffic.answered if traffic.answered else None
        share = limits.max_short_rate
        spare = share * traffic.answered - traffic.short
        headroom = max(0, int(spare / (1 - share))) if value is not None and share < 1 else None
        found.append(_condition(Measure.SHORT_SHARE, share, value, headroom, low=False))
    return tuple(found)


def broken(traffic: Traffic, limits: TrafficConditions) -> tuple[Condition, ...]:
    """Return the conditions that are broken; none before ``minimum_calls`` attempts."""
    if traffic.attempts < limits.minimum_calls:
        return ()
    return tuple(one for one in conditions(traffic, limits) if not one.is_kept)


def _condition(
    measure: Measure, limit: float, value: float | None, headroom: int | None, *, low: bool
) -> Condition:
    kept = value is None or (value >= limit if low else value <= limit)
    return Condition(measure=measure, limit=limit, value=value, is_kept=kept, headroom=headroom)
