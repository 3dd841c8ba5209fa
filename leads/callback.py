"""A promised time of call, personal or for any agent.

    promised ──rang, not reached──▶ promised (later)   up to UNANSWERED_LIMIT times
        ├──reached───────────────▶ kept
        ├──another time asked────▶ replaced
        └──given up──────────────▶ an ordinary lead again, under the campaign's retry plan

Rule: a promise is about a time and, if personal, about an agent; it never permits a call by
itself. What the promise lifts (caps, house hours) is the gate's to say.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from leads.lead import LeadId

#: How far ahead a callback may be promised.
HORIZON: Final = timedelta(days=90)
#: How long after its time a personal callback waits for its agent before any agent may take it.
PERSONAL_GRACE: Final = timedelta(minutes=15)
#: How long after each unanswered try of a promised callback the next one follows.
AFTER_UNANSWERED: Final = (timedelta(minutes=10), timedelta(hours=1), timedelta(days=1))
#: Unanswered tries after which a promise is given up.
UNANSWERED_LIMIT: Final = len(AFTER_UNANSWERED) + 1


class Settlement(StrEnum):
    """How a promise ended."""

    KEPT = "kept"  #: we called and the person was reached
    REPLACED = "replaced"  #: by a later promise
    GIVEN_UP = "given_up"  #: called often enough in vain, or the lead retired


@dataclass(frozen=True, slots=True, kw_only=True)
class Callback:
    """A promise that has not been settled."""

    lead: LeadId
    agent: int | None  #: whose promise it is; None: any agent's
    due_at: datetime
    promised_at: datetime


class ImpossibleCallback(ValueError):
    """The time cannot be promised."""


def checked_due(due_at: datetime, *, now: datetime) -> datetime:
    """Return *due_at* if it can be promised at *now*.

    Raises:
        ImpossibleCallback: It has no zone, is past, or lies beyond :data:`HORIZON`.
    """
    if due_at.tzinfo is None:
        raise ImpossibleCallback(f"{due_at} has no time zone; add one, such as +02:00")
    if due_at <= now:
        raise ImpossibleCallback(f"{due_at} is past; a callback lies ahead of {now}")
    if due_at > now + HORIZON:
        raise ImpossibleCallback(f"{due_at} is more than {HORIZON.days} days ahead of {now}")
    return due_at


def may_take(agent: int, *, promised_by: int | None, due_at: datetime, now: datetime) -> bool:
    """Return whether *agent* may take a callback now.

    Until :data:`PERSONAL_GRACE` has passed a personal callback is for its agent alone; then it is
    better kept by a colleague than not at all.
    """
    return promised_by is None or promised_by == agent or now >= due_at + PERSONAL_GRACE


def after_unanswered(tries: int, *, now: datetime) -> datetime | None:
    """Return when to ring again after *tries* unanswered tries of one promise; None: give it up.

    >>> after_unanswered(UNANSWERED_LIMIT, now=datetime(2026, 11, 23)) is None
    True
    """
    if not 1 <= tries < UNANSWERED_LIMIT:
        return None
    return now + AFTER_UNANSWERED[tries - 1]
