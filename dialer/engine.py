"""The engine of one team: one inbox, one writer, the only one who changes its calls and agents.

    telephony events ─┐                              ┌─▶ orders to telephony
    timers ───────────┼─▶ inbox ─▶ pure decisions ───┼─▶ rows and closings (``writing.py``)
    agents' clicks ───┤                              └─▶ views for desk and board
    database answers ─┘

Rule: everything that happens is an entry in the inbox and is carried out to its end before the
next; what needs waiting runs beside it and comes back as an entry. The engine may die at any
instant: what mattered is in the ledger, what still lives is in the telephony worker, and
:meth:`Engine.run` begins by asking both.
"""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final, TypeVar

import structlog

from dialer import agent as agents
from dialer import pacing
from dialer.acknowledging import Acknowledging
from dialer.call_events import AgentId, CallEvent, CallId, OwnReason
from dialer.campaign import Campaign, CampaignId
from dialer.carriage import Carriage
from dialer.closing import Closer
from dialer.conduct import Conduct
from dialer.dialing import CampaignDialing, Surroundings
from dialer.failing_over import FailingOver
from dialer.floor_pacing import FloorPacing
from dialer.guest_ways import GuestWays
from dialer.in_call import GuestGone, GuestJoined, GuestLeft, GuestUp
from dialer.live import LiveCall, LiveTeam
from dialer.opened_lines import LineEar, OpenedLines
from dialer.phone_troubles import PhoneTroubles
from dialer.ports import (
    AgentLegLost,
    AgentLegUp,
    AudioLost,
    AudioReady,
    CallHeard,
    Clock,
    Heard,
    Ledger,
    LedgerUnavailable,
    Placement,
    Stock,
    Telephony,
    Unfinished,
    WorkerLost,
)
from dialer.previewing import Previews
from dialer.recovery import lost
from dialer.ring_back_ledger import RingBackLedger
from dialer.ring_backs import RingBacks
from dialer.ringing_in import CameIn, SaidToEnd
from dialer.screened_calls import ScreenedCalls, Screening
from dialer.settling import Settling
from dialer.supervising import Supervision
from dialer.team import Team
from dialer.transferring import Transfers
from dialer.trunk_events import TrunkHeard, TrunkRegistration, TrunkUnusable
from dialer.watching import Watch
from dialer.writing import Writer

log = structlog.get_logger()
T = TypeVar("T")

TICK: Final = timedelta(milliseconds=250)
TEAM_EVERY: Final = timedelta(seconds=3)  #: how often campaigns and agents are read again
DATABASE_PAUSE: Final = timedelta(seconds=1)  #: between two tries to read


