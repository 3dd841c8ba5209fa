"""Requests of persons about their data: when they are due, and what became of them.

    received ──▶ due in one month ──extended (once, with a reason)──▶ two months more
        └──▶ done | refused | withdrawn

GDPR 12(3): one month from receipt, two more where needed, and the person is told within the first
month. A month ends on the day of the same number, or on the last day of a shorter month
(Regulation 1182/71, article 3(2)(c)).
"""

from calendar import monthrange
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Final


class RequestKind(StrEnum):
    """What the person asks for."""

    ACCESS = "access"  #: GDPR 15
    PORTABILITY = "portability"  #: GDPR 20
    RECTIFICATION = "rectification"  #: GDPR 16
    ERASURE = "erasure"  #: GDPR 17
    RESTRICTION = "restriction"  #: GDPR 18
    OBJECTION = "objection"  #: GDPR 21


class Result(StrEnum):
    """How a request was closed."""

    DONE = "done"
    REFUSED = "refused"  #: with reasons, and the way to complain
    WITHDRAWN = "withdrawn"  #: by the person


#: Effective at once, whatever the month says: they stop calls.
AT_ONCE: Final = frozenset({RequestKind.RESTRICTION, RequestKind.OBJECTION, RequestKind.ERASURE})
MONTHS: Final = 1
MONTHS_MORE: Final = 2


class ImpossibleExtension(ValueError):
    """The time of a request cannot be extended."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SubjectRequest:
    """One request in the inbox."""

    client_id: int
    kind: RequestKind
    received_at: datetime
    due_at: datetime
    person_id: int | None = None  #: None: not yet identified
    extended_because: str | None = None
    closed_at: datetime | None = None
    result: Result | None = None

    def is_overdue(self, now: datetime) -> bool:
        return self.closed_at is None and now > self.due_at


def received(
    kind: RequestKind, *, client_id: int, person_id: int | None, at: datetime
) -> SubjectRequest:
    """Return a new request with its due date."""
    return SubjectRequest(
        client_id=client_id,
        kind=kind,
        received_at=at,
        due_at=months_later(at, MONTHS),
        person_id=person_id,
    )


def extended(request: SubjectRequest, because: str, *, now: datetime) -> SubjectRequest:
    """Return *request* with two more months.

    Raises:
        ImpossibleExtension: It is closed, was extended before, is overdue, or no reason is given.
    """
    if request.closed_at is not None or request.extended_because is not None:
        raise ImpossibleExtension("a request is extended once and while it is open")
    if now > request.due_at:
        raise ImpossibleExtension("the month is over; the person had to be told within it")
    if not because.strip():
        raise ImpossibleExtension("no reason: the person must be told why")
    due_at = months_later(request.received_at, MONTHS + MONTHS_MORE)
    return replace(request, due_at=due_at, extended_because=because)


def months_later(at: datetime, months: int) -> datetime:
    """Return the same day *months* later, or the last day of a shorter month.

    >>> from datetime import UTC
    >>> months_later(datetime(2027, 1, 31, 9, tzinfo=UTC), 1).date().isoformat()
    '2027-02-28'
    """
    years, month = divmod(at.month - 1 + months, 12)
    year, month = at.year + years, month + 1
    return at.replace(year=year, month=month, day=min(at.day, monthrange(year, month)[1]))
