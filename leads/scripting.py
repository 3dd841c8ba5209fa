"""Reading a script: from the campaign's JSON to a :class:`~leads.questionnaire.Questionnaire`.

Rule: whatever the JSON holds, the answer is a script or an :class:`InvalidScript` that names the
place, what was found and what is expected.

    {"opening": {"en": "Good morning ...", "bg": "Добро утро ..."},
     "questions": [
       {"id": "owner", "kind": "yes_no", "text": {"en": "Do you own the house?"}},
       {"id": "bill", "kind": "number", "text": "Your monthly bill?", "least": 0,
        "asked_if": [{"question": "owner", "one_of": [true]}]},
       {"id": "heating", "kind": "choice", "text": "How do you heat?", "required": false,
        "choices": ["gas", {"value": "wood", "label": {"en": "Wood or pellets"}}]}],
     "qualification": {"threshold": 50, "rules": [...]}}        (leads.qualification reads this)
"""

import math
import re
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import Final

from leads.questionnaire import (
    Answer,
    Choice,
    Condition,
    Question,
    QuestionKind,
    Questionnaire,
)

QUESTIONS_LIMIT: Final = 200
CHOICES_LIMIT: Final = 100
WORDING_LIMIT: Final = 4_000  #: characters of one wording
_NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,63}")
_LANGUAGE: Final = re.compile(r"[a-z]{2,3}|")


class InvalidScript(ValueError):
    """A campaign's script cannot be used."""

    def __init__(self, place: str, found: str, expected: str) -> None:
        super().__init__(f"{place}: found {found}, expected {expected}")
        self.place = place


def questionnaire_from(settings: object) -> Questionnaire:
    """Read a script.

    Raises:
        InvalidScript: Names the place, what was found and what is expected.
    """
    script = mapping_at(
        settings, "script", allowed=("opening", "questions", "qualification"), needed=()
    )
    found = sequence_at(script.get("questions", []), "questions", limit=QUESTIONS_LIMIT)
    questions: list[Question] = []
    for place, item in enumerate(found):
        questions.append(_question(item, f"questions[{place}]", questions))
    opening = script.get("opening", {})
    return Questionnaire(
        opening=_wording(opening, "opening") if opening else {}, questions=tuple(questions)
    )


def _question(found: object, place: str, earlier: list[Question]) -> Question:
    item = mapping_at(
        found,
        place,
        allowed=("id", "kind", "text", "required", "choices", "least", "most", "asked_if"),
        needed=("id", "kind", "text"),
    )
    name = item["id"]
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise InvalidScript(f"{place}.id", shown(name), "a name such as monthly_bill")
    if any(question.id == name for question in earlier):
        raise InvalidScript(f"{place}.id", f"{name} a second time", "a name used once")
    kind = _kind(item["kind"], f"{place}.kind")
    required = item.get("required", True)
    if not isinstance(required, bool):
        raise InvalidScript(f"{place}.required", shown(required), "true or false")
    conditions = sequence_at(item.get("asked_if", []), f"{place}.asked_if", limit=20)
    known = {question.id: question for question in earlier}
    return Question(
        id=name,
        kind=kind,
        text=_wording(item["text"], f"{place}.text"),
        required=required,
        choices=_choices(item, kind, place),
        least=_bound(item, "least", kind, place),
        most=_bound(item, "most", kind, place),
        asked_if=tuple(
            condition_at(condition, f"{place}.asked_if[{number}]", known)
            for number, condition in enumerate(conditions)
        ),
    )


def _kind(found: object, place: str) -> QuestionKind:
    try:
        return QuestionKind(found)  # type: ignore[arg-type]  # any object: refused just below
    except ValueError:
        raise InvalidScript(place, shown(found), "one of " + ", ".join(QuestionKind)) from None


def _choices(item: Mapping[str, object], kind: QuestionKind, place: str) -> tuple[Choice, ...]:
    place = f"{place}.choices"
    if kind is not QuestionKind.CHOICE:
        if "choices" in item:
            raise InvalidScript(place, f"choices of a {kind} question", "none")
        return ()
    found = sequence_at(item.get("choices", []), place, limit=CHOICES_LIMIT)
    choices = tuple(_choice(one, f"{place}[{number}]") for number, one in enumerate(found))
    values = [choice.value for choice in choices]
    if not values or len(set(values)) < len(values):
        raise InvalidScript(place, f"{len(values)} choices", "different choices, at least one")
    return choices


