"""The numbers we show, and which of them a call shows.

Rule: a caller ID is shown only where the trunk's carrier knows it is ours (``verified_on``), and
by default only if somebody answers when it is called back. Which number was shown when is state
the caller holds (:class:`CallerIdUse`); the choice is a pure function.

Sources: GB: Ofcom, persistent misuse statement (a call back must reach the caller);
US: 47 CFR 64.1601(e).
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated

from annotated_types import Gt, Len

from sip_config.notation import E164, Identifier, Prefix


class PoolStrategy(StrEnum):
    """Which number of a pool a call shows."""

    FIXED = "fixed"  #: the first usable one
    ROUND_ROBIN = "round_robin"  #: in turn: the one used the longest ago, in file order at first
    LOCAL_PRESENCE = "local_presence"  #: one of the callee's region, where law allows it
    LEAST_RECENT = "least_recent"  #: the one with the fewest calls today
    STICKY_PER_LEAD = "sticky_per_lead"  #: always the same one for a lead, as long as it is usable


class Answers(StrEnum):
    """Who takes a call to our number."""

    NONE = "none"  #: nobody
    IVR = "ivr"  #: an announcement with choices
    AGENTS = "agents"  #: people
    MESSAGE = "message"  #: an announcement


@dataclass(frozen=True, slots=True, kw_only=True)
class CallerId:
    """One number of ours."""

    e164: E164  #: the number, in international form
    regions: tuple[Prefix, ...] = ()  #: prefixes of callees it is local to
    verified_on: tuple[str, ...] = ("*",)  #: trunks whose carrier knows it; ``*``: all
    answers: Answers = Answers.NONE  #: who takes a call to it: none, ivr, agents, message


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolLimits:
    """How much one number is used."""

    max_calls_per_day: Annotated[int, Gt(0)] | None = None  #: calls a day; null: no limit
    cool_off_h: Annotated[float, Gt(0)] = 24.0  #: hours of rest when the limit is reached


@dataclass(frozen=True, slots=True, kw_only=True)
class Pool:
    """Numbers that stand in for each other."""

    id: Identifier  #: name of the pool; campaigns refer to it
    numbers: Annotated[tuple[CallerId, ...], Len(1)]  #: the numbers
    strategy: PoolStrategy = PoolStrategy.FIXED  #: which one a call shows
    limits: PoolLimits = field(default_factory=PoolLimits)  #: how much each is used
    campaigns: tuple[str, ...] = ("*",)  #: campaigns that may use it; ``*``: all


@dataclass(frozen=True, slots=True, kw_only=True)
class CallerIds:
    """Everything about the numbers we show."""

    pools: tuple[Pool, ...] = ()  #: the pools; a campaign that names none gets the first it may use
    require_answerable: bool = True  #: refuse numbers nobody answers when called back


@dataclass(frozen=True, slots=True, kw_only=True)
class CallerIdUse:
    """What one number has done today."""

    calls: int = 0  #: calls that showed it today
    answered: int = 0  #: of these, answered
    last_used_at: datetime | None = None
    rests_until: datetime | None = None  #: not shown before

    @property
    def answer_rate(self) -> float | None:
        """Share of today's calls that were answered, 0..1; None before the first call."""
        return self.answered / self.calls if self.calls else None


def usable(
    pool: Pool,
    *,
    trunk_id: str,
    uses: Mapping[str, CallerIdUse],
    now: datetime,
    require_answerable: bool,
) -> list[CallerId]:
    """Return the numbers of *pool* that may be shown on a trunk now, in file order."""
    return [
        number
        for number in pool.numbers
        if ("*" in number.verified_on or trunk_id in number.verified_on)
        and not (require_answerable and number.answers is Answers.NONE)
        and not _rests(uses.get(number.e164), now)
    ]


def pick(
    candidates: Sequence[CallerId],
    *,
    strategy: PoolStrategy,
    called: str,
    lead: str,
    uses: Mapping[str, CallerIdUse],
) -> CallerId:
    """Return which of *candidates* (at least one) a call to *called* shows."""
    unused = CallerIdUse()

    def age(number: CallerId) -> tuple[bool, datetime | None]:
        last = uses.get(number.e164, unused).last_used_at
        return (last is not None, last)

    match strategy:
        case PoolStrategy.FIXED:
            return candidates[0]
        case PoolStrategy.ROUND_ROBIN:
            return min(candidates, key=age)
        case PoolStrategy.LEAST_RECENT:
            return min(candidates, key=lambda n: (uses.get(n.e164, unused).calls, age(n)))
        case PoolStrategy.STICKY_PER_LEAD:
            return max(candidates, key=lambda n: _draw(lead, n.e164))
        case PoolStrategy.LOCAL_PRESENCE:
            return min(candidates, key=lambda n: (-_nearness(n, called), age(n)))


def shown(use: CallerIdUse, *, limits: PoolLimits, now: datetime) -> CallerIdUse:
    """Return *use* after one more call has shown the number."""
    calls = use.calls + 1
    full = limits.max_calls_per_day is not None and calls >= limits.max_calls_per_day
    rests_until = now + timedelta(hours=limits.cool_off_h) if full else use.rests_until
    return CallerIdUse(
        calls=calls, answered=use.answered, last_used_at=now, rests_until=rests_until
    )


def _rests(use: CallerIdUse | None, now: datetime) -> bool:
    return use is not None and use.rests_until is not None and now < use.rests_until


def _nearness(number: CallerId, called: str) -> int:
    """Return the length of the longest region of *number* that *called* begins with."""
    return max((len(region) for region in number.regions if called.startswith(region)), default=0)


def _draw(lead: str, e164: str) -> bytes:
    """Return a rank that stays the same for a lead when other numbers come and go."""
    return hashlib.blake2b(f"{lead}\0{e164}".encode(), digest_size=8).digest()
