"""Joint pacing: several pools of agents (languages), several campaigns on one floor.

    queue   calls alike: one campaign, one pool, e.g. ("summer", "bg")
    desk    agents alike: those who serve the same queues; dedicated, shared or partly so

A call of a queue is served unless some set of queues wants more agents than there are who serve
any of them (Hall's condition for a matching). So the risk of one more call of a queue is taken
over the sets the queue belongs to, and the worst counts. With one queue this is the rule of
:mod:`dialer.pacing.forecast`.

**Budgets.** A campaign never spends another's: in every set the strictest threshold of the queues
that have calls in flight governs. A campaign whose threshold is 0 (progressive, or its budget is
spent) has an idle agent kept for each of its calls instead, so it does not hold up the others.

**Shares.** Higher priority first; then the campaign served least for its share; then the queue
with the least risk.

Rule: as in the Pacer, never more calls than lines, never a call for a queue nobody serves.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from math import exp, inf
from typing import TYPE_CHECKING, Final

import numpy as np

from dialer.pacing.events import Answered, Event
from dialer.pacing.floor import Decision, Floor, Ground, Pool, Reasons
from dialer.pacing.forecast import HORIZONS, tail

if TYPE_CHECKING:
    from dialer.pacing.pacer import Pacer

#: A queue's name: campaign, pool.
QueueName = tuple[str, str]
#: Larger floors look at single queues, pairs that share agents, and the whole.
EVERY_SET_UP_TO: Final = 4
#: A call for an agent kept free may meet this risk from other campaigns' calls.
KEPT_RISK: Final = 0.002
#: Shares are kept over about so many seconds.
SHARE_MEMORY: Final = 1_800.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """A campaign's claim on the floor."""

    share: float = 1.0  #: of the calls served, against the others'
    priority: int = 0  #: a higher one is served first


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """Agents who serve the same queues. Ages in seconds, per campaign of the talk."""

    serves: frozenset[QueueName]
    idle: int
    talk_ages: Mapping[str, Sequence[float]] = field(default_factory=dict)
    wrap_up_ages: Mapping[str, Sequence[float]] = field(default_factory=dict)


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


class FloorPacer:
    """Paces all campaigns of one floor, each with its own Pacer and budget."""

    def __init__(
        self, pacers: Mapping[str, "Pacer"], terms: Mapping[str, Terms] | None = None
    ) -> None:
        self.pacers = dict(pacers)
        self.terms = {name: (terms or {}).get(name, Terms()) for name in pacers}
        self._served = dict.fromkeys(pacers, 0.0)
        self._faded_at: float | None = None

    def observe(self, campaign: str, event: Event) -> None:
        """Pass one fact to its campaign.

        Raises:
            KeyError: A campaign the floor does not have.
        """
        self.pacers[campaign].observe(event)
        if isinstance(event, Answered):
            self._served[campaign] += 1.0

    def decide(self, floor: SharedFloor, now: float) -> dict[QueueName, Decision]:
        """Return a decision for every queue of the floor."""
        if self._faded_at is not None and now > self._faded_at:
            fade = exp(-(now - self._faded_at) / SHARE_MEMORY)
            self._served = {name: served * fade for name, served in self._served.items()}
        self._faded_at = now
        return _Round(self, self._served, floor, now).decisions()


def decide_pools(pacer: "Pacer", pools: Mapping[Pool, Floor], now: float) -> Decision:
    """Decide for one campaign whose agents form several pools (see :mod:`dialer.pacing.pacer`)."""
    if not pools:
        raise ValueError("the floor has no pool; expected a Floor, or a mapping with one or more")
    names = sorted(pool for pool in pools if isinstance(pool, str))
    desks = [
        Desk(
            serves=frozenset(
                ("", name) for name in ([pool] if isinstance(pool, str) else pool) if name in names
            ),
            idle=part.idle,
            talk_ages={"": part.talk_ages},
            wrap_up_ages={"": part.wrap_up_ages},
        )
        for pool, part in pools.items()
    ]
    queues = [
        Queue(
            campaign="",
            pool=name,
            waiting=pools[name].waiting,
            ring_ages=pools[name].ring_ages,
            leads_left=pools[name].leads_left,
            next_segments=pools[name].next_segments or (name,),
        )
        for name in names
    ]
    shared = SharedFloor(
        desks=desks,
        queues=queues,
        lines_free=max(part.lines_free for part in pools.values()),
        ends_in=min(part.ends_in for part in pools.values()),
    )
    found = FloorPacer({"": pacer}).decide(shared, now)
    by_pool = {name: found["", name].calls for name in names}
    busiest = max(found.values(), key=lambda decision: decision.calls, default=None)
    reasons = Reasons(ground=Ground.NOBODY) if busiest is None else busiest.reasons
    offers = sum(decision.offers for decision in found.values())
    return Decision(sum(by_pool.values()), reasons, offers, by_pool)


