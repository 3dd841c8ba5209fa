"""What the Pacer is told: facts in the past tense, with instants in float seconds.

Rule: one event per fact, in the order of time. Any clock will do as long as it is the one
``decide`` is asked with. A late, repeated or unknown event is tolerated; it never raises.
Positional order is part of the contract.
"""

from collections.abc import Hashable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Dialed:
    """A call was placed."""

    call: Hashable
    at: float
    pool: str = ""  #: the pool of agents it needs (a language), "" where there is only one
    #: what the lead has in common with others: hour, number type, attempt count, list
    segment: str = ""


@dataclass(frozen=True, slots=True)
class Answered:
    """A call was answered and offered to the agents (after screening, where there is any)."""

    call: Hashable
    at: float


@dataclass(frozen=True, slots=True)
class Failed:
    """A call ended without being offered: busy, no answer, invalid, screened out as a machine."""

    call: Hashable
    at: float


@dataclass(frozen=True, slots=True)
class Abandoned:
    """A person answered and no agent came within the connect limit."""

    call: Hashable
    at: float


@dataclass(frozen=True, slots=True)
class MachineFound:
    """An agent found a machine on an answered call: it was no live answer after all."""

    call: Hashable
    at: float


@dataclass(frozen=True, slots=True)
class TalkEnded:
    """An agent's talk ended and the wrap-up began."""

    agent: Hashable
    began: float
    at: float


@dataclass(frozen=True, slots=True)
class WrapUpEnded:
    """An agent's wrap-up ended."""

    agent: Hashable
    began: float
    at: float


@dataclass(frozen=True, slots=True)
class Signalled:
    """A desk said how far an agent's talk has come: "ready soon", a place in the script."""

    agent: Hashable
    name: str
    at: float


Event = Dialed | Answered | Failed | Abandoned | MachineFound | TalkEnded | WrapUpEnded | Signalled