def _choice(found: object, place: str) -> Choice:
    if isinstance(found, str):
        found = {"value": found, "label": found}
    item = mapping_at(found, place, allowed=("value", "label"), needed=("value",))
    value = item["value"]
    if not isinstance(value, str) or not 1 <= len(value) <= 100 or "\x00" in value:
        raise InvalidScript(f"{place}.value", shown(value), "a text of 1 to 100 characters")
    return Choice(value=value, label=_wording(item.get("label", value), f"{place}.label"))


def _bound(item: Mapping[str, object], key: str, kind: QuestionKind, place: str) -> float | None:
    found = item.get(key)
    if found is None:
        return None
    if kind is not QuestionKind.NUMBER:
        raise InvalidScript(f"{place}.{key}", f"a bound of a {kind} question", "none")
    return number_at(found, f"{place}.{key}")


def _wording(found: object, place: str) -> dict[str, str]:
    """Return a wording by language; a plain text holds for every language."""
    if isinstance(found, str):
        found = {"": found}
    expected = 'a text, or texts by language such as {"en": "...", "bg": "..."}'
    if not isinstance(found, Mapping) or not found:
        raise InvalidScript(place, shown(found), expected)
    for language, text in found.items():
        if not isinstance(language, str) or not _LANGUAGE.fullmatch(language):
            raise InvalidScript(place, f"language {shown(language)}", expected)
        if not isinstance(text, str) or not 1 <= len(text) <= WORDING_LIMIT or "\x00" in text:
            raise InvalidScript(f"{place}.{language}", shown(text), "a text that is not empty")
    return dict(found)


def condition_at(found: object, place: str, known: Mapping[str, Question]) -> Condition:
    """Read a condition on the answers to *known* questions."""
    item = mapping_at(
        found,
        place,
        allowed=("question", "one_of", "at_least", "at_most"),
        needed=("question",),
    )
    name = item["question"]
    if not isinstance(name, str) or name not in known:
        near = get_close_matches(str(name)[:80], known, n=1)
        hint = f"; did you mean {near[0]}?" if near else ""
        raise InvalidScript(
            f"{place}.question", shown(name), f"a question that comes earlier{hint}"
        )
    one_of: tuple[Answer, ...] | None = None
    if "one_of" in item:
        values = sequence_at(item["one_of"], f"{place}.one_of", limit=CHOICES_LIMIT)
        one_of = tuple(_value(value, known[name], f"{place}.one_of") for value in values)
    low, high = item.get("at_least"), item.get("at_most")
    return Condition(
        question=name,
        one_of=one_of,
        at_least=None if low is None else number_at(low, f"{place}.at_least"),
        at_most=None if high is None else number_at(high, f"{place}.at_most"),
    )


def _value(found: object, question: Question, place: str) -> Answer:
    if not isinstance(found, str | int | float | bool):
        raise InvalidScript(place, shown(found), "texts, numbers, true or false")
    values = [choice.value for choice in question.choices]
    if question.kind is QuestionKind.CHOICE and found not in values:
        raise InvalidScript(place, shown(found), "choices of " + question.id)
    if (question.kind is QuestionKind.YES_NO) != isinstance(found, bool):
        raise InvalidScript(place, shown(found), f"an answer to a {question.kind} question")
    return found


def mapping_at(
    found: object, place: str, *, allowed: Sequence[str], needed: Sequence[str]
) -> Mapping[str, object]:
    """Return *found* if it is a mapping with the keys it may and must have."""
    if not isinstance(found, Mapping):
        raise InvalidScript(place, shown(found), "a mapping with " + ", ".join(allowed))
    for key in found:
        if key not in allowed:
            raise InvalidScript(place, f"the key {shown(key)}", "one of " + ", ".join(allowed))
    for key in needed:
        if key not in found:
            raise InvalidScript(place, f"no {key}", "the keys " + ", ".join(needed))
    return found


def sequence_at(found: object, place: str, *, limit: int) -> Sequence[object]:
    """Return *found* if it is a list of at most *limit* entries."""
    if not isinstance(found, list | tuple):
        raise InvalidScript(place, shown(found), "a list")
    if len(found) > limit:
        raise InvalidScript(place, f"{len(found)} entries", f"at most {limit}")
    return found


def number_at(found: object, place: str) -> float:
    """Return *found* if it is a finite number."""
    if isinstance(found, int | float) and not isinstance(found, bool) and abs(found) <= 1e15:
        number = float(found)
        if math.isfinite(number):
            return number
    raise InvalidScript(place, shown(found), "a number")


def shown(found: object) -> str:
    """Return *found* short enough for a message."""
    if found is None or isinstance(found, str | int | float | bool):
        text = repr(found) if not isinstance(found, int) or abs(found) < 10**18 else "a huge number"
        return text if len(text) <= 60 else text[:57] + "..."
    return f"a {type(found).__name__}"
