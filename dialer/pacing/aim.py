"""What the pacing of one campaign steers by: mode, abandon limit, its window, the connect limit.

An aim is a plain value an administrator can read aloud. The Pacer never exceeds the mode, and in
predictive mode it dials as much as the abandon limit and its window allow, or, when a talk share
is aimed at, only as much as that share needs.

Sources of the limits: 47 CFR 64.1200(a)(7) and 16 CFR 310.4(b)(4) (3 % of live answers, 2 s from
the completed greeting, per campaign over 30 days, ring at least 15 s); Garante provv. 83/2014
(3 %, Italy); Ofcom's 2006-2017 rule (3 % in 24 h; withdrawn, so no numeric limit in the UK).
"""

from dataclasses import dataclass
from enum import StrEnum
from math import isfinite
from typing import Final

#: A year; no window of any rule is longer.
LONGEST_WINDOW_SECONDS: Final = 366 * 86_400.0


class Mode(StrEnum):
    """Who starts a call, and for whom."""

    MANUAL = "manual"  #: agents dial; the Pacer places nothing
    PREVIEW = "preview"  #: a lead is shown to each idle agent, who starts the call
    PROGRESSIVE = "progressive"  #: one call per idle agent
    ZERO_ABANDON = "zero_abandon"  #: one call per idle agent who stays for the whole ring time
    PREDICTIVE = "predictive"  #: calls for agents who will be free when the callee answers


class Window(StrEnum):
    """What the abandon rate is taken over."""

    CAMPAIGN = "campaign"  #: everything observed since the Pacer began (or was resumed)
    FIXED = "fixed"  #: successive windows of ``window_seconds`` counted from ``window_origin``
    ROLLING = "rolling"  #: the last ``window_seconds``, at every instant


class ConnectClock(StrEnum):
    """From when the connect limit runs."""

    ANSWERED = "answered"  #: from the network's answer (the strictest reading)
    GREETING_END = "greeting_end"  #: from the end of the callee's greeting (US)


@dataclass(frozen=True, slots=True, kw_only=True)
class Aim:
    """The aim of one campaign. All rates and shares in 0..1, all durations in seconds.

    >>> Aim().abandon_rate_limit
    0.03
    >>> Aim(abandon_rate_limit=3)
    Traceback (most recent call last):
    ...
    ValueError: abandon_rate_limit is 3; expected a share in 0..0.5 (3 per cent is 0.03)
    """

    mode: Mode = Mode.PREDICTIVE
    abandon_rate_limit: float = 0.03  #: share of live answers that may find no agent; 0 = 1:1
    window: Window = Window.CAMPAIGN
    window_seconds: float = 86_400.0  #: length of a fixed or rolling window
    window_origin: float = 0.0  #: an instant at which a fixed window begins (local midnight)
    #: None: the rate is judged when the window ends. A number: at any instant once that many
    #: live answers are in; nothing is then borrowed from the rest of the shift. A rolling
    #: window is always judged so (from 100 live answers unless a number is given).
    judged_from_live_answers: int | None = None
    #: place nothing at all, not even 1:1, while the measured rate is above the limit (judged
    #: from 100 live answers). In a campaign window only a person can end that.
    hard_stop: bool = False
    connect_limit_seconds: float = 2.0
    connect_clock: ConnectClock = ConnectClock.ANSWERED
    greeting_seconds: float = 0.8  #: shortest usual greeting; used with GREETING_END only
    ring_seconds_minimum: float = 15.0  #: no ringing call is ended earlier (16 CFR 310.4(b)(4))
    ring_limit_seconds: float = 25.0  #: unanswered calls are ended after this
    screening_seconds: float = 0.0  #: answering-machine detection runs this long into the limit
    #: share of people whom screening takes for machines and hangs up on: each is an abandon
    screening_false_positive_rate: float = 0.0
    #: None: talk as much as the limit allows. A share of signed-in time: abandon as little as
    #: that talk share allows (the limit still holds).
    talk_share_target: float | None = None
    #: listen to what desks say about talks that go on (``Signalled``, ``Floor.talk_signals``)
    desk_signals: bool = False
    expected_talk_seconds: float = 100.0  #: used until talks have been observed
    expected_wrap_up_seconds: float = 15.0  #: used until wrap-ups have been observed
    calls_per_second: float | None = None  #: at most so many new calls; None: no limit

    def __post_init__(self) -> None:
        object.__setattr__(self, "mode", Mode(self.mode))
        object.__setattr__(self, "window", Window(self.window))
        object.__setattr__(self, "connect_clock", ConnectClock(self.connect_clock))
        _within("abandon_rate_limit", self.abandon_rate_limit, 0.0, 0.5, " (3 per cent is 0.03)")
        _within("screening_false_positive_rate", self.screening_false_positive_rate, 0.0, 0.5)
        if self.talk_share_target is not None:
            _within("talk_share_target", self.talk_share_target, 0.0, 1.0)
        for name, low, high in _SECONDS:
            _seconds(name, getattr(self, name), low, high)
        if not isfinite(self.window_origin):
            raise ValueError(f"window_origin is {self.window_origin}; expected a finite instant")
        if self.calls_per_second is not None and not self.calls_per_second > 0:
            raise ValueError(
                f"calls_per_second is {self.calls_per_second}; expected a number above 0, or None"
            )
        if self.judged_from_live_answers is not None and self.judged_from_live_answers < 0:
            raise ValueError(
                f"judged_from_live_answers is {self.judged_from_live_answers}; "
                "expected 0 or more, or None"
            )

    @property
    def patience_seconds(self) -> float:
        """How long an answered call offered to the agents may still wait for one.

        >>> Aim(screening_seconds=1.5).patience_seconds
        0.5
        """
        greeting = self.greeting_seconds if self.connect_clock is ConnectClock.GREETING_END else 0.0
        return max(0.0, self.connect_limit_seconds + greeting - self.screening_seconds)

    @property
    def judged_from(self) -> int | None:
        """From how many live answers the rate must hold at every instant, None for at the end."""
        if self.judged_from_live_answers is None and self.window is Window.ROLLING:
            return 100
        return self.judged_from_live_answers


_SECONDS: Final = (
    ("window_seconds", 60.0, LONGEST_WINDOW_SECONDS),
    ("connect_limit_seconds", 0.0, 60.0),
    ("greeting_seconds", 0.0, 10.0),
    ("ring_seconds_minimum", 0.0, 120.0),
    ("ring_limit_seconds", 5.0, 180.0),
    ("screening_seconds", 0.0, 60.0),
    ("expected_talk_seconds", 0.1, 7_200.0),
    ("expected_wrap_up_seconds", 0.1, 7_200.0),
)


def _within(name: str, value: float, low: float, high: float, hint: str = "") -> None:
    if not low <= value <= high:
        raise ValueError(f"{name} is {value}; expected a share in {low:g}..{high:g}{hint}")


def _seconds(name: str, value: float, low: float, high: float) -> None:
    if not low <= value <= high:
        raise ValueError(f"{name} is {value}; expected seconds in {low:g}..{high:g}")
