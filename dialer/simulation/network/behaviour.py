"""What happens when a number is called: a pure function of the seed, the number and the attempt.

    plan_call(Mix(), seed=7, number="+359888000001", attempt=1) -> Plan

The number decides what it *is*: whether it exists, who lives there and how they talk, so calling
again finds the same person. The attempt decides what happens *this time*: busy, nobody there, and
every duration. All of it is drawn before the call begins, so that a run can be explained from its
seed alone, whatever order the calls arrive in.

A :class:`Mix` says how often what happens. A rule or a table entry in it forces a fate::

    mix = Mix(rules=(Rule(suffix="486", fate=Fate.BUSY),))
"""

import math
import random
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from dialer.simulation.voices import language_of


class Fate(StrEnum):
    """What becomes of a call; each is one way networks and people behave."""

    NO_ANSWER = "no_answer"  #: rings until the caller gives up (480 after a minute)
    BUSY = "busy"  #: 486, Q.850 cause 17
    INVALID = "invalid"  #: 404, Q.850 cause 1: there is no such number
    CONGESTION = "congestion"  #: 503, Q.850 cause 34
    NETWORK_SILENCE = "network_silence"  #: not a word comes back, not even 100
    NETWORK_FAILURE = "network_failure"  #: 500, Q.850 cause 38
    TALKS = "talks"  #: a person who talks until it is over
    EARLY_MEDIA_ANSWER = "early_media_answer"  #: TALKS after 183 with an audible ringing tone
    REFUSES = "refuses"  #: a person who hears the first words and hangs up
    ASKS_CALLBACK = "asks_callback"  #: a person who has no time now; a short talk
    HANGS_UP_ON_SILENCE = "hangs_up_on_silence"  #: TALKS, but waits hardly two seconds for a voice
    MACHINE = "machine"  #: greets, beeps, listens, hangs up


class Kind(StrEnum):
    """Who takes the call."""

    PERSON = "person"
    MACHINE = "machine"
    NONE = "none"


PEOPLE: Final = frozenset(
    {
        Fate.TALKS,
        Fate.EARLY_MEDIA_ANSWER,
        Fate.REFUSES,
        Fate.ASKS_CALLBACK,
        Fate.HANGS_UP_ON_SILENCE,
    }
)
ANSWERED: Final = PEOPLE | {Fate.MACHINE}

#: Of all calls, about a quarter is answered: by a person in four of five cases.
DEFAULT_SHARES: Final = MappingProxyType(
    {
        Fate.NO_ANSWER: 0.535,
        Fate.BUSY: 0.08,
        Fate.INVALID: 0.06,
        Fate.CONGESTION: 0.04,
        Fate.NETWORK_SILENCE: 0.01,
        Fate.NETWORK_FAILURE: 0.03,
        Fate.TALKS: 0.06,
        Fate.EARLY_MEDIA_ANSWER: 0.015,
        Fate.REFUSES: 0.09,
        Fate.ASKS_CALLBACK: 0.02,
        Fate.HANGS_UP_ON_SILENCE: 0.015,
        Fate.MACHINE: 0.045,
    }
)


class InvalidMix(ValueError):
    """A mix of behaviour that cannot be used; the message says which value and why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """Every number that ends in *suffix* has this fate; the first rule that fits wins."""

    suffix: str  #: digits; the empty one fits every number
    fate: Fate


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """A log-normal duration, in seconds, never above *limit*."""

    median: float
    sigma: float  #: of the logarithm; 0 means always the median
    limit: float

    def __post_init__(self) -> None:
        if not (0 < self.median <= self.limit) or self.sigma < 0:
            raise InvalidMix(
                f"a duration of median {self.median} s, sigma {self.sigma} and limit {self.limit} s"
                " is none; expected 0 < median <= limit and sigma >= 0"
            )

    def draw(self, rng: random.Random) -> float:
        """Draw again until within the limit, as a caller sees only rings that were waited for."""
        for _ in range(100):
            drawn = rng.lognormvariate(math.log(self.median), self.sigma)
            if drawn <= self.limit:
                return drawn
        return self.median


@dataclass(frozen=True, slots=True, kw_only=True)
class Mix:
    """How a whole country behaves on the telephone. Durations are in seconds."""

    #: weights, of any sum
    shares: MappingProxyType[Fate, float] = field(default_factory=lambda: DEFAULT_SHARES)
    post_dial_delay: Spread = Spread(median=2.0, sigma=0.35, limit=6.0)  #: INVITE to ringing
    ring_time: Spread = Spread(median=8.0, sigma=0.55, limit=25.0)  #: ringing to answer
    talk_time: Spread = Spread(median=70.0, sigma=0.6, limit=600.0)  #: before fast-forward
    callback_time: Spread = Spread(median=30.0, sigma=0.4, limit=90.0)  #: before fast-forward
    refusal_time: Spread = Spread(median=1.7, sigma=0.4, limit=5.0)  #: real; first words to hang-up
    patience: Spread = Spread(median=6.0, sigma=0.4, limit=15.0)  #: real; end of hello to hang-up
    short_patience: Spread = Spread(median=1.8, sigma=0.2, limit=2.5)  #: of HANGS_UP_ON_SILENCE
    rings_out_after: float = 60.0  #: nobody answers: 480
    rules: tuple[Rule, ...] = ()
    numbers: MappingProxyType[str, Fate] = field(default_factory=lambda: MappingProxyType({}))

    def __post_init__(self) -> None:
        if any(not share >= 0 for share in self.shares.values()) or not sum(self.shares.values()):
            raise InvalidMix("shares have to be 0 or more, and not all 0")


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Everything that is going to happen to one call. Durations are in seconds."""

    fate: Fate
    number: str
    attempt: int
    language: str
    post_dial_delay: float  #: INVITE to the first sign from the far end
    ring_time: float  #: from there to the answer
    reaction: float  #: answer to the first word
    patience: float  #: end of the first word until a person hangs up on silence
    talk_time: float  #: first word of the caller to the good-bye (fast-forwarded)
    callee_ends: bool  #: hangs up after the good-bye; otherwise leaves it to the caller for a while
    listens: float  #: a machine's recording time after the beep
    voice: int  #: which recordings are used

    @property
    def kind(self) -> Kind:
        """Who takes the call."""
        if self.fate in PEOPLE:
            return Kind.PERSON
        return Kind.MACHINE if self.fate is Fate.MACHINE else Kind.NONE


