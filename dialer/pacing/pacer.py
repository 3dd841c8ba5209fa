"""The Pacer of one campaign: told what happened, asked how many calls to place now.

    pacer = Pacer(Aim(abandon_rate_limit=0.03))
    pacer.observe(Dialed("c1", at=0.0))         # every fact, in the order of time
    pacer.observe(Answered("c1", at=9.2))
    decision = pacer.decide(floor, now=10.0)    # about once a second, and after events
    decision.calls, str(decision.reasons)

No clock, no I/O, no randomness; instants and ages are float seconds of any one clock.

**Rebuilding.** What the Pacer knows follows from the events (talks still going on are read off
the floor). After a crash observe today's events again, in order. Where they are not at hand, or
belong to an earlier window, :meth:`Pacer.resume` sets the budget directly.

**Pools.** With one pool of agents ``decide`` takes a :class:`Floor`. With several (languages) it
takes a mapping of pool to floor: calls ring for a pool named by a string; agents who serve
several pools are given under the frozenset of those names, with ``waiting`` 0 and no
``ring_ages``. ``Decision.by_pool`` then says how many calls to place for each. ``lines_free`` is
the same number in each of them, the channels they share.

Rule: never more calls than lines or leads, none without an agent, none when the shift is over,
and while the breaker is open or the budget is spent at most one call per idle agent.
"""

from collections.abc import Mapping, Sequence
from math import isfinite, sqrt
from typing import Final, assert_never

import numpy as np

from dialer.pacing.aim import Aim, Mode
from dialer.pacing.allowance import Allowance
from dialer.pacing.answering import ANSWERED, FAILED, Answering
from dialer.pacing.breaker import STORM_PROBE_SECONDS, Breaker
from dialer.pacing.budget import Account, Counts, Outlay, gain, steered_slack, threshold
from dialer.pacing.call_rate import CallRate
from dialer.pacing.events import (
    Abandoned,
    Answered,
    Dialed,
    Event,
    Failed,
    MachineFound,
    Signalled,
    TalkEnded,
    WrapUpEnded,
)
from dialer.pacing.floor import Decision, Floor, Ground, Pool, Reasons
from dialer.pacing.forecast import HORIZONS, SMALL_BELOW, Forecast, Outlook
from dialer.pacing.hazards import AGENT_EDGES, Floats, LifeTable
from dialer.pacing.integral import Integral
from dialer.pacing.offered import OfferedCalls
from dialer.pacing.signal_forecast import place_tables
from dialer.pacing.signals import Signals
from dialer.pacing.talk_share import TalkShareGoal

#: How often the tables are rebuilt, in seconds; at first those of agents as often, too.
RING_REFRESH: Final = 3.0
AGENT_REFRESH: Final = 20.0
#: How much of the calls still to be placed before an answer is reckoned with.
COMING: Final = 1.0
#: Where the rate is judged always: by how many standard errors more answers are expected at
#: first, and after how many live answers by none.
CAUTION: Final = 3.0
CAUTION_UNTIL: Final = 100
#: Calls ringing at once, at most: so many per agent who could take one, at the answer rate seen.
CROWD: Final = 2.5
CROWD_RATE_LEAST: Final = 0.05  #: a lower rate may be bad luck, or a carrier that is down
MIDDLE: Final = HORIZONS // 2


