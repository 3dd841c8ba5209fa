"""One shift of a world under a controller: an event loop over virtual time.

    sign-in -> idle -> (a call is answered) -> talking -> wrap-up -> idle ... -> sign-off

Every ``tick_seconds`` the controller is shown the floor and says how many calls to place; the
fate of each call is drawn when it is placed and hidden until it happens. Answered calls are
served first come first served by the agent idle longest; one that waits longer than the connect
limit is abandoned. When the shift ends nothing more is dialed, and agents stay for the calls in
flight, so that these are judged too.

Rule: the controller sees only what a real dialer sees. Same world, controller and seed: same
figures.
"""

import heapq
from collections import deque
from collections.abc import Callable, Iterator
from math import inf
from typing import Final, Protocol, cast

import numpy as np

from dialer.pacing import (
    Abandoned,
    Answered,
    Decision,
    Dialed,
    Event,
    Failed,
    Floor,
    MachineFound,
    TalkEnded,
    WrapUpEnded,
)
from dialer.pacing.shared_floor import Desk, Queue, QueueName, SharedFloor
from dialer.simulation.floor.measures import CampaignFigures, Figures
from dialer.simulation.floor.world import AgentGroup, CampaignWorld, World

OFFERED: Final = 0
ENDED: Final = 1
DEADLINE: Final = 2
TALK_ENDED: Final = 3
WRAP_UP_ENDED: Final = 4
SIGNED_IN: Final = 5
SIGNING_OFF: Final = 6


class Controller(Protocol):
    """Paces a floor of one campaign and one pool."""

    def observe(self, event: Event) -> None: ...
    def decide(self, floor: Floor, now: float) -> Decision: ...


class FloorController(Protocol):
    """Paces a floor of several queues."""

    def observe(self, campaign: str, event: Event) -> None: ...
    def decide(self, floor: SharedFloor, now: float) -> dict[QueueName, Decision]: ...


class _Call:
    __slots__ = ("dialed_at", "line", "machine", "number", "screened_out", "settled")

    def __init__(self, number: int, line: "_Line", dialed_at: float) -> None:
        self.number = number
        self.line = line
        self.dialed_at = dialed_at
        self.machine = False
        self.screened_out = False  # a person taken for a machine
        self.settled = False  # connected or abandoned


class _Agent:
    __slots__ = (
        "began",
        "call",
        "campaign",
        "desk",
        "leaving",
        "number",
        "present",
        "signed_in_at",
    )

    def __init__(self, number: int, desk: "_Desk") -> None:
        self.number = number
        self.desk = desk
        self.present = False
        self.leaving = False
        self.signed_in_at = 0.0
        self.began = 0.0  # of the present state
        self.call: _Call | None = None
        self.campaign: _Campaign | None = None


class _Desk:
    __slots__ = ("idle", "names", "serves", "talking", "wrapping")

    def __init__(self, serves: frozenset[int], names: frozenset[QueueName]) -> None:
        self.serves = serves
        self.names = names
        self.idle: deque[_Agent] = deque()
        self.talking: dict[_Agent, float] = {}
        self.wrapping: dict[_Agent, float] = {}


class _Line:
    """The calls of one queue."""

    __slots__ = ("campaign", "index", "leads", "name", "pool", "ringing", "waiting")

    def __init__(self, index: int, campaign: "_Campaign", pool: str, share: float) -> None:
        self.index = index
        self.campaign = campaign
        self.pool = pool
        self.name: QueueName = (campaign.world.name, pool)
        self.ringing: dict[_Call, float] = {}
        self.waiting: deque[_Call] = deque()
        self.leads = [
            _Leads(
                item.name,
                float(round(item.leads * share)) if item.leads < inf else inf,
                item.answer_rate,
            )
            for item in campaign.world.lists
        ]

    @property
    def leads_left(self) -> float:
        return sum(item.left for item in self.leads)


class _Leads:
    __slots__ = ("answer_rate", "left", "name")

    def __init__(self, name: str, left: float, answer_rate: float) -> None:
        self.name = name
        self.left = left
        self.answer_rate = answer_rate