class _Line:
    """One queue while a round of decisions is made."""

    __slots__ = ("calls", "campaign", "fresh", "ground", "mean", "queue", "strict", "threshold",
                 "variance")  # fmt: skip

    def __init__(self, queue: Queue, threshold: float, ground: Ground) -> None:
        self.queue = queue
        self.campaign = queue.campaign
        self.threshold = threshold
        self.ground = ground
        self.strict = threshold <= 0.0
        self.calls = 0
        self.mean = [0.0] * HORIZONS
        self.variance = [0.0] * HORIZONS
        self.fresh = [1.0] * HORIZONS


class _Round:
    """One decision for the whole floor."""

    def __init__(
        self, floor_pacer: FloorPacer, served: Mapping[str, float], floor: SharedFloor, now: float
    ) -> None:
        self._pacers = floor_pacer.pacers
        self._terms = floor_pacer.terms
        self._served = served
        self._floor = floor
        self._now = now
        self._closed: dict[QueueName, Reasons] = {}
        self._parts = {name: self._part(name) for name in self._pacers}
        self._supply = [self._desk_supply(desk) for desk in floor.desks]
        self._lines = {queue.name: self._line(queue) for queue in floor.queues}
        self._sets = _sets(floor)

    def decisions(self) -> dict[QueueName, Decision]:
        """Place calls one by one where the claim is greatest, until none may be placed."""
        left = int(min(self._floor.lines_free, 100_000.0))
        caps = {name: self._pacers[name].cap(part, self._now) for name, part in self._parts.items()}
        per_campaign = dict.fromkeys(self._pacers, 0)
        active = [line for line in self._lines.values() if line.queue.name not in self._closed]
        while active and left > 0:
            line = min(active, key=self._claim)
            most, ground = caps[line.campaign]
            if per_campaign[line.campaign] >= most:
                line.ground = ground
                active.remove(line)
            elif line.calls + 1 > line.queue.leads_left:
                line.ground = Ground.NO_LEADS
                active.remove(line)
            elif self._may_place(line):
                line.calls += 1
                per_campaign[line.campaign] += 1
                left -= 1
            else:
                active.remove(line)
        for name, calls in per_campaign.items():
            self._pacers[name]._note_paced(calls, self._now)
        return {name: self._decision(line) for name, line in self._lines.items()}

    def _decision(self, line: _Line) -> Decision:
        account = self._pacers[line.campaign].account(self._now)
        closed = self._closed.get(line.queue.name)
        if closed is not None:
            return Decision(0, closed)
        risk, supply, demand = self._worst(line)
        forecast = self._pacers[line.campaign].forecast
        reasons = Reasons(
            ground=line.ground,
            agents_expected=supply,
            within_seconds=forecast.horizons[HORIZONS // 2],
            answers_expected=demand,
            risk=risk,
            threshold=line.threshold,
            budget_used=account.used,
            answer_rate=forecast.answer_rate,
        )
        return Decision(line.calls, reasons)

    def _part(self, campaign: str) -> Floor:
        """Return the floor as one campaign alone sees it, and bring its Pacer up to date."""
        floor = self._floor
        mine = [queue for queue in floor.queues if queue.campaign == campaign]
        names = {queue.name for queue in mine}
        desks = [desk for desk in floor.desks if desk.serves & names]
        elsewhere = [
            age
            for desk in desks
            for ages in (*desk.talk_ages.values(), *desk.wrap_up_ages.values())
            for age in ages
        ]
        part = Floor(
            idle=sum(desk.idle for desk in desks),
            waiting=sum(queue.waiting for queue in mine),
            talk_ages=[a for desk in floor.desks for a in desk.talk_ages.get(campaign, ())],
            wrap_up_ages=[a for desk in floor.desks for a in desk.wrap_up_ages.get(campaign, ())],
            ring_ages=[age for queue in mine for age in queue.ring_ages],
            lines_free=floor.lines_free,
            leads_left=sum(queue.leads_left for queue in mine),
            ends_in=floor.ends_in,
        )
        pacer = self._pacers[campaign]
        pacer.look(part, self._now)
        account = pacer.account(self._now)
        agents = sum(desk.idle for desk in desks) + len(elsewhere)
        counted = part if agents == part.agents else _with_agents(part, agents)
        ground = pacer.closed(counted, account)
        if ground is not None:
            for queue in mine:
                self._closed[queue.name] = Reasons(ground=ground, budget_used=account.used)
        return part

    def _line(self, queue: Queue) -> _Line:
        pacer, part = self._pacers[queue.campaign], self._parts[queue.campaign]
        account = pacer.account(self._now)
        agents = sum(desk.idle for desk in self._floor.desks if queue.name in desk.serves)
        limit = pacer.allowed(
            account, max(part.agents, agents), self._floor.ends_in, part.leads_left, self._now
        )
        line = _Line(queue, limit.threshold, limit.ground if not limit.threshold else Ground.RISK)
        if not any(queue.name in desk.serves for desk in self._floor.desks):
            self._closed.setdefault(queue.name, Reasons(ground=Ground.NOBODY))
        if line.strict:
            line.mean = [float(queue.waiting + len(queue.ring_ages))] * HORIZONS
            return line
        demand = pacer.forecast.demand(queue.ring_ages, pacer.answering.relative_by_age())
        line.mean = (demand[:HORIZONS] + queue.waiting).tolist()
        line.variance = demand[HORIZONS:].tolist()
        segments = queue.next_segments or ((queue.pool,) if queue.pool else ())
        line.fresh = pacer.fresh(Floor(0, 0, next_segments=segments) if segments else Floor(0, 0))
        return line

    def _desk_supply(self, desk: Desk) -> list[float]:
        total = np.zeros(2 * HORIZONS)
        for name, pacer in self._pacers.items():
            total += pacer.forecast.supply(
                desk.talk_ages.get(name, ()), desk.wrap_up_ages.get(name, ())
            )
        return total.tolist()

    def _claim(self, line: _Line) -> tuple[float, float, float]:
        terms = self._terms[line.campaign]
        calls = sum(
            other.calls for other in self._lines.values() if other.campaign == line.campaign
        )
        pacer = self._pacers[line.campaign]
        served = self._served[line.campaign] + calls * pacer.forecast.answer_rate
        return (-terms.priority, served / terms.share, self._worst(line)[0])

    def _may_place(self, line: _Line) -> bool:
        for names, desks in self._sets:
            if line.queue.name not in names:
                continue
            if line.strict:
                if self._risk(names, desks, idle_only=True)[0] > KEPT_RISK:
                    return False
                continue
            bound = line.threshold
            for name in names:
                other = self._lines[name]
                if not other.strict and (other.calls or other.queue.ring_ages):
                    bound = min(bound, other.threshold)
            if self._risk(names, desks)[0] > bound:
                return False
        return True

    def _worst(self, line: _Line) -> tuple[float, float, float]:
        found = [
            self._risk(names, desks) for names, desks in self._sets if line.queue.name in names
        ]
        return max(found, default=(1.0, 0.0, 0.0))

    def _risk(
        self, names: frozenset[QueueName], desks: Sequence[int], *, idle_only: bool = False
    ) -> tuple[float, float, float]:
        """Return P(one more call of the set finds nobody), agents expected, answers expected."""
        idle = sum(self._floor.desks[d].idle for d in desks)
        total = supply_shown = demand_shown = 0.0
        for i in range(HORIZONS):
            freed = 0.0 if idle_only else sum(self._supply[d][i] for d in desks)
            variance = 0.0 if idle_only else sum(self._supply[d][HORIZONS + i] for d in desks)
            demand = 0.0
            for name in names:
                line = self._lines[name]
                p = line.fresh[i]
                demand += line.mean[i] + line.calls * p
                variance += line.variance[i] + line.calls * p * (1.0 - p)
            if i == HORIZONS // 2:
                supply_shown, demand_shown = idle + freed, demand
            if idle_only and variance == 0.0:
                total += 0.0 if idle - demand >= 1.0 else 1.0
            else:
                total += tail(idle + freed - demand - 0.5, variance)
        return total / HORIZONS, supply_shown, demand_shown


def _with_agents(part: Floor, agents: int) -> Floor:
    """Return *part* counting *agents*: those who serve it but talk for another campaign too."""
    return Floor(
        agents, part.waiting, (), (), part.ring_ages, part.lines_free, part.leads_left, part.ends_in
    )


def _sets(floor: SharedFloor) -> list[tuple[frozenset[QueueName], tuple[int, ...]]]:
    """Return the sets of queues to look at, each with the desks that serve any of them."""
    names = [queue.name for queue in floor.queues]
    if len(names) <= EVERY_SET_UP_TO:
        found = [c for size in range(1, len(names) + 1) for c in combinations(names, size)]
    else:
        found = [(name,) for name in names]
        found += [
            pair
            for pair in combinations(names, 2)
            if any(pair[0] in desk.serves and pair[1] in desk.serves for desk in floor.desks)
        ]
        found.append(tuple(names))
    sets = []
    for combination in found:
        chosen = frozenset(combination)
        desks = tuple(d for d, desk in enumerate(floor.desks) if desk.serves & chosen)
        sets.append((chosen, desks))
    return sets
