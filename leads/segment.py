"""Which leads answer alike: of one list and kind of number, tried before or not, at a time of day.

Rule: a segment is a name and nothing else. Pacing learns how often each answers, shrunk to the
campaign's rate; nothing is learned of a single lead (such models are covered by patents in force).
"""

from datetime import datetime
from typing import Final

from leads.phone import NumberKind
from leads.retry import part_of_day

_PARTS: Final = ("morning", "midday", "afternoon", "evening")
_OUTSIDE: Final = "other hours"


def segment_of(*, list_id: int, kind: NumberKind, tries: int, local: datetime) -> str:
    """Return the segment of a lead that would be dialed now.

    Args:
        kind: Of the number that would be dialed.
        tries: Attempts so far.
        local: The time where the callee is.

    >>> segment_of(list_id=3, kind=NumberKind.MOBILE, tries=0, local=datetime(2026, 11, 23, 10))
    'list 3, mobile, first, morning'
    """
    part = part_of_day(local)
    when = _OUTSIDE if part is None else _PARTS[part]
    return f"list {list_id}, {kind}, {'again' if tries else 'first'}, {when}"
