"""All that a report is computed from: plain values, as the record has them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from dialer.call_line import CallFacts
from dialer.ports import AgentRow

PLAYABLE: Final = "playable"  #: of a recording's states, the one that can be listened to


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """What became of the rows of the campaign's lists."""

    total: int = 0
    accepted: int = 0
    rejected: int = 0
    duplicates: int = 0
    reasons: Mapping[str, int] = field(default_factory=dict)  #: of those not accepted


@dataclass(frozen=True, slots=True, kw_only=True)
class Decisions:
    """What the decision trail says."""

    permitted: int = 0
    refused: Mapping[str, int] = field(default_factory=dict)  #: by primary reason code


@dataclass(frozen=True, slots=True, kw_only=True)
class Taped:
    """A recording of a call."""

    state: str
    seconds: float | None  #: decoded
    available_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """One attempt."""

    facts: CallFacts
    closed: bool
    qualified: bool | None = None  #: None: the script was not asked
    taped: Taped | None = None  #: None: no recording was expected


@dataclass(frozen=True, slots=True, kw_only=True)
class Met:
    """One booked meeting."""

    starts_at: datetime
    rep: str
    time_zone: str  #: of the rep, IANA
    state: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """A campaign from *since* to *until*."""

    client: str
    campaign: str
    since: datetime
    until: datetime
    abandon_rate_limit: float  #: 0..1
    rows: Rows = field(default_factory=Rows)
    decisions: Decisions = field(default_factory=Decisions)
    attempts: tuple[Tried, ...] = ()
    agents: int = 0
    shifts: tuple[AgentRow, ...] = ()  #: what the agents did, in order of time
    meetings: tuple[Met, ...] = ()
    ring_backs: Mapping[str, int] = field(default_factory=dict)  #: who called back, by their end
