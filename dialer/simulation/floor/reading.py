"""Read a table of a TOML file with errors a person can act on.

Rule: every error names the file, the key, what was found and what was expected; a key nobody
asked for is an error too, because a misspelt key that is silently ignored is worse.
"""

from collections.abc import Callable, Sequence
from math import isfinite
from typing import TypeVar

T = TypeVar("T")


class WorldError(ValueError):
    """A world file that cannot be used, and why."""


class Table:
    """One table of the file, remembering which of its keys were read."""

    def __init__(self, values: object, where: str) -> None:
        if not isinstance(values, dict):
            raise WorldError(
                f"{where}: found {_shown(values)}; expected a table of keys and values"
            )
        self._values: dict[str, object] = values
        self._read: set[str] = set()
        self.where = where

    def __contains__(self, key: str) -> bool:
        return key in self._values

    def number(
        self, key: str, default: float | None = None, *, low: float = 0.0, high: float = 1e12
    ) -> float:
        """Return a number in low..high; required where there is no default."""
        value = self._take(key, default, f"a number in {low:g}..{high:g}")
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise self.error(key, value, f"a number in {low:g}..{high:g}")
        if not low <= value <= high:
            raise self.error(key, value, f"a number in {low:g}..{high:g}")
        return float(value)

    def text(self, key: str, default: str | None = None) -> str:
        value = self._take(key, default, "a text")
        if not isinstance(value, str):
            raise self.error(key, value, "a text")
        return value

    def switch(self, key: str, default: bool) -> bool:
        value = self._take(key, default, "true or false")
        if not isinstance(value, bool):
            raise self.error(key, value, "true or false")
        return value

    def texts(self, key: str, default: Sequence[str] = ()) -> tuple[str, ...]:
        value = self._take(key, list(default), "a list of texts")
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise self.error(key, value, "a list of texts")
        return tuple(value)

    def numbers(self, key: str, *, low: float, high: float) -> tuple[float, ...]:
        """Return a rising list of numbers in low..high, empty where the key is absent."""
        expected = f"a rising list of numbers in {low:g}..{high:g}"
        value = self._take(key, [], expected)
        if not isinstance(value, list) or not all(
            isinstance(item, int | float) and not isinstance(item, bool) for item in value
        ):
            raise self.error(key, value, expected)
        if value != sorted(value) or any(not low <= item <= high for item in value):
            raise self.error(key, value, expected)
        return tuple(float(item) for item in value)

    def rows(self, key: str, width: int, meaning: str) -> tuple[tuple[float, ...], ...]:
        """Return a list of rows of *width* finite numbers, empty where the key is absent."""
        expected = f"a list of rows {meaning}"
        value = self._take(key, [], expected)
        if not isinstance(value, list):
            raise self.error(key, value, expected)
        for row in value:
            numbers = isinstance(row, list) and all(
                isinstance(item, int | float) and not isinstance(item, bool) and isfinite(item)
                for item in row
            )
            if not numbers or len(row) != width:
                raise self.error(key, row, expected)
        return tuple(tuple(float(item) for item in row) for row in value)

    def spans(self, key: str, meaning: str) -> tuple[tuple[float, ...], ...]:
        """Return rows [from, to], or [from, to, share], instants not negative, from < to."""
        width = 1 + meaning.count(",")
        found = self.rows(key, width, meaning)
        for row in found:
            if not 0 <= row[0] < row[1] or not all(0 <= share <= 1 for share in row[2:]):
                expected = f"rows {meaning} with 0 <= from < to"
                raise self.error(key, list(row), expected + ", shares in 0..1" * (width > 2))
        return found

    def table(self, key: str) -> "Table":
        """Return a sub-table, empty where the key is absent."""
        self._read.add(key)
        return Table(self._values.get(key, {}), f"{self.where}.{key}")

    def tables(self, key: str) -> list["Table"]:
        """Return the tables of ``[[key]]``, none where the key is absent."""
        self._read.add(key)
        value = self._values.get(key, [])
        if not isinstance(value, list):
            raise self.error(key, value, f"one or more tables [[{key}]]")
        return [Table(item, f"{self.where}.{key}[{n}]") for n, item in enumerate(value)]

    def take(self, key: str, reader: Callable[["Table"], T], default: T) -> T:
        """Return what *reader* makes of the sub-table, *default* where it is absent."""
        if key not in self:
            return default
        return reader(self.table(key))

    def finish(self) -> None:
        """Refuse keys nobody asked for."""
        for key in self._values:
            if key not in self._read:
                known = ", ".join(sorted(self._read))
                raise WorldError(f"{self.where}: unknown key {key!r}; expected one of {known}")

    def error(self, key: str, found: object, expected: str) -> WorldError:
        return WorldError(f"{self.where}.{key}: found {_shown(found)}; expected {expected}")

    def _take(self, key: str, default: object, expected: str) -> object:
        self._read.add(key)
        if key not in self._values:
            if default is None:
                raise WorldError(f"{self.where}: {key} is missing; expected {expected}")
            return default
        return self._values[key]


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
