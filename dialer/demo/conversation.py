"""What comes of a conversation with a simulated callee: answers, and the agent's disposition.

    what was heard ──▶ a machine: answering_machine         nobody: silence
    who it was     ──▶ refuses: a no, or "never again"      asks: a time to call back
                       talks:   answers to the script ──▶ qualified? ──▶ a meeting, perhaps

Rule: pure, and drawn from the seed, the number and the attempt alone, so that a run can be
repeated. Who the callee is comes from the simulated network's plan for that number: a person's
words would tell an agent the same.
"""

import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache
from typing import Final

from dialer.demo.script import SCRIPT
from dialer.simulation.network.behaviour import PEOPLE, Fate, Mix, plan_call
from leads.disposition import Disposition
from leads.qualification import judge, qualification_from
from leads.questionnaire import Answer, next_question
from leads.scripting import questionnaire_from

#: A talk that ended sooner after the agent's first word was no talk.
SHORT_TALK: Final = timedelta(seconds=2)
#: How long a wrap-up takes in earnest: median and spread of a log-normal time.
WRAP_UP_SECONDS: Final = 12.0
WRAP_UP_SIGMA: Final = 0.5
LONGEST_WRAP_UP: Final = timedelta(seconds=100)  # below every campaign's limit
BREAK: Final = timedelta(minutes=5)
BREAK_SHARE: Final = 0.02  #: of conversations after which an agent takes a break

_ATTEMPTS_LOOKED_AT: Final = 200
_QUESTIONNAIRE: Final = questionnaire_from(SCRIPT)
_QUALIFICATION: Final = qualification_from(SCRIPT["qualification"], _QUESTIONNAIRE)
_REMARKS: Final = ("", "", "", "", "prefers the afternoon", "has solar panels", "two meters")


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """What the agent heard of a call."""

    machine: bool = False  #: a greeting that went on and on, or a beep
    anybody: bool = True  #: there was a voice at all
    callee_ended: bool = False  #: the other side hung up
    talked: timedelta = timedelta(0)  #: from the bridge to the end


@dataclass(frozen=True, slots=True, kw_only=True)
class Conclusion:
    """What the agent will record."""

    disposition: Disposition
    answers: Mapping[str, Answer] = field(default_factory=dict)
    note: str = ""
    call_back_in: timedelta | None = None  #: with ``callback`` and only then
    personal: bool = False  #: the agent promised to call in person
    meeting_after: timedelta | None = None  #: with ``meeting_booked``: the first fitting slot then


@cache
def who_answers(seed: int, number: str) -> Fate:
    """Return which kind of person lives at *number*, whoever or whatever answers this time.

    The number decides that, the attempt decides whether the person is reached; so it is the first
    of many attempts that reaches one.
    """
    for attempt in range(1, _ATTEMPTS_LOOKED_AT):
        fate = plan_call(Mix(), seed=seed, number=number, attempt=attempt).fate
        if fate in PEOPLE:
            return fate
    return Fate.TALKS


def answers_of(seed: int, number: str) -> dict[str, Answer]:
    """Return what the person at *number* answers to the script, in the order it is asked."""
    rng = random.Random(f"{seed} {number} answers")
    said: dict[str, Answer] = {
        "decides": rng.random() < 0.85,
        "bill": round(min(rng.lognormvariate(4.4, 0.6), 4000.0)),
        "contract": rng.choices(("open", "fixed", "unknown"), (4, 4, 2))[0],
        "ends_on": f"2027-{rng.randint(1, 12):02}-{rng.randint(1, 28):02}",
        "interest": rng.choices(("yes", "perhaps", "no"), (4, 3, 3))[0],
        "remark": rng.choice(_REMARKS),
    }
    given: dict[str, Answer] = {}
    skipped: set[str] = set()
    while question := next_question(_QUESTIONNAIRE, given, frozenset(skipped)):
        if said[question.id] == "":
            skipped.add(question.id)
        else:
            given[question.id] = said[question.id]
    return given


def conclude(seed: int, number: str, attempt: int, fate: Fate, heard: Heard) -> Conclusion:
    """Return what the agent records of a call that has ended."""
    rng = random.Random(f"{seed} {number} {attempt} desk")
    if heard.machine:
        return Conclusion(disposition=Disposition.ANSWERING_MACHINE)
    if not heard.anybody:
        return Conclusion(disposition=Disposition.SILENCE)
    match fate:
        case Fate.REFUSES:
            return Conclusion(disposition=_choose(rng, _REFUSALS))
        case Fate.ASKS_CALLBACK:
            return _promised(rng)
        case _ if heard.callee_ended and heard.talked < SHORT_TALK:
            return Conclusion(disposition=Disposition.HUNG_UP)
        case _:
            return _talked(rng, seed, number)


_REFUSALS: Final = {
    Disposition.NOT_INTERESTED: 0.5,
    Disposition.HUNG_UP: 0.35,
    Disposition.DO_NOT_CALL: 0.15,
}
_ODDITIES: Final = {
    Disposition.WRONG_PERSON: 0.4,
    Disposition.WRONG_NUMBER: 0.3,
    Disposition.LANGUAGE_BARRIER: 0.3,
}
_ODD_SHARE: Final = 0.06
_MEETING_SHARE: Final = 0.5  #: of those who fit what the client looks for
_NO_SHARE: Final = 0.4  #: of the others, who say no before the script is through


def _choose(rng: random.Random, shares: Mapping[Disposition, float]) -> Disposition:
    return rng.choices(list(shares), list(shares.values()))[0]


def _promised(rng: random.Random) -> Conclusion:
    tomorrow = rng.random() < 0.4
    minutes = rng.randint(22 * 60, 28 * 60) if tomorrow else rng.randint(90, 300)
    return Conclusion(
        disposition=Disposition.CALLBACK,
        call_back_in=timedelta(minutes=minutes - minutes % 15),
        personal=rng.random() < 0.2,
        note="asked to be called at that time",
    )


def _talked(rng: random.Random, seed: int, number: str) -> Conclusion:
    if rng.random() < _ODD_SHARE:
        return Conclusion(disposition=_choose(rng, _ODDITIES))
    answers = answers_of(seed, number)
    if not judge(_QUALIFICATION, _QUESTIONNAIRE, answers).qualified:
        early = rng.random() < _NO_SHARE
        no = Disposition.NOT_INTERESTED if early else Disposition.NOT_QUALIFIED
        return Conclusion(disposition=no, answers=answers)
    if rng.random() < _MEETING_SHARE:
        days = rng.uniform(0.1, 9.0)
        return Conclusion(
            disposition=Disposition.MEETING_BOOKED,
            answers=answers,
            meeting_after=timedelta(days=days),
        )
    return Conclusion(disposition=Disposition.QUALIFIED, answers=answers)


def wrap_up(seed: int, number: str, attempt: int, fast_forward: float) -> timedelta:
    """Return how long the agent's wrap-up takes, fast-forwarded."""
    rng = random.Random(f"{seed} {number} {attempt} wrap-up")
    seconds = WRAP_UP_SECONDS * rng.lognormvariate(0.0, WRAP_UP_SIGMA)
    return min(timedelta(seconds=seconds), LONGEST_WRAP_UP) / fast_forward


def takes_break(seed: int, number: str, attempt: int) -> bool:
    """Return whether the agent takes a break after this call."""
    return random.Random(f"{seed} {number} {attempt} break").random() < BREAK_SHARE
