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

from collections import deque
from collections.abc import Callable
from typing import Protocol, cast

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
    Signalled,
    TalkEnded,
    WrapUpEnded,
)
from dialer.pacing.shared_floor import QueueName, SharedFloor
from dialer.simulation.floor.agenda import (
    DEADLINE,
    SIGNALLED,
    SIGNED_IN,
    SIGNING_OFF,
    TALK_ENDED,
    WRAP_UP_ENDED,
    Agenda,
)
from dialer.simulation.floor.fate import Fate
from dialer.simulation.floor.measures import Figures
from dialer.simulation.floor.seating import seat
from dialer.simulation.floor.showing import floor_of_one, floor_of_several
from dialer.simulation.floor.standing import Agent, AgentDesk, Call, CampaignOfShift, Line, lines_of
from dialer.simulation.floor.sums import Sums, figures_of
from dialer.simulation.floor.world import World


class Controller(Protocol):
    """Paces a floor of one campaign and one pool."""

    def observe(self, event: Event) -> None: ...
    def decide(self, floor: Floor, now: float) -> Decision: ...


class FloorController(Protocol):
    """Paces a floor of several queues."""

    def observe(self, campaign: str, event: Event) -> None: ...
    def decide(self, floor: SharedFloor, now: float) -> dict[QueueName, Decision]: ...


