"""After which outcome a lead may be tried again, when, and at which of its numbers.

    outcome or disposition ──▶ its rule: a delay and how often, or never
                           ──▶ not before the delay, and rather in a part of the day not tried yet

Rule: this module plans; it does not permit. The hours of the law, the caps per day and per
person are the gate's, and a retry planned here is refused or deferred there if need be.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Final
from zoneinfo import ZoneInfo

from leads.disposition import MEANINGS, Disposition
from leads.lead import NumberId, RetiredBecause

#: Local hours a day's attempts are spread over: morning, midday, afternoon, evening. Half-open.
PARTS_OF_DAY: Final = ((9, 12), (12, 15), (15, 18), (18, 20))


@dataclass(frozen=True, slots=True, kw_only=True)
class PastAttempt:
    """One earlier try, as far as planning the next one needs it."""

    number: NumberId
    opened_at: datetime
    outcome: str | None  #: a value of ``sip_config.causes.Outcome``; None: not closed yet
    disposition: Disposition | None = None
    abandoned: bool = False
    counts: bool = True  #: False: the phone never rang through no fault of the callee

    @property
    def ended_as(self) -> str:
        """The name of the rule that answers this attempt: abandoned, disposition, or outcome.

        An answering machine is ``machine`` whoever noticed it.
        """
        if self.abandoned:
            return "abandoned"
        if self.disposition is Disposition.ANSWERING_MACHINE:
            return "machine"
        if self.disposition is not None:
            return self.disposition.value
        return self.outcome or "lost"

    @property
    def drops_number(self) -> bool:
        """Whether this attempt showed that its number is of no use."""
        wrong = self.disposition is not None and MEANINGS[self.disposition].drops_number
        return wrong or self.outcome == "invalid_number"


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryRule:
    """What follows one way of ending."""

    delay: timedelta  #: from the end of the attempt to the earliest next one
    limit: int  #: how many further attempts this way of ending may cause; 0 = never
    spread: bool = True  #: prefer a part of the day that was not tried yet


def _minutes(minutes: int, limit: int, *, spread: bool = True) -> RetryRule:
    return RetryRule(delay=timedelta(minutes=minutes), limit=limit, spread=spread)


#: What holds where a campaign says nothing else. Keys: outcomes, dispositions, ``abandoned``,
#: ``machine``.
DEFAULT_RULES: Final[Mapping[str, RetryRule]] = MappingProxyType(
    {
        "busy": _minutes(20, 6, spread=False),
        "no_answer": _minutes(180, 6),
        "unavailable": _minutes(240, 5),
        "rejected": _minutes(24 * 60, 2),
        "invalid_number": _minutes(0, 9, spread=False),  # the number is dropped: another one
        "wrong_number": _minutes(0, 9, spread=False),  # likewise
        "blocked_caller_id": _minutes(24 * 60, 1),
        "congestion": _minutes(60, 6, spread=False),
        "trunk_auth": _minutes(30, 20, spread=False),
        "trunk_rate": _minutes(5, 50, spread=False),
        "trunk_down": _minutes(15, 20, spread=False),
        "media": _minutes(60, 3, spread=False),
        "protocol": _minutes(60, 3, spread=False),
        "cancelled": _minutes(15, 10, spread=False),
        "lost": _minutes(120, 3, spread=False),
        "answered": _minutes(24 * 60, 2),  # and nothing recorded
        "no_disposition": _minutes(24 * 60, 2),
        "abandoned": _minutes(72 * 60, 1),  # they heard silence once: not soon again
        "machine": _minutes(240, 5),
        "silence": _minutes(72 * 60, 1),
        "hung_up": _minutes(48 * 60, 1),
        "wrong_person": _minutes(180, 4),
    }
)

#: What a way of ending that no rule names is treated as: seldom, and not for ever.
_UNKNOWN: Final = RetryRule(delay=timedelta(hours=24), limit=1)


class InvalidRetryPlan(ValueError):
    """A campaign's retry settings cannot be used."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryPlan:
    """A campaign's answer to every way an attempt can end."""

    rules: Mapping[str, RetryRule] = field(default_factory=lambda: DEFAULT_RULES)
    attempts_limit: int = 8  #: attempts that count, over all numbers and outcomes; inclusive


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryAt:
    """Try again, not before *at*."""

    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class NoRetry:
    """Do not try again."""

    because: RetiredBecause


def plan_retry(
    plan: RetryPlan,
    history: Sequence[PastAttempt],
    numbers: Sequence[NumberId],
    *,
    now: datetime,
    zone: str,
) -> RetryAt | NoRetry:
    """Return when the lead may be tried again after the last attempt of *history*, or why never.

    Args:
        history: The lead's attempts, oldest first, the one just ended included.
        numbers: The lead's numbers in order of preference.
        now: When the last attempt ended.
        zone: IANA zone of the callee, for the parts of the day.
    """
    if next_number(numbers, history) is None:
        return NoRetry(because=RetiredBecause.NO_VALID_NUMBER)
    if sum(attempt.counts for attempt in history) >= plan.attempts_limit:
        return NoRetry(because=RetiredBecause.ATTEMPTS_USED_UP)
    last = history[-1].ended_as if history else "lost"
    rule = plan.rules.get(last, _UNKNOWN)
    if sum(attempt.ended_as == last for attempt in history) > rule.limit:
        return NoRetry(because=RetiredBecause.ATTEMPTS_USED_UP)
    earliest = now + rule.delay
    return RetryAt(at=_spread(earliest, history, zone) if rule.spread else earliest)