class _Campaign:
    __slots__ = ("abandoned", "attempts", "connected", "live", "rates", "talk", "world", "wrap_up")

    def __init__(self, world: CampaignWorld, random: np.random.Generator) -> None:
        self.world = world
        self.talk = world.talk.stream(random)
        self.wrap_up = world.wrap_up.stream(random)
        self.rates = deque(world.answer_rate_at)
        self.attempts = self.live = self.abandoned = self.connected = 0


class Shift:
    """Runs one shift; :meth:`run` once."""

    def __init__(self, world: World, controller: Controller | FloorController, seed: int) -> None:
        self._world = world
        self._seed = seed
        self._controller = controller
        children = np.random.SeedSequence(seed).spawn(8 + len(world.campaigns))
        randoms = [np.random.default_rng(child) for child in children]
        self._chance = _uniform(randoms[0])
        self._delay = world.post_dial_delay.stream(randoms[1])
        self._pick_up = world.pick_up.stream(randoms[2])
        self._fails_after = world.fails_after.stream(randoms[3])
        self._machine_picks_up = world.machine_picks_up.stream(randoms[4])
        self._machine_handling = world.machine_handling.stream(randoms[5])
        self._campaigns = [
            _Campaign(campaign, random)
            for campaign, random in zip(world.campaigns, randoms[8:], strict=True)
        ]
        self._lines = _lines(self._campaigns)
        self._desks: dict[frozenset[int], _Desk] = {}
        self._heap: list[tuple[float, int, int, object]] = []
        self._sequence = 0
        self._calls = 0
        self._in_flight = 0
        self._seat(randoms[6])
        self._end = world.seconds  # or when the leads have run out
        self._one = len(self._lines) == 1 and len(self._desks) == 1
        self._patience = world.connect_limit_seconds
        if world.screening is not None and world.screening.within_connect_limit:
            self._patience = max(0.0, self._patience - world.screening.seconds)
        self._sums = _Sums(min(1_800.0, world.seconds / 4))

    def run(self) -> Figures:
        """Let the shift pass and return its figures."""
        world, heap = self._world, self._heap
        handlers = cast(
            "tuple[Callable[[object, float], None], ...]",  # by kind, which tells the subject
            (
                self._offered,
                self._ended,
                self._deadline,
                self._talk_ended,
                self._wrap_up_ended,
                self._signed_in,
                self._signing_off,
            ),
        )
        late = deque(world.late_ticks)
        next_tick = 0.0
        while next_tick < world.seconds:
            if heap and heap[0][0] <= next_tick:
                at, _, kind, subject = heapq.heappop(heap)
                handlers[kind](subject, at)
                continue
            if late and next_tick >= late[0][0]:
                next_tick += late.popleft()[1]
                continue
            if not self._tick(next_tick):
                self._end = next_tick
                break
            next_tick += world.tick_seconds
        while heap:
            at, _, kind, subject = heapq.heappop(heap)
            if kind not in (SIGNED_IN, SIGNING_OFF):
                handlers[kind](subject, at)
        return self._figures(self._end)

    # The floor before the shift.

    def _seat(self, random: np.random.Generator) -> None:
        number = 0
        for group in self._world.agents:
            desk = self._desk_of(group)
            for place in range(group.count):
                agent = _Agent(number, desk)
                number += 1
                for begins, ends in group.present:
                    self._later(begins, SIGNED_IN, agent)
                    self._later(ends, SIGNING_OFF, agent)
                if group.present:
                    continue
                starts = group.stagger_seconds * place / max(1, group.count)
                self._later(starts, SIGNED_IN, agent)
                share = (place + 0.5) / group.count
                for begins, ends, part in group.breaks:
                    # Successive breaks take successive parts of the group.
                    first = sum(p for b, _, p in group.breaks if b < begins)
                    if first <= share < first + part:
                        self._later(begins, SIGNING_OFF, agent)
                        self._later(ends, SIGNED_IN, agent)
                for at, part in group.leaves:
                    if share >= 1.0 - part:
                        self._later(at, SIGNING_OFF, agent)

    def _desk_of(self, group: AgentGroup) -> _Desk:
        serves = frozenset(
            line.index
            for line in self._lines
            if (not group.campaigns or line.name[0] in group.campaigns)
            and (not group.languages or not line.pool or line.pool in group.languages)
        )
        names = frozenset(self._lines[index].name for index in serves)
        return self._desks.setdefault(serves, _Desk(serves, names))

    def _later(self, at: float, kind: int, subject: object) -> None:
        self._sequence += 1
        heapq.heappush(self._heap, (at, self._sequence, kind, subject))

    # The controller's turn.

    def _tick(self, now: float) -> bool:
        """Ask the controller and place its calls; return whether the shift goes on."""
        world = self._world
        left = max(0.0, world.lines - self._in_flight)
        ends_in = world.seconds - now
        if self._one:
            line, desk = self._lines[0], next(iter(self._desks.values()))
            leads = line.leads_left
            if leads < 1 and not self._in_flight:
                return False
            floor = Floor(
                len(desk.idle),
                len(line.waiting),
                [now - began for agent, began in desk.talking.items() if not agent.leaving],
                [now - began for agent, began in desk.wrapping.items() if not agent.leaving],
                [now - dialed_at for dialed_at in line.ringing.values()],
                left,
                leads,
                ends_in,
                (self._next_segment(line),) if len(line.leads) > 1 else (),
            )
            calls = self._controller.decide(floor, now).calls  # type: ignore[arg-type, union-attr]
            if calls:
                self._place(line, min(calls, int(min(left, leads, 1e6))), now)
            return True
        if not self._in_flight and all(line.leads_left < 1 for line in self._lines):
            return False
        found = self._controller.decide(self._shared(now, left, ends_in), now)  # type: ignore[arg-type]
        for line in self._lines:
            decision = found.get(line.name)  # type: ignore[union-attr]
            if decision is not None and decision.calls:
                room = max(0.0, world.lines - self._in_flight)
                self._place(line, int(min(decision.calls, room, line.leads_left, 1e6)), now)
        return True

    def _shared(self, now: float, left: float, ends_in: float) -> SharedFloor:
        desks = [
            Desk(
                serves=desk.names,
                idle=len(desk.idle),
                talk_ages=_by_campaign(desk.talking, now),
                wrap_up_ages=_by_campaign(desk.wrapping, now),
            )
            for desk in self._desks.values()
        ]
        queues = [
            Queue(
                campaign=line.name[0],
                pool=line.pool,
                waiting=len(line.waiting),
                ring_ages=[now - dialed_at for dialed_at in line.ringing.values()],
                leads_left=line.leads_left,
                next_segments=(self._next_segment(line),) if len(line.leads) > 1 else (),
            )
            for line in self._lines
        ]
        return SharedFloor(desks=desks, queues=queues, lines_free=left, ends_in=ends_in)

    def _next_segment(self, line: _Line) -> str:
        return next((item.name for item in line.leads if item.left >= 1), "")

    def _place(self, line: _Line, count: int, now: float) -> None:
        campaign = line.campaign
        for _ in range(count):
            item = next(item for item in line.leads if item.left >= 1)
            item.left -= 1
            segment = item.name if len(line.leads) > 1 else ""
            self._calls += 1
            self._in_flight += 1
            call = _Call(self._calls, line, now)
            line.ringing[call] = now
            campaign.attempts += 1
            self._observe(campaign, Dialed(call.number, now, line.pool, segment))
            self._draw_fate(call, now, item.answer_rate)

    def _draw_fate(self, call: _Call, now: float, answer_rate: float) -> None:
        world, chance = self._world, self._chance
        rates = call.line.campaign.rates
        while len(rates) > 1 and rates[1][0] <= now:
            rates.popleft()
        if rates and rates[0][0] <= now:
            answer_rate = rates[0][1]
        delay = next(self._delay)
        for begins, ends, share in world.brownouts:
            if begins <= now < ends and next(chance) < share:
                self._later(now + delay + next(self._fails_after), ENDED, call)
                return
        limit = world.ring_limit_seconds
        screening = world.screening
        if next(chance) < answer_rate:
            rings = next(self._pick_up)
            while rings > limit:
                rings = next(self._pick_up)
            answered = now + delay + rings
            if screening is None:
                self._later(answered, OFFERED, call)
                return
            call.screened_out = next(chance) < screening.false_positive_rate
            self._later(answered + screening.seconds, ENDED if call.screened_out else OFFERED, call)
            return
        kind = next(chance)
        if kind < world.fails_at_once:
            self._later(now + delay + next(self._fails_after), ENDED, call)
            return
        rings = next(self._machine_picks_up) if kind < world.fails_at_once + world.machines else inf
        if rings > limit:
            self._later(now + delay + limit, ENDED, call)
        elif screening is None:
            self._later(now + delay + rings, ENDED, call)
        else:
            call.machine = next(chance) < screening.false_negative_rate
            at = now + delay + rings + screening.seconds
            self._later(at, OFFERED if call.machine else ENDED, call)

    # What happens to calls.

    def _observe(self, campaign: _Campaign, event: Event) -> None:
        if self._one:
            self._controller.observe(event)  # type: ignore[call-arg, arg-type]
        else:
            self._controller.observe(campaign.world.name, event)  # type: ignore[call-arg, arg-type]

    def _ended(self, call: _Call, at: float) -> None:
        del call.line.ringing[call]
        self._in_flight -= 1
        campaign = call.line.campaign
        if call.screened_out:
            campaign.live += 1
            campaign.abandoned += 1
            self._note_rate(at)
        self._observe(campaign, Failed(call.number, at))

    def _offered(self, call: _Call, at: float) -> None:
        line = call.line
        del line.ringing[call]
        campaign = line.campaign
        if not call.machine:
            campaign.live += 1
        self._observe(campaign, Answered(call.number, at))
        desk = self._longest_idle(line.index)
        if desk is not None:
            self._connect(desk.idle.popleft(), call, at)
        else:
            line.waiting.append(call)
            self._later(at + self._patience, DEADLINE, call)
        if not call.machine:
            self._note_rate(at)

    def _longest_idle(self, index: int) -> _Desk | None:
        found: _Desk | None = None
        for desk in self._desks.values():
            longer = desk.idle and index in desk.serves
            if longer and (found is None or desk.idle[0].began < found.idle[0].began):
                found = desk
        return found

    def _deadline(self, call: _Call, at: float) -> None:
        if call.settled:
            return
        call.settled = True
        call.line.waiting.remove(call)
        self._in_flight -= 1
        campaign = call.line.campaign
        if not call.machine:
            campaign.abandoned += 1
            self._note_rate(at)
        self._observe(campaign, Abandoned(call.number, at))

    def _connect(self, agent: _Agent, call: _Call, at: float) -> None:
        call.settled = True
        campaign = call.line.campaign
        if at < self._world.seconds:
            self._sums.waits.append(at - agent.began)
        agent.call, agent.campaign, agent.began = call, campaign, at
        agent.desk.talking[agent] = at
        if call.machine:
            self._sums.machines += 1
            self._later(at + next(self._machine_handling), TALK_ENDED, agent)
        else:
            campaign.connected += 1
            self._later(at + next(campaign.talk), TALK_ENDED, agent)

    def _note_rate(self, at: float) -> None:
        live = abandoned = 0
        for campaign in self._campaigns:
            live += campaign.live
            abandoned += campaign.abandoned
        self._sums.note_rate(at, live, abandoned)

    # What happens to agents.

    def _talk_ended(self, agent: _Agent, at: float) -> None:
        began = agent.desk.talking.pop(agent)
        call, campaign = agent.call, agent.campaign
        assert call is not None and campaign is not None
        self._in_flight -= 1
        end = self._end
        self._observe(campaign, TalkEnded(agent.number, began, at))
        agent.began = at
        agent.desk.wrapping[agent] = at
        if call.machine:
            self._observe(campaign, MachineFound(call.number, at))
            self._later(at, WRAP_UP_ENDED, agent)
            return
        self._sums.talk += min(at, end) - min(began, end)
        self._later(at + next(campaign.wrap_up), WRAP_UP_ENDED, agent)

    def _wrap_up_ended(self, agent: _Agent, at: float) -> None:
        began = agent.desk.wrapping.pop(agent)
        call, campaign = agent.call, agent.campaign
        assert call is not None and campaign is not None
        end = self._end
        if not call.machine:
            self._sums.wrap_up += min(at, end) - min(began, end)
        agent.call = None
        self._observe(campaign, WrapUpEnded(agent.number, began, at))
        if agent.leaving:
            self._leave(agent, at)
        else:
            self._free(agent, at)

    def _free(self, agent: _Agent, at: float) -> None:
        agent.began = at
        longest: _Line | None = None
        for line in self._lines:
            if line.waiting and line.index in agent.desk.serves:
                first = line.waiting[0].number
                if longest is None or first < longest.waiting[0].number:
                    longest = line
        if longest is None:
            agent.desk.idle.append(agent)
        else:
            self._connect(agent, longest.waiting.popleft(), at)

    def _signed_in(self, agent: _Agent, at: float) -> None:
        if agent.present:
            agent.leaving = False
            return
        agent.present, agent.leaving, agent.signed_in_at = True, False, at
        self._free(agent, at)

    def _signing_off(self, agent: _Agent, at: float) -> None:
        if not agent.present:
            return
        if agent.call is None:
            agent.desk.idle.remove(agent)
            self._leave(agent, at)
        else:
            agent.leaving = True

    def _leave(self, agent: _Agent, at: float) -> None:
        agent.present = agent.leaving = False
        end = self._end
        self._sums.signed_in += min(at, end) - min(agent.signed_in_at, end)

    # The figures.

    def _figures(self, over_at: float) -> Figures:
        sums = self._sums
        present = {agent for desk in self._desks.values() for agent in desk.idle if agent.present}
        signed_in = sums.signed_in + sum(
            max(0.0, over_at - agent.signed_in_at) for agent in present
        )
        signed_in = max(signed_in, 1e-9)
        live = sum(campaign.live for campaign in self._campaigns)
        abandoned = sum(campaign.abandoned for campaign in self._campaigns)
        waits = np.array(sums.waits or [0.0])
        return Figures(
            seed=self._seed,
            utilisation=(sums.talk + sums.wrap_up) / signed_in,
            talk_share=sums.talk / signed_in,
            abandon_rate=abandoned / live if live else 0.0,
            live_answers=live,
            abandoned=abandoned,
            machines_to_agents=sums.machines,
            wait_mean=float(waits.mean()),
            wait_p95=float(np.quantile(waits, 0.95)),
            attempts=sum(campaign.attempts for campaign in self._campaigns),
            connected=sum(campaign.connected for campaign in self._campaigns),
            worst_running_abandon_rate=sums.worst,
            worst_rate_after_200=sums.worst_after_200,
            seconds=over_at,
            campaigns={
                campaign.world.name: CampaignFigures(
                    attempts=campaign.attempts,
                    live_answers=campaign.live,
                    abandoned=campaign.abandoned,
                    connected=campaign.connected,
                )
                for campaign in self._campaigns
            },
        )


