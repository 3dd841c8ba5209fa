"""How much risk the abandon budget allows now.

The budget is earned by live answers and spent by abandons:

    slack = limit x live answers - abandoned - estimated screening errors       [calls]

While there is slack and time, one more call is worth placing as long as its risk is below a
threshold; the threshold moves with the slack (a feedback gain that falls as the budget grows) and
with a slow integral of it. Three guards stand above the feedback:

- **debt**: never owe more than half of what the rest of the shift can earn back;
- **the last forty**: with forty live answers to come, one call per idle agent;
- **judged always**: where the rate must hold at any instant, nothing is borrowed at all.

Rule: with everything else equal, fewer abandons never mean a smaller threshold.
"""

from collections import deque
from dataclasses import dataclass
from math import exp, floor, sqrt
from typing import Final

from dialer.pacing.aim import Aim, Window

#: The threshold set out from, per unit of limit: it grows with the answer rate and with the
#: hourly budget, because the risk of a call is reckoned before those that will compete with it.
START: Final = 0.8
START_PER_ANSWER_RATE: Final = 1.8
START_POWER: Final = 0.25
THRESHOLD_MOST: Final = 0.45
#: The feedback on slack, for a small budget.
GAIN: Final = 0.6
CUSHION: Final = 0.5
CUSHION_NOISE: Final = 0.5
CUSHION_LAST: Final = 0.25
CUSHION_TAPER: Final = 4.0
BRAKE_CALLS: Final = 0.5
BRAKE_SHARE: Final = 0.08
CUSHION_SHARE: Final = 0.015
#: While in debt: still far better than 1:1, and earns the debt back fast.
CAREFUL: Final = 0.1
#: Where the rate is judged at every instant: the share of the starting threshold per call that
#: may still be abandoned beyond the next one, and its bounds.
ALWAYS_SLOPE: Final = 0.1
ALWAYS_CAREFUL: Final = 0.03
ALWAYS_MOST: Final = 4.0
#: Near the end one abandon must still be affordable, in a budget up to this many two.
RESERVE_BUDGET: Final = 7.0
LAST_ANSWERS: Final = 40.0
#: The risk, per unit of limit, that no guard forbids while one more abandon could be afforded or
#: there was none: one call in some thousands. Without it twenty idle agents before a short list, or
#: at a list's end, would get twenty calls, of which five are answered.
NEGLIGIBLE: Final = 0.005
#: A rolling window is kept in this many pieces.
PIECES: Final = 720


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """The budget at one instant, in calls."""

    live: float = 0.0  #: live answers, those screening hung up on included (estimated)
    abandoned: float = 0.0  #: abandoned calls, screening's errors included (estimated)
    earned: float = 0.0  #: limit x live

    @property
    def slack(self) -> float:
        """Calls that may still be abandoned within the limit; negative is debt."""
        return self.earned - self.abandoned

    @property
    def rate(self) -> float:
        """Abandoned / live answers, 0 before the first."""
        return self.abandoned / self.live if self.live > 0 else 0.0

    @property
    def used(self) -> float:
        """Share of the earned budget that is spent, 0 while nothing is earned or spent."""
        if self.abandoned <= 0:
            return 0.0
        return self.abandoned / self.earned if self.earned > 0 else 1.0


class Counts:
    """Live answers and abandons within the window of the aim."""

    __slots__ = ("_abandoned", "_aim", "_index", "_live", "_pieces")

    def __init__(self, aim: Aim) -> None:
        self._aim = aim
        self._live = 0
        self._abandoned = 0
        self._index: int | None = None  # of the fixed window, or the latest piece of a rolling one
        self._pieces: deque[list[int]] = deque()  # [piece, live, abandoned], oldest first

    def under(self, aim: Aim, now: float) -> "Counts":
        """Return these counts, as they are at *now*, judged by another aim."""
        self.move_to(now)
        known = self._aim
        shape = (aim.window, aim.window_seconds, aim.window_origin)
        if shape == (known.window, known.window_seconds, known.window_origin):
            self._aim = aim
            return self
        other = Counts(aim)
        other.add(now, live=self._live, abandoned=self._abandoned)
        return other

    def add(self, at: float, *, live: int = 0, abandoned: int = 0) -> None:
        self.move_to(at)
        self._live += live
        self._abandoned += abandoned
        if self._aim.window is Window.ROLLING:
            piece = self._index or 0
            if not self._pieces or self._pieces[-1][0] != piece:
                self._pieces.append([piece, 0, 0])
            self._pieces[-1][1] += live
            self._pieces[-1][2] += abandoned

    def move_to(self, now: float) -> bool:
        """Drop what has left the window; return whether a new fixed window began."""
        aim = self._aim
        if aim.window is Window.CAMPAIGN:
            return False
        if aim.window is Window.FIXED:
            index = floor((now - aim.window_origin) / aim.window_seconds)
            began = self._index is not None and index > self._index
            if began:
                self._live = self._abandoned = 0
            self._index = index if self._index is None else max(index, self._index)
            return began
        self._index = max(self._index or 0, floor(now * PIECES / aim.window_seconds))
        self._drop(self._index - PIECES)
        return False

    def account(self) -> Account:
        """Return the budget, screening's errors charged."""
        live = max(0, self._live)
        errors = self._aim.screening_false_positive_rate
        missed = live * errors / (1.0 - errors)
        return Account(
            live=live + missed,
            abandoned=max(0, self._abandoned) + missed,
            earned=self._aim.abandon_rate_limit * (live + missed),
        )

    def _drop(self, oldest: int) -> None:
        # A live answer leaves with the beginning of its piece, an abandon with its end: the
        # rate held here is never below that of any exact window.
        pieces = self._pieces
        for piece in pieces:
            if piece[0] > oldest:
                break
            self._live -= piece[1]
            piece[1] = 0
        while pieces and pieces[0][0] < oldest:
            self._abandoned -= pieces.popleft()[2]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlay:
    """What a threshold is worked out from, besides the account."""

    answers_to_come: float  #: live answers expected until the window, shift or list ends
    answers_per_hour: float  #: live answers at the present pace
    answer_rate: float = 0.25  #: share of new calls answered
    integral: float = 0.0  #: the slow part of the feedback, -2..2


