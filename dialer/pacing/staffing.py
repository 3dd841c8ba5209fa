"""Supply and staffing: records, not agents, are scarce.

How long does this list last for so many agents; how many agents finish it by a date at a talk
norm; how many people does a retry plan reach of a thousand leads. Plain arithmetic over what the
campaign has shown; :mod:`dialer.pacing` decides calls, this page decides rosters.

Rule: an estimate says what it is made of; where the supply and not the team is the limit, it says
so.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, inf

#: Agents cannot be busier than this for long (docs/pacing.md).
OCCUPANCY_LIMIT = 0.85


@dataclass(frozen=True, slots=True, kw_only=True)
class Handling:
    """What one live answer costs, and how often one comes."""

    answer_rate: float  #: live answers per attempt, 0..1
    talk_seconds: float  #: mean
    wrap_up_seconds: float  #: mean

    def __post_init__(self) -> None:
        if not 0.0 < self.answer_rate <= 1.0:
            raise ValueError(
                f"answer_rate is {self.answer_rate}; expected a share above 0, at most 1"
            )
        if self.talk_seconds <= 0.0 or self.wrap_up_seconds < 0.0:
            raise ValueError(
                f"talk_seconds is {self.talk_seconds}, wrap_up_seconds {self.wrap_up_seconds}; "
                "expected more than 0 and at least 0"
            )

    def attempts_per_hour(self, agents: float, talk_share: float) -> float:
        """Return the attempts an hour so many *agents* make at this *talk_share* (0..1)."""
        return agents * talk_share * 3_600.0 / self.talk_seconds / self.answer_rate


def talk_share_limit(handling: Handling, *, occupancy: float = OCCUPANCY_LIMIT) -> float:
    """Return the talk share at which *occupancy* (talk and wrap-up) is reached.

    >>> round(talk_share_limit(Handling(answer_rate=0.25, talk_seconds=100, wrap_up_seconds=12)), 3)
    0.759
    """
    busy = handling.talk_seconds + handling.wrap_up_seconds
    return occupancy * handling.talk_seconds / busy


@dataclass(frozen=True, slots=True, kw_only=True)
class Endurance:
    """How long a list lasts."""

    hours: float  #: inf where nothing is dialed
    limited_by_supply: bool  #: leads come due slower than the agents could dial

    def __str__(self) -> str:
        if self.hours == inf:
            return "nothing is dialed"
        minutes = round(self.hours * 60)
        text = f"{minutes // 60} h {minutes % 60:02d} min" if minutes >= 60 else f"{minutes} min"
        return f"{text}, limited by leads coming due" if self.limited_by_supply else text


def list_lasts(
    attempts_left: float,
    handling: Handling,
    *,
    agents: int,
    talk_share: float,
    due_per_hour: float = inf,
) -> Endurance:
    """Return how long *attempts_left* last for *agents* at *talk_share*.

    Args:
        attempts_left: Dialable leads times the attempts each may still take.
        handling: What the campaign has shown.
        agents: Signed in.
        talk_share: 0..1; see :func:`talk_share_limit`.
        due_per_hour: How many leads become dialable an hour (hours, gaps between attempts).

    >>> handling = Handling(answer_rate=0.25, talk_seconds=100, wrap_up_seconds=12)
    >>> print(list_lasts(2_350, handling, agents=12, talk_share=0.74))
    1 h 50 min
    """
    wanted = handling.attempts_per_hour(agents, talk_share)
    pace = min(wanted, due_per_hour)
    if pace <= 0.0:
        return Endurance(hours=inf, limited_by_supply=due_per_hour < wanted)
    return Endurance(hours=max(0.0, attempts_left) / pace, limited_by_supply=due_per_hour < wanted)


def agents_needed(
    attempts_left: float, handling: Handling, *, hours: float, talk_share: float
) -> int:
    """Return the agents who work off *attempts_left* in *hours* of shift at *talk_share*.

    >>> handling = Handling(answer_rate=0.25, talk_seconds=100, wrap_up_seconds=12)
    >>> agents_needed(50_000, handling, hours=80, talk_share=0.74)
    6
    """
    if hours <= 0.0 or talk_share <= 0.0:
        raise ValueError(f"hours is {hours}, talk_share {talk_share}; expected both above 0")
    return ceil(max(0.0, attempts_left) / (handling.attempts_per_hour(1, talk_share) * hours))


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """What a retry plan makes of a thousand leads."""

    people: float  #: reached, of 1,000 leads
    attempts: float  #: needed for it


def reached_per_thousand(answer_rates: Sequence[float], *, worked_off: float = 1.0) -> Reach:
    """Return the people reached of 1,000 leads, and the attempts it takes.

    Args:
        answer_rates: Share answered at the 1st, 2nd ... attempt (fewer answer later ones).
        worked_off: Share of the leads not reached that get their next attempt in time, 0..1.

    >>> plan = reached_per_thousand([0.25, 0.18, 0.12])
    >>> round(plan.people), round(plan.attempts)
    (459, 2365)
    """
    if any(not 0.0 <= rate <= 1.0 for rate in answer_rates) or not 0.0 <= worked_off <= 1.0:
        raise ValueError("answer_rates and worked_off are shares; expected 0..1")
    waiting, people, attempts = 1_000.0, 0.0, 0.0
    for rate in answer_rates:
        attempts += waiting
        people += waiting * rate
        waiting = waiting * (1.0 - rate) * worked_off
    return Reach(people=people, attempts=attempts)
