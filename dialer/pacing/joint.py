"""Joint pacing: several pools of agents (languages), several campaigns on one floor.

Queues and desks are those of :mod:`dialer.pacing.shared_floor`.

A call of a queue is served unless some set of queues wants more agents than there are who serve
any of them (Hall's condition for a matching). So the risk of one more call of a queue is taken
over the sets the queue belongs to, and the worst counts. With one queue this is the rule of
:mod:`dialer.pacing.forecast`. Routing need not be the best matching: calls of a queue outside the
set take the set's agents as often as these are among its own (longest idle first does that).

**Budgets.** A campaign never spends another's: in every set the strictest threshold of the queues
that have calls in flight governs. A campaign whose threshold is 0 (progressive, or its budget is
spent) has an idle agent kept for each of its calls instead, so it does not hold up the others.

**Shares.** Higher priority first; then the campaign served least for its share; then the queue
with the least risk. A campaign that needs an idle agent and has fallen behind its share has the
next one kept for it.

Rule: as in the Pacer, never more calls than lines, never a call for a queue nobody serves.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import exp
from typing import TYPE_CHECKING, Final

import numpy as np

from dialer.pacing.aim import Mode
from dialer.pacing.allowance import Allowance
from dialer.pacing.events import Answered, Event
from dialer.pacing.floor import Decision, Floor, Ground, Pool, Reasons
from dialer.pacing.forecast import HORIZONS, SINGLES
from dialer.pacing.queue_sets import QueueLine, QueueSet, sets_to_look_at
from dialer.pacing.shared_floor import Desk, Queue, QueueName, SharedFloor
from dialer.pacing.signals import Signal

if TYPE_CHECKING:
    from dialer.pacing.pacer import Pacer

#: A call for an agent kept free may meet this risk from other campaigns' calls.
KEPT_RISK: Final = 0.002
#: Shares are kept over about so many seconds.
SHARE_MEMORY: Final = 1_800.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """A campaign's claim on the floor."""

    share: float = 1.0  #: of the calls served, against the others'
    priority: int = 0  #: a higher one is served first


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
            talk_signals={"": part.talk_signals},
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


