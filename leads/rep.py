"""The client's salespeople: when they are available, and which slots are still free.

    availability  ───────────────        ─────────
    meetings            ▓▓▓▓
    slots         ▢▢▢▢      ▢▢▢▢▢▢       ▢▢▢▢▢▢▢▢    whole meetings, on quarters of an hour

Rule: a slot offered here is a proposal. Whether it is still free when it is booked is decided by
the database's exclusion constraint alone.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, NewType

RepId = NewType("RepId", int)

#: Slots start on multiples of this; no time zone in use is off by less than a quarter of an hour.
GRID: Final = timedelta(minutes=15)
#: How soon after a call a meeting may begin.
NOTICE: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rep:
    """A salesperson of the client, who holds the meetings."""

    id: RepId
    name: str
    email: str
    time_zone: str  #: IANA
    languages: tuple[str, ...] = ()  #: ISO 639-1; empty: any


@dataclass(frozen=True, slots=True, order=True)
class Interval:
    """From *starts_at*, included, to *ends_at*, excluded. Aware instants."""

    starts_at: datetime
    ends_at: datetime


def free_slots(
    availability: Iterable[Interval],
    meetings: Iterable[Interval],
    minutes: int,
    now: datetime,
    horizon: timedelta,
    *,
    notice: timedelta = NOTICE,
) -> tuple[Interval, ...]:
    """Return the slots of one rep that could be booked at *now*, earliest first, none overlapping.

    Args:
        availability: When the rep may be booked; may overlap.
        meetings: What is booked already; may overlap.
        minutes: Length of a meeting, at least 1.
        horizon: How far ahead slots begin.

    >>> day = datetime(2026, 11, 23, tzinfo=UTC)
    >>> hours = [Interval(day.replace(hour=9), day.replace(hour=11))]
    >>> met = [Interval(day.replace(hour=9, minute=30), day.replace(hour=10))]
    >>> [f"{s.starts_at:%H:%M}" for s in free_slots(hours, met, 30, day, timedelta(days=1))]
    ['09:00', '10:00', '10:30']
    """
    if minutes < 1:
        raise ValueError(f"a meeting of {minutes} minutes; expected at least 1")
    length = timedelta(minutes=minutes)
    soonest, latest = now + notice, now + horizon
    slots = []
    for gap in _gaps(_merged(availability), _merged(meetings)):
        starts_at = _on_grid(max(gap.starts_at, soonest))
        while starts_at + length <= gap.ends_at and starts_at <= latest:
            slots.append(Interval(starts_at, starts_at + length))
            starts_at = _on_grid(starts_at + length)
    return tuple(slots)


def lies_within(slot: Interval, availability: Iterable[Interval]) -> bool:
    """Return whether all of *slot* is available, over touching intervals too."""
    return any(
        span.starts_at <= slot.starts_at < slot.ends_at <= span.ends_at
        for span in _merged(availability)
    )


def _merged(intervals: Iterable[Interval]) -> list[Interval]:
    """Return the same instants as sorted intervals that neither touch nor overlap."""
    merged: list[Interval] = []
    for interval in sorted(
        interval for interval in intervals if interval.starts_at < interval.ends_at
    ):
        if merged and interval.starts_at <= merged[-1].ends_at:
            last = merged.pop()
            interval = Interval(last.starts_at, max(last.ends_at, interval.ends_at))
        merged.append(interval)
    return merged


def _gaps(available: list[Interval], taken: list[Interval]) -> Iterator[Interval]:
    for span in available:
        starts_at = span.starts_at
        for meeting in taken:
            if meeting.ends_at <= starts_at or meeting.starts_at >= span.ends_at:
                continue
            if meeting.starts_at > starts_at:
                yield Interval(starts_at, meeting.starts_at)
            starts_at = max(starts_at, meeting.ends_at)
        if starts_at < span.ends_at:
            yield Interval(starts_at, span.ends_at)


_EPOCH: Final = datetime(2000, 1, 1, tzinfo=UTC)


def _on_grid(at: datetime) -> datetime:
    """Return the first instant of the grid that is not before *at*, in UTC."""
    return _EPOCH - ((_EPOCH - at.astimezone(UTC)) // GRID) * GRID
