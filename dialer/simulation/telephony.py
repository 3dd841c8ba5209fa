"""A telephone network in memory, for the engine on virtual time.

It keeps the promises of the telephony worker: orders are idempotent, events are numbered and
told again until they are acknowledged, and legs live on while no engine listens.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial

from dialer.call_events import (
    AgentId,
    AgentLost,
    Answered,
    CallEvent,
    CallId,
    Connected,
    ConnectLimitPassed,
    DigitHeard,
    Ended,
    EndedBy,
    Invited,
    OwnReason,
    Rang,
    Screened,
)
from dialer.in_call import GuestId, Order
from dialer.ports import (
    AgentLegLost,
    AgentLegUp,
    Bridge,
    CallHeard,
    Clock,
    Heard,
    Placement,
    Stock,
    TelephonyEvent,
    Way,
    WorkerLost,
)
from dialer.ringing_in import CameIn, SaidToEnd, Words
from dialer.screening.verdict import ScreeningVerdict
from dialer.simulation.guests import SimulatedGuests

MESSAGE = timedelta(seconds=4)  #: how long the identity message takes
BRIDGE_DELAY = timedelta(milliseconds=30)
LEG_DELAY = timedelta(milliseconds=300)
ORPHAN_GRACE = timedelta(milliseconds=500)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fate:
    """What happens at the other end. Durations from the INVITE, or from the answer."""

    rings_after: timedelta | None = timedelta(seconds=1)  #: None: the network says nothing
    answered_after: timedelta | None = None  #: from the INVITE; None: never
    refused_after: timedelta | None = None  #: from the INVITE: a final status
    sip_status: int = 486
    q850: int | None = None
    retry_after_s: float | None = None  #: beside a refusal
    hangs_up_after: timedelta | None = None  #: from the answer; None: waits for the agent
    gateway_says: tuple[tuple[timedelta, ScreeningVerdict], ...] = ()  #: if asked, from the answer


@dataclass(slots=True, kw_only=True)
class _Leg:
    placement: Placement | None  #: None: they called us
    fate: Fate
    answered_at: datetime | None = None
    bridged_to: AgentId | None = None
    heard_since: datetime | None = None  #: by the agent above
    playing: bool = False
    saying: int = 0  #: how often something was begun to be said


@dataclass(slots=True)
class Truth:
    """What the network saw, for tests to compare with what the dialer says."""

    placements: list[Placement] = field(default_factory=list)
    events: list[tuple[CallId, CallEvent]] = field(default_factory=list)
    said: list[tuple[CallId, Words]] = field(default_factory=list)

    def count(self, kind: type[CallEvent]) -> int:
        return sum(isinstance(event, kind) for _, event in self.events)


class SimulatedTelephony:
    """Telephony whose callees are decided by *fates*."""

    def __init__(self, clock: Clock, fates: Callable[[Placement], Fate]) -> None:
        self.truth = Truth()
        self._clock = clock
        self._fates = fates
        self._legs: dict[CallId, _Leg] = {}
        self._placed: set[tuple[CallId, int]] = set()
        self._trials: dict[CallId, int] = {}
        self._ringing_in: set[CallId] = set()
        self._agent_legs: set[AgentId] = set()
        self._calling: set[AgentId] = set()
        self._kept: list[Heard] = []
        self._listener: asyncio.Queue[Heard] | None = None
        self._number = 0
        self.guests = SimulatedGuests(
            clock, self._tell, is_connected=self._is_connected, part_agent=self._part_agent
        )

    # --- Orders ----------------------------------------------------------------------------

    def place(self, placement: Placement) -> None:
        call = placement.call
        if (call, placement.trial) in self._placed or call in self._legs:
            return
        self._placed.add((call, placement.trial))
        self._trials[call] = placement.trial
        self.truth.placements.append(placement)
        fate = self._fates(placement)
        self._legs[call] = _Leg(placement=placement, fate=fate)
        now = self._clock.now()
        self._tell_call(call, Invited(now, f"{call}@simulated"))
        if fate.rings_after is not None:
            self._later(fate.rings_after, call, self._ring)
            self._later(fate.rings_after + placement.ring_limit, call, self._ring_timeout)
        else:
            self._later(timedelta(seconds=3), call, self._no_provisional)
        if fate.answered_after is not None:
            self._later(fate.answered_after, call, self._answer)
        if fate.refused_after is not None:
            self._later(fate.refused_after, call, self._refuse)

    def bridge(self, call: CallId, agent: AgentId, *, record: bool) -> None:
        leg = self._legs.get(call)
        if leg is None or leg.bridged_to == agent:
            if leg is None:
                self._tell_call(call, AgentLost(self._clock.now()))
            return
        if agent not in self._agent_legs or leg.answered_at is None or leg.playing:
            self._tell_call(call, AgentLost(self._clock.now()))
            return
        leg.bridged_to = agent
        self._later(BRIDGE_DELAY, call, self._bridged)

    def play_identity_message(self, call: CallId) -> None:
        leg = self._legs.get(call)
        if leg and not leg.playing:
            leg.playing = True
            self._tell_call(call, ConnectLimitPassed(self._clock.now(), announced=True))
            ended = Ended(self._clock.now(), EndedBy.DIALER, OwnReason.ABANDONED)
            self._later(MESSAGE, call, partial(self._end, ended=ended))

    def pick_up(self, call: CallId, sorry: Words | None) -> None:
        if call in self._ringing_in:
            self._ringing_in.discard(call)
            self._answer(call)

    def say(self, call: CallId, words: Words, *, then_hang_up: bool) -> None:
        if (leg := self._legs.get(call)) is not None:
            self.truth.said.append((call, words))
            leg.saying += 1
            over = partial(self._said, leg.saying, then_hang_up)
            self._later(MESSAGE, call, over)

    def _said(self, number: int, then_hang_up: bool, call: CallId) -> None:
        if self._legs[call].saying != number:
            return  # something else was said meanwhile
        self._tell(SaidToEnd(call, self._clock.now()))
        if then_hang_up:
            self._end(call, ended=Ended(self._clock.now(), EndedBy.DIALER, OwnReason.ANNOUNCED))

    def hang_up(self, call: CallId, because: OwnReason) -> None:
        if call not in self._legs:
            lost = Ended(self._clock.now(), EndedBy.FAULT, OwnReason.LOST)
            self._tell(CallHeard(call, lost, self._trials.get(call, 1)))
        by = EndedBy.AGENT if because is OwnReason.HUNG_UP else EndedBy.DIALER
        self._end(call, ended=Ended(self._clock.now(), by, because))

    def call_agent(self, agent: AgentId, sip_uri: str, way: Way | None = None) -> None:
        if agent not in self._agent_legs and agent not in self._calling:
            self._calling.add(agent)
            at = self._clock.now() + LEG_DELAY
            self._clock.wake_at(at, partial(self._agent_up, agent))

    def release_agent(self, agent: AgentId) -> None:
        self._calling.discard(agent)
        if agent in self._agent_legs:
            self.drop_agent(agent)

    def in_call(self, call: CallId, order: Order) -> None:
        self.guests.carry_out(call, order)

    def call_guest(self, guest: GuestId, sip_uri: str, way: Way | None = None) -> None:
        self.guests.call(guest, sip_uri)

    def drop_guest(self, guest: GuestId) -> None:
        self.guests.drop(guest)

    def take_stock(self) -> None:
        calls, agents = frozenset(self._legs), frozenset(self._agent_legs)
        bridged = {
            call: Bridge(leg.bridged_to, leg.heard_since)
            for call, leg in self._legs.items()
            if leg.bridged_to and leg.heard_since
        }
        self._tell(Stock(self._clock.now(), calls, agents, bridged, dict(self.guests.legs)))

    def acknowledge(self, number: int) -> None:
        self._kept = [heard for heard in self._kept if heard.number > number]

    async def events(self) -> AsyncIterator[Heard]:
        listener: asyncio.Queue[Heard] = asyncio.Queue()
        for heard in self._kept:
            listener.put_nowait(heard)
        self._listener = listener
        try:
            while True:
                yield await listener.get()
        finally:
            if self._listener is listener:
                self._listener = None

    def ring_in(
        self, call: CallId, caller: str, called: str, *, trunk: str, patience: timedelta
    ) -> None:
        """Somebody calls us, and hangs up after *patience* whatever happens."""
        fate = Fate(hangs_up_after=None)
        self._legs[call] = _Leg(placement=None, fate=fate)
        self._ringing_in.add(call)
        came = CameIn(
            call=call,
            at=self._clock.now(),
            trunk=trunk,
            sip_call_id=f"{call}@outside",
            caller=caller,
            called=(called,),
        )
        self._tell(came)
        self._later(patience, call, self._callee_hangs_up)

    def press(self, call: CallId, digit: str) -> None:
        """Who is called, or calls, presses a key."""
        if call in self._legs:
            self._tell_call(call, DigitHeard(self._clock.now(), digit))

    # --- What tests may do to it ---------------------------------------------------------------

    def drop_agent(self, agent: AgentId) -> None:
        """The agent's phone goes away."""
        self._agent_legs.discard(agent)
        for call, leg in self._legs.items():
            if leg.bridged_to == agent:
                leg.bridged_to = leg.heard_since = None
                self._tell_call(call, AgentLost(self._clock.now()))
        self._tell(AgentLegLost(agent, self._clock.now()))

    def kill(self) -> None:
        """The worker dies: every leg is gone, and what nobody had taken is forgotten."""
        self._legs.clear()
        self._ringing_in.clear()
        self._agent_legs.clear()
        self._calling.clear()
        self.guests.kill()
        self._kept.clear()
        self._tell(WorkerLost(self._clock.now()))

    def hide(self) -> None:
        """The connection to the worker is lost, and there again; its legs have lived on."""
        self._tell(WorkerLost(self._clock.now()))

    # --- What happens --------------------------------------------------------------------------

    def _later(self, after: timedelta, call: CallId, what: Callable[[CallId], None]) -> None:
        trial = self._trials.get(call, 1)
        self._clock.wake_at(self._clock.now() + after, partial(self._if_there, call, trial, what))

    def _if_there(self, call: CallId, trial: int, what: Callable[[CallId], None]) -> None:
        if call in self._legs and self._trials.get(call, 1) == trial:
            what(call)

    def _ring(self, call: CallId) -> None:
        if self._legs[call].answered_at is None:
            self._tell_call(call, Rang(self._clock.now()))

    def _ring_timeout(self, call: CallId) -> None:
        if self._legs[call].answered_at is None:
            ended = Ended(self._clock.now(), EndedBy.DIALER, OwnReason.RING_TIMEOUT, 487)
            self._end(call, ended=ended)

    def _no_provisional(self, call: CallId) -> None:
        if self._legs[call].answered_at is None:
            ended = Ended(self._clock.now(), EndedBy.DIALER, OwnReason.NO_PROVISIONAL)
            self._end(call, ended=ended)

    def _answer(self, call: CallId) -> None:
        leg = self._legs[call]
        leg.answered_at = self._clock.now()
        screened = leg.placement is not None and leg.placement.way.gateway_screens
        self._tell_call(call, Answered(leg.answered_at, screened))
        for after, verdict in leg.fate.gateway_says if screened else ():
            self._later(after, call, partial(self._gateway_tells, verdict))
        if leg.placement is not None:
            self._later(leg.placement.connect_limit + ORPHAN_GRACE, call, self._guard_orphan)
        if leg.fate.hangs_up_after is not None:
            self._later(leg.fate.hangs_up_after, call, self._callee_hangs_up)

    def _gateway_tells(self, verdict: ScreeningVerdict, call: CallId) -> None:
        self._tell_call(call, Screened(self._clock.now(), verdict, evidence="the gateway"))

    def _guard_orphan(self, call: CallId) -> None:
        leg = self._legs[call]
        if leg.bridged_to is None and self._listener is None:
            self.play_identity_message(call)

    def _callee_hangs_up(self, call: CallId) -> None:
        self._end(call, ended=Ended(self._clock.now(), EndedBy.CALLEE))

    def _refuse(self, call: CallId) -> None:
        leg = self._legs[call]
        if leg.answered_at is None:
            fate, now = leg.fate, self._clock.now()
            why = (EndedBy.CALLEE, OwnReason.NONE, fate.sip_status, fate.q850)
            self._end(call, ended=Ended(now, *why, retry_after_s=fate.retry_after_s))

    def _bridged(self, call: CallId) -> None:
        leg = self._legs[call]
        if leg.bridged_to is not None:
            leg.heard_since = self._clock.now()
            self._tell_call(call, Connected(leg.heard_since), leg.bridged_to)

    def _end(self, call: CallId, *, ended: Ended) -> None:
        if self._legs.pop(call, None) is not None:
            self.guests.over(call)
            self._tell_call(call, replace(ended, at=self._clock.now()))

    def _is_connected(self, call: CallId) -> bool:
        return call in self._legs and self._legs[call].heard_since is not None

    def _part_agent(self, call: CallId) -> None:
        self._legs[call].bridged_to = self._legs[call].heard_since = None

    def _agent_up(self, agent: AgentId) -> None:
        if agent in self._calling:
            self._calling.discard(agent)
            self._agent_legs.add(agent)
            self._tell(AgentLegUp(agent, self._clock.now()))

    def _tell_call(self, call: CallId, event: CallEvent, agent: AgentId | None = None) -> None:
        self.truth.events.append((call, event))
        self._tell(CallHeard(call, event, self._trials.get(call, 1), agent))

    def _tell(self, event: TelephonyEvent) -> None:
        if isinstance(event, CallHeard):  # guests know of no tries
            event = replace(event, trial=self._trials.get(event.call, 1))
        self._number += 1
        heard = Heard(self._number, event)
        self._kept.append(heard)
        if self._listener is not None:
            self._listener.put_nowait(heard)
