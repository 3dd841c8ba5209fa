"""A floor that several queues share, as joint pacing is shown it.

    queue   calls alike: one campaign, one pool, e.g. ("summer", "bg")
    desk    agents alike: those who serve the same queues; dedicated, shared or partly so

Ages are in seconds. :class:`dialer.pacing.floor.Floor` is the floor of one queue.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import inf

from dialer.pacing.signals import Signal

#: A queue's name: campaign, pool.
QueueName = tuple[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """Agents who serve the same queues. Ages in seconds, per campaign of the talk."""

    serves: frozenset[QueueName]
    idle: int
    talk_ages: Mapping[str, Sequence[float]] = field(default_factory=dict)
    wrap_up_ages: Mapping[str, Sequence[float]] = field(default_factory=dict)
    #: what each talk's desk said last, as in :class:`dialer.pacing.floor.Floor`
    talk_signals: Mapping[str, Sequence[Signal]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Queue:
    """Calls that need the same agents."""

    campaign: str
    pool: str = ""
    waiting: int = 0
    ring_ages: Sequence[float] = ()
    leads_left: float = inf
    next_segments: Sequence[str] = ()

    @property
    def name(self) -> QueueName:
        return (self.campaign, self.pool)


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedFloor:
    """A floor at one instant: desks, queues, and what they have in common."""

    desks: Sequence[Desk]
    queues: Sequence[Queue]
    lines_free: float = inf
    ends_in: float = inf
