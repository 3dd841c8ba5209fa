"""A limit of new calls per second, kept over decisions that come at any time.

Rule: what was not used is kept for at most a second, so that no burst follows a pause.
"""


class CallRate:
    """How many calls may be placed now."""

    __slots__ = ("_at", "_per_second", "_permitted")

    def __init__(self, per_second: float) -> None:
        self._per_second = per_second
        self._permitted = 0.0
        self._at: float | None = None

    def room(self, now: float) -> float:
        """Return how many calls may be placed at *now*, in seconds."""
        since = 1.0 if self._at is None else min(max(now - self._at, 0.0), 1.0)
        return self._permitted + self._per_second * since

    def note(self, calls: int, now: float) -> None:
        """Remember that *calls* were placed."""
        most = max(self._per_second, 1.0)
        self._permitted = max(0.0, min(self.room(now), most) - calls)
        self._at = now
