"""What a line can say of a call that nobody has answered yet, and what is known of its tones.

Rule: values only; ``progress.py`` listens.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

#: Silence between two rings, where it is not four seconds (E.180, supplement 2).
_RING_PAUSES_S: Final = dict.fromkeys(("AU", "GB", "GG", "IE", "IM", "JE", "NZ"), 2.0) | {
    "FR": 3.5,
    "RU": 3.2,
}


class Progress(StrEnum):
    """What a line says of a call that nobody has answered yet."""

    BUSY = "busy"  #: the callee is in a call
    CONGESTION = "congestion"  #: no way through the network
    REFUSED = "refused"  #: special information tones: an announcement says why not
    ANSWERED = "answered"  #: somebody, or something, is there


@dataclass(frozen=True, slots=True, kw_only=True)
class TonePlan:
    """What is known of the tones of a line."""

    ring_pause_s: float = 4.0  #: silence between two rings
    answers: bool = False  #: an answer is to be known by its sound, too


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What a line says, and why that is believed."""

    progress: Progress
    began_s: float  #: it began so long after the first sound
    heard_s: float  #: and was known then
    evidence: str


def plan_of(country: str | None, *, answers: bool = False) -> TonePlan:
    """Return what is known of the tones of *country* (ISO 3166-1).

    >>> plan_of("GB").ring_pause_s, plan_of("BG").ring_pause_s
    (2.0, 4.0)
    """
    return TonePlan(ring_pause_s=_RING_PAUSES_S.get(country or "", 4.0), answers=answers)
