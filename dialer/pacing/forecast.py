"""The probability that one more call, if answered, finds nobody within the connect limit.

At four horizons (the quartiles' middles of the time to answer of a new call) it asks: how many
agents will be free by then, how many of the calls already ringing will have been answered and
still hold one, and how likely is it that fewer than one is left?

    supply  = idle - waiting + sum P(this agent is free by h + limit | age of talk or wrap-up)
    demand  = sum P(this call is answered by h and still holds its agent | ring age)
              + the same for the calls that will be placed meanwhile at the pace of late
    risk(m) = mean over h of P(demand with m further calls takes all of the supply)

Small numbers are counted out (calls and talks as Poisson, wrap-ups one by one), large ones are
normal.

Rule: risk never falls when a call is added and never rises when an agent is. The plain normal
tail breaks that where the variance is small; taking at least half the distance to the edge as
variance keeps it (docs/pacing.md).
"""

from collections.abc import Sequence
from math import erfc, exp, sqrt
from typing import Final

import numpy as np

from dialer.pacing.answering import Answering
from dialer.pacing.hazards import AGENT_EDGES, RING_EDGES, Floats, LifeTable, smoothed
from dialer.pacing.signals import SILENT, Signal

HORIZONS: Final = 4
#: Where supply and demand together expect fewer than this, probabilities are counted out; where
#: more than that, they are normal; in between a mixture.
SMALL_FROM: Final = 3.0
SMALL_BELOW: Final = 6.0
#: So many agents in wrap-up, those most likely to be freed, are reckoned one by one.
SINGLES: Final = 4
_BINS: Final = len(RING_EDGES)
_STEPS: Final = np.arange(_BINS) + 0.5
EDGES: Final = np.array(AGENT_EDGES)
_WIDTHS: Final = np.diff(np.append(EDGES, 2 * EDGES[-1]))
#: Talks and wrap-ups are looked up by the middle of their bin.
MIDDLES: Final = EDGES + np.minimum(_WIDTHS, 60.0) / 2
GRID: Final = np.arange(0.0, 61.0)
_AHEAD_OF: Final = np.arange(_BINS)[:, None] + np.arange(_BINS)[None, :]
_NO_ANSWERS: Final = np.zeros(_BINS)
_SQRT2: Final = sqrt(2.0)


class Outlook:
    """Supply and demand at the four horizons, and the risk of one more call."""

    __slots__ = (
        "_freed_pmf",
        "_risks",
        "demand",
        "demand_variance",
        "free_now",
        "freed",
        "freed_variance",
        "fresh",
        "horizons",
        "singles",
    )

    def __init__(
        self,
        *,
        free_now: int,
        freed: Sequence[float],
        freed_variance: Sequence[float],
        demand: Sequence[float],
        demand_variance: Sequence[float],
        fresh: Sequence[float],
        horizons: Sequence[float],
        singles: Sequence[Sequence[float]] = (),
    ) -> None:
        self.free_now = free_now  #: idle agents less waiting calls
        self.freed = freed  #: agents expected to be freed by then
        self.freed_variance = freed_variance
        self.demand = demand  #: answers expected to hold an agent then
        self.demand_variance = demand_variance
        self.fresh = fresh  #: P(a new call has been answered and holds an agent)
        self.horizons = horizons
        self.singles = singles  #: per horizon, agents of `freed` to be reckoned one by one
        self._freed_pmf: list[list[float] | None] = [None] * len(fresh)
        self._risks: dict[int, float] = {}

    def risk(self, further: int) -> float:
        """Return P(one more call finds nobody) with *further* calls placed besides."""
        known = self._risks.get(further)
        if known is not None:
            return known
        total = 0.0
        for i, p in enumerate(self.fresh):
            demand = self.demand[i] + further * p
            expected, small = demand + self.freed[i], 0.0
            if expected < SMALL_BELOW:
                small = smallness(expected)
                total += small * self._counted_out(i, demand)
            if small < 1.0:
                total += (1.0 - small) * tail(
                    self.free_now + self.freed[i] - demand - 0.5,
                    self.demand_variance[i] + further * p * (1.0 - p) + self.freed_variance[i],
                )
        self._risks[further] = total / len(self.fresh)
        return self._risks[further]

    def most(self, threshold: float, cap: int) -> int:
        """Return the largest number of calls, at most *cap*, each placed at a risk in bounds."""
        if cap <= 0 or self.risk(0) > threshold:
            return 0
        low, high = 0, 1  # risk(low) is in bounds
        while high < cap and self.risk(high) <= threshold:
            low, high = high, high * 2
        high = min(high, cap)
        while high - low > 1:
            middle = (low + high) // 2
            if self.risk(middle) <= threshold:
                low = middle
            else:
                high = middle
        return high

    def _counted_out(self, i: int, demand: float) -> float:
        """Return P(demand takes everybody) at horizon i, by adding up the small numbers."""
        pmf = self._freed_pmf[i]
        if pmf is None:
            pmf = freed_pmf(self.freed[i], self.singles[i] if self.singles else ())
            self._freed_pmf[i] = pmf
        return _counted(pmf, self.free_now, demand)


