"""Other dialers' pacing rules, from their descriptions, to compare with.

None of this is product. Each is idealised: it knows at once what real ones learn with a delay
(VICIdial refreshes its drop counters once a minute), runs on one server, and lives under the
world's connect limit (VICIdial's own is 5 s by default). Names and defaults:

- ``boost_2``: lines = 2 x available agents, calls under way counted (a fixed boost factor).
- ``ratio_2``: 2 lines per agent, those talking included (VICIdial RATIO 2.0).
- ``vicidial_hard_limit | average | tapered``: the adaptive rules, every 15 s, on all agents,
  maximum level 3; ``..._available_only`` counts available agents only, maximum level 10;
  ``tapered`` tapers towards the end of the shift, ``tapered_2100`` towards 21:00 (its default)
  on a shift that began at 9:00.
- ``issabel``: free agents plus those whose talk, taken as exponential, will have ended with 0.97
  by the mean time to answer; ``issabel_overcommit`` divides by the answer rate.
- ``erlang_rate``: a constant rate of dialing at which Erlang's loss formula gives the allowed
  abandons, corrected by feedback.
- ``adaptive_boost``: boost x idle agents, the boost moved by the abandon rate.
- ``mean_match``: expected answers = expected free agents by the mean time to answer, from ages
  of talk and ringing, corrected by feedback; the idea of the mean-matching patents of the 1990s.
"""

from collections import deque
from collections.abc import Callable
from math import exp
from typing import Final

from dialer.pacing import Decision, Event, Floor, Ground, Reasons, TalkEnded
from dialer.simulation.floor.day_tally import DayTally
from dialer.simulation.floor.world import World

#: The feedback of the baselines that have one aims a little below the limit, as this pacing does.
AIMED_AT: Final = 0.93
_REASONS: Final = Reasons(ground=Ground.RISK, note="a baseline; it gives no reasons")


class _Rule:
    """A baseline: counts what happens and places a number of calls."""

    def __init__(self, world: World) -> None:
        self.tally = DayTally()
        self.limit = world.campaigns[0].abandon_rate_limit
        self.agents = world.headcount
        self.seconds = world.seconds

    def observe(self, event: Event) -> None:
        self.tally.observe(event)

    def decide(self, floor: Floor, now: float) -> Decision:
        calls = self.calls(floor, now) if floor.agents and floor.ends_in > 0 else 0
        return Decision(
            max(0, min(calls, int(min(floor.lines_free, floor.leads_left, 1e6)))), _REASONS
        )

    def calls(self, floor: Floor, now: float) -> int:
        raise NotImplementedError

    def feedback(self, agents: int) -> float:
        """Return the logarithm of a correction: below 0 when too much has been abandoned."""
        over = self.tally.abandoned - AIMED_AT * self.limit * self.tally.live
        hourly = self.limit * 3_600.0 * max(agents, 1) / 140.0
        return -0.6 * min(max(over / (4.0 + 0.5 * hourly), -2.0), 2.0)


class Boost(_Rule):
    """Lines = boost x available agents."""

    boost = 2.0

    def calls(self, floor: Floor, now: float) -> int:
        under_way = len(floor.ring_ages) + floor.waiting
        return round(self.boost * floor.idle) - under_way


class Vicidial(_Rule):
    """Lines = level x agents; the level adapts every 15 s to idle agents less waiting calls."""

    def __init__(
        self,
        world: World,
        *,
        method: str,
        available_only: bool = False,
        latest_hhmm: float | None = None,
    ) -> None:
        super().__init__(world)
        self._method = method
        self._available_only = available_only
        self._most = 10.0 if available_only else 3.0
        self._level = 2.0 if method == "ratio" else 1.0
        self._samples: deque[tuple[int, int, int]] = deque(maxlen=15)
        self._adapt_at = 15.0
        self._place_at = 0.0
        end = 9.0 + world.seconds / 3_600.0
        self._latest = latest_hhmm if latest_hhmm is not None else _hhmm(end)

    def calls(self, floor: Floor, now: float) -> int:
        self._samples.append((floor.idle, floor.waiting, floor.agents))
        if self._method != "ratio" and now >= self._adapt_at:
            self._adapt_at = now + 15.0
            self._adapt(now)
        if now < self._place_at:
            return 0
        self._place_at = now + 2.5
        under_way = len(floor.ring_ages) + floor.waiting
        if self._available_only:
            return round(self._level * floor.idle) - under_way
        talking = len(floor.talk_ages)
        return round(self._level * (floor.idle + talking)) - under_way - talking

    def _adapt(self, now: float) -> None:
        count = len(self._samples)
        idle = sum(sample[0] for sample in self._samples) / count
        waiting = sum(sample[1] for sample in self._samples) / count
        agents = sum(sample[2] for sample in self._samples) / count
        self._level *= 1.0 + (idle - waiting) / max(agents, 1.0)
        self._level = min(max(self._level, 1.0), self._most)
        abandoned, answered = self.tally.abandoned_last_minute(now)
        if answered > 20 and abandoned > 0.5 * answered:
            self._level /= 2.0
        calls = self.tally.answered + self.tally.failed
        if calls > 50 and self.tally.abandon_rate > self.limit:
            if self._method == "hard_limit":
                self._level = 1.0
            elif self._method == "average":
                self._level /= 2.0
            else:
                left = self._latest - _hhmm(9.0 + now / 3_600.0)
                self._level *= min(1.0, left / 1_000.0) if left > 0 else 0.0
        self._level = max(self._level, 1.0)