def gain(aim: Aim, outlay: Outlay) -> float:
    """Return the feedback per call of slack: weak for a large budget, strong for a small one."""
    hourly = aim.abandon_rate_limit * min(outlay.answers_per_hour, outlay.answers_to_come)
    return GAIN / (4.0 + 0.5 * hourly)


def steered_slack(aim: Aim, account: Account, outlay: Outlay) -> float:
    """Return the slack less the cushion that keeps the running rate under the limit, too.

    The cushion grows with the noise of an hour's abandons and is given up towards the end.
    """
    limit = aim.abandon_rate_limit
    cushion = CUSHION + CUSHION_NOISE * sqrt(limit * outlay.answers_per_hour)
    to_earn = limit * outlay.answers_to_come
    return (
        account.slack
        - CUSHION_LAST
        - CUSHION_SHARE * account.earned
        - min(cushion, to_earn / CUSHION_TAPER)
    )


def threshold(aim: Aim, account: Account, outlay: Outlay) -> float:
    """Return the largest risk at which a call may be placed now; 0 means one call per agent."""
    limit = aim.abandon_rate_limit
    if limit <= aim.screening_false_positive_rate:
        return 0.0  # nothing to spend: a limit of 0, or screening's errors alone exceed it
    start = _start(aim, outlay)
    feedback = gain(aim, outlay) * steered_slack(aim, account, outlay) + outlay.integral
    free = start * exp(min(max(feedback, -2.0), 2.0))
    over = -account.slack / max(BRAKE_CALLS, BRAKE_SHARE * account.earned)
    brake = min(max(1.0 - over, CAREFUL), 1.0)
    allowed = min(_allowed(aim, account, outlay, start), THRESHOLD_MOST)
    if account.abandoned <= 0.0 or account.slack >= 1.0:
        allowed = max(allowed, NEGLIGIBLE * limit)
    return min(free * brake, allowed)


def _start(aim: Aim, outlay: Outlay) -> float:
    """Return the threshold to set out from; where the feedback usually ends up."""
    limit = aim.abandon_rate_limit
    start = limit * (START + START_PER_ANSWER_RATE * min(outlay.answer_rate, 0.5))
    if aim.judged_from is not None:
        return start
    hourly = limit * outlay.answers_per_hour
    return float(start * max(hourly, 1.0) ** START_POWER)


def _allowed(aim: Aim, account: Account, outlay: Outlay, start: float) -> float:
    """Return what the guards leave of the threshold; the strictest one counts."""
    limit, to_come = aim.abandon_rate_limit, outlay.answers_to_come
    allowed = THRESHOLD_MOST
    if account.slack - 1.0 < -0.5 * limit * to_come:
        # One more abandon would owe more than half of what is still to be earned.
        allowed = CAREFUL * start if to_come > LAST_ANSWERS else 0.0
    whole = account.earned + limit * to_come
    reserve = 1.0 + min(1.0, RESERVE_BUDGET / max(whole, 1.0))
    if to_come < 3.0 / limit and account.slack + 0.75 * limit * to_come < reserve:
        # Abandons come in twos; in a small budget the second could not be earned back.
        allowed = min(allowed, CAREFUL * start if to_come > 2.0 * LAST_ANSWERS else 0.0)
    if aim.judged_from is not None:
        spare = max(account.earned, limit * aim.judged_from) - account.abandoned
        share = min(max(ALWAYS_SLOPE * (spare - 1.0), ALWAYS_CAREFUL), ALWAYS_MOST)
        allowed = min(allowed, share * start)
    return allowed
