"""The floor at one instant, as the caller of the Pacer sees it, and the decision made on it.

Rule: the floor is the truth about now, events are the truth about the past. The Pacer decides on
the floor it is given and learns from events; it never corrects one by the other.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from math import inf, isnan

from dialer.pacing.signals import Signal

#: A pool of agents: by name, or the set of names of the pools that bilingual agents serve.
Pool = str | frozenset[str]


@dataclass(frozen=True, slots=True)
class Floor:
    """People, calls and supply of one pool at one instant. Ages in seconds.

    Only agents who will take a further call are counted: somebody who goes on a break, or signs
    off after the present talk, is left out of ``talk_ages`` and ``wrap_up_ages``.
    """

    idle: int  #: agents ready and without a call
    waiting: int  #: answered calls without an agent, still within the connect limit
    talk_ages: Sequence[float] = ()  #: how long each talking agent has been talking
    wrap_up_ages: Sequence[float] = ()  #: how long each agent in wrap-up has been in it
    ring_ages: Sequence[float] = ()  #: since when each unanswered call has been dialed
    lines_free: float = inf  #: channels left on the trunks
    leads_left: float = inf  #: leads that may be dialed before the end
    ends_in: float = inf  #: seconds until the shift ends
    next_segments: Sequence[str] = ()  #: segments of the leads to be dialed next, in order
    #: what each talk's desk said last, and seconds since: ("ready soon", 4.0), or None. Empty, or
    #: as long as ``talk_ages``. Heard only where ``Aim.desk_signals`` is on.
    talk_signals: Sequence[Signal] = ()

    def __post_init__(self) -> None:
        if self.talk_signals and len(self.talk_signals) != len(self.talk_ages):
            raise ValueError(
                f"talk_signals has {len(self.talk_signals)} entries, talk_ages "
                f"{len(self.talk_ages)}; expected one for each talk (None: nothing said), or none"
            )
        if self.idle < 0 or self.waiting < 0:
            raise ValueError(
                f"idle is {self.idle}, waiting is {self.waiting}; expected 0 or more of each"
            )
        if isnan(self.lines_free) or isnan(self.leads_left) or isnan(self.ends_in):
            raise ValueError(
                "lines_free, leads_left or ends_in is not a number; inf means no limit"
            )

    @property
    def agents(self) -> int:
        """All agents signed in who take further calls."""
        return self.idle + len(self.talk_ages) + len(self.wrap_up_ages)


class Ground(StrEnum):
    """What bounded a decision."""

    MODE = "mode"  #: manual or preview: agents start the calls
    NOBODY = "nobody"  #: no agent is signed in
    ENDED = "ended"  #: the shift is over
    NO_LINES = "no_lines"  #: as many calls as there are channels
    NO_LEADS = "no_leads"  #: as many calls as there are leads
    RATE = "rate"  #: the limit of new calls per second
    ONE_TO_ONE = "one_to_one"  #: one call per idle agent (mode, or the budget asks for it)
    RISK = "risk"  #: one more call would find nobody too often
    BREAKER = "breaker"  #: the circuit breaker is open: one call per idle agent
    FAILURES = "failures"  #: nearly every call fails at once: the list is being protected
    STOPPED = "stopped"  #: hard stop: the measured rate is above the limit


@dataclass(frozen=True, slots=True, kw_only=True)
class Reasons:
    """Why a decision is what it is, in numbers; ``str()`` makes the sentence.

    >>> print(Reasons(ground=Ground.RISK, agents_expected=2.7, within_seconds=4.0,
    ...     answers_expected=0.8, risk=0.034, threshold=0.021, budget_used=0.61))
    the next call would find nobody with 0.034 (threshold 0.021): 2.7 agents and 0.8 other \
answers expected within 4 s; budget 61 % used
    """

    ground: Ground
    agents_expected: float = 0.0  #: idle agents and agents expected free, less waiting calls
    within_seconds: float = 0.0  #: the middle horizon the expectation is for
    answers_expected: float = 0.0  #: answers expected by then from calls already ringing
    risk: float = 0.0  #: probability that one more call than decided finds nobody
    threshold: float = 0.0  #: the largest such probability the budget allows now
    budget_used: float = 0.0  #: abandoned / (limit x live answers)
    answer_rate: float = 0.0  #: expected share of new calls answered
    note: str = ""  #: what else mattered, in words

    def __str__(self) -> str:
        text = _SENTENCES[self.ground]
        if self.ground in (Ground.RISK, Ground.NO_LINES, Ground.NO_LEADS, Ground.RATE):
            text += (
                f"the next call would find nobody with {self.risk:.3f} "
                f"(threshold {self.threshold:.3f}): {self.agents_expected:.1f} agents and "
                f"{self.answers_expected:.1f} other answers expected within "
                f"{self.within_seconds:.0f} s"
            )
        text += f"; budget {self.budget_used:.0%} used".replace("%", " %")
        return f"{text}; {self.note}" if self.note else text


_SENTENCES = {
    Ground.MODE: "agents start the calls themselves",
    Ground.NOBODY: "no agent is signed in",
    Ground.ENDED: "the shift is over",
    Ground.NO_LINES: "no more free lines; ",
    Ground.NO_LEADS: "no more leads; ",
    Ground.RATE: "no more calls this second; ",
    Ground.ONE_TO_ONE: "one call per idle agent",
    Ground.RISK: "",
    Ground.BREAKER: "too many calls were abandoned in the last minutes: one call per idle agent",
    Ground.FAILURES: "nearly every call fails at once: calls are held back until one gets through",
    Ground.STOPPED: "stopped: the abandon rate is above its limit",
}


@dataclass(frozen=True, slots=True)
class Decision:
    """How many calls to place now, and why."""

    calls: int
    reasons: Reasons
    offers: int = 0  #: preview mode: how many leads to show to idle agents
    by_pool: Mapping[str, int] = field(default_factory=dict)  #: calls per pool, where several
