"""From the answers of a conversation to: qualified or not, how well, and why.

Rule: the same answers always give the same judgement, and each judgement names the rules that
made it, so that an agent, a client and an invoice read the same reasons.

    {"threshold": 50,
     "rules": [
       {"question": "owner", "one_of": [false], "disqualifies": true, "reason": "rents"},
       {"question": "bill", "at_least": 100, "points": 60, "reason": "bill of 100 or more"}]}
"""

from dataclasses import dataclass

from leads.questionnaire import Answers, Condition, Questionnaire, standing_answers
from leads.scripting import (
    InvalidScript,
    condition_at,
    mapping_at,
    number_at,
    sequence_at,
    shown,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """What one fact about the answers is worth."""

    condition: Condition
    reason: str  #: in the client's words, for the report
    points: int = 0  #: may be negative
    disqualifies: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Qualification:
    """What the client looks for."""

    threshold: int = 0  #: points from which on a lead is qualified; inclusive
    rules: tuple[Rule, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """Whether the person fits what the client looks for."""

    qualified: bool
    score: int
    reasons: tuple[str, ...]  #: of every rule that fitted, in the order of the rules


def judge(
    qualification: Qualification, questionnaire: Questionnaire, answers: Answers
) -> Judgement:
    """Return the judgement on *answers*; those to questions no longer asked count for nothing."""
    standing = standing_answers(questionnaire, answers)
    fitting = [rule for rule in qualification.rules if rule.condition.fits(standing)]
    score = sum(rule.points for rule in fitting)
    ruled_out = any(rule.disqualifies for rule in fitting)
    return Judgement(
        qualified=score >= qualification.threshold and not ruled_out,
        score=score,
        reasons=tuple(rule.reason for rule in fitting),
    )


def qualification_from(settings: object, questionnaire: Questionnaire) -> Qualification:
    """Read the ``qualification`` of a script.

    Raises:
        InvalidScript: Names the place, what was found and what is expected.
    """
    if settings is None:
        return Qualification()
    item = mapping_at(settings, "qualification", allowed=("threshold", "rules"), needed=())
    rules = sequence_at(item.get("rules", []), "qualification.rules", limit=200)
    return Qualification(
        threshold=_points(item.get("threshold", 0), "qualification.threshold"),
        rules=tuple(
            _rule(rule, f"qualification.rules[{number}]", questionnaire)
            for number, rule in enumerate(rules)
        ),
    )


def _rule(found: object, place: str, questionnaire: Questionnaire) -> Rule:
    of_condition = ("question", "one_of", "at_least", "at_most")
    item = mapping_at(
        found,
        place,
        allowed=(*of_condition, "points", "disqualifies", "reason"),
        needed=("question", "reason"),
    )
    reason, disqualifies = item["reason"], item.get("disqualifies", False)
    if not isinstance(reason, str) or not 1 <= len(reason) <= 200 or "\x00" in reason:
        raise InvalidScript(f"{place}.reason", shown(reason), "a text of 1 to 200 characters")
    if not isinstance(disqualifies, bool):
        raise InvalidScript(f"{place}.disqualifies", shown(disqualifies), "true or false")
    known = {question.id: question for question in questionnaire.questions}
    condition = {key: value for key, value in item.items() if key in of_condition}
    return Rule(
        condition=condition_at(condition, place, known),
        reason=reason,
        points=_points(item.get("points", 0), f"{place}.points"),
        disqualifies=disqualifies,
    )


def _points(found: object, place: str) -> int:
    number = number_at(found, place)
    if number != int(number) or abs(number) > 1_000_000:
        raise InvalidScript(place, shown(found), "a whole number")
    return int(number)
