"""When an agent's telephone is called, and when again if it does not stay connected.

Rule: pure bookkeeping. The first try is made at once; every one that fails doubles the pause
before the next, up to a minute, so that a telephone that is switched off is not rung for ever and
one that comes back is found soon. A telephone that was picked up begins anew.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from dialer.call_events import AgentId

SHORTEST_PAUSE: Final = timedelta(seconds=3)  #: between two calls to one agent's telephone
LONGEST_PAUSE: Final = timedelta(minutes=1)


@dataclass(slots=True)
class _Tries:
    count: int  #: since it was last picked up
    last_at: datetime  #: may lie ahead


class AgentPhones:
    """The tries to reach each agent.

    >>> phones, now = AgentPhones(), datetime(2026, 11, 23, 10)
    >>> found = []
    >>> for _ in range(7):
    ...     at = phones.plan(AgentId(1), now)
    ...     found.append((at - now).seconds)
    ...     now = at
    >>> found
    [0, 3, 6, 12, 24, 48, 60]
    >>> phones.plan(AgentId(1), now - timedelta(seconds=1)) is None
    True
    """

    def __init__(self) -> None:
        self._tries: dict[AgentId, _Tries] = {}

    def plan(self, agent: AgentId, now: datetime) -> datetime | None:
        """Return when to call the agent's telephone; ``None``: that is planned already."""
        tries = self._tries.get(agent)
        if tries is None:
            self._tries[agent] = _Tries(1, now)
            return now
        if tries.last_at > now:
            return None
        pause = min(SHORTEST_PAUSE * 2 ** min(max(tries.count - 1, 0), 10), LONGEST_PAUSE)
        tries.count, tries.last_at = tries.count + 1, max(now, tries.last_at + pause)
        return tries.last_at

    def picked_up(self, agent: AgentId) -> None:
        """Begin anew with the shortest pause: the telephone is there, or the shift is over."""
        if (tries := self._tries.get(agent)) is not None:
            tries.count = 1