class Pacer:
    """Paces one campaign. See the module's docstring for the contract."""

    def __init__(self, aim: Aim) -> None:
        self.aim = aim
        self.answering = Answering()
        self.forecast = Forecast(
            patience=aim.patience_seconds,
            talk_prior=aim.expected_talk_seconds,
            wrap_prior=aim.expected_wrap_up_seconds,
        )
        self._talks = LifeTable(AGENT_EDGES, 1)
        self._wraps = LifeTable(AGENT_EDGES, 1)
        self._signals = Signals()
        self._counts = Counts(aim)
        self._breaker = Breaker()
        self._offered = OfferedCalls()
        self._began: float | None = None
        self._live_since_began = 0
        self._integral = Integral()
        self._ring_refreshed_at = self._agents_refreshed_at = -1e18
        self._last_probe_at = -1e18
        self._rate = None if aim.calls_per_second is None else CallRate(aim.calls_per_second)
        self._goal = TalkShareGoal(aim)

    # Facts.

    def observe(self, event: Event) -> None:
        """Learn from one fact. Unknown, late and repeated ones are tolerated.

        Raises:
            ValueError: The instant is not a finite number.
        """
        at = event.at
        if not isfinite(at):
            raise ValueError(f"{type(event).__name__}.at is {at}; expected finite seconds")
        match event:
            case Dialed():
                self._started(at)
                self.answering.on_dialed(event.call, at, event.segment or event.pool, event.pool)
            case Failed():
                self._ring_ended(event.call, at, FAILED)
            case Answered():
                self._on_answered(event.call, at)
            case Abandoned():
                self._on_abandoned(event.call, at)
            case MachineFound():
                self._counts.add(at, live=-1)
                self._live_since_began -= 1
            case TalkEnded():
                began = event.began if isfinite(event.began) else at
                self._talks.ended(at - began)
                if self.aim.desk_signals:
                    self._signals.talk_ended(event.agent, began, at)
            case Signalled():
                if self.aim.desk_signals:
                    self._signals.said(event.agent, event.name, at)
            case WrapUpEnded():
                self._wraps.ended(at - event.began if isfinite(event.began) else 0.0)
            case _:
                assert_never(event)

    def resume(self, *, live_answers: int, abandoned: int, at: float) -> None:
        """Set out from a budget already earned and spent in the present window.

        Args:
            live_answers: Live answers in the window so far, abandoned ones included.
            abandoned: How many of them were abandoned.
            at: The instant the figures are of.
        """
        if not 0 <= abandoned <= live_answers:
            raise ValueError(
                f"abandoned is {abandoned} of {live_answers} live answers; "
                "expected 0 <= abandoned <= live_answers"
            )
        self._counts.add(at, live=live_answers, abandoned=abandoned)

    def steer_by(self, aim: Aim, now: float) -> None:
        """Follow another aim from *now* on; what was learned and counted stays.

        Where the windows of the two aims differ, what the old one holds counts in the new one.
        """
        self._counts = self._counts.under(aim, now)
        self.forecast.patience = aim.patience_seconds
        if aim.calls_per_second != self.aim.calls_per_second:
            self._rate = None if aim.calls_per_second is None else CallRate(aim.calls_per_second)
        if aim.talk_share_target != self.aim.talk_share_target:
            self._goal = TalkShareGoal(aim)
        self.aim = aim

    def account(self, now: float) -> Account:
        """Return the budget of the window *now* lies in."""
        self._counts.move_to(now)
        return self._counts.account()

    # The decision.

    def decide(self, floor: Floor | Mapping[Pool, Floor], now: float) -> Decision:
        """Return how many calls to place now, and why.

        Raises:
            ValueError: *now* is not finite, or no pool is given.
        """
        if not isfinite(now):
            raise ValueError(f"now is {now}; expected finite seconds")
        if isinstance(floor, Floor):
            return self._decide_one(floor, now)
        from dialer.pacing.joint import decide_pools  # joint pacing builds on this module

        return decide_pools(self, floor, now)

    def _decide_one(self, floor: Floor, now: float) -> Decision:
        self.look(floor, now)
        account = self.account(now)
        one_to_one = max(0, floor.idle - floor.waiting - len(floor.ring_ages))
        ground = self.closed(floor, account)
        if ground is not None:
            offers = one_to_one if self.aim.mode is Mode.PREVIEW and floor.ends_in > 0 else 0
            return Decision(0, Reasons(ground=ground, budget_used=account.used), offers)
        limit = self.allowed(account, floor.agents, floor.ends_in, floor.leads_left, now)
        cap, capped_by = self.cap(floor, now)
        outlook = self.outlook(floor, now)
        calls = outlook.most(
            limit.threshold, min(cap, self.crowd(floor.agents, len(floor.ring_ages)))
        )
        ground = Ground.RISK
        if one_to_one >= calls:
            calls = one_to_one
            ground = limit.ground if limit.threshold <= 0.0 else Ground.RISK
        if calls >= cap:
            calls, ground = cap, capped_by
        self.note_paced(calls, now)
        return Decision(calls, self._reasons(ground, outlook, calls, limit.threshold, account))

    def look(self, floor: Floor, now: float) -> None:
        """Bring the tables up to date with the events and this floor."""
        self.answering.advance(now)
        self._started(now)
        began = now if self._began is None else self._began
        every = min(max((now - began) / 10.0, RING_REFRESH), AGENT_REFRESH)
        if now - self._agents_refreshed_at >= every or now < self._agents_refreshed_at:
            self._agents_refreshed_at = now
            self._ring_refreshed_at = -1e18
            self.forecast.refresh_horizons(self.answering)
            self.forecast.refresh_agents(
                self._talks,
                self._wraps,
                np.asarray(floor.talk_ages, dtype=np.float64),
                np.asarray(floor.wrap_up_ages, dtype=np.float64),
            )
            if self.aim.desk_signals:
                prior = self.aim.expected_talk_seconds
                self.forecast.place_tables = place_tables(
                    self._signals, self.forecast, floor, talk_prior=prior
                )
        if now - self._ring_refreshed_at >= RING_REFRESH:
            self._ring_refreshed_at = now
            self.forecast.refresh_ringing(self.answering)
        self._goal.note(floor, now)

    def closed(self, floor: Floor, account: Account) -> Ground | None:
        """Return why no call may be placed at all, None where one may."""
        if self.aim.mode in (Mode.MANUAL, Mode.PREVIEW):
            return Ground.MODE
        if floor.agents == 0:
            return Ground.NOBODY
        if floor.ends_in <= 0:
            return Ground.ENDED
        if floor.lines_free < 1:
            return Ground.NO_LINES
        if floor.leads_left < 1:
            return Ground.NO_LEADS
        if self.aim.mode is Mode.ZERO_ABANDON and floor.ends_in < self.aim.ring_limit_seconds:
            return Ground.ENDED
        over = account.live >= 100 and account.rate > self.aim.abandon_rate_limit
        return Ground.STOPPED if self.aim.hard_stop and over else None

    def allowed(
        self, account: Account, agents: int, ends_in: float, leads_left: float, now: float
    ) -> Allowance:
        """Return the largest risk at which a call may be placed now."""
        if self.aim.mode is not Mode.PREDICTIVE:
            return Allowance(0.0, Ground.ONE_TO_ONE)
        outlay = self._outlay(agents, ends_in, leads_left, now)
        push = gain(self.aim, outlay) * steered_slack(self.aim, account, outlay)
        self._integral.move(push, self._began, now)
        if self._breaker.is_open(now):
            return Allowance(0.0, Ground.BREAKER)
        if account.slack < -self.aim.abandon_rate_limit * outlay.answers_to_come - 1.0:
            return Allowance(0.0, Ground.BREAKER)
        return Allowance(
            min(threshold(self.aim, account, outlay), self._goal.threshold()), Ground.ONE_TO_ONE
        )

    def outlook(self, floor: Floor, now: float) -> Outlook:
        """Return supply less demand at the horizons for a floor of one pool."""
        relative = self.answering.relative_by_age()
        supply = self.forecast.supply(
            floor.talk_ages, floor.wrap_up_ages, floor.talk_signals
        ).tolist()
        demand = self.demand("", floor.ring_ages, relative, now)
        small = any(supply[i] + demand[i] < SMALL_BELOW for i in range(HORIZONS))
        return Outlook(
            free_now=floor.idle - floor.waiting,
            freed=supply[:HORIZONS],
            freed_variance=supply[HORIZONS:],
            demand=demand[:HORIZONS],
            demand_variance=demand[HORIZONS:],
            fresh=self.fresh(floor.next_segments),
            horizons=self.forecast.horizons,
            singles=self.forecast.singles(floor.wrap_up_ages, floor.talk_signals) if small else (),
        )

    def demand(
        self, pool: str, ring_ages: Sequence[float], relative: Floats | None, now: float
    ) -> list[float]:
        """Return agents held per horizon by calls ringing and to come, then the variances."""
        demand: list[float] = self.forecast.demand(ring_ages, relative).tolist()
        if self.aim.judged_from is not None:
            # No later hour makes good what a wrong estimate costs now.
            seen = self._live_since_began
            unsure = max(0.0, 1.0 - seen / CAUTION_UNTIL)
            caution = 1.0 + CAUTION * unsure / sqrt(4.0 + max(seen, 0))
            demand = [caution * each for each in demand]
        pace = self.answering.pace(pool, now) * COMING
        for i, held in enumerate(self.forecast.coming):
            demand[i] += pace * held
            demand[HORIZONS + i] += pace * held
        return demand

    def fresh(self, next_segments: Sequence[str] = ()) -> list[float]:
        """Return P(a new call has been answered and holds an agent) per horizon."""
        answering = self.answering
        if next_segments:
            known = [answering.relative_of(segment) for segment in next_segments]
            relative = max(sum(known) / len(known), answering.recent_rel * 0.5)
        else:
            relative = answering.recent_rel
        if relative == 1.0:
            return self.forecast.fresh
        return [min(p * relative, 1.0) for p in self.forecast.fresh]

    def cap(self, floor: Floor, now: float) -> tuple[int, Ground]:
        """Return the most calls lines, leads, the call rate and a storm allow, and which did."""
        caps = [(floor.lines_free, Ground.NO_LINES), (floor.leads_left, Ground.NO_LEADS)]
        if self._rate is not None:
            caps.append((self._rate.room(now), Ground.RATE))
        if self._breaker.storm:
            probing = now - self._last_probe_at >= STORM_PROBE_SECONDS
            caps.append((1 if probing else 0, Ground.FAILURES))
        most, ground = min(caps, key=lambda cap: cap[0])
        return int(min(most, 100_000)), ground

    def crowd(self, agents: int, ringing: int) -> int:
        """Return how many calls may be added before the floor is crowded, whatever the model."""
        within = agents / max(self.forecast.answer_rate, CROWD_RATE_LEAST)
        return max(0, int(CROWD * within) - ringing)

    def _reasons(
        self, ground: Ground, outlook: Outlook, calls: int, limit: float, account: Account
    ) -> Reasons:
        return Reasons(
            ground=ground,
            agents_expected=outlook.free_now + outlook.freed[MIDDLE],
            within_seconds=outlook.horizons[MIDDLE],
            answers_expected=outlook.demand[MIDDLE],
            risk=outlook.risk(calls),
            threshold=limit,
            budget_used=account.used,
            answer_rate=self.forecast.answer_rate,
        )

    def note_paced(self, calls: int, now: float) -> None:
        """Remember that *calls* were decided on, for the call rate and for probing a storm."""
        if self._rate is not None:
            self._rate.note(calls, now)
        if calls and self._breaker.storm:
            self._last_probe_at = now

    # What the facts mean.

    def _started(self, at: float) -> None:
        if self._began is None:
            self._began = at

    def _ring_ended(self, call: object, at: float, cause: int) -> None:
        age = self.answering.on_ended(call, at, cause)
        if age is not None:
            self._breaker.call_ended(age, answered=cause == ANSWERED)

    def _on_answered(self, call: object, at: float) -> None:
        if not self._offered.answered(call):
            return
        self._started(at)
        self._ring_ended(call, at, ANSWERED)
        self._counts.add(at, live=1)
        self._breaker.answered(at)
        self._live_since_began += 1

    def _on_abandoned(self, call: object, at: float) -> None:
        self._on_answered(call, at)
        if not self._offered.abandoned(call):
            return
        self._counts.add(at, abandoned=1)
        self._breaker.abandoned(at)

    def _outlay(self, agents: int, ends_in: float, leads_left: float, now: float) -> Outlay:
        # Before there is evidence a live answer per agent and 140 s is expected; it counts as
        # five minutes of it.
        elapsed = max(0.0, now - (now if self._began is None else self._began))
        per_second = (self._live_since_began + 300.0 * agents / 140.0) / (elapsed + 300.0)
        to_come = min(per_second * ends_in, leads_left * self.forecast.answer_rate, 1e6)
        return Outlay(
            answers_to_come=max(0.0, to_come),
            answers_per_hour=max(0.0, per_second) * 3_600.0,
            answer_rate=self.forecast.answer_rate,
            integral=self._integral.value,
        )