class _Sums:
    """What is added up during a shift."""

    __slots__ = ("machines", "rate_from", "signed_in", "talk", "waits", "worst", "worst_after_200",
                 "wrap_up")  # fmt: skip

    def __init__(self, rate_from: float) -> None:
        self.rate_from = rate_from
        self.talk = self.wrap_up = self.signed_in = 0.0
        self.worst = self.worst_after_200 = 0.0
        self.machines = 0
        self.waits: list[float] = []

    def note_rate(self, at: float, live: int, abandoned: int) -> None:
        rate = abandoned / live
        if at >= self.rate_from and rate > self.worst:
            self.worst = rate
        if live >= 200 and rate > self.worst_after_200:
            self.worst_after_200 = rate


def _lines(campaigns: list[_Campaign]) -> list[_Line]:
    lines: list[_Line] = []
    for campaign in campaigns:
        languages = campaign.world.languages or (("", 1.0),)
        total = sum(share for _, share in languages) or 1.0
        for name, share in languages:
            lines.append(_Line(len(lines), campaign, name, share / total))
    return lines


def _by_campaign(since: dict[_Agent, float], now: float) -> dict[str, list[float]]:
    ages: dict[str, list[float]] = {}
    for agent, began in since.items():
        if not agent.leaving and agent.campaign is not None:
            ages.setdefault(agent.campaign.world.name, []).append(now - began)
    return ages


def _uniform(random: np.random.Generator) -> Iterator[float]:
    while True:
        yield from random.random(4_096).tolist()
