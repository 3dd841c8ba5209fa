"""Sets of queues, and the risk that one more call of a set finds nobody (Hall's condition).

Rule: every single queue is looked at, and every set that hangs together by shared agents; on a
floor of many queues only pairs of those, and the whole.
"""

from collections.abc import Sequence
from functools import lru_cache
from itertools import combinations
from typing import Final

from dialer.pacing.floor import Ground
from dialer.pacing.forecast import HORIZONS, freed_pmf, small_or_normal, smallness
from dialer.pacing.shared_floor import Queue, QueueName

#: Larger floors look at single queues, pairs that share agents, and the whole.
EVERY_SET_UP_TO: Final = 4


class QueueLine:
    """One queue while a round of decisions is made."""

    __slots__ = (
        "calls",
        "campaign",
        "demand",
        "fresh",
        "ground",
        "queue",
        "risk",
        "sets",
        "spread",
        "strict",
        "threshold",
        "tight",
    )

    def __init__(self, queue: Queue, threshold: float, ground: Ground) -> None:
        self.queue = queue
        self.campaign = queue.campaign
        self.threshold = threshold
        self.ground = ground
        self.strict = threshold <= 0.0
        self.calls = 0
        held = float(queue.waiting + len(queue.ring_ages))
        self.demand = [held] * HORIZONS  # a kept agent for each call, unless filled in
        self.spread = [0.0] * HORIZONS
        self.fresh = [1.0] * HORIZONS
        self.sets: list[QueueSet] = []
        self.risk = 0.0
        self.tight: QueueSet | None = None  # the set that forbade the next call


class QueueSet:
    """Some queues, the agents who serve any of them, and what wants these agents."""

    __slots__ = (
        "_pmfs",
        "demand",
        "freed",
        "held",
        "idle",
        "idle_only",
        "lines",
        "singles",
        "spread",
        "weights",
    )

    def __init__(
        self,
        lines: list[QueueLine],
        idle: int,
        freed: Sequence[float],
        *,
        idle_only: bool,
        singles: Sequence[Sequence[float]] = (),
    ):
        self.singles = singles  #: per horizon, agents of *freed* to be reckoned one by one
        self._pmfs: list[list[float] | None] = [None] * HORIZONS
        self.lines = lines
        self.idle = idle
        self.idle_only = idle_only
        self.freed = list(freed[:HORIZONS])
        self.spread = list(freed[HORIZONS:])
        self.demand = [0.0] * HORIZONS
        self.held = 0  #: calls under way that any of these agents may be wanted for
        self.weights: dict[QueueName, float] = {}

    def want(self, line: QueueLine, weight: float) -> None:
        """Add what *line* wants; *weight* is the share of it that falls on these agents."""
        self.weights[line.queue.name] = weight
        self.held += len(line.queue.ring_ages)
        waiting = 0 if line.strict else line.queue.waiting  # a strict one's are in its demand
        if weight == 1.0:
            self.idle -= waiting
            self.held += line.queue.waiting - waiting
        else:
            self.held += line.queue.waiting
        for i in range(HORIZONS):
            self.demand[i] += line.demand[i] * weight
            self.spread[i] += line.spread[i] * weight
            if weight < 1.0:
                self.demand[i] += waiting * weight

    def place(self, line: QueueLine) -> None:
        """Add what one new call of *line* wants."""
        weight = self.weights.get(line.queue.name, 0.0)
        self.held += weight > 0.0
        for i, fresh in enumerate(line.fresh):
            p = fresh * weight
            self.demand[i] += p
            self.spread[i] += p * (1.0 - p)

    def keep(self, line: QueueLine) -> None:
        """Add one agent kept for *line*, if he is among these."""
        weight = self.weights.get(line.queue.name, 0.0)
        self.held += weight > 0.0
        self.demand = [demand + weight for demand in self.demand]

    @property
    def one_to_one(self) -> bool:
        """Whether an idle agent is left for one more call, one for each under way put aside."""
        return self.idle > self.held

    def risk(self) -> float:
        """Return P(one more call of the set finds nobody)."""
        total = 0.0
        for i, demand in enumerate(self.demand):
            if self.spread[i] <= 0.0 and self.freed[i] <= 0.0:
                total += 0.0 if self.idle - demand >= 1.0 else 1.0
            else:
                freed, spread = self.freed[i], self.spread[i]
                pmf = self._pmf(i) if smallness(demand + freed) > 0.0 else ()
                total += small_or_normal(self.idle, freed, demand, spread, pmf)
        return total / HORIZONS

    def _pmf(self, i: int) -> Sequence[float]:
        """Return P(0, 1, 2 ... agents are freed) by horizon i."""
        found = self._pmfs[i]
        if found is None:
            found = freed_pmf(self.freed[i], self.singles[i] if self.singles else ())
            self._pmfs[i] = found
        return found


@lru_cache(maxsize=64)
def sets_to_look_at(
    names: tuple[QueueName, ...], serves: tuple[frozenset[QueueName], ...]
) -> list[tuple[frozenset[QueueName], tuple[int, ...]]]:
    """Return the sets of queues to look at, each with the desks that serve any of them."""
    found: list[tuple[QueueName, ...]] = [(name,) for name in names]
    if len(names) <= EVERY_SET_UP_TO:
        found += [c for size in range(2, len(names) + 1) for c in combinations(names, size)]
    else:
        found += [
            pair
            for pair in combinations(names, 2)
            if any(pair[0] in desk and pair[1] in desk for desk in serves)
        ]
        found.append(names)
    sets = []
    for combination in found:
        chosen = frozenset(combination)
        desks = tuple(d for d, desk in enumerate(serves) if desk & chosen)
        if len(combination) == 1 or _joined(combination, serves):
            sets.append((chosen, desks))
    return sets


def _joined(names: Sequence[QueueName], serves: Sequence[frozenset[QueueName]]) -> bool:
    """Return whether the queues hang together by shared agents (else their parts say it all)."""
    reached = {names[0]}
    grown = True
    while grown:
        grown = False
        for desk in serves:
            new = (desk & set(names)) - reached
            if desk & reached and new:
                reached |= new
                grown = True
    return len(reached) == len(names)
