"""The script: branches, answers, and hostile input."""

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leads.qualification import judge, qualification_from
from leads.questionnaire import (
    InvalidAnswer,
    asked,
    checked_answer,
    complete,
    next_question,
    standing_answers,
)
from leads.scripting import InvalidScript, questionnaire_from

SCRIPT = {
    "opening": {"en": "Good morning", "bg": "Добро утро"},
    "questions": [
        {"id": "owner", "kind": "yes_no", "text": {"en": "Do you own it?", "bg": "Ваша ли е?"}},
        {
            "id": "bill",
            "kind": "number",
            "text": "Your bill?",
            "least": 0,
            "most": 10_000,
            "asked_if": [{"question": "owner", "one_of": [True]}],
        },
        {
            "id": "heating",
            "kind": "choice",
            "text": "How do you heat?",
            "required": False,
            "choices": ["gas", {"value": "wood", "label": {"en": "Wood"}}],
            "asked_if": [{"question": "bill", "at_least": 100}],
        },
        {"id": "since", "kind": "date", "text": "Since when?", "required": False},
        {"id": "wish", "kind": "text", "text": "What would you wish?"},
    ],
}
SCRIPTED = questionnaire_from(SCRIPT)
QUALIFICATION = qualification_from(
    {
        "threshold": 10,
        "rules": [
            {"question": "owner", "one_of": [False], "disqualifies": True, "reason": "rents"},
            {"question": "bill", "at_least": 100, "points": 10, "reason": "bill of 100 or more"},
            {"question": "wish", "points": 5, "reason": "has a wish"},
        ],
    },
    SCRIPTED,
)
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=10,
)


def names(questions):
    return [question.id for question in questions]


def test_a_branch_is_asked_only_when_its_condition_fits():
    assert names(asked(SCRIPTED, {})) == ["owner", "since", "wish"]
    assert names(asked(SCRIPTED, {"owner": True})) == ["owner", "bill", "since", "wish"]
    assert "heating" in names(asked(SCRIPTED, {"owner": True, "bill": 100}))


def test_a_corrected_answer_takes_what_followed_from_it_along():
    answers = {"owner": True, "bill": 500, "heating": "gas"}
    corrected = {**answers, "owner": False}
    assert names(asked(SCRIPTED, corrected)) == ["owner", "since", "wish"]
    assert standing_answers(SCRIPTED, corrected) == {"owner": False}
    assert judge(QUALIFICATION, SCRIPTED, corrected).reasons == ("rents",)


def test_the_script_ends_when_every_required_question_asked_is_answered():
    answers: dict = {}
    seen = []
    while question := next_question(SCRIPTED, answers, skipped=frozenset({"since"})):
        seen.append(question.id)
        answers[question.id] = {
            "owner": True,
            "bill": 120,
            "heating": "wood",
            "wish": "less paper",
        }[question.id]
    assert seen == ["owner", "bill", "heating", "wish"]
    assert complete(SCRIPTED, answers)
    judgement = judge(QUALIFICATION, SCRIPTED, answers)
    assert (judgement.qualified, judgement.score) == (True, 15)


def test_a_wording_falls_back_to_a_language_there_is():
    owner = SCRIPTED.question("owner")
    assert owner.in_language("bg") == "Ваша ли е?"
    assert owner.in_language("ro") == "Do you own it?"
    assert SCRIPTED.question("bill").in_language("ro") == "Your bill?"


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("owner", True),
        ("bill", 0),
        ("bill", 99.5),
        ("heating", "wood"),
        ("since", "2026-02-28"),
        ("wish", " less paper "),
    ],
)
def test_fitting_answers_are_taken(question, answer):
    checked_answer(SCRIPTED.question(question), answer)


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("owner", "yes"),
        ("owner", 1),
        ("bill", True),
        ("bill", -1),
        ("bill", 10_001),
        ("bill", float("nan")),
        ("bill", 10**400),
        ("heating", "coal"),
        ("since", "2026-02-30"),
        ("since", "yesterday"),
        ("wish", "  "),
        ("wish", "x" * 4_001),
        ("wish", "a\x00b"),
        ("wish", "\ud800"),
    ],
)
def test_unfit_answers_say_what_is_expected(question, answer):
    with pytest.raises(InvalidAnswer, match=question):
        checked_answer(SCRIPTED.question(question), answer)


@given(st.dictionaries(st.sampled_from(names(SCRIPTED.questions)), ANYTHING))
def test_whatever_is_answered_the_script_goes_on_or_the_answer_is_refused(found):
    answers = {}
    for name, value in found.items():
        try:
            answers[name] = checked_answer(SCRIPTED.question(name), value)
        except InvalidAnswer:
            continue
        if SCRIPTED.question(name).kind == "date":
            date.fromisoformat(answers[name])
    next_question(SCRIPTED, answers)
    judge(QUALIFICATION, SCRIPTED, answers)
    assert complete(SCRIPTED, answers) in (True, False)


@given(ANYTHING)
def test_whatever_a_script_is_it_is_read_or_refused(found):
    try:
        script = questionnaire_from(found)
        qualification_from(found, script)
    except InvalidScript:
        return


@given(st.data())
@settings(max_examples=200)
def test_a_script_with_one_thing_changed_is_read_or_refused(data):
    questions = [dict(question) for question in SCRIPT["questions"]]
    place = data.draw(st.integers(0, len(questions) - 1))
    key = data.draw(st.sampled_from([*questions[place], "choices", "asked_if", "least", "id"]))
    questions[place][key] = data.draw(ANYTHING)
    try:
        questionnaire_from({"questions": questions})
    except InvalidScript as refused:
        assert len(str(refused)) < 1000


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"id": "Owner"}, r"questions\[0\].id"),
        ({"kind": "yesno"}, "one of choice"),
        ({"text": {}}, r"questions\[0\].text"),
        ({"text": {"english": "x"}}, "language"),
        ({"colour": "red"}, "'colour'"),
        ({"choices": ["a"]}, "choices of a yes_no question"),
        ({"least": 1}, "bound of a yes_no question"),
        ({"asked_if": [{"question": "bill"}]}, "comes earlier"),
    ],
)
def test_what_is_wrong_with_a_script_is_named(change, named):
    with pytest.raises(InvalidScript, match=named):
        questionnaire_from({"questions": [{**SCRIPT["questions"][0], **change}]})


def test_a_condition_on_a_misspelt_question_gets_a_suggestion():
    follower = {**SCRIPT["questions"][1], "asked_if": [{"question": "ownr"}]}
    with pytest.raises(InvalidScript, match="did you mean owner"):
        questionnaire_from({"questions": [SCRIPT["questions"][0], follower]})


def test_a_rule_about_a_choice_that_is_not_offered_is_refused():
    rule = {"question": "heating", "one_of": ["coal"], "reason": "coal"}
    with pytest.raises(InvalidScript, match="choices of heating"):
        qualification_from({"rules": [rule]}, SCRIPTED)
    with pytest.raises(InvalidScript, match="whole number"):
        qualification_from({"threshold": 0.5}, SCRIPTED)
    assert qualification_from(None, SCRIPTED).threshold == 0
