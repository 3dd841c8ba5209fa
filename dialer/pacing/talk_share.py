"""Pacing towards a talk share: the threshold moves until agents talk as much as is aimed at.

The share is smoothed over a quarter of an hour and taken to be on target until it has been
measured so long; a single large error (nobody talks at the start, everybody returns from a break)
counts no more than a small one, or the threshold would need hours to come back.

Rule: it may only lower the threshold the budget allows; where no share is aimed at it is silent.
"""

from math import exp
from typing import Final

from dialer.pacing.aim import Aim
from dialer.pacing.floor import Floor

#: The share is smoothed over so many seconds.
SMOOTHED: Final = 900.0
#: An error counts at most so much, and moves the logarithm of the threshold so fast (per second).
ERROR_MOST: Final = 0.03
MOVES: Final = 0.01
#: The threshold set out from, and how far from it the goal may move it (logarithms).
START: Final = 0.018
LEAST, MOST = -5.0, 3.5
#: Nothing is learned from the first minutes, in which the first calls are answered.
AFTER: Final = 120.0


class TalkShareGoal:
    """Steers by talk share: the smallest threshold at which agents talk as much as is aimed at."""

    __slots__ = ("_aim", "_began", "_last", "_log", "_share")

    def __init__(self, aim: Aim) -> None:
        self._aim = aim
        self._share = aim.talk_share_target or 0.0
        self._log = 0.0  # of the threshold over its start
        self._began: float | None = None
        self._last = 0.0

    def note(self, floor: Floor, now: float) -> None:
        """Learn from the floor at *now*, in seconds."""
        target = self._aim.talk_share_target
        if target is None or floor.agents == 0:
            return
        if self._began is None or now < self._last:
            self._began = self._last = now
            return
        step = min(now - self._last, 60.0)
        self._last = now
        if now - self._began < AFTER:
            return
        talking = len(floor.talk_ages) / floor.agents
        self._share += (talking - self._share) * step / SMOOTHED
        error = min(max(target - self._share, -ERROR_MOST), ERROR_MOST)
        self._log = min(max(self._log + MOVES * error * step, LEAST), MOST)

    def threshold(self) -> float:
        """Return the threshold the talk share asks for; 1 where none is aimed at."""
        if self._aim.talk_share_target is None:
            return 1.0
        return START * exp(self._log)
