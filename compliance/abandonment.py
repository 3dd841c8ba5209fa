"""What counts as abandoned, by each country's own definition, from the same events.

    answered ──── clock starts ──── limit ──── agent came?  no: abandoned, and what the callee hears
       │          (answer, or the end of the greeting)
       └─ the callee hung up before the limit: not abandoned; nobody was kept waiting

16 CFR 310.4(b)(4)(i): two seconds of the completed greeting, 3 % of live answers over 30 days.
Ofcom: two seconds of answer, 3 % over 24 hours, with an information message. Garante no. 83 of
2014: three seconds, three in a hundred connected calls of a campaign, comfort noise, never silence.

Rule: machines do not count; doubt about whether it was one counts as a person.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TypeVar

from compliance.profile import Abandonment

Name = TypeVar("Name")

#: The period of 16 CFR 310.4(b)(4)(i).
CAMPAIGN_PERIOD = timedelta(days=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class AnsweredCall:
    """What the law asks about one answered call. Instants are those of the network."""

    answered_at: datetime
    greeting_ended_at: datetime | None = None  #: None: not heard or not measured
    connected_at: datetime | None = None  #: an agent came on the line
    ended_at: datetime | None = None  #: None: still up
    machine: bool = False  #: a person marked it as an answering machine


@dataclass(frozen=True, slots=True, kw_only=True)
class AbandonReport:
    """A campaign under one definition."""

    live: int  #: answered by people, abandoned ones included
    answered: int  #: the denominator
    abandoned: int
    rate: float  #: 0..1; 0 when nothing was answered
    limit: Decimal  #: inclusive

    @property
    def within_limit(self) -> bool:
        return self.abandoned <= self.limit * self.answered


def clock_start(call: AnsweredCall, definition: Abandonment) -> datetime:
    """Return when waiting begins: at the answer, or at the end of the greeting if known."""
    if definition.clock_from == "end_of_greeting" and call.greeting_ended_at is not None:
        return call.greeting_ended_at
    return call.answered_at


def deadline(call: AnsweredCall, definition: Abandonment) -> datetime:
    """Return the last instant (inclusive) at which an agent may come without abandonment."""
    seconds = float(definition.max_seconds_to_agent)
    return clock_start(call, definition) + timedelta(seconds=seconds)


def is_abandoned(call: AnsweredCall, definition: Abandonment, now: datetime) -> bool:
    """Whether a person who answered waited longer than the limit for an agent.

    >>> from datetime import UTC
    >>> two = Abandonment(max_rate=Decimal("0.03"), denominator="live_answered", window_hours=24,
    ...                   window=None, max_seconds_to_agent=Decimal(2))
    >>> noon = datetime(2026, 11, 23, 12, tzinfo=UTC)
    >>> late = AnsweredCall(answered_at=noon, connected_at=noon + timedelta(seconds=2.1))
    >>> is_abandoned(late, two, noon + timedelta(minutes=1))
    True
    """
    if call.machine:
        return False
    limit = deadline(call, definition)
    if call.connected_at is not None:
        return call.connected_at > limit
    return (call.ended_at if call.ended_at is not None else now) > limit


def report(calls: Iterable[AnsweredCall], definition: Abandonment, now: datetime) -> AbandonReport:
    """Return how a campaign's *calls* stand under *definition* at *now*."""
    since = window_start(definition, now)
    counted = [
        call
        for call in calls
        if not call.machine and (since is None or call.answered_at > since)
        if call.answered_at <= now
    ]
    abandoned = sum(is_abandoned(call, definition, now) for call in counted)
    answered = len(counted)
    if definition.denominator == "calls_connected_ok":
        answered = sum(call.connected_at is not None for call in counted)
    rate = abandoned / answered if answered else float(abandoned > 0)
    return AbandonReport(
        live=len(counted),
        answered=answered,
        abandoned=abandoned,
        rate=rate,
        limit=definition.max_rate,
    )


def window_start(definition: Abandonment, now: datetime) -> datetime | None:
    """Return the instant after which calls count; None: the whole campaign counts."""
    if definition.window_hours is not None:
        return now - timedelta(hours=definition.window_hours)
    return now - CAMPAIGN_PERIOD if definition.window == "campaign_30d" else None


def side_by_side(
    calls: Sequence[AnsweredCall], definitions: Mapping[Name, Abandonment], now: datetime
) -> dict[Name, AbandonReport]:
    """Return the same calls under every definition, by name."""
    return {name: report(calls, definition, now) for name, definition in definitions.items()}
