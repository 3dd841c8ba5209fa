"""Percentiles of what was measured."""

from collections.abc import Sequence
from math import floor


def percentile(values: Sequence[float], share: float) -> float | None:
    """Return the value below which *share* (0..1) of *values* lie, or ``None`` without any.

    Between two values it lies on the straight line between them (Hyndman and Fan, 1996, type 7).

    >>> percentile([4, 1, 3, 2], 0.5), percentile([7], 0.95), percentile([], 0.5)
    (2.5, 7.0, None)
    """
    if not 0 <= share <= 1:
        raise ValueError(f"{share} is no share; expected 0 to 1")
    if not values:
        return None
    ordered = sorted(values)
    place = share * (len(ordered) - 1)
    below = floor(place)
    above = min(below + 1, len(ordered) - 1)
    return float(ordered[below] + (ordered[above] - ordered[below]) * (place - below))


def percentiles(values: Sequence[float], *shares: int, digits: int = 1) -> dict[str, float | None]:
    """Return percentiles by name, rounded.

    >>> percentiles([1.0, 2.0, 3.0], 50, 95)
    {'p50': 2.0, 'p95': 2.9}
    """
    found = {f"p{share}": percentile(values, share / 100) for share in shares}
    return {name: None if each is None else round(each, digits) for name, each in found.items()}