class Engine:
    """Runs one team until cancelled."""

    def __init__(
        self,
        *,
        ledger: Ledger,
        telephony: Telephony,
        clock: Clock,
        pacer: Callable[[Campaign], pacing.Pacer],
        carriage: Carriage,
        new_call_id: Callable[[], CallId],
        ring_backs: RingBackLedger | None = None,
        audio: Callable[[AudioReady | AudioLost], None] = lambda _: None,
        screening: Screening | None = None,
        lines: LineEar | None = None,
    ) -> None:
        self.clock = clock
        self._telephony = telephony
        self._carriage = carriage
        self.watch = Watch()
        self.pacing = FloorPacing(pacer)
        self.writer = Writer(ledger, clock, lambda: self.watch.bump("board"))
        self.live = LiveTeam(self.writer, self.watch)
        self.conduct = Conduct(self.live, telephony, clock, self._say, self.pacing.observe)
        self.closer = Closer(
            self.conduct, self.writer, clock, self._say, self.pacing.observe, carriage=carriage
        )
        self._ways = ways = GuestWays(carriage)
        self.conduct.way_to = lambda agent, phone: ways.to_agent(
            agent, phone, self.live, clock.now()
        )
        self.transfers = Transfers(self.conduct, telephony, clock, ways)
        self.supervision = Supervision(
            self.conduct, telephony, clock, ways, lambda: str(new_call_id())
        )
        self.failing_over = FailingOver(
            self.conduct,
            self.writer,
            clock,
            self._say,
            self._send,
            carriage=carriage,
            may_dial=lambda: self.may_dial,
        )
        self.ring_backs = self._ring_backs(ring_backs) if ring_backs else None
        self.settling = Settling(
            self.conduct,
            self.closer,
            telephony,
            carriage,
            others=self._callers,
            guests=lambda stock: self.supervision.settle(stock, self.transfers.settle(stock)),
        )
        self.screened = ScreenedCalls(self.conduct, clock, self._say, screening)
        self.lines = OpenedLines(self.conduct, clock, self._say, lines)
        self.dialing: dict[CampaignId, CampaignDialing] = {}
        self.previews = Previews(self.live, clock, self.dialing)
        self.phones = PhoneTroubles()
        self.draining = False
        self.settled = False  #: worker and record agree; calls may be placed
        self.superseded = False  #: another engine has taken the team over
        self._ledger = ledger
        self._acknowledging = Acknowledging(telephony.acknowledge)
        self._audio = audio
        self._inbox: asyncio.Queue[Callable[[], None]] = asyncio.Queue()
        self._tasks: asyncio.TaskGroup | None = None
        self._restarted = True
        self._uncertain: set[CallId] = set()
        self._worker_lost_at: datetime | None = None
        self._around = Surroundings(
            ledger=ledger,
            clock=clock,
            live=self.live,
            carriage=carriage,
            new_call_id=new_call_id,
            spawn=self._spawn,
            say=self._say,
            placed=self._placed,
            uncertain=self._uncertain.add,
            superseded=self._superseded,
            let_go=self.conduct.let_go,
            may_dial=lambda: self.may_dial,
        )

    def _ring_backs(self, ledger: RingBackLedger) -> RingBacks:
        return RingBacks(
            ledger,
            self.conduct,
            self.writer,
            self._telephony,
            self.clock,
            carriage=self._carriage,
            say=self._say,
            spawn=self._spawn,
            may_connect=lambda: self.settled and self.writer.healthy and not self.superseded,
        )

    async def run(self) -> None:
        """Run until cancelled. The first task to fail stops the engine, loudly."""
        async with asyncio.TaskGroup() as tasks:
            self._tasks = tasks
            tasks.create_task(self.writer.run(), name="writer")
            await self._patiently(self._ledger.take_over)
            self._take_team(await self._patiently(self._ledger.team))
            if self.ring_backs:
                await self._patiently(self.ring_backs.begin)
            for unfinished in await self._patiently(self._ledger.unfinished):
                self.settling.adopt(unfinished)
            self._telephony.take_stock()
            tasks.create_task(self._listen(), name="telephony events")
            tasks.create_task(self._ticks(), name="ticks")
            tasks.create_task(self._reread(), name="team")
            while True:
                handle = await self._inbox.get()
                handle()

    async def ask(self, question: Callable[[], T]) -> T:
        """Answer *question* in the inbox; its exception is raised here and not there."""
        answer: asyncio.Future[T] = asyncio.get_running_loop().create_future()

        def carry_out() -> None:
            if answer.cancelled():
                return
            try:
                answer.set_result(question())
            except Exception as error:
                answer.set_exception(error)

        self._say(carry_out)
        return await answer

    @property
    def knows_agents(self) -> bool:
        """Whether it is known what everybody was doing before the engine started."""
        return not self._restarted

    def trunk_troubles(self) -> tuple[str, ...]:
        """Return what hinders the trunks, in words."""
        return self._carriage.troubles(self.live.campaigns.values(), self.clock.now())

    @property
    def may_dial(self) -> bool:
        """Stopping is the safe direction: every doubt ends the placing of calls."""
        stopped = self.live.team is None or self.live.team.stopped
        hindered = stopped or self.draining or self.superseded
        return self.settled and self.writer.healthy and not hindered

    async def drain(self, patience: timedelta) -> None:
        """Place no more calls; wait until none is left and all is written, at most *patience*."""
        self.draining = True
        until = self.clock.now() + patience
        while self._is_busy and self.clock.now() < until:
            await self.clock.sleep(TICK)

    @property
    def _is_busy(self) -> bool:
        opening = any(each.opening for each in self.dialing.values())
        return bool(self.live.calls) or opening or not self.writer.idle.is_set()

    async def refresh(self) -> None:
        """Take changes of campaigns, agents and the stop-all switch from the database."""
        asked = frozenset(self._uncertain)
        try:
            team = await self._ledger.team()
            left = await self._ledger.unfinished() if asked else ()
        except LedgerUnavailable:
            return
        self._say(partial(self._refreshed, team, left, asked))

    # --- The shell -------------------------------------------------------------------------

    def _say(self, handle: Callable[[], None]) -> None:
        self._inbox.put_nowait(handle)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        if self._tasks is None:
            raise RuntimeError("the engine is not running")
        self._tasks.create_task(work)

    async def _patiently(self, read: Callable[[], Coroutine[Any, Any, T]]) -> T:
        while True:
            try:
                return await read()
            except LedgerUnavailable:
                await self.clock.sleep(DATABASE_PAUSE)

    async def _listen(self) -> None:
        async for heard in self._telephony.events():
            self._say(partial(self._hear, heard))

    async def _ticks(self) -> None:
        while True:
            self._say(self._tick)
            await self.clock.sleep(TICK)

    async def _reread(self) -> None:
        while True:
            await self.clock.sleep(TEAM_EVERY)
            await self.refresh()

    # --- What happens ----------------------------------------------------------------------

    def _take_team(self, team: Team) -> None:
        self.live.settle(team)
        for campaign in self.live.campaigns.values():
            if (dialing := self.dialing.get(campaign.id)) is None:
                self.dialing[campaign.id] = CampaignDialing(campaign, self._around)
                self.pacing.add(campaign)
                continue
            dialing.campaign = campaign
            self.pacing.change(campaign, self.clock.now())
            if not campaign.dials or team.stopped:
                dialing.release()
        self.live.changed(None)

    def _refreshed(
        self, team: Team, unfinished: Sequence[Unfinished], asked: frozenset[CallId]
    ) -> None:
        self._take_team(team)
        for left in unfinished:
            if left.call in asked and left.call not in self.live.calls:
                self.settling.adopt(left)
                if (live := self.live.calls.get(left.call)) is not None:
                    self.conduct.call_event(live, lost(live.call, self.clock.now()))
        self._uncertain -= asked  # those that came meanwhile are asked about the next time

    def _superseded(self) -> None:
        """Place no more calls: two engines would call for one team."""
        if not self.superseded:
            self.superseded = True
            log.error("engine_superseded")
            self.live.changed(None)

    def _tick(self) -> None:
        for dialing in self.dialing.values():
            dialing.tick()
        self.previews.tick()
        if self.ring_backs:
            self.ring_backs.serve()
        now = self.clock.now()
        self.conduct.end_overlong(self._carriage.longest)
        self.pacing.pace(list(self.dialing.values()), self.live, self._carriage.room(now), now)

    def _hear(self, heard: Heard) -> None:
        written = self._acknowledging.heard(heard.number)
        match heard.event:
            case CallHeard(call_id, event, trial, agent_id):
                live = self.live.calls.get(call_id)
                if live is not None and live.call.tries == trial:
                    self._call_heard(live, event, agent_id)
                elif live is None and self.ring_backs:
                    self.ring_backs.heard(call_id, event)
            case TrunkHeard() | TrunkRegistration() | TrunkUnusable():
                self._carriage.heard(heard.event)
            case CameIn() | SaidToEnd():
                self._ringing_in(heard.event, written)
            case AgentLegUp(agent_id, at) if agent_id in self.live.agents and self.settled:
                self.phones.up(agent_id)
                self.conduct.agent_event(agent_id, agents.LegUp(at))
            case AgentLegLost(agent_id, at, why) if agent_id in self.live.agents and self.settled:
                self.phones.lost(agent_id, why)
                self._ways.free_agent(agent_id, at)
                self.conduct.agent_event(agent_id, agents.LegLost(at))
            case WorkerLost(at):
                self.settled, self._worker_lost_at = False, at
                if self.ring_backs:
                    self.ring_backs.worker_lost()
                self.live.changed(None)
                self._telephony.take_stock()
            case Stock():
                self._settle_with(heard.event)
            case AudioReady() | AudioLost():
                self._audio(heard.event)
            case GuestUp() | GuestGone() | GuestJoined() | GuestLeft():
                self.transfers.heard(heard.event, self._call_heard)
                self.supervision.heard(heard.event, self._call_heard)
        if not isinstance(heard.event, CameIn):
            self.writer.then(written)

    def _ringing_in(self, event: CameIn | SaidToEnd, written: Callable[[], None]) -> None:
        if self.ring_backs is None:
            self._telephony.hang_up(event.call, OwnReason.TURNED_AWAY)
            written()
        elif isinstance(event, CameIn):
            self.ring_backs.came_in(event, written)
        else:
            self.ring_backs.said(event.call)

    def _callers(self) -> frozenset[CallId]:
        return frozenset(self.ring_backs.callers) if self.ring_backs else frozenset()

    def _call_heard(self, live: LiveCall, event: CallEvent, agent: AgentId | None = None) -> None:
        if self._restarted:  # the agents are not known yet: learn what was, order nothing
            self.settling.learn(live, self.lines.meant(live, event), agent)
        else:
            event = self.lines.about(live, self.failing_over.heard(live, event))
            self.conduct.call_event(live, self.screened.about(live, event))

    def _placed(self, live: LiveCall, placement: Placement, pool: str) -> None:
        """Place the call of a permit just given."""
        self.live.calls[live.call.id] = live
        if not self.conduct.give_ahead(live):
            self.conduct.call_event(live, lost(live.call, self.clock.now()))
        elif self._send(live, placement):
            self.conduct.placed(live, pool)

    def _send(self, live: LiveCall, placement: Placement) -> bool:
        """Send the INVITE of a permit, unless the world has moved on meanwhile."""
        now = self.clock.now()
        wanted = self.live.campaigns[live.campaign].dials and not self.conduct.is_revoked(live)
        if self.may_dial and wanted and placement.permit.is_usable(now):
            self.failing_over.placed(placement)
            self._telephony.place(placement)
            return True
        self.conduct.call_event(live, lost(live.call, now))
        return False

    def _settle_with(self, stock: Stock) -> None:
        """Bring record and worker together; after this, calls may be placed."""
        self.settling.settle(stock, restarted=self._restarted, lost_at=self._worker_lost_at)
        self._worker_lost_at = None
        self._restarted, self.settled = False, True
        self.live.changed(None)
        log.info("floor_settled", calls=len(stock.calls), agent_legs=len(stock.agents))
