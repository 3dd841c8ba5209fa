"""How agents spent their shift, from the states they entered."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from dialer.agent import AgentState
from dialer.call_events import AgentId
from dialer.ports import AgentRow

#: States in which an agent works on a call; with READY, those in which the agent is there for one.
BUSY: Final = (AgentState.ASSIGNED, AgentState.TALKING, AgentState.WRAP_UP)


@dataclass(frozen=True, slots=True)
class ShiftTime:
    """Seconds that agents spent in each state, all agents together."""

    seconds: dict[AgentState, float]

    @property
    def busy(self) -> float:
        """Seconds spent on calls, wrap-up included."""
        return sum(self.seconds.get(state, 0.0) for state in BUSY)

    @property
    def working(self) -> float:
        """Seconds spent on calls or ready for one; breaks are not among them."""
        return self.busy + self.seconds.get(AgentState.READY, 0.0)

    @property
    def occupancy(self) -> float:
        """Share of the working time that was spent on calls, 0..1."""
        return self.busy / self.working if self.working else 0.0

    @property
    def talk_share(self) -> float:
        """Share of the working time in which callee and agent heard each other, 0..1."""
        return self.seconds.get(AgentState.TALKING, 0.0) / self.working if self.working else 0.0


def shift_time(rows: Iterable[AgentRow], *, until: datetime) -> ShiftTime:
    """Return how long agents were in each state; the last one lasts *until*.

    Args:
        rows: In the order in which they were entered.
    """
    seconds: dict[AgentState, float] = defaultdict(float)
    last: dict[AgentId, AgentRow] = {}
    for row in rows:
        if (before := last.get(row.agent)) is not None:
            seconds[before.state] += max((row.at - before.at).total_seconds(), 0.0)
        last[row.agent] = row
    for row in last.values():
        if row.state is not AgentState.OFFLINE:
            seconds[row.state] += max((until - row.at).total_seconds(), 0.0)
    return ShiftTime(dict(seconds))