class Shift:
    """Runs one shift; :meth:`run` once."""

    def __init__(self, world: World, controller: Controller | FloorController, seed: int) -> None:
        self._world = world
        self._seed = seed
        self._controller = controller
        children = np.random.SeedSequence(seed).spawn(8 + len(world.campaigns))
        randoms = [np.random.default_rng(child) for child in children]
        self._fate = Fate(world, randoms)
        self._machine_handling = world.machine_handling.stream(randoms[5])
        self._saying, self._saying_random = world.signals, randoms[6]
        self._campaigns = [
            CampaignOfShift(campaign, random)
            for campaign, random in zip(world.campaigns, randoms[8:], strict=True)
        ]
        self._lines = lines_of(self._campaigns)
        self._agenda = Agenda()
        self._desks = seat(world.agents, self._lines, self._agenda)
        self._calls = 0
        self._in_flight = 0
        self._end = world.seconds  # or when the leads have run out
        self._one = len(self._lines) == 1 and len(self._desks) == 1
        self._patience = world.connect_limit_seconds
        if world.screening is not None and world.screening.within_connect_limit:
            self._patience = max(0.0, self._patience - world.screening.seconds)
        self._sums = Sums(min(1_800.0, world.seconds / 4))

    def run(self) -> Figures:
        """Let the shift pass and return its figures."""
        world, agenda = self._world, self._agenda
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
                self._signalled,
            ),
        )
        late = deque(world.late_ticks)
        next_tick = 0.0
        while next_tick < world.seconds:
            if agenda.entries and agenda.entries[0][0] <= next_tick:
                at, kind, subject = agenda.take()
                handlers[kind](subject, at)
                continue
            if late and next_tick >= late[0][0]:
                next_tick += late.popleft()[1]
                continue
            if not self._tick(next_tick):
                self._end = next_tick
                break
            next_tick += world.tick_seconds
        while agenda.entries:
            at, kind, subject = agenda.take()
            if kind not in (SIGNED_IN, SIGNING_OFF):
                handlers[kind](subject, at)
        return figures_of(
            self._sums, self._campaigns, self._desks, seed=self._seed, over_at=self._end
        )

    # The controller's turn.

    def _tick(self, now: float) -> bool:
        """Ask the controller and place its calls; return whether the shift goes on."""
        world = self._world
        left = max(0.0, world.lines - self._in_flight)
        ends_in, said = world.seconds - now, self._saying is not None
        if self._one:
            line, desk = self._lines[0], self._desks[0]
            leads = line.leads_left
            if leads < 1 and not self._in_flight:
                return False
            floor = floor_of_one(
                line, desk, now=now, lines_free=left, ends_in=ends_in, signals=said
            )
            calls = self._controller.decide(floor, now).calls  # type: ignore[arg-type, union-attr]
            if calls:
                self._place(line, min(calls, int(min(left, leads, 1e6))), now)
            return True
        if not self._in_flight and all(line.leads_left < 1 for line in self._lines):
            return False
        shown = floor_of_several(
            self._lines, self._desks, now=now, lines_free=left, ends_in=ends_in, signals=said
        )
        found = self._controller.decide(shown, now)  # type: ignore[arg-type]
        for line in self._lines:
            decision = found.get(line.name)  # type: ignore[union-attr]
            if decision is not None and decision.calls:
                room = max(0.0, world.lines - self._in_flight)
                self._place(line, int(min(decision.calls, room, line.leads_left, 1e6)), now)
        return True

    def _place(self, line: Line, count: int, now: float) -> None:
        campaign = line.campaign
        for _ in range(count):
            item = next(item for item in line.leads if item.left >= 1)
            item.left -= 1
            segment = item.name if len(line.leads) > 1 else ""
            self._calls += 1
            self._in_flight += 1
            call = Call(self._calls, line, now)
            line.ringing[call] = now
            campaign.attempts += 1
            self._observe(campaign, Dialed(call.number, now, line.pool, segment))
            at, kind = self._fate.draw(call, now, item.answer_rate)
            self._agenda.plan(at, kind, call)

    # What happens to calls.

    def _observe(self, campaign: CampaignOfShift, event: Event) -> None:
        if self._one:
            self._controller.observe(event)  # type: ignore[call-arg, arg-type]
        else:
            self._controller.observe(campaign.world.name, event)  # type: ignore[call-arg, arg-type]

    def _ended(self, call: Call, at: float) -> None:
        del call.line.ringing[call]
        self._in_flight -= 1
        campaign = call.line.campaign
        if call.screened_out:
            campaign.live += 1
            campaign.abandoned += 1
            self._note_rate(at)
        self._observe(campaign, Failed(call.number, at))

    def _offered(self, call: Call, at: float) -> None:
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
            self._agenda.plan(at + self._patience, DEADLINE, call)
        if not call.machine:
            self._note_rate(at)

    def _longest_idle(self, index: int) -> AgentDesk | None:
        found: AgentDesk | None = None
        for desk in self._desks:
            longer = desk.idle and index in desk.serves
            if longer and (found is None or desk.idle[0].began < found.idle[0].began):
                found = desk
        return found

    def _deadline(self, call: Call, at: float) -> None:
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

    def _connect(self, agent: Agent, call: Call, at: float) -> None:
        call.settled = True
        campaign = call.line.campaign
        if at < self._world.seconds:
            self._sums.waits.append(at - agent.began)
        agent.call, agent.campaign, agent.began = call, campaign, at
        agent.desk.talking[agent] = at
        if call.machine:
            self._sums.machines += 1
            self._agenda.plan(at + next(self._machine_handling), TALK_ENDED, agent)
        else:
            campaign.connected += 1
            talk = next(campaign.talk)
            self._agenda.plan(at + talk, TALK_ENDED, agent)
            if self._saying is not None:
                for after, name in self._saying.said(talk, self._saying_random):
                    self._agenda.plan(at + after, SIGNALLED, (agent, name))

    def _note_rate(self, at: float) -> None:
        live = abandoned = 0
        for campaign in self._campaigns:
            live += campaign.live
            abandoned += campaign.abandoned
        self._sums.note_rate(at, live, abandoned)

    # What happens to agents.

    def _talk_ended(self, agent: Agent, at: float) -> None:
        began = agent.desk.talking.pop(agent)
        call, campaign = agent.call, agent.campaign
        assert call is not None and campaign is not None
        self._in_flight -= 1
        end = self._end
        self._observe(campaign, TalkEnded(agent.number, began, at))
        agent.began, agent.said = at, None
        agent.desk.wrapping[agent] = at
        if call.machine:
            self._observe(campaign, MachineFound(call.number, at))
            self._agenda.plan(at, WRAP_UP_ENDED, agent)
            return
        self._sums.talk += min(at, end) - min(began, end)
        self._agenda.plan(at + next(campaign.wrap_up), WRAP_UP_ENDED, agent)

    def _signalled(self, heard: tuple[Agent, str], at: float) -> None:
        agent, name = heard
        assert agent.campaign is not None
        agent.said = (name, at)
        self._observe(agent.campaign, Signalled(agent.number, name, at))

    def _wrap_up_ended(self, agent: Agent, at: float) -> None:
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

    def _free(self, agent: Agent, at: float) -> None:
        agent.began = at
        longest: Line | None = None
        for line in self._lines:
            if line.waiting and line.index in agent.desk.serves:
                first = line.waiting[0].number
                if longest is None or first < longest.waiting[0].number:
                    longest = line
        if longest is None:
            agent.desk.idle.append(agent)
        else:
            self._connect(agent, longest.waiting.popleft(), at)

    def _signed_in(self, agent: Agent, at: float) -> None:
        if agent.present:
            agent.leaving = agent.known_to_leave = False
            return
        agent.present, agent.signed_in_at = True, at
        agent.leaving = agent.known_to_leave = False
        self._free(agent, at)

    def _signing_off(self, agent: Agent, at: float) -> None:
        if not agent.present:
            return
        if agent.call is None:
            agent.desk.idle.remove(agent)
            self._leave(agent, at)
        else:
            agent.leaving = True
            agent.known_to_leave = self._saying is None or self._saying.leaving_is_said

    def _leave(self, agent: Agent, at: float) -> None:
        agent.present = agent.leaving = agent.known_to_leave = False
        end = self._end
        self._sums.signed_in += min(at, end) - min(agent.signed_in_at, end)
