"""Why a call may be placed or not: one finding of one gate.

Rule: codes are public. They are never renamed, only added; ``docs/compliance.md`` lists them.
A detail is in plain words for a person who asks "why?", and holds no personal data.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Kind(StrEnum):
    """What a finding does to the decision."""

    DENY = "deny"  #: no call; asking later does not help
    DEFER = "defer"  #: no call now; `until` or `wait_for` says when to ask again
    NOTE = "note"  #: changes nothing; the call carries it as an obligation or a remark
    LIMIT = "limit"  #: binds dial modes without a guaranteed agent, and this one has one
    PASSED = "passed"  #: the gate was asked and agreed


@dataclass(frozen=True, slots=True)
class Reason:
    """One finding."""

    code: str
    kind: Kind
    gate: str
    rule: str  #: which rule of which profile, such as fr.hours
    detail: str
    sources: tuple[str, ...] = ()  #: keys of the bundle's table of sources
    until: datetime | None = None  #: when this condition alone would be met
    wait_for: str | None = None  #: the event that would meet it, such as register:TPS


def codes(reasons: Iterable[Reason]) -> tuple[str, ...]:
    """Return the codes of *reasons*, each once, in order.

    >>> reason = Reason("MINOR", Kind.DENY, "SUBJECT", "house.minor", "younger than 18")
    >>> codes([reason, reason])
    ('MINOR',)
    """
    return tuple(dict.fromkeys(reason.code for reason in reasons))
