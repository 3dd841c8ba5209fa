"""Distributions of durations in seconds, as a world file names them.

    {kind = "lognormal", mean = 20, sigma = 0.6}     or median instead of mean
    {kind = "exponential", mean = 112}
    {kind = "gamma", mean = 60, shape = 2}
    {kind = "weibull", mean = 60, shape = 1.5}
    {kind = "uniform", low = 12, high = 24}
    {kind = "constant", value = 2}
    {kind = "table", values = [[5, 0.2], [30, 0.5], [300, 0.3]]}        value, weight
    {kind = "quantiles", values = [[0, 1], [0.5, 20], [1, 600]]}        share, value; linear between
    {kind = "mixture", parts = [{weight = 0.5, kind = ...}, {weight = 0.5, kind = ...}]}

``least`` and ``most`` condition any of them on a range.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import exp, gamma, inf, log
from typing import Final

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from dialer.simulation.floor.reading import Table, WorldError

Floats = NDArray[np.float64]
Sample = Callable[[Generator, int], Floats]
BLOCK: Final = 2_048


@dataclass(frozen=True, slots=True)
class Distribution:
    """Durations in seconds; ``sample(random, n)`` draws n of them."""

    sample: Sample

    def stream(self, random: Generator) -> Iterator[float]:
        """Yield draws without end, drawn in blocks."""
        while True:
            yield from self.sample(random, BLOCK).tolist()


def constant(value: float) -> Distribution:
    return Distribution(lambda random, n: np.full(n, value))


def lognormal(
    *, mean: float | None = None, median: float | None = None, sigma: float
) -> Distribution:
    """Return a lognormal by its mean, or else its median."""
    centre = log(mean) - sigma * sigma / 2 if mean is not None else log(median or 1.0)
    return Distribution(lambda random, n: random.lognormal(centre, sigma, n))


def read(table: Table) -> Distribution:
    """Return the distribution a table of a world file describes."""
    kind = table.text("kind")
    reader = _KINDS.get(kind)
    if reader is None:
        raise table.error("kind", kind, "one of " + ", ".join(sorted(_KINDS)))
    found = reader(table)
    least = table.number("least", 0.0)
    most = table.number("most", inf, high=inf)
    table.finish()
    if least >= most:
        raise WorldError(f"{table.where}: least is {least:g}, most {most:g}; expected least < most")
    return _conditioned(found, least, most, table.where)


def _conditioned(found: Distribution, least: float, most: float, where: str) -> Distribution:
    if least <= 0.0 and most == inf:
        return found
    check = found.sample(np.random.default_rng(0), 20_000)
    if np.mean((check >= least) & (check <= most)) < 0.01:
        raise WorldError(
            f"{where}: fewer than 1 % of the values lie in {least:g}..{most:g}; "
            "expected bounds that keep more"
        )

    def sample(random: Generator, n: int) -> Floats:
        kept: list[Floats] = []
        count = 0
        while count < n:
            drawn = found.sample(random, max(n, 256))
            drawn = drawn[(drawn >= least) & (drawn <= most)]
            kept.append(drawn)
            count += len(drawn)
        result: Floats = np.concatenate(kept)[:n]
        return result

    return Distribution(sample)


def _positive(table: Table, key: str) -> float:
    return table.number(key, low=1e-6, high=1e6)


def _lognormal(table: Table) -> Distribution:
    sigma = table.number("sigma", high=5.0)
    if "mean" in table:
        return lognormal(mean=_positive(table, "mean"), sigma=sigma)
    return lognormal(median=_positive(table, "median"), sigma=sigma)


def _exponential(table: Table) -> Distribution:
    mean = _positive(table, "mean")
    return Distribution(lambda random, n: random.exponential(mean, n))


def _gamma(table: Table) -> Distribution:
    mean, shape = _positive(table, "mean"), table.number("shape", low=0.01, high=1e4)
    return Distribution(lambda random, n: random.gamma(shape, mean / shape, n))


def _weibull(table: Table) -> Distribution:
    shape = table.number("shape", low=0.1, high=100)
    scale = (
        _positive(table, "mean") / gamma(1 + 1 / shape)
        if "mean" in table
        else _positive(table, "scale")
    )
    return Distribution(lambda random, n: scale * random.weibull(shape, n))


def _uniform(table: Table) -> Distribution:
    low, high = table.number("low"), table.number("high")
    if low > high:
        raise table.error("high", high, f"a number of at least low, {low:g}")
    return Distribution(lambda random, n: random.uniform(low, high, n))


def _constant(table: Table) -> Distribution:
    return constant(table.number("value"))


def _table(table: Table) -> Distribution:
    rows = np.array(table.rows("values", 2, "[value, weight]"))
    if not len(rows) or (rows < 0).any() or rows[:, 1].sum() <= 0:
        raise table.error("values", rows.tolist(), "rows [value, weight], none negative")
    weights = rows[:, 1] / rows[:, 1].sum()
    return Distribution(lambda random, n: random.choice(rows[:, 0], n, p=weights))


def _quantiles(table: Table) -> Distribution:
    rows = np.array(table.rows("values", 2, "[share, value]"))
    rising = len(rows) >= 2 and (np.diff(rows, axis=0) >= 0).all()
    if not rising or rows[0, 0] != 0 or rows[-1, 0] != 1 or rows[0, 1] < 0:
        raise table.error("values", rows.tolist(), "rising rows [share, value], shares from 0 to 1")
    return Distribution(lambda random, n: np.interp(random.random(n), rows[:, 0], rows[:, 1]))


def _mixture(table: Table) -> Distribution:
    parts: list[tuple[float, Distribution]] = []
    for part in table.tables("parts"):
        weight = part.number("weight")
        parts.append((weight, read(part)))
    total = sum(weight for weight, _ in parts)
    if total <= 0:
        raise WorldError(f"{table.where}.parts: found none with a weight; expected one or more")
    weights = np.array([weight / total for weight, _ in parts])

    def sample(random: Generator, n: int) -> Floats:
        which = random.choice(len(parts), n, p=weights)
        result = np.empty(n)
        for k, (_, part) in enumerate(parts):
            chosen = which == k
            result[chosen] = part.sample(random, int(chosen.sum()))
        return result

    return Distribution(sample)


_KINDS: Final[dict[str, Callable[[Table], Distribution]]] = {
    "lognormal": _lognormal,
    "exponential": _exponential,
    "gamma": _gamma,
    "weibull": _weibull,
    "uniform": _uniform,
    "constant": _constant,
    "table": _table,
    "quantiles": _quantiles,
    "mixture": _mixture,
}

#: The default world's durations (docs/pacing.md).
PICK_UP: Final = lognormal(median=8.0, sigma=0.6)
POST_DIAL_DELAY: Final = lognormal(median=2.0 * exp(-0.045), sigma=0.3)
