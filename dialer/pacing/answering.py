"""How likely ringing calls are to be answered: hazards by ring age, a fast level, segments.

Three layers, slow to fast:

- the *shape*: hazards of being answered and of ending otherwise, by ring age, from all
  person-time seen (:mod:`dialer.pacing.hazards`);
- the *level*: answers seen against answers the shape expects of the same person-time, with an
  upper-confidence margin, so that little evidence means careful. Two memories: a long one that is
  precise, and one of 40 expected answers that takes over as far as it contradicts the long one
  (the person-time is kept, not the expectation: a corrected shape must not leave
  behind a level that corrected it before);
- *segments*: the same ratio per segment of leads, shrunk to the campaign's, so that a list of
  another quality is met by what is known of it and not by abandons.

**Silence.** When many times the usual number of calls has brought no answer at all, the carrier
may be down. Nothing is then learned from calls that are not answered: calls placed for an answer
rate of nothing would flood the floor when it is back. What is bad but not silent is believed.

Rule: the state is a function of the events alone. Expectations are accounted at whole seconds of
event time from the calls known to be ringing, whoever asks and however often.
"""

from collections.abc import Hashable
from math import exp, floor, sqrt
from typing import Final

import numpy as np

from dialer.pacing.hazards import RING_EDGES, Floats, LifeTable

ANSWERED: Final = 0
FAILED: Final = 1
#: How many seconds a call may ring before it is taken for lost (its end was never observed).
LOST_AFTER: Final = 128
#: A silence of events longer than this begins a new stretch: ringing calls are forgotten.
STRETCH: Final = 300.0
#: The shape is rebuilt so often, at first more often.
SHAPE_SECONDS: Final = 20.0
#: The level's two memories, in expected answers.
MEMORY: Final = 40.0
LONG_MEMORY: Final = 400.0
#: Where the two differ by more standard deviations than this the long one begins anew.
CHANGED: Final = 3.0
#: Then both go on from this many expected answers.
KEPT: Final = 8.0
#: A segment remembers so many expected answers, and is shrunk by so many.
SEGMENT_MEMORY: Final = 150.0
SEGMENT_SHRINKAGE: Final = 8.0
#: Of more segments than this the one dialed longest ago is forgotten.
SEGMENTS_MOST: Final = 96
#: A call that ends this soon without an answer failed at once: a delay after dialing of 2 to 3 s,
#: then up to 3 s until the carrier gives up.
AT_ONCE_SECONDS: Final = 6.0
#: The pace of dialing is taken over about so many seconds; calls that failed at once are no
#: part of it (a carrier that fails must not make the pacing hold back).
PACE_MEMORY: Final = 15.0
#: What an answer costs in calls is a mean over about so many answers, then one counts at most so
#: many times what is usual, and after so many times the usual nobody seems to answer at all.
COST_MEMORY: Final = 15
COST_MOST: Final = 4.0
SILENT_AFTER: Final = 12.0
#: With so many calls resolved the level may fall to one half.
UNKNOWN: Final = 20.0
MARGIN: Final = 0.7

_BINS: Final = len(RING_EDGES)
_AGES = np.arange(_BINS)
#: Prior person-time and ends: an optimistic answer rate (about 0.4) makes a careful start.
_PRIOR_SECONDS: Floats = 8.0 * np.maximum(0.05, np.exp(-_AGES / 16.0))
_PRIOR_ANSWERED: Floats = np.where(_AGES >= 3, 0.04, 0.0) * _PRIOR_SECONDS
_PRIOR_FAILED: Floats = np.where(_AGES < 25, 0.03, 0.5) * _PRIOR_SECONDS


class _Memory:
    """Person-time of ringing and the answers in it, fading with the answers expected."""

    __slots__ = ("_ringing", "_size", "answered", "expected")

    def __init__(self, size: float) -> None:
        self._size = size
        self._ringing = np.zeros(LOST_AFTER)  # seconds by age
        self.answered = 0.0
        self.expected = 0.0  #: by the shape, of this person-time

    @property
    def ratio(self) -> float:
        return (self.answered + 2.0) / (self.expected + 2.0)

    @property
    def careful(self) -> float:
        seen = self.answered + 2.0
        return (seen + MARGIN * sqrt(seen)) / (self.expected + 2.0)

    def contradicts(self, ratio: float) -> float:
        """Return by how many standard deviations more was answered than *ratio* expects."""
        expected = ratio * self.expected
        return (self.answered - expected) / sqrt(expected + 1.0)

    def add(self, ringing: Floats, expected: float) -> None:
        fade = 1.0 - min(expected, self._size) / self._size
        self._ringing += ringing
        self._ringing *= fade
        self.expected = (self.expected + expected) * fade
        self.answered *= fade

    def measure(self, hazard: Floats) -> None:
        self.expected = float(self._ringing @ hazard)

    def shorten(self, expected: float) -> None:
        """Keep no more than *expected* answers' worth, so that what comes next weighs more."""
        if self.expected > expected:
            keep = expected / self.expected
            self._ringing *= keep
            self.answered *= keep
            self.expected = expected

    def become(self, other: "_Memory") -> None:
        self._ringing = other._ringing.copy()
        self.answered, self.expected = other.answered, other.expected