class _Round:
    """One decision for the whole floor."""

    def __init__(
        self, floor_pacer: FloorPacer, served: Mapping[str, float], floor: SharedFloor, now: float
    ) -> None:
        self._pacers = floor_pacer.pacers
        self._terms = floor_pacer.terms
        self._served = dict(served)
        self._floor = floor
        self._now = now
        self._closed: dict[QueueName, Reasons] = {}
        self._limits: dict[str, Allowance] = {}
        self._agents: dict[str, int] = {}  # who serve a campaign, by its name
        self._parts = {name: self._part(name) for name in self._pacers}
        self._supply = [self._desk_supply(desk) for desk in floor.desks]
        self._singles = [self._desk_singles(desk) for desk in floor.desks]
        self._lines = {queue.name: self._line(queue) for queue in floor.queues}
        self._every = self._built_sets()

    def decisions(self) -> dict[QueueName, Decision]:
        """Place calls one by one where the claim is greatest, until none may be placed."""
        left = int(min(self._floor.lines_free, 100_000.0))
        caps = {name: self._cap(name, part) for name, part in self._parts.items()}
        per_campaign = dict.fromkeys(self._pacers, 0)
        active = [line for line in self._lines.values() if line.queue.name not in self._closed]
        while active and left > 0:
            line = min(active, key=self._claim) if len(active) > 1 else active[0]
            most, ground = caps[line.campaign]
            if per_campaign[line.campaign] >= most:
                line.ground = ground
                active.remove(line)
            elif line.calls + 1 > line.queue.leads_left:
                line.ground = Ground.NO_LEADS
                active.remove(line)
            elif self._may_place(line):
                self._place(line)
                per_campaign[line.campaign] += 1
                left -= 1
            else:
                if self._is_owed(line):
                    self._keep_agent(line)
                active.remove(line)
        for name, calls in per_campaign.items():
            self._pacers[name].note_paced(calls, self._now)
        return {name: self._decision(line) for name, line in self._lines.items()}

    def _cap(self, campaign: str, part: Floor) -> tuple[int, Ground]:
        """Return the most calls of a campaign, and what allows no more."""
        pacer = self._pacers[campaign]
        most, ground = pacer.cap(part, self._now)
        crowd = pacer.crowd(self._agents[campaign], len(part.ring_ages))
        return (most, ground) if most <= crowd else (crowd, Ground.RISK)

    def _place(self, line: QueueLine) -> None:
        line.calls += 1
        for each in self._every:
            each.place(line)
        rate = self._pacers[line.campaign].forecast.answer_rate
        self._served[line.campaign] += rate

    def _may_place(self, line: QueueLine) -> bool:
        for each in line.sets:
            bound = KEPT_RISK if line.strict else line.threshold
            for other in each.lines:
                if not (line.strict or other.strict) and (other.calls or other.queue.ring_ages):
                    bound = min(bound, other.threshold)
            risk = each.risk()
            if risk > bound and (line.strict or not each.one_to_one):
                line.risk, line.tight = risk, each
                return False
        return True

    def _is_owed(self, line: QueueLine) -> bool:
        """Return whether others who want the same agents were served more for their share.

        Only a strict queue can be held up by the others' ringing calls for ever: they are placed
        for agents not idle yet, it needs one who is.
        """
        if not line.strict:
            return False
        mine = self._terms[line.campaign]
        turn = (self._served[line.campaign] + 1.0) / mine.share
        for other in {other.campaign for each in line.sets for other in each.lines}:
            theirs = self._terms[other]
            behind = self._served[other] / theirs.share > turn
            if mine.priority > theirs.priority or (mine.priority == theirs.priority and behind):
                return True
        return False

    def _keep_agent(self, line: QueueLine) -> None:
        """Let the others see one agent less, so that the next idle one is *line*'s."""
        for each in self._every:
            each.keep(line)

    def _claim(self, line: QueueLine) -> tuple[float, float, float]:
        terms = self._terms[line.campaign]
        agents = sum(desk.idle for desk in self._floor.desks if line.queue.name in desk.serves)
        pressure = (line.calls + len(line.queue.ring_ages)) / (agents + 1.0)
        return (-terms.priority, self._served[line.campaign] / terms.share, pressure)

    def _decision(self, line: QueueLine) -> Decision:
        pacer = self._pacers[line.campaign]
        closed = self._closed.get(line.queue.name)
        if closed is not None:
            offers = 0
            if closed.ground is Ground.MODE and pacer.aim.mode is Mode.PREVIEW:
                offers = self._idle_for(line)
            return Decision(0, closed, offers)
        middle = HORIZONS // 2
        tight = line.tight or (line.sets[0] if line.sets else None)
        reasons = Reasons(
            ground=line.ground,
            agents_expected=tight.idle + tight.freed[middle] if tight else 0.0,
            within_seconds=pacer.forecast.horizons[middle],
            answers_expected=tight.demand[middle] if tight else 0.0,
            risk=line.risk,
            threshold=line.threshold,
            budget_used=pacer.account(self._now).used,
            answer_rate=pacer.forecast.answer_rate,
        )
        return Decision(line.calls, reasons)

    def _idle_for(self, line: QueueLine) -> int:
        idle = sum(desk.idle for desk in self._floor.desks if line.queue.name in desk.serves)
        return max(0, idle - line.queue.waiting - len(line.queue.ring_ages))

    # What the round starts from.

    def _part(self, campaign: str) -> Floor:
        """Return the floor as one campaign alone sees it, and bring its Pacer up to date."""
        floor = self._floor
        mine = [queue for queue in floor.queues if queue.campaign == campaign]
        names = {queue.name for queue in mine}
        desks = [desk for desk in floor.desks if desk.serves & names]
        part = Floor(
            idle=sum(desk.idle for desk in desks),
            waiting=sum(queue.waiting for queue in mine),
            talk_ages=[a for desk in floor.desks for a in desk.talk_ages.get(campaign, ())],
            wrap_up_ages=[a for desk in floor.desks for a in desk.wrap_up_ages.get(campaign, ())],
            ring_ages=[age for queue in mine for age in queue.ring_ages],
            lines_free=floor.lines_free,
            leads_left=sum(queue.leads_left for queue in mine),
            ends_in=floor.ends_in,
            talk_signals=_signals(floor.desks, campaign),
        )
        pacer = self._pacers[campaign]
        pacer.look(part, self._now)
        account = pacer.account(self._now)
        busy = sum(
            len(ages)
            for desk in desks
            for ages in (*desk.talk_ages.values(), *desk.wrap_up_ages.values())
        )
        ground = pacer.closed(_with_agents(part, part.idle + busy), account)
        if ground is not None:
            for queue in mine:
                self._closed[queue.name] = Reasons(ground=ground, budget_used=account.used)
        self._limit(campaign, part, part.idle + busy)
        return part

    def _limit(self, campaign: str, part: Floor, agents: int) -> None:
        pacer = self._pacers[campaign]
        account = pacer.account(self._now)
        limit = pacer.allowed(account, agents, part.ends_in, part.leads_left, self._now)
        self._limits[campaign], self._agents[campaign] = limit, agents

    def _line(self, queue: Queue) -> QueueLine:
        pacer = self._pacers[queue.campaign]
        limit = self._limits[queue.campaign]
        ground = limit.ground if limit.threshold <= 0.0 else Ground.RISK
        line = QueueLine(queue, limit.threshold, ground)
        if not any(queue.name in desk.serves for desk in self._floor.desks):
            self._closed.setdefault(queue.name, Reasons(ground=Ground.NOBODY))
        if line.strict:
            return line
        relative = pacer.answering.relative_by_age()
        demand = pacer.demand(queue.pool, queue.ring_ages, relative, self._now)
        line.demand = demand[:HORIZONS]
        line.spread = demand[HORIZONS:]
        segments = queue.next_segments or ((queue.pool,) if queue.pool else ())
        line.fresh = pacer.fresh(segments)
        return line

    def _desk_supply(self, desk: Desk) -> list[float]:
        total = np.zeros(2 * HORIZONS)
        for name, pacer in self._pacers.items():
            talking, wrapping = desk.talk_ages.get(name, ()), desk.wrap_up_ages.get(name, ())
            if talking or wrapping:
                said = desk.talk_signals.get(name, ())
                total += pacer.forecast.supply(talking, wrapping, said)
        found: list[float] = total.tolist()
        return found

    def _desk_singles(self, desk: Desk) -> list[tuple[float, ...]]:
        """Return P(freed) by horizon of those in wrap-up most likely to be, each by himself."""
        found: list[tuple[float, ...]] = []
        for name, pacer in self._pacers.items():
            wrap_ups, said = desk.wrap_up_ages.get(name, ()), desk.talk_signals.get(name, ())
            found.extend(zip(*pacer.forecast.singles(wrap_ups, said), strict=True))
        return found

    def _built_sets(self) -> list[QueueSet]:
        """Return the sets to look at; a strict queue looks at idle agents only."""
        floor = self._floor
        names = tuple(queue.name for queue in floor.queues)
        kinds = {line.strict for line in self._lines.values()}
        every = []
        for chosen, desks in sets_to_look_at(names, tuple(desk.serves for desk in floor.desks)):
            for strict in kinds:
                lines = [self._lines[name] for name in chosen]
                users = [line for line in lines if line.strict is strict]
                if not users:
                    continue
                idle = sum(floor.desks[d].idle for d in desks)
                freed = [0.0] * 2 * HORIZONS
                likeliest: list[tuple[float, ...]] = []
                if not strict:
                    freed = [
                        sum(column)
                        for column in zip(*(self._supply[d] for d in desks), strict=True)
                    ]
                    freed = freed or [0.0] * 2 * HORIZONS
                    likeliest = sorted(
                        (each for d in desks for each in self._singles[d]),
                        key=lambda each: -each[HORIZONS // 2],
                    )[:SINGLES]
                singles = list(zip(*likeliest, strict=True))
                each = QueueSet(lines, idle, freed, idle_only=strict, singles=singles)
                for name, line in self._lines.items():
                    weight = 1.0 if name in chosen else self._overlap(line, desks, strict)
                    if weight > 0.0:
                        each.want(line, weight)
                every.append(each)
                for line in users:
                    line.sets.append(each)
        return every

    def _overlap(self, line: QueueLine, desks: Sequence[int], idle_only: bool) -> float:
        """Return the share of a queue's agents who sit at *desks*; kept calls may take any."""
        shared = whole = 0.0
        middle = HORIZONS // 2
        for d, desk in enumerate(self._floor.desks):
            if line.queue.name in desk.serves:
                agents = desk.idle + (0.0 if idle_only else self._supply[d][middle])
                whole += agents
                if d in desks:
                    shared += agents
        if shared <= 0.0:
            return 0.0
        return 1.0 if idle_only and line.strict else shared / whole


def _signals(desks: Sequence[Desk], campaign: str) -> list[Signal]:
    """Return what was said of every talk of *campaign*, in their order."""
    if not any(desk.talk_signals.get(campaign) for desk in desks):
        return []
    found: list[Signal] = []
    for desk in desks:
        ages = desk.talk_ages.get(campaign, ())
        found.extend(desk.talk_signals.get(campaign) or [None] * len(ages))
    return found


def _with_agents(part: Floor, agents: int) -> Floor:
    """Return *part* counting *agents*: those who serve it but talk for another campaign too."""
    return Floor(
        agents, part.waiting, (), (), part.ring_ages, part.lines_free, part.leads_left, part.ends_in
    )