def smallness(expected: float) -> float:
    """Return how far *expected* agents and answers are to be counted out: 1 wholly, 0 not."""
    return min(max((SMALL_BELOW - expected) / (SMALL_BELOW - SMALL_FROM), 0.0), 1.0)


def small_or_normal(
    free_now: int, freed: float, demand: float, variance: float, pmf: Sequence[float]
) -> float:
    """Return P(demand takes everybody), as :class:`Outlook` reckons it (joint pacing).

    Args:
        free_now: Idle agents less waiting calls.
        freed: Agents expected to be freed, *pmf* their distribution.
        demand: Answers expected to hold an agent.
        variance: Of the difference.
        pmf: P(0, 1, 2 ... agents are freed); unused where :func:`smallness` is 0.
    """
    small = smallness(demand + freed)
    result = 0.0
    if small > 0.0:
        result += small * _counted(pmf, free_now, demand)
    if small < 1.0:
        result += (1.0 - small) * tail(free_now + freed - demand - 0.5, variance)
    return result


def _counted(pmf: Sequence[float], free_now: int, demand: float) -> float:
    """Return P(demand takes all), by adding up: freed agents by *pmf*, demand as Poisson."""
    result = 0.0
    at_least, term, k = 1.0, exp(-demand), 0  # P(demand >= k), P(demand = k)
    for need, chance in enumerate(pmf, free_now):
        while k < need:
            at_least -= term
            k += 1
            term *= demand / k
        result += chance * at_least
    return max(0.0, result)


def freed_pmf(mean: float, singles: Sequence[float]) -> list[float]:
    """Return P(k agents are freed): *singles* one by one, the rest of the mean as Poisson."""
    rest = max(0.0, mean - sum(singles))
    pmf = [exp(-rest)]
    for k in range(1, int(rest + 4.0 * sqrt(rest)) + 3):
        pmf.append(pmf[-1] * rest / k)
    pmf[-1] += max(0.0, 1.0 - sum(pmf))  # the far tail counts as its beginning: careful
    for p in singles:
        pmf = [
            (pmf[k] * (1.0 - p) if k < len(pmf) else 0.0) + (pmf[k - 1] * p if k else 0.0)
            for k in range(len(pmf) + 1)
        ]
    return pmf


def tail(distance: float, variance: float) -> float:
    """Return P(a count falls short), its mean *distance* above the edge.

    >>> round(tail(1.0, 1.0), 3), tail(3.0, 1.0) < tail(2.0, 1.0)
    (0.159, True)
    """
    spread = max(variance, distance / 2.0, 1e-9)
    return 0.5 * erfc(distance / (sqrt(spread) * _SQRT2))