class Answering:
    """What is known about ringing calls. Knows no floor and no clock."""

    __slots__ = (
        "_answers",
        "_began",
        "_calls_per_answer",
        "_dialed_before_answer",
        "_hazard_by_age",
        "_lately",
        "_long",
        "_names",
        "_open",
        "_pace",
        "_refresh_at",
        "_ringing",
        "_second",
        "_segment_answered",
        "_segment_expected",
        "_table",
        "answer_hazard",
        "dialed",
        "fail_hazard",
        "recent_rel",
        "resolved",
    )

    def __init__(self) -> None:
        self._table = LifeTable(RING_EDGES, 2)
        self._open: dict[Hashable, tuple[float, int, str]] = {}  # dialed at, segment, pool
        self._names: dict[str, int] = {"": 0}  # rows by segment, the one dialed last at the end
        self._ringing = np.zeros((1, LOST_AFTER))  # calls ringing, by segment and age in seconds
        self._began: int | None = None
        self._refresh_at = 0.0
        self._second: int | None = None  # everything before this second has been accounted
        self._lately = _Memory(MEMORY)
        self._long = _Memory(LONG_MEMORY)
        self._segment_expected = np.zeros(1)
        self._segment_answered = np.zeros(1)
        self.dialed = 0  #: calls observed
        self.resolved = 0  #: calls whose end was observed
        self._answers = 0
        self._dialed_before_answer = 0  # `dialed` as of the last answer
        self._calls_per_answer = 1.0  # of late; only answers move it
        # By pool: calls per second, as of when, since when.
        self._pace: dict[str, tuple[float, float, float]] = {}
        self.recent_rel = 1.0  #: level of the segments dialed lately, relative to the campaign's
        self.answer_hazard: Floats = np.zeros(_BINS)
        self.fail_hazard: Floats = np.zeros(_BINS)
        self._hazard_by_age: Floats = np.zeros(LOST_AFTER)
        self._refresh(0.0)

    @property
    def level(self) -> float:
        """Answers seen / answers expected by the shape, lately, with its margin (1 = as usual)."""
        lately = self._lately
        long = self._long
        contradiction = lately.contradicts(long.ratio)
        if contradiction >= 0.0:
            weight = min(max(contradiction - 1.0, 0.0), 1.0)
        else:
            weight = min(max((-contradiction - 1.5) / 1.5, 0.0), 1.0)
        level = long.careful + weight * (lately.careful - long.careful)
        # Little seen says nothing yet about ages at which no call has been.
        return max(level, UNKNOWN / (UNKNOWN + self.resolved))

    def pace(self, pool: str, now: float) -> float:
        """Return the calls placed per second for *pool*, lately."""
        rate, at, first = self._pace.get(pool, (0.0, now, now))
        seen = 1.0 - exp(-max(now - first, 1.0) / PACE_MEMORY)
        return rate * exp(-max(0.0, now - at) / PACE_MEMORY) / seen

    def on_dialed(self, call: Hashable, at: float, segment: str, pool: str) -> None:
        if call in self._open:
            return
        self.advance(at)
        rate, before, first = self._pace.get(pool, (0.0, at, at))
        rate *= exp(-max(0.0, at - before) / PACE_MEMORY)
        self._pace[pool] = (rate + 1.0 / PACE_MEMORY, at, first)
        row = self._row(segment)
        self._open[call] = (at, row, pool)
        self._ringing[row, self._age_of(at)] += 1.0
        self.dialed += 1
        if len(self._names) > 1:
            self.recent_rel += 0.05 * (self.relative(row) - self.recent_rel)

    def on_ended(self, call: Hashable, at: float, cause: int) -> float | None:
        """Count the end of a ringing call and return its ring age, None for an unknown call."""
        self.advance(at)
        known = self._open.pop(call, None)
        if cause == ANSWERED:
            self._lately.answered += 1.0
            self._long.answered += 1.0
            self._count_cost()
        if known is None:
            return None
        dialed_at, row, pool = known
        self._ringing[row, self._age_of(dialed_at)] -= 1.0
        if cause == ANSWERED:
            self._segment_answered[row] += 1.0
        age = max(0.0, at - dialed_at)
        if cause == FAILED and age < AT_ONCE_SECONDS:
            rate, before, first = self._pace[pool]
            self._pace[pool] = (max(0.0, rate - 1.0 / PACE_MEMORY), before, first)
        if cause == ANSWERED or not self.silent:
            self._table.ended(age, cause)
        self.resolved += 1
        return age

    @property
    def silent(self) -> bool:
        """Whether the last answer is so many calls ago that the carrier may be down."""
        waited = self.dialed - self._dialed_before_answer
        known = self._answers >= COST_MEMORY
        return known and waited > SILENT_AFTER * self._calls_per_answer

    def _count_cost(self) -> None:
        cost = max(float(self.dialed - self._dialed_before_answer), 1.0)
        self._dialed_before_answer = self.dialed
        if self._answers >= COST_MEMORY:
            cost = min(cost, COST_MOST * self._calls_per_answer)
        self._answers += 1
        moved = (cost - self._calls_per_answer) / min(self._answers, COST_MEMORY)
        self._calls_per_answer += moved

    def advance(self, now: float) -> None:
        """Account the expected answers of every whole second before *now*."""
        second = floor(now)
        if self._second is None or second - self._second > STRETCH:
            self._begin_stretch(second)
            return
        while self._second < second:
            self._account(self._second)
            self._second += 1
            if self._second >= self._refresh_at:
                self._refresh(self._second)

    def relative(self, row: int) -> float:
        """Return a segment's level relative to the campaign's."""
        return float(self._relatives()[row])

    def relative_of(self, segment: str) -> float:
        """Return the level of *segment* relative to the campaign's, 1.0 if it is unknown."""
        row = self._names.get(segment)
        return 1.0 if row is None else self.relative(row)

    def relative_by_age(self) -> Floats | None:
        """Return the mean relative level of ringing calls by age bin; None: one segment only."""
        if len(self._names) == 1 or self._second is None:
            return None
        ringing = self._ringing[:, :_BINS]
        weights = self._relatives() @ ringing
        calls = ringing.sum(axis=0)
        result: Floats = np.where(calls > 0.5, weights / np.maximum(calls, 1.0), 1.0)
        return result

    def _refresh(self, second: float) -> None:
        """Rebuild the hazards from all person-time, that of calls ringing now included."""
        began = self._began if self._began is not None else second
        self._refresh_at = second + min(max((second - began) / 10.0, 3.0), SHAPE_SECONDS)
        ages = np.array([max(0.0, second - at) for at, _, _ in self._open.values()])
        exposure = self._table.exposure(ages) + _PRIOR_SECONDS
        answered, failed = self._table.events()
        self.answer_hazard = np.minimum((answered + _PRIOR_ANSWERED) / exposure, 3.0)
        self.fail_hazard = np.minimum((failed + _PRIOR_FAILED) / exposure, 5.0)
        self._hazard_by_age[:_BINS] = self.answer_hazard
        self._hazard_by_age[_BINS:] = self.answer_hazard[-1]
        self._lately.measure(self._hazard_by_age)
        self._long.measure(self._hazard_by_age)

    def _begin_stretch(self, second: int) -> None:
        self._second = second
        self._refresh_at = second + 3.0
        if self._began is None:
            self._began = second
        self._open.clear()
        self._ringing[:] = 0.0

    def _account(self, second: int) -> None:
        rows = self._ringing @ self._hazard_by_age
        # Relative levels multiply the shape; the campaign's level is what is left over.
        several = len(self._names) > 1
        expected = float(rows @ self._relatives()) if several else float(rows[0])
        if expected > 1e-9 and not self.silent:
            ringing = self._relatives() @ self._ringing if several else self._ringing[0]
            self._lately.add(ringing, expected)
            self._long.add(ringing, expected)
            if abs(self._lately.contradicts(self._long.ratio)) > CHANGED:
                self._lately.shorten(KEPT)
                self._long.become(self._lately)
        if several:
            share = rows * self._long.ratio
            keep = 1.0 - np.minimum(share, SEGMENT_MEMORY) / SEGMENT_MEMORY
            self._segment_expected = (self._segment_expected + share) * keep
            self._segment_answered *= keep
        if self._ringing[:, -1].any():
            self._forget_lost(second)
        self._ringing[:, 1:] = self._ringing[:, :-1]
        self._ringing[:, 0] = 0.0

    def _age_of(self, dialed_at: float) -> int:
        """Return the age bin of a call among those ringing."""
        assert self._second is not None
        return min(max(self._second - floor(dialed_at), 0), LOST_AFTER - 1)

    def _forget_lost(self, second: int) -> None:
        before = second + 2 - LOST_AFTER
        for call in [call for call, (at, _, _) in self._open.items() if at < before]:
            del self._open[call]

    def _relatives(self) -> Floats:
        answered, expected = self._segment_answered, self._segment_expected
        whole = (answered.sum() + SEGMENT_SHRINKAGE) / (expected.sum() + SEGMENT_SHRINKAGE)
        result: Floats = (answered + SEGMENT_SHRINKAGE * whole) / (expected + SEGMENT_SHRINKAGE)
        result /= whole
        return result

    def _row(self, segment: str) -> int:
        row = self._names.pop(segment, None)
        if row is None:
            row = self._new_row()
        self._names[segment] = row
        return row

    def _new_row(self) -> int:
        if len(self._names) < SEGMENTS_MOST:
            self._ringing = np.vstack([self._ringing, np.zeros((1, LOST_AFTER))])
            self._segment_expected = np.append(self._segment_expected, 0.0)
            self._segment_answered = np.append(self._segment_answered, 0.0)
            return len(self._names)
        quiet = (name for name, row in self._names.items() if not self._ringing[row].any())
        row = self._names.pop(next(quiet, next(iter(self._names))))
        self._segment_expected[row] = self._segment_answered[row] = 0.0
        return row
