"""The script an agent follows: questions, branches, validation, and the answers so far.

    questions in order ──asked_if fits the answers?──▶ asked ──answered?──▶ next_question

Rule: a condition looks back only, at questions that stand earlier, so every script ends. What a
person or a file sends is read here with limits, and anything unfit is :class:`InvalidScript` or
:class:`InvalidAnswer`, never another exception.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

#: An answer as it is stored. A date is its ISO 8601 text.
Answer = str | int | float | bool
Answers = Mapping[str, Answer]

TEXT_LIMIT: Final = 4_000  #: characters in a free answer


class QuestionKind(StrEnum):
    """What an answer looks like."""

    CHOICE = "choice"  #: one of the question's choices, by its value
    NUMBER = "number"
    TEXT = "text"
    DATE = "date"  #: ISO 8601, such as 2026-11-23
    YES_NO = "yes_no"


class InvalidAnswer(ValueError):
    """The answer does not fit its question. The message does not repeat the answer."""

    def __init__(self, question: str, expected: str) -> None:
        super().__init__(f"{question}: expected {expected}")
        self.question = question
        self.expected = expected


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """A fact about earlier answers. An unanswered question fits no condition."""

    question: str
    one_of: tuple[Answer, ...] | None = None
    at_least: float | None = None  #: inclusive
    at_most: float | None = None  #: inclusive

    def fits(self, answers: Answers) -> bool:
        """Return whether *answers* fit; without bounds and choices any answer does."""
        answer = answers.get(self.question)
        if answer is None:
            return False
        if self.one_of is not None and not any(_same(answer, one) for one in self.one_of):
            return False
        if self.at_least is None and self.at_most is None:
            return True
        if isinstance(answer, bool) or not isinstance(answer, int | float):
            return False
        low = self.at_least is None or answer >= self.at_least
        return low and (self.at_most is None or answer <= self.at_most)


def _same(answer: Answer, one: Answer) -> bool:
    """Return whether two answers are equal, where yes is not 1."""
    return isinstance(answer, bool) == isinstance(one, bool) and answer == one


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One of the answers offered."""

    value: str
    label: Mapping[str, str]  #: by ISO 639-1 language; "" holds for every language


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One question of a script."""

    id: str
    kind: QuestionKind
    text: Mapping[str, str]  #: what the agent says, by ISO 639-1 language; "" for every language
    required: bool = True
    choices: tuple[Choice, ...] = ()  #: of a choice, and only there
    least: float | None = None  #: of a number; inclusive
    most: float | None = None  #: of a number; inclusive
    asked_if: tuple[Condition, ...] = ()  #: all must fit; empty: always asked

    def in_language(self, language: str) -> str:
        """Return the wording in *language*, or else in the first language there is."""
        return worded(self.text, language)


@dataclass(frozen=True, slots=True, kw_only=True)
class Questionnaire:
    """A script: what is said first, then the questions in order."""

    opening: Mapping[str, str]
    questions: tuple[Question, ...]

    def question(self, question_id: str) -> Question | None:
        """Return the question of that name."""
        return next((known for known in self.questions if known.id == question_id), None)


def worded(text: Mapping[str, str], language: str) -> str:
    """Return the wording for *language*, or else the one for all, or else the first.

    >>> worded({"en": "Good morning", "bg": "Добро утро"}, "bg")
    'Добро утро'
    >>> worded({"en": "Good morning"}, "pl")
    'Good morning'
    """
    return text.get(language) or text.get("") or next(iter(text.values()), "")


def asked(questionnaire: Questionnaire, answers: Answers) -> tuple[Question, ...]:
    """Return the questions the script asks, given the answers so far, in order.

    An answer to a question that is no longer asked (an earlier answer was corrected) counts for
    nothing, so its followers are not asked either.
    """
    standing: dict[str, Answer] = {}
    result = []
    for question in questionnaire.questions:
        if all(condition.fits(standing) for condition in question.asked_if):
            result.append(question)
            if question.id in answers:
                standing[question.id] = answers[question.id]
    return tuple(result)


def standing_answers(questionnaire: Questionnaire, answers: Answers) -> dict[str, Answer]:
    """Return the answers that belong to questions the script asks."""
    return {
        question.id: answers[question.id]
        for question in asked(questionnaire, answers)
        if question.id in answers
    }


def next_question(
    questionnaire: Questionnaire, answers: Answers, skipped: frozenset[str] = frozenset()
) -> Question | None:
    """Return the first question asked and neither answered nor skipped; None at the end.

    A required question cannot be skipped.
    """
    for question in asked(questionnaire, answers):
        if question.id not in answers and (question.required or question.id not in skipped):
            return question
    return None


def complete(questionnaire: Questionnaire, answers: Answers) -> bool:
    """Return whether every required question that is asked has an answer."""
    return all(
        question.id in answers for question in asked(questionnaire, answers) if question.required
    )


def checked_answer(question: Question, found: object) -> Answer:
    """Return *found* as an answer to *question*, as it is stored.

    Raises:
        InvalidAnswer: It does not fit; says what is expected.
    """
    match question.kind:
        case QuestionKind.CHOICE:
            values = [choice.value for choice in question.choices]
            if isinstance(found, str) and found in values:
                return found
            raise InvalidAnswer(question.id, "one of " + ", ".join(values))
        case QuestionKind.NUMBER:
            return _number(question, found)
        case QuestionKind.TEXT:
            return _text(question, found)
        case QuestionKind.DATE:
            return _date(question, found)
        case QuestionKind.YES_NO:
            if isinstance(found, bool):
                return found
            raise InvalidAnswer(question.id, "true or false")


def _number(question: Question, found: object) -> Answer:
    low = "" if question.least is None else f" of at least {question.least:g}"
    high = "" if question.most is None else f" of at most {question.most:g}"
    unfit = InvalidAnswer(question.id, f"a number{low}{high}")
    if isinstance(found, bool) or not isinstance(found, int | float):
        raise unfit
    if not math.isfinite(found) if isinstance(found, float) else abs(found) > 10**15:
        raise unfit
    if question.least is not None and found < question.least:
        raise unfit
    if question.most is not None and found > question.most:
        raise unfit
    return found


def _text(question: Question, found: object) -> Answer:
    unfit = InvalidAnswer(question.id, f"a text of 1 to {TEXT_LIMIT} characters")
    if not isinstance(found, str) or "\x00" in found or not _storable(found):
        raise unfit
    tidy = found.strip()
    if not 1 <= len(tidy) <= TEXT_LIMIT:
        raise unfit
    return tidy


def _storable(text: str) -> bool:
    """Return whether *text* is free of lone surrogates, which no database takes."""
    return not any("\ud800" <= character <= "\udfff" for character in text)


def _date(question: Question, found: object) -> Answer:
    try:
        if isinstance(found, str) and len(found) == len("2026-11-23"):
            return date.fromisoformat(found).isoformat()
    except ValueError:
        pass
    raise InvalidAnswer(question.id, "a date such as 2026-11-23")