def next_number(
    numbers: Sequence[NumberId],
    history: Sequence[PastAttempt],
    *,
    promised: bool = False,
) -> NumberId | None:
    """Return the number to dial next: the one tried longest ago, in order of preference.

    A number found wrong is never dialed again. A promised callback goes to the number at which
    it was promised, as long as that one holds.

    >>> next_number([NumberId(1), NumberId(2)], [])
    1
    """
    dropped = {attempt.number for attempt in history if attempt.drops_number}
    usable = [number for number in numbers if number not in dropped]
    if not usable:
        return None
    if promised:
        for attempt in reversed(history):
            if attempt.disposition is Disposition.CALLBACK and attempt.number in usable:
                return attempt.number
    last_tried = {attempt.number: place for place, attempt in enumerate(history)}
    return min(usable, key=lambda number: last_tried.get(number, -1))


def _spread(earliest: datetime, history: Sequence[PastAttempt], zone: str) -> datetime:
    """Return the first instant from *earliest* on, within a day, in the least tried part of day."""
    local_zone = ZoneInfo(zone)
    tried: Counter[int | None] = Counter(
        part_of_day(attempt.opened_at.astimezone(local_zone)) for attempt in history
    )
    wanted = min(tried[part] for part in range(len(PARTS_OF_DAY)))
    best = earliest + timedelta(days=1)
    local = earliest.astimezone(local_zone)
    for day in (local, local + timedelta(days=1)):
        for part, (opens, _) in enumerate(PARTS_OF_DAY):
            if tried[part] > wanted:
                continue
            if day is local and part_of_day(local) == part:
                return earliest
            start = day.replace(hour=opens, minute=0, second=0, microsecond=0)
            at = start.astimezone(earliest.tzinfo)
            if earliest <= at < best:
                best = at
    return best


def part_of_day(local: datetime) -> int | None:
    """Return which of :data:`PARTS_OF_DAY` *local* lies in, ``None`` for none."""
    for part, (opens, closes) in enumerate(PARTS_OF_DAY):
        if opens <= local.hour < closes:
            return part
    return None


def plan_from(settings: Mapping[str, object]) -> RetryPlan:
    """Read a campaign's retry settings; what they leave out keeps its default.

    ``{"attempts_limit": 6, "rules": {"busy": {"delay_minutes": 15, "limit": 3}}}``

    Raises:
        InvalidRetryPlan: Names the key, what was found and what is expected.
    """
    for key in settings:
        if key not in ("attempts_limit", "rules"):
            raise InvalidRetryPlan(f"retry: unknown key {key!r}; known: attempts_limit, rules")
    limit = _whole(settings.get("attempts_limit", 8), "attempts_limit", least=1, most=100)
    given = settings.get("rules", {})
    if not isinstance(given, Mapping):
        raise InvalidRetryPlan(f"retry.rules: found {type(given).__name__}, expected a mapping")
    rules = dict(DEFAULT_RULES)
    for name, rule in given.items():
        if name not in DEFAULT_RULES:
            known = ", ".join(sorted(DEFAULT_RULES))
            raise InvalidRetryPlan(f"retry.rules: unknown way of ending {name!r}; known: {known}")
        rules[name] = _rule(rule, f"rules.{name}", DEFAULT_RULES[name])
    return RetryPlan(rules=MappingProxyType(rules), attempts_limit=limit)


def _rule(found: object, key: str, default: RetryRule) -> RetryRule:
    if not isinstance(found, Mapping):
        raise InvalidRetryPlan(f"retry.{key}: found {type(found).__name__}, expected a mapping")
    for name in found:
        if name not in ("delay_minutes", "limit", "spread"):
            raise InvalidRetryPlan(
                f"retry.{key}: unknown key {name!r}; known: delay_minutes, limit, spread"
            )
    spread = found.get("spread", default.spread)
    if not isinstance(spread, bool):
        raise InvalidRetryPlan(f"retry.{key}.spread: found {spread!r}, expected true or false")
    usual = int(default.delay.total_seconds() // 60)
    minutes = _whole(
        found.get("delay_minutes", usual), f"{key}.delay_minutes", least=0, most=60 * 24 * 90
    )
    limit = _whole(found.get("limit", default.limit), f"{key}.limit", least=0, most=100)
    return RetryRule(delay=timedelta(minutes=minutes), limit=limit, spread=spread)


def _whole(found: object, key: str, *, least: int, most: int) -> int:
    if isinstance(found, bool) or not isinstance(found, int) or not least <= found <= most:
        raise InvalidRetryPlan(
            f"retry.{key}: found {found!r}, expected a whole number from {least} to {most}"
        )
    return found
