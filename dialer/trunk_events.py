"""What the telephony worker says of trunks: whether they are there, and take us for who we are.

Rule: facts with their times. What follows from them is decided by :mod:`sip_config.health` and
whoever routes.
"""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class TrunkHeard:
    """A trunk's host was asked by OPTIONS whether it is there."""

    trunk: str
    host: str  #: its URI, as the trunk file has it
    status: int | None  #: of the answer; ``None``: there was none
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class TrunkRegistration:
    """How our registration at a trunk stands."""

    trunk: str
    registered: bool
    status: int | None  #: of the last answer
    reason: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class TrunkUnusable:
    """The worker cannot use a trunk as it is configured."""

    trunk: str
    why: str
    at: datetime


TrunkEvent = TrunkHeard | TrunkRegistration | TrunkUnusable
