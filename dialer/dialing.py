"""The dialing of one campaign: from the list to placed calls.

    due leads ──claim──▶ hopper ──pacing says how many──▶ open attempt ──permit──▶ INVITE

Rule: a call is placed only on the permit that the transaction which opened its attempt
returned, while that permit lasts, and while nothing has stopped the campaign meanwhile.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import structlog

from compliance.decision import Permit, Refused
from dialer import pacing
from dialer.asked_call import AskedCall
from dialer.call import Call
from dialer.call_events import AgentId, CallId
from dialer.campaign import Campaign, Mode
from dialer.carriage import Carriage
from dialer.floor import ANY_LANGUAGE, QueuedCall, pool_of, queue_name, segment_in
from dialer.hopper import Hopper
from dialer.live import LiveCall, LiveTeam
from dialer.pacing.shared_floor import QueueName
from dialer.ports import (
    SUPERSEDED,
    Candidate,
    Claim,
    Clock,
    Ledger,
    LedgerUnavailable,
    NotOpened,
    Opening,
    Placement,
    Supply,
)
from leads.lead import AttemptId
from sip_config.routing import NoRoute

log = structlog.get_logger()

#: Candidates of one language below which the hopper asks for more of them. By language, because
#: those of one that is dialed seldom would else fill the hopper while another's agents wait.
LOW_MARK: Final = 30
MOST: Final = 300  #: candidates in the hopper
REFILL: Final = 50  #: leads looked at in one claim; more would hold the inbox up
LOOK_AGAIN: Final = timedelta(seconds=3)  #: after a claim that found nothing due
SUPPLY_EVERY: Final = timedelta(seconds=5)
SEEN_AHEAD: Final = 20  #: leads of a queue whose segments pacing is told of


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What the dialing of a campaign needs from its engine."""

    ledger: Ledger
    clock: Clock
    live: LiveTeam
    carriage: Carriage
    new_call_id: Callable[[], CallId]
    spawn: Callable[[Coroutine[Any, Any, None]], None]  #: run beside the inbox
    say: Callable[[Callable[[], None]], None]  #: put into the inbox
    placed: Callable[[LiveCall, Placement, str], None]
    uncertain: Callable[[CallId], None]  #: nobody knows whether this attempt was opened
    superseded: Callable[[], None]  #: another engine has taken the team over
    let_go: Callable[[AgentId], None]  #: the call this agent asked for comes to nothing
    may_dial: Callable[[], bool]


