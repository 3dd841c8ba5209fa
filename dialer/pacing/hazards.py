"""Hazards learned from person-time: how likely something of this age ends in the next second.

    hazard at age k = (ends seen at age k) / (seconds anything has spent at age k)

Rule: what has not ended yet counts too. A rate taken from finished calls alone forgets that the
long ones are still going on, and makes a dialer swing (answers come after 5-15 s, non-answers
after 27 s). Time at risk needs no clock ticks: a life that ended at age 7.3 spent one second in
each of the bins 0-6 and 0.3 in bin 7, so counting ends per bin is enough.
"""

from bisect import bisect_right
from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def _agent_edges() -> tuple[float, ...]:
    """Bins for talk and wrap-up: half seconds first, then seconds, then a tenth of the age."""
    edges = [k / 2 for k in range(8)] + [float(k) for k in range(4, 20)]
    width, edge = 1.0, 20.0
    while edge < 3_600.0:
        edges.append(edge)
        width = max(width, edge * 0.1)
        edge += width
    return tuple(edges)


#: Lower edges of the age bins of talk and wrap-up; the last bin has no end.
AGENT_EDGES: Final = _agent_edges()
#: Lower edges of the age bins of ringing calls: one second each; the last bin has no end.
RING_EDGES: Final = tuple(float(k) for k in range(64))


class LifeTable:
    """Ends by age and cause, and the time spent at each age."""

    __slots__ = ("_edges", "_ended", "_last", "_partial", "_widths", "causes")

    def __init__(self, edges: Sequence[float], causes: int) -> None:
        self.causes = causes
        self._edges = edges
        self._last = len(edges) - 1
        self._widths: Floats = np.diff(np.array([*edges, edges[-1] + 1.0]))
        self._ended = [[0.0] * len(edges) for _ in range(causes)]
        self._partial = [0.0] * len(edges)

    def ended(self, age: float, cause: int = 0) -> None:
        """Count one life that ended at *age* seconds (negative counts as 0)."""
        edges = self._edges
        if age <= 0.0:
            age, k = 0.0, 0
        else:
            k = bisect_right(edges, age) - 1
        self._ended[cause][k] += 1.0
        # In the last, endless bin the time at risk is real time; elsewhere less than the width.
        self._partial[k] += age - edges[k]

    def events(self) -> Floats:
        """Return the ends seen, per cause and age bin."""
        return np.array(self._ended)

    def exposure(self, alive: Floats) -> Floats:
        """Return the seconds spent in each bin, by the ended and by those *alive* at these ages."""
        edges = np.asarray(self._edges)
        ended = np.array(self._ended).sum(axis=0)
        partial = np.array(self._partial)
        if len(alive):
            bins = np.searchsorted(edges, alive, side="right") - 1
            np.maximum(bins, 0, out=bins)
            size = self._last + 1
            ended += np.bincount(bins, minlength=size)
            partial += np.bincount(bins, weights=np.maximum(alive - edges[bins], 0), minlength=size)
        later: Floats = ended.sum() - np.cumsum(ended)
        result: Floats = later * self._widths + partial
        return result


def smoothed(events: Floats, exposure: Floats, *, prior_seconds: float, reach: int = 3) -> Floats:
    """Return hazards per second: each bin leant on its neighbours, those on the whole.

    Args:
        events: Ends seen per bin.
        exposure: Seconds at risk per bin.
        prior_seconds: Expected length of a life before anything has been seen.
        reach: How many bins either side count as neighbours.
    """
    overall = (events.sum() + 2.0) / (exposure.sum() + 2.0 * prior_seconds)
    kernel = np.ones(2 * reach + 1)
    near_events = np.convolve(events, kernel, mode="same")
    near_exposure = np.convolve(exposure, kernel, mode="same")
    near = (near_events + 1.0) / (near_exposure + 1.0 / overall)
    hazards: Floats = (events + 3.0) / (exposure + 3.0 / near)
    return np.clip(hazards, 1e-6, 10.0)
