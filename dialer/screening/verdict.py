"""What screening says of an answered call: a word, since when it was known, and why.

Rule: ``machine`` is said on positive evidence alone. ``unsure`` is not a kind of machine: whoever
acts on a verdict treats it as a person.
"""

from dataclasses import dataclass
from enum import StrEnum


class ScreeningVerdict(StrEnum):
    """Who or what answered."""

    HUMAN = "human"  #: spoke briefly and waits
    MACHINE = "machine"  #: a recorded greeting, or the tone to speak after
    FAX = "fax"  #: a fax or modem
    SIT = "sit"  #: special information tones: the number is not in service, or similar
    SILENCE = "silence"  #: nobody was heard
    UNSURE = "unsure"  #: none of these is certain: treated as a person

    @property
    def is_nobody(self) -> bool:
        """Whether no person is there to talk to."""
        return self in {ScreeningVerdict.MACHINE, ScreeningVerdict.FAX, ScreeningVerdict.SIT}


class Mode(StrEnum):
    """How long and for what is listened."""

    TONES = "tones"  #: fax, special information tones and beeps only
    FAST = "fast"  #: until an agent must be given the call
    FULL = "full"  #: further, so that a machine is found that took its time


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """A verdict with its reason."""

    verdict: ScreeningVerdict
    at_s: float  #: how much sound had been heard when it was reached
    evidence: str  #: in words, with the figures that decided
    final: bool = False  #: no further sound changes it