class Forecast:
    """The look-up tables: what a ringing call, a talk, a wrap-up of some age will have become."""

    __slots__ = (
        "_coming_kernel",
        "_kernel",
        "_talk_prior",
        "_wrap_prior",
        "answer_rate",
        "coming",
        "fresh",
        "horizons",
        "patience",
        "place_tables",
        "ring_table",
        "talk_table",
        "wrap_done",
        "wrap_table",
    )

    def __init__(self, *, patience: float, talk_prior: float, wrap_prior: float) -> None:
        self.patience = patience
        self._talk_prior = talk_prior
        self._wrap_prior = wrap_prior
        self.horizons: list[float] = [4.0, 8.0, 12.0, 16.0]
        self._kernel: Floats = np.zeros((_BINS, HORIZONS))
        self._coming_kernel: Floats = np.zeros((_BINS, HORIZONS))
        self._prepare(np.ones(len(GRID)))
        self.answer_rate = 0.0  #: share of new calls answered at the present level
        self.fresh: list[float] = [0.0] * HORIZONS
        #: per horizon: agents held then by the calls still to be placed, for one call a second
        self.coming: list[float] = [0.0] * HORIZONS
        self.ring_table: Floats = np.zeros((_BINS, 2 * HORIZONS))
        self.talk_table: Floats = np.zeros((len(EDGES), 2 * HORIZONS))
        self.wrap_table: Floats = np.zeros((len(EDGES), 2 * HORIZONS))
        self.wrap_done: Floats = np.zeros(len(GRID))  #: P(a wrap-up is over) by second
        #: talks by what their desk said last (signals.py); empty where nothing is listened to
        self.place_tables: dict[str, Floats] = {}

    def refresh_agents(
        self, talks: LifeTable, wraps: LifeTable, talk_ages: Floats, wrap_ages: Floats
    ) -> None:
        """Rebuild what depends on talk and wrap-up times, and the horizons."""
        talk_left = cumulative(
            smoothed(talks.events()[0], talks.exposure(talk_ages), prior_seconds=self._talk_prior)
        )
        wrap_left = cumulative(
            smoothed(wraps.events()[0], wraps.exposure(wrap_ages), prior_seconds=self._wrap_prior)
        )
        reach = self.reach
        self.wrap_done = wrap_done = 1.0 - np.exp(-np.interp(GRID, EDGES, wrap_left))
        self.wrap_table = with_variance(
            1.0
            - np.exp(
                np.interp(MIDDLES, EDGES, wrap_left)[:, None]
                - from_ages(MIDDLES, wrap_left, np.array(reach))
            )
        )
        # P(talk ends in second s | age u), then a whole wrap-up within what is left.
        gone = np.exp(
            np.interp(MIDDLES, EDGES, talk_left)[:, None] - from_ages(MIDDLES, talk_left, GRID)
        )
        density = gone[:, :-1] - gone[:, 1:]
        kernel = np.stack(
            [np.interp(h - _STEPS[: len(GRID) - 1], GRID, wrap_done, left=0.0) for h in reach], 1
        )
        self.talk_table = with_variance(density @ kernel)
        whole = np.exp(-np.interp(GRID, EDGES, talk_left))
        # A talk that ends in some second ends in the middle of it.
        wrapped = np.interp(GRID - 0.5, GRID, wrap_done, left=0.0)
        done = np.convolve(whole[:-1] - whole[1:], wrapped)[: len(GRID)]
        self._prepare(np.clip(1.0 - done, 0.0, 1.0))

    @property
    def reach(self) -> list[float]:
        """Until when an agent has to be free, at each horizon: the callee is patient a while."""
        return [h + self.patience for h in self.horizons]

    def _prepare(self, busy: Floats) -> None:
        """Weigh answers in each second from now by P(the agent is still held at the horizon).

        Args:
            busy: P(an agent taken 0, 1, 2 ... seconds ago has not been freed).
        """
        until = np.array(self.horizons)[None, :] - _STEPS[:, None]  # from the answer on
        held = np.interp(until + self.patience, GRID, busy)
        self._kernel = held * np.clip(until + 0.5, 0.0, 1.0)
        # A call placed some seconds from now is answered that much later; all of them together:
        held_so_far = np.cumsum(np.interp(self.patience + _STEPS, GRID, busy))
        left = np.maximum(until + 0.5, 0.0)
        self._coming_kernel = np.interp(left, _STEPS + 0.5, held_so_far, left=0.0)

    def refresh_ringing(self, answering: Answering) -> None:
        """Rebuild what depends on ringing, at the present level of answers."""
        answer = np.minimum(answering.level * answering.answer_hazard, 5.0)
        total = answer + answering.fail_hazard + 1e-9
        ends = np.cumsum(total)
        alive = np.exp(-np.concatenate([[0.0], ends[:-1]]))
        answered = alive * (1.0 - np.exp(-total)) * answer / total
        cumulative = np.cumsum(answered)
        self.answer_rate = float(cumulative[-1])
        self.coming = (answered @ self._coming_kernel).tolist()
        padded = np.concatenate([answered, _NO_ANSWERS])
        table = padded[_AHEAD_OF] @ self._kernel / np.maximum(alive, 1e-300)[:, None]
        self.ring_table = with_variance(np.clip(table, 0.0, 1.0))
        self.fresh = self.ring_table[0, :HORIZONS].tolist()

    def refresh_horizons(self, answering: Answering) -> None:
        """Set the horizons to the 1/8, 3/8, 5/8 and 7/8 quantiles of a new call's answer time."""
        answer = answering.answer_hazard
        total = answer + answering.fail_hazard + 1e-9
        alive = np.exp(-(np.cumsum(total) - total))
        cumulative = np.cumsum(alive * (1.0 - np.exp(-total)) * answer / total)
        wanted = (np.arange(HORIZONS) + 0.5) / HORIZONS * cumulative[-1]
        found = np.interp(wanted, cumulative, np.arange(_BINS) + 1.0)
        self.horizons = [float(h) for h in np.clip(found, 1.0, 45.0)]

    def supply(
        self,
        talk_ages: Sequence[float],
        wrap_ages: Sequence[float],
        talk_signals: Sequence[Signal] = (),
    ) -> Floats:
        """Return mean agents freed per horizon, then their variances."""
        total: Floats = np.zeros(2 * HORIZONS)
        if self.place_tables and talk_signals:
            for age, signal in zip(talk_ages, talk_signals, strict=True):
                name, since = signal or (SILENT, age)
                table = self.place_tables.get(name)
                here = (self.talk_table, age) if table is None else (table, since)
                total += _rows(here[0], [here[1]])[0]
        elif len(talk_ages):
            total += _rows(self.talk_table, talk_ages).sum(axis=0)
        if len(wrap_ages):
            total += _rows(self.wrap_table, wrap_ages).sum(axis=0)
        return total

    def singles(
        self, wrap_ages: Sequence[float], talk_signals: Sequence[Signal] = ()
    ) -> list[list[float]]:
        """Return per horizon P(freed) of the agents most likely to be.

        Of those in wrap-up, and of those whose desk has said something of the talk.
        """
        said = [each for each in talk_signals if each and each[0] in self.place_tables]
        if not len(wrap_ages) and not said:
            return []
        rows = _rows(self.wrap_table, wrap_ages)[:, :HORIZONS]
        if said:
            talks = [_rows(self.place_tables[name], [since])[0] for name, since in said]
            rows = np.concatenate([rows, np.array(talks)[:, :HORIZONS]])
        if len(rows) > SINGLES:
            rows = rows[np.argsort(-rows[:, HORIZONS // 2], kind="stable")[:SINGLES]]
        result: list[list[float]] = rows.T.tolist()
        return result

    def demand(self, ring_ages: Sequence[float], relative: Floats | None) -> Floats:
        """Return mean answers holding an agent per horizon, then their variances."""
        if not len(ring_ages):
            return np.zeros(2 * HORIZONS)
        bins = np.rint(np.asarray(ring_ages, dtype=np.float64))
        rows = np.minimum(np.maximum(bins, 0.0), _BINS - 1).astype(np.intp)
        if relative is None:
            result: Floats = self.ring_table.take(rows, axis=0).sum(axis=0)
            return result
        means = np.minimum(self.ring_table[rows, :HORIZONS] * relative[rows, None], 1.0)
        spread: Floats = np.concatenate([means.sum(0), (means * (1.0 - means)).sum(0)])
        return spread


def cumulative(hazards: Floats) -> Floats:
    """Return the cumulative hazard at the lower edge of each bin."""
    result: Floats = np.concatenate([[0.0], np.cumsum(hazards * _WIDTHS)[:-1]])
    return result


def from_ages(ages: Floats, sums: Floats, ahead: Floats) -> Floats:
    """Return the cumulative hazard at each of *ages* plus each of *ahead*."""
    points = ages[:, None] + ahead[None, :]
    result: Floats = np.interp(points, EDGES, sums)
    return result


def with_variance(means: Floats) -> Floats:
    result: Floats = np.concatenate([means, means * (1.0 - means)], axis=1)
    return result


def _rows(table: Floats, ages: Sequence[float]) -> Floats:
    rows = np.searchsorted(EDGES, np.asarray(ages, dtype=np.float64), side="right") - 1
    result: Floats = table.take(np.maximum(rows, 0), axis=0)
    return result
