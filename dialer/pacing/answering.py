"""How likely ringing calls are to be answered: hazards by ring age, a fast level, segments.

Three layers, slow to fast:

- the *shape*: hazards of being answered and of ending otherwise, by ring age, from all
  person-time seen (:mod:`dialer.pacing.hazards`);
- the *level*: answers seen against answers the shape expected, remembering the last 40 expected
  ones, with an upper-confidence margin, so that little evidence means careful;
- *segments*: the same ratio per segment of leads, shrunk to the campaign's, so that a list of
  another quality is met by what is known of it and not by abandons.

Rule: the state is a function of the events alone. Expectations are accounted at whole seconds of
event time from the calls known to be ringing, whoever asks and however often.
"""

from collections.abc import Hashable
from math import ceil, floor, sqrt
from typing import Final

import numpy as np

from dialer.pacing.hazards import RING_EDGES, Floats, LifeTable

ANSWERED: Final = 0
FAILED: Final = 1
#: How many seconds a call may ring before it is taken for lost (its end was never observed).
LOST_AFTER: Final = 128
#: A silence of events longer than this begins a new stretch: ringing calls are forgotten.
STRETCH: Final = 300.0
#: The level remembers so many expected answers.
MEMORY: Final = 40.0
#: A segment remembers so many expected answers, and is shrunk by so many.
SEGMENT_MEMORY: Final = 150.0
SEGMENT_SHRINKAGE: Final = 8.0
#: More segments than this share one.
SEGMENTS_MOST: Final = 24
MARGIN: Final = 0.7

_BINS: Final = len(RING_EDGES)
_AGES = np.arange(_BINS)
#: Prior person-time and ends: an optimistic answer rate (about 0.4) makes a careful start.
_PRIOR_SECONDS: Floats = 8.0 * np.maximum(0.05, np.exp(-_AGES / 16.0))
_PRIOR_ANSWERED: Floats = np.where(_AGES >= 3, 0.04, 0.0) * _PRIOR_SECONDS
_PRIOR_FAILED: Floats = np.where(_AGES < 25, 0.03, 0.5) * _PRIOR_SECONDS


