"""Who is tried, at which number, how often: the identifiers of people, numbers and attempts.

An attempt is one try to reach a person for a campaign, from the permit to the disposition.
Caps and minimum gaps hold per person across the whole installation, so an attempt names
the person and the number beside the lead.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import NewType

AttemptId = NewType("AttemptId", int)
PersonId = NewType("PersonId", int)
NumberId = NewType("NumberId", int)


@dataclass(frozen=True, slots=True, kw_only=True)
class PastAttempt:
    """One closed attempt to reach a person, whatever the campaign."""

    id: AttemptId
    at: datetime  #: opened
    number_id: NumberId
    outcome: str  #: sip_config.causes.Outcome, or the disposition's word where an agent talked
    counts: bool  #: false: the phone never rang through no fault of the callee
    abandoned: bool = False
