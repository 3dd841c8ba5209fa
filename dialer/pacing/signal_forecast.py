"""What a talk at some place of the script will have become: look-up tables by place.

    free by h = ended at this place and wrapped up by h
              + moved on at this place, then ended wherever and wrapped up by h

Rule: with no signal ever given there are no tables, and the forecast by age alone stands.
"""

from collections.abc import Sequence

import numpy as np

from dialer.pacing.floor import Floor
from dialer.pacing.forecast import (
    EDGES,
    GRID,
    MIDDLES,
    Forecast,
    cumulative,
    from_ages,
    with_variance,
)
from dialer.pacing.hazards import Floats, LifeTable, smoothed
from dialer.pacing.signals import ENDED, MOVED, Signals, ages_at


def place_tables(
    signals: Signals, forecast: Forecast, floor: Floor, *, talk_prior: float
) -> dict[str, Floats]:
    """Return by place P(free at each horizon) and variances, by seconds since the signal.

    Args:
        signals: What is known of them.
        forecast: Of wrap-ups, and the horizons.
        floor: Talks under way and what was said of each.
        talk_prior: Expected length of a talk before any was seen, in seconds.
    """
    wrap_done, reach = forecast.wrap_done, forecast.reach
    trusted = list(signals.trusted())
    if not trusted:
        return {}
    seconds = GRID[:-1]
    ends_here = _stacked(wrap_done, seconds, reach)
    moved = _freed_after_moving(signals, wrap_done, talk_prior)
    ends_later = _stacked(moved, seconds, reach)
    tables = {}
    for name, place in trusted:
        exposure = place.stays.exposure(ages_at(name, floor.talk_ages, floor.talk_signals))
        events = place.stays.events()
        end = smoothed(events[ENDED], exposure, prior_seconds=talk_prior)
        move = smoothed(events[MOVED], exposure, prior_seconds=talk_prior)
        if not events[MOVED].any():
            move = np.zeros_like(move)
        left = cumulative(end + move)
        gone = np.exp(np.interp(MIDDLES, EDGES, left)[:, None] - from_ages(MIDDLES, left, GRID))
        density = gone[:, :-1] - gone[:, 1:]
        bins = np.searchsorted(EDGES, MIDDLES[:, None] + seconds[None, :], side="right") - 1
        ended = (end / (end + move))[bins]
        means = (density * ended) @ ends_here + (density * (1.0 - ended)) @ ends_later
        tables[name] = with_variance(np.clip(means, 0.0, 1.0))
    return tables


def _stacked(done: Floats, seconds: Floats, reach: Sequence[float]) -> Floats:
    """Return P(done by each of *reach* | begun in the middle of each of *seconds*)."""
    rows = [np.interp(r - seconds - 0.5, GRID, done, left=0.0) for r in reach]
    return np.stack(rows, 1)


def _freed_after_moving(signals: Signals, wrap_done: Floats, talk_prior: float) -> Floats:
    """Return P(talk and wrap-up are over) so many seconds after a signal of any kind."""
    result = np.zeros(len(GRID))
    wrapped = np.interp(GRID - 0.5, GRID, wrap_done, left=0.0)
    for place, share in signals.moved_to():
        whole = np.exp(-np.interp(GRID, EDGES, _left(place.ends, talk_prior)))
        result += share * np.convolve(whole[:-1] - whole[1:], wrapped)[: len(GRID)]
    return result


def _left(life: LifeTable, prior: float) -> Floats:
    return cumulative(smoothed(life.events()[0], life.exposure(np.zeros(0)), prior_seconds=prior))