class Answering:
    """What is known about ringing calls. Knows no floor and no clock."""

    __slots__ = (
        "_answered",
        "_expected",
        "_hazard_view",
        "_names",
        "_open",
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
        self._open: dict[Hashable, tuple[float, int]] = {}
        self._names: dict[str, int] = {"": 0}
        self._ringing = np.zeros((1, LOST_AFTER))  # calls ringing by segment and second of dialing
        self._second: int | None = None  # everything before this second has been accounted
        self._expected = 0.0
        self._answered = 0.0
        self._segment_expected = np.zeros(1)
        self._segment_answered = np.zeros(1)
        self.dialed = 0  #: calls observed
        self.resolved = 0  #: calls whose end was observed
        self.recent_rel = 1.0  #: level of the segments dialed lately, relative to the campaign's
        self.answer_hazard: Floats = np.zeros(_BINS)
        self.fail_hazard: Floats = np.zeros(_BINS)
        self.refresh(0.0)

    @property
    def level(self) -> float:
        """Answers seen / answers expected by the shape, lately, with its margin (1 = as usual)."""
        seen = self._answered + 2.0
        return (seen + MARGIN * sqrt(seen)) / (self._expected + 2.0)

    def on_dialed(self, call: Hashable, at: float, segment: str) -> None:
        if call in self._open:
            return
        self.advance(at)
        row = self._row(segment)
        self._open[call] = (at, row)
        self._ringing[row, floor(at) % LOST_AFTER] += 1.0
        self.dialed += 1
        if len(self._names) > 1:
            self.recent_rel += 0.05 * (self.relative(row) - self.recent_rel)

    def on_ended(self, call: Hashable, at: float, cause: int) -> float | None:
        """Count the end of a ringing call and return its ring age, None for an unknown call."""
        self.advance(at)
        known = self._open.pop(call, None)
        if cause == ANSWERED:
            self._answered += 1.0
        if known is None:
            return None
        dialed_at, row = known
        if self._second is not None and self._second - dialed_at < LOST_AFTER:
            self._ringing[row, floor(dialed_at) % LOST_AFTER] -= 1.0
        if cause == ANSWERED:
            self._segment_answered[row] += 1.0
        age = max(0.0, at - dialed_at)
        self._table.ended(age, cause)
        self.resolved += 1
        return age

    def advance(self, now: float) -> None:
        """Account the expected answers of every whole second before *now*."""
        second = floor(now)
        if self._second is None or second - self._second > STRETCH:
            self._begin_stretch(second)
            return
        while self._second < second:
            self._account(self._second)
            self._second += 1

    def relative(self, row: int) -> float:
        """Return a segment's level relative to the campaign's."""
        return float(
            (self._segment_answered[row] + SEGMENT_SHRINKAGE)
            / (self._segment_expected[row] + SEGMENT_SHRINKAGE)
        )

    def relative_of(self, segment: str) -> float:
        """Return the level of *segment* relative to the campaign's, 1.0 if it is unknown."""
        row = self._names.get(segment)
        return 1.0 if row is None else self.relative(row)

    def relative_by_age(self) -> Floats | None:
        """Return the mean relative level of ringing calls by age bin; None: one segment only."""
        if len(self._names) == 1 or self._second is None:
            return None
        order = (self._second - np.arange(_BINS)) % LOST_AFTER
        ringing = np.maximum(self._ringing[:, order], 0.0)
        weights = self._relatives() @ ringing
        calls = ringing.sum(axis=0)
        result: Floats = np.where(calls > 0.5, weights / np.maximum(calls, 1.0), 1.0)
        return result

    def refresh(self, now: float) -> None:
        """Rebuild the hazards from all person-time, that of calls ringing at *now* included."""
        ages = np.array([max(0.0, now - at) for at, _ in self._open.values()])
        exposure = self._table.exposure(ages) + _PRIOR_SECONDS
        answered, failed = self._table.events()
        self.answer_hazard = np.minimum((answered + _PRIOR_ANSWERED) / exposure, 3.0)
        self.fail_hazard = np.minimum((failed + _PRIOR_FAILED) / exposure, 5.0)
        # By second of dialing, doubled, so that any rotation is one slice of it.
        turned = np.zeros(LOST_AFTER)
        turned[-_BINS:] = self.answer_hazard[::-1]
        turned[: LOST_AFTER - _BINS] = self.answer_hazard[-1]
        self._hazard_view = np.concatenate([turned, turned])

    def _begin_stretch(self, second: int) -> None:
        self._second = second
        self._open.clear()
        self._ringing[:] = 0.0

    def _account(self, second: int) -> None:
        # Slot of a call dialed d seconds ago is (second - d) mod 128; its hazard is h[d].
        slot = second % LOST_AFTER
        start = LOST_AFTER - 1 - slot
        view = self._hazard_view[start : start + LOST_AFTER]
        rows = self._ringing @ view
        # Relative levels multiply the shape; the campaign's level is what is left over.
        several = len(self._names) > 1
        expected = float(rows @ self._relatives()) if several else float(rows[0])
        if expected > 1e-9:
            fade = 1.0 - min(expected, MEMORY) / MEMORY
            self._expected = (self._expected + expected) * fade
            self._answered *= fade
        if several:
            share = rows * self.level_plain
            keep = 1.0 - np.minimum(share, SEGMENT_MEMORY) / SEGMENT_MEMORY
            self._segment_expected = (self._segment_expected + share) * keep
            self._segment_answered *= keep
        lost = (second + 1) % LOST_AFTER
        if self._ringing[:, lost].any():
            self._forget_lost(second)
            self._ringing[:, lost] = 0.0

    @property
    def level_plain(self) -> float:
        """The level without its margin."""
        return (self._answered + 2.0) / (self._expected + 2.0)

    def _forget_lost(self, second: int) -> None:
        before = second + 1 - LOST_AFTER + 1
        for call in [call for call, (at, _) in self._open.items() if at < before]:
            del self._open[call]

    def _relatives(self) -> Floats:
        result: Floats = (self._segment_answered + SEGMENT_SHRINKAGE) / (
            self._segment_expected + SEGMENT_SHRINKAGE
        )
        return result

    def _row(self, segment: str) -> int:
        row = self._names.get(segment)
        if row is None:
            if len(self._names) >= SEGMENTS_MOST:
                return 0
            row = self._names[segment] = len(self._names)
            self._ringing = np.vstack([self._ringing, np.zeros((1, LOST_AFTER))])
            self._segment_expected = np.append(self._segment_expected, 0.0)
            self._segment_answered = np.append(self._segment_answered, 0.0)
        return row


def ring_bin(age: float) -> int:
    """Return the row of the ring tables for a call of this *age* in seconds."""
    return min(max(ceil(age - 0.5), 0), _BINS - 1)