class Issabel(_Rule):
    """Free agents, and those expected to be free with a high probability."""

    def __init__(self, world: World, *, overcommit: bool) -> None:
        super().__init__(world)
        self._overcommit = overcommit

    def calls(self, floor: Floor, now: float) -> int:
        tally = self.tally
        soon = sum(
            1.0 - exp(-(age + tally.time_to_answer) / tally.talk_mean) >= 0.97
            for age in floor.talk_ages
        )
        wanted = float(floor.idle + soon - floor.waiting)
        if self._overcommit and wanted > 0:
            wanted /= max(tally.answer_rate, 0.01)
        return round(wanted) - len(floor.ring_ages)


class ErlangRate(_Rule):
    """Dials at a constant rate, a little less when too much was abandoned."""

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self._owed = 0.0
        self._last: float | None = None

    def calls(self, floor: Floor, now: float) -> int:
        step = 0.0 if self._last is None else now - self._last
        self._last = now
        load = offered_load(floor.agents, self.limit) * exp(self.feedback(floor.agents))
        rate = load / self.tally.handling_mean / self.tally.answer_rate
        self._owed = min(self._owed + rate * step, 2.0 * floor.agents)
        calls = int(self._owed)
        self._owed -= calls
        return calls


class AdaptiveBoost(_Rule):
    """Lines = boost x idle agents; the boost follows the abandon rate."""

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self._log = 0.4
        self._adapt_at = 15.0

    def calls(self, floor: Floor, now: float) -> int:
        tally, feedback = self.tally, self.feedback(floor.agents)
        if now >= self._adapt_at:
            self._adapt_at = now + 15.0
            self._log = min(max(self._log + 0.02 * feedback, -1.0), 2.0)
        boost = min(max(exp(self._log + feedback), 1.0), 2.0 / max(tally.answer_rate, 0.05))
        ringing = len(floor.ring_ages) + floor.waiting
        return max(round(boost * floor.idle) - ringing, 0)


class MeanMatch(_Rule):
    """Expected answers = a share of the agents expected free by the mean time to answer."""

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self._ends: deque[float] = deque(maxlen=400)  # finished talks with their wrap-ups

    def observe(self, event: Event) -> None:
        super().observe(event)
        if isinstance(event, TalkEnded):
            self._ends.append(event.at - event.began)

    def calls(self, floor: Floor, now: float) -> int:
        tally = self.tally
        window = tally.time_to_answer
        free = float(floor.idle - floor.waiting)
        free += sum(self._ends_within(age, window) for age in floor.talk_ages)
        free += sum(min(1.0, window / 24.0) for _ in floor.wrap_up_ages)
        share = exp(-0.5 + self.feedback(floor.agents))
        expected = sum(
            tally.answer_rate if age < window else 0.5 * tally.answer_rate
            for age in floor.ring_ages
        )
        wanted = free * min(share, 1.5) - expected
        calls = int(wanted / max(tally.answer_rate, 0.02))
        return max(calls, floor.idle - floor.waiting - len(floor.ring_ages))

    def _ends_within(self, age: float, window: float) -> float:
        alive = sum(talk > age for talk in self._ends)
        soon = sum(age < talk <= age + window for talk in self._ends)
        return (soon + 3.0 * window / 120.0) / (alive + 3.0)


def offered_load(agents: int, loss: float) -> float:
    """Return the load in erlang at which a group of *agents* loses *loss* of its calls.

    >>> round(offered_load(10, 0.03), 1)
    5.5
    """
    low, high = 0.0, 2.0 * agents + 1.0
    for _ in range(40):
        middle = (low + high) / 2.0
        blocked = 1.0
        for k in range(1, agents + 1):
            blocked = middle * blocked / (k + middle * blocked)
        low, high = (middle, high) if blocked < loss else (low, middle)
    return low


def _hhmm(hours: float) -> float:
    """Return a clock time as the decimal number HHMM.

    >>> _hhmm(10.5)
    1030.0
    """
    return float(int(hours) * 100 + int(hours % 1.0 * 60))


def _vicidial(
    method: str, *, available_only: bool = False, latest_hhmm: float | None = None
) -> Callable[[World], _Rule]:
    return lambda world: Vicidial(
        world, method=method, available_only=available_only, latest_hhmm=latest_hhmm
    )


BASELINES: Final[dict[str, Callable[[World], _Rule]]] = {
    "boost_2": Boost,
    "ratio_2": _vicidial("ratio"),
    "vicidial_hard_limit": _vicidial("hard_limit"),
    "vicidial_hard_limit_available_only": _vicidial("hard_limit", available_only=True),
    "vicidial_average": _vicidial("average"),
    "vicidial_average_available_only": _vicidial("average", available_only=True),
    "vicidial_tapered": _vicidial("tapered"),
    "vicidial_tapered_available_only": _vicidial("tapered", available_only=True),
    "vicidial_tapered_2100": _vicidial("tapered", latest_hhmm=2_100.0),
    "issabel": lambda world: Issabel(world, overcommit=False),
    "issabel_overcommit": lambda world: Issabel(world, overcommit=True),
    "erlang_rate": ErlangRate,
    "adaptive_boost": AdaptiveBoost,
    "mean_match": MeanMatch,
}