class CampaignDialing:
    """Hopper, pacing and supply of one campaign. Its methods run in the engine's inbox."""

    def __init__(self, campaign: Campaign, around: Surroundings) -> None:
        self.campaign = campaign
        self.hopper = Hopper()
        self.opening: dict[CallId, QueuedCall] = {}
        self.on_show: dict[AgentId, Candidate] = {}  #: taken from the hopper, to be looked at
        self.decision: pacing.Decision | None = None  #: the last that concerned this campaign
        self.supply = Supply(due=0, later=0, next_due_at=None, in_call=0)
        self.refusals: Counter[str] = Counter()
        self._around = around
        self._claiming = False
        self._dry_until: dict[str, datetime] = {}  # languages of which nothing was due
        self._supply_at = around.clock.now()

    def tick(self) -> None:
        """Keep hopper and supply filled."""
        now = self._around.clock.now()
        self._refresh_supply()
        self.hopper.expire(now)
        if self.dials:
            self._fill()
        else:
            self.decision = None

    def _fill(self) -> None:
        """Ask for more leads of the languages the hopper has too few of."""
        if not self._claiming and (wanted := self._wanted_languages()):
            self._claiming = True
            self._around.spawn(self._claim(wanted))

    def _wanted_languages(self) -> frozenset[str]:
        if len(self.hopper) >= MOST:
            return frozenset()
        now, spoken = self._around.clock.now(), self._around.live.spoken(self.campaign)
        ready = Counter(pool_of(candidate.languages, spoken) for candidate in self.hopper)
        return frozenset(
            language
            for language in spoken
            if ready[language] < LOW_MARK and self._dry_until.get(language, now) <= now
        )

    @property
    def dials(self) -> bool:
        """Whether calls may be placed: the campaign runs, nothing hinders, somebody is there."""
        somebody = self._around.live.spoken(self.campaign)
        return self._around.may_dial() and self.campaign.dials and bool(somebody)

    @property
    def paced(self) -> bool:
        """Whether the dialer decides when to dial, and not an agent."""
        return self.dials and self.campaign.mode in (Mode.PREDICTIVE, Mode.PROGRESSIVE)

    def release(self) -> None:
        """Give every lease in the hopper back."""
        released = [each.lead for each in (*self.hopper.clear(), *self.on_show.values())]
        self.on_show.clear()
        if released:
            self._around.spawn(self._release(released))

    def call_for(self, asked: AskedCall, candidate: Candidate) -> None:
        """Begin to open an attempt for the agent who has looked at *candidate*."""
        spoken = self._around.live.spoken(self.campaign)
        pool = pool_of(candidate.languages, spoken) or ANY_LANGUAGE
        self._around.live.promised.add(asked.agent)
        self._open(candidate, pool, asked)

    def dial(self, pool: str, decision: pacing.Decision) -> None:
        """Place as many calls as were decided for one pool of this campaign."""
        self.decision = decision
        spoken = self._around.live.spoken(self.campaign)
        for _ in range(decision.calls):
            if not self._dial_one(pool, spoken):
                break

    def _dial_one(self, pool: str, spoken: frozenset[str]) -> bool:
        def fits(candidate: Candidate) -> bool:
            return pool_of(candidate.languages, spoken) == pool

        candidate = self.hopper.take(fits, now=self._around.clock.now())
        if candidate is None:
            return False
        return self._open(candidate, pool)

    def leads_left(self) -> dict[QueueName, int]:
        """Return the leads left by queue: those due beyond the hopper are taken to be alike."""
        spoken = self._around.live.spoken(self.campaign)
        ready = Counter(
            pool
            for candidate in self.hopper
            if (pool := pool_of(candidate.languages, spoken)) is not None
        )
        beyond = max(0, self.supply.due - ready.total()) / max(1, ready.total())
        return {
            queue_name(self.campaign.id, pool): count + round(count * beyond)
            for pool, count in ready.items()
        }

    def _open(self, candidate: Candidate, pool: str, asked: AskedCall | None = None) -> bool:
        """Begin to open an attempt; return whether a further candidate may have a way too."""
        around = self._around
        now = around.clock.now()
        way = around.carriage.take(candidate, self.campaign, now)
        if isinstance(way, NoRoute):
            if not way.is_permanent:
                self.hopper.put_back(candidate)
            self._denied(asked, "no_route")
            return way.is_permanent
        call_id = around.new_call_id()
        call = Call(id=call_id, connect_limit=self.campaign.connect_limit)
        self.opening[call_id] = QueuedCall(
            campaign=self.campaign.id, pool=pool, call=call, placed_at=now
        )
        opening = Opening(call=call_id, candidate=candidate, way=way)
        around.spawn(self._open_attempt(opening, call, asked))
        return True

    async def _open_attempt(self, opening: Opening, call: Call, asked: AskedCall | None) -> None:
        around = self._around
        try:
            answer = await around.ledger.open_attempt(opening, now=around.clock.now())
        except LedgerUnavailable:
            around.say(lambda: self._not_known(opening, asked))
        else:
            around.say(lambda: self._opened(opening, call, answer, asked))

    def _not_known(self, opening: Opening, asked: AskedCall | None) -> None:
        self.opening.pop(opening.call, None)
        self._give_back(opening)
        self._denied(asked, "not_known")
        self._around.uncertain(opening.call)

    def _denied(
        self, asked: AskedCall | None, because: str, *, rules: tuple[str, ...] = ()
    ) -> None:
        if asked is not None:
            self._around.let_go(asked.agent)
            asked.denied(because, rules=rules)

    def _give_back(self, opening: Opening) -> None:
        self._around.carriage.give_back(opening.way, opening.candidate, self._around.clock.now())

    def _opened(
        self,
        opening: Opening,
        call: Call,
        answer: Permit | Refused | NotOpened,
        asked: AskedCall | None,
    ) -> None:
        pooled = self.opening.pop(opening.call)
        candidate = opening.candidate
        match answer:
            case NotOpened(because=because):
                self._give_back(opening)
                self._denied(asked, because)
                if because == SUPERSEDED:
                    self._around.superseded()
                log.debug("attempt_not_opened", lead_id=candidate.lead, because=because)
            case Refused():
                self._give_back(opening)
                self._denied(
                    asked, "refused", rules=tuple(reason.code for reason in answer.reasons)
                )
                self.refusals[answer.primary] += 1
                log.info("lead_refused", lead_id=candidate.lead, rules=answer.primary)
            case Permit():
                live = self._live_call(opening, call, answer, pooled.placed_at)
                live.asked_by = asked.agent if asked else None
                self._around.placed(live, self._placement(opening, answer), pooled.pool)
                if live.call.ended is not None:
                    self._denied(asked, "agent_left" if live.call.agent is None else "stopped")
                elif asked is not None:
                    asked.granted()

    def next_segments(self) -> dict[QueueName, tuple[str, ...]]:
        """Return the segments of the leads to be dialed next, by queue."""
        spoken = self._around.live.spoken(self.campaign)
        found: dict[QueueName, list[str]] = defaultdict(list)
        for candidate in self.hopper:
            if (pool := pool_of(candidate.languages, spoken)) is not None:
                segments = found[queue_name(self.campaign.id, pool)]
                if len(segments) < SEEN_AHEAD:
                    segments.append(segment_in(pool, candidate.segment))
        return {queue: tuple(segments) for queue, segments in found.items()}

    def _live_call(self, opening: Opening, call: Call, permit: Permit, at: datetime) -> LiveCall:
        candidate = opening.candidate
        return LiveCall(
            call=call,
            attempt=AttemptId(int(permit.attempt)),
            lead=candidate.lead,
            person=candidate.person,
            campaign=self.campaign.id,
            number=candidate.number,
            languages=candidate.languages,
            opened_at=at,
            segment=candidate.segment,
            preferred=candidate.callback_agent,
            obligations=permit.obligations,
            way=opening.way,
        )

    def _placement(self, opening: Opening, permit: Permit) -> Placement:
        return Placement(
            call=opening.call,
            permit=permit,
            number=opening.candidate.number,
            way=opening.way,
            caller_name=self.campaign.caller_name,
            ring_limit=self.campaign.ring_limit,
            connect_limit=self.campaign.connect_limit,
            languages=opening.candidate.languages,
        )

    async def _claim(self, wanted: frozenset[str]) -> None:
        around = self._around
        try:
            claim = await around.ledger.claim(
                self.campaign.id, count=REFILL, languages=wanted, now=around.clock.now()
            )
        except LedgerUnavailable:
            around.say(lambda: self._claimed(wanted, Claim(candidates=(), looked_at=0)))
        else:
            around.say(lambda: self._claimed(wanted, claim))

    def _claimed(self, wanted: frozenset[str], claim: Claim) -> None:
        self._claiming = False
        self.hopper.add(claim.candidates)
        if claim.superseded:
            self._around.superseded()
        if claim.looked_at and self.dials:
            self._fill()
        elif not claim.looked_at:
            until = self._around.clock.now() + LOOK_AGAIN
            self._dry_until.update(dict.fromkeys(wanted, until))

    async def _release(self, leads: list[Any]) -> None:
        try:
            await self._around.ledger.release(leads)
        except LedgerUnavailable:
            log.debug("leases_not_released", count=len(leads))  # they run out by themselves

    def _refresh_supply(self) -> None:
        now = self._around.clock.now()
        if now >= self._supply_at:
            self._supply_at = now + SUPPLY_EVERY
            self._around.spawn(self._read_supply())

    async def _read_supply(self) -> None:
        around = self._around
        try:
            supply = await around.ledger.supply(self.campaign.id, now=around.clock.now())
        except LedgerUnavailable:
            return
        around.say(lambda: self._supplied(supply))

    def _supplied(self, supply: Supply) -> None:
        self.supply = supply
        self._around.live.changed(None)