#: Of people who, having said good-bye, hang up themselves.
CALLEE_ENDS_SHARE: Final = 0.75
#: A talk is never compressed below this: it needs a turn of each side.
SHORTEST_TALK_SECONDS: Final = 2.5


def plan_call(mix: Mix, *, seed: int, number: str, attempt: int, fast_forward: float = 1.0) -> Plan:
    """Return what happens when *number* is called for the *attempt*-th time (from 1).

    Args:
        fast_forward: Talk is that many times shorter; ringing, greeting and patience stay real.
    """
    whose = random.Random(f"{seed} {number}")
    now = random.Random(f"{seed} {number} {attempt}")
    fate = forced_fate(mix, number) or _draw_fate(mix.shares, whose, now)
    temper = random.Random(f"{seed} {number} temper")
    if fate is Fate.REFUSES:
        talk = mix.refusal_time.draw(now)
    else:
        spread = mix.callback_time if fate is Fate.ASKS_CALLBACK else mix.talk_time
        talk = max(SHORTEST_TALK_SECONDS, spread.draw(now) / fast_forward)
    impatient = fate is Fate.HANGS_UP_ON_SILENCE
    return Plan(
        fate=fate,
        number=number,
        attempt=attempt,
        language=language_of(number),
        post_dial_delay=mix.post_dial_delay.draw(now),
        ring_time=mix.ring_time.draw(now),
        reaction=now.uniform(0.2, 0.8),
        patience=(mix.short_patience if impatient else mix.patience).draw(now),
        talk_time=talk,
        callee_ends=fate is Fate.REFUSES or now.random() < CALLEE_ENDS_SHARE,
        listens=now.uniform(8.0, 20.0),
        voice=temper.randrange(1000),
    )


def forced_fate(mix: Mix, number: str) -> Fate | None:
    """Return the fate the mix prescribes for *number*, or None where it is left to chance.

    >>> mix = Mix(rules=(Rule(suffix="1", fate=Fate.BUSY), Rule(suffix="", fate=Fate.TALKS)))
    >>> str(forced_fate(mix, "+442071838751")), str(forced_fate(mix, "+442071838752"))
    ('busy', 'talks')
    """
    if (known := mix.numbers.get(number)) is not None:
        return known
    return next((rule.fate for rule in mix.rules if number.endswith(rule.suffix)), None)


def _draw_fate(
    shares: MappingProxyType[Fate, float], whose: random.Random, now: random.Random
) -> Fate:
    """Draw a fate whose long-run frequencies are the shares.

    The number decides whether it exists, and which person would answer; the attempt decides all
    else.
    """
    total = sum(shares.values())
    if whose.random() * total < shares.get(Fate.INVALID, 0.0):
        return Fate.INVALID
    possible = dict(shares)
    possible.pop(Fate.INVALID, None)
    people = {fate: share for fate, share in possible.items() if fate in PEOPLE and share}
    person = _choose(people, whose) if people else None
    fate = _choose(possible, now)
    return person if fate in PEOPLE and person is not None else fate


def _choose(weights: dict[Fate, float], rng: random.Random) -> Fate:
    return rng.choices(list(weights), list(weights.values()))[0]
