"""How long what is kept: rules by category, and which records are due for removal.

GDPR 5(1)(e). Germany, UWG 7a: evidence of consent for five years from giving and from each use.

Rule: a legal hold keeps a record whatever its age. Removing twice changes nothing the second time.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final


class Category(StrEnum):
    """What is kept for a time of its own."""

    RECORDINGS = "recordings"  #: from the end of the call
    LEADS_NEVER_CALLED = "leads_never_called"  #: without a basis, from import
    DECISION_INPUTS = "decision_inputs"  #: from the decision
    CONSENT_EVIDENCE = "consent_evidence"  #: from giving and from each use
    SILENT_CALLS = "silent_calls"  #: from the call; must be kept at least so long
    AGENT_MONITORING = "agent_monitoring"  #: the agents' own data


#: A hundred years: longer than anybody is alive to ask.
DAYS_MOST: Final = 36_500


@dataclass(frozen=True, slots=True, kw_only=True)
class RetentionRule:
    """One row of the table."""

    category: Category
    days: int  #: 1 to :data:`DAYS_MOST`
    source: str

    def cutoff(self, now: datetime) -> datetime:
        """Return the instant before which records of this category are due for removal."""
        return now - timedelta(days=self.days)


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """One record, as far as its removal goes."""

    id: int
    person_id: int
    since: datetime  #: of the last event that the category counts from


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """What a run removes, and what a hold keeps."""

    remove: tuple[int, ...]
    held: tuple[int, ...]


def due(
    records: Iterable[Kept], rule: RetentionRule, *, held_people: Collection[int], now: datetime
) -> Due:
    """Return which *records* are to be removed at *now*."""
    cutoff = rule.cutoff(now)
    old = [record for record in records if record.since < cutoff]
    return Due(
        remove=tuple(r.id for r in old if r.person_id not in held_people),
        held=tuple(r.id for r in old if r.person_id in held_people),
    )
