"""Pacing towards a talk share: the threshold moves until agents talk as much as is aimed at.

Rule: it may only lower the threshold the budget allows; where no share is aimed at it is silent.
"""

import numpy as np

from dialer.pacing.aim import Aim
from dialer.pacing.floor import Floor


class TalkShareGoal:
    """Steers by talk share: the smallest threshold at which agents talk as much as is aimed at."""

    __slots__ = ("_aim", "_last", "_log", "_share")

    def __init__(self, aim: Aim) -> None:
        self._aim = aim
        self._share: float | None = None
        self._log = -2.0  # of the threshold over its start
        self._last: float | None = None

    def note(self, floor: Floor, now: float) -> None:
        """Learn from the floor at *now*, in seconds."""
        target = self._aim.talk_share_target
        if target is None or floor.agents == 0:
            return
        talking = len(floor.talk_ages) / floor.agents
        if self._last is None or self._share is None or now < self._last:
            self._last, self._share = now, talking
            return
        step = min(now - self._last, 60.0)
        self._last = now
        self._share += (talking - self._share) * step / 900.0
        self._log = min(max(self._log + 4.0 * (target - self._share) * step / 300.0, -6.0), 3.0)

    def threshold(self) -> float:
        """Return the threshold the talk share asks for; 1 where none is aimed at."""
        if self._aim.talk_share_target is None:
            return 1.0
        return float(0.02 * np.exp(self._log))
