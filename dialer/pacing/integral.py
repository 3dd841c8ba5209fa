"""The slow part of the feedback on the abandon budget.

It follows the steered slack over hours, so that a shift whose calls turn out cheaper or dearer than
the threshold's starting point still ends where its budget ends.

Rule: it moves with time and not with how often it is asked, and is never wound up: once feedback
and integral together are at a bound, the integral stands still.
"""

from typing import Final

#: It starts so many seconds after the first call, and moves so often.
AFTER: Final = 600.0
STEP: Final = 10.0
#: A pause of the caller's counts no longer than this.
STEP_MOST: Final = 60.0
#: Of feedback and integral together (logarithms of the threshold over its start).
BOUND: Final = 2.0


class Integral:
    """A number in -2..2 that pushes add to."""

    __slots__ = ("_at", "value")

    def __init__(self) -> None:
        self.value = 0.0
        self._at: float | None = None

    def move(self, push: float, began: float | None, now: float) -> None:
        """Add *push*, per hour, for the time since the last move.

        Args:
            began: When the first call was placed; ``None``: not yet.
        """
        if self._at is None or now < self._at:
            self._at = now
        step = now - self._at
        if step < STEP:
            return
        self._at = now
        if began is None or now - began < AFTER:
            return
        if -BOUND < push + self.value < BOUND:
            moved = self.value + push * min(step, STEP_MOST) / 3_600.0
            self.value = min(max(moved, -BOUND), BOUND)
