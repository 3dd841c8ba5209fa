"""When places are open, and the earliest time at which all of them are.

Rule: openness is asked of local time, never of a stored offset, so that it is right on the days
on which clocks change. The search looks only at the instants at which something opens.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from compliance.jurisdiction import Jurisdiction

#: How far ahead an opening is looked for. Beyond it there is no common time.
HORIZON: Final = timedelta(days=370)
_MINUTE: Final = timedelta(minutes=1)
_DAY: Final = timedelta(days=1)
#: No local day begins more than 14 hours before UTC's: later days open nothing before this.
_NO_LATER_DAY_BEFORE: Final = time(10)


def is_open(place: Jurisdiction, zone: ZoneInfo, at: datetime) -> bool:
    """Whether calls may be placed to *zone* under the rules of *place* at *at*."""
    local = at.astimezone(zone)
    minute = local.hour * 60 + local.minute
    return any(start <= minute < end for start, end in place.spans_on(local.date()))


def closes_at(place: Jurisdiction, zone: ZoneInfo, at: datetime) -> datetime | None:
    """Return when the span that is open at *at* ends; None when closed."""
    local = at.astimezone(zone)
    minute = local.hour * 60 + local.minute
    for start, end in place.spans_on(local.date()):
        if start <= minute < end:
            return _instant(local.date(), end, zone)
    return None


def next_opening(
    places: Sequence[Jurisdiction], start: datetime, *, horizon: timedelta = HORIZON
) -> datetime | None:
    """Return the first whole minute from *start* on at which every place is open.

    None: there is none within *horizon*.
    """
    first = whole_minute(start)
    asked = [(place, zone) for place in places for zone in place.zones]
    if all(is_open(place, zone, first) for place, zone in asked):
        return first
    return _first(
        _openings(asked, first, horizon),
        lambda at: all(is_open(place, zone, at) for place, zone in asked),
    )


def whole_minute(at: datetime) -> datetime:
    """Return *at*, or the next whole minute after it, in UTC.

    >>> whole_minute(datetime(2026, 11, 23, 8, 0, 1, tzinfo=UTC)).isoformat()
    '2026-11-23T08:01:00+00:00'
    """
    floor = at.astimezone(UTC).replace(second=0, microsecond=0)
    return floor if floor == at else floor + _MINUTE


def _openings(
    asked: Iterable[tuple[Jurisdiction, ZoneInfo]], first: datetime, horizon: timedelta
) -> Iterator[datetime]:
    """Yield, in order, the instants after *first* at which some place opens."""
    pairs = list(asked)
    pending: set[datetime] = set()
    for days in range(-1, horizon.days + 1):
        today = first.date() + days * _DAY
        pending |= {
            opens_at
            for place, zone in pairs
            for start, _ in place.spans_on(today)
            if (opens_at := _instant(today, start, zone)) > first
        }
        settled = datetime.combine(today, _NO_LATER_DAY_BEFORE, UTC)
        due = sorted(at for at in pending if at < settled)
        pending.difference_update(due)
        yield from due
    yield from sorted(pending)


def _instant(day: date, minute: int, zone: ZoneInfo) -> datetime:
    """Return the UTC instant of a local minute of the day; 1440 is the next midnight."""
    if minute >= 1440:
        day, minute = day + _DAY, minute - 1440
    local = datetime.combine(day, time(minute // 60, minute % 60), zone)
    return local.astimezone(UTC)


def _first(instants: Iterable[datetime], holds: Callable[[datetime], bool]) -> datetime | None:
    return next((at for at in instants if holds(at)), None)
