"""What agents of the demo record: the same for the same seed, and always fit to be recorded."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from dialer.demo.conversation import (
    LONGEST_WRAP_UP,
    Heard,
    answers_of,
    conclude,
    takes_break,
    who_answers,
    wrap_up,
)
from dialer.demo.script import SCRIPT
from dialer.simulation.network.behaviour import PEOPLE, Fate
from leads.disposition import Disposition
from leads.qualification import judge, qualification_from
from leads.questionnaire import checked_answer, complete
from leads.scripting import questionnaire_from

QUESTIONNAIRE = questionnaire_from(SCRIPT)
QUALIFICATION = qualification_from(SCRIPT["qualification"], QUESTIONNAIRE)
NUMBERS = st.integers(0, 999).map(lambda last: f"+441134960{last:03}")
LANGUAGES = ("bg", "pl", "ro", "en")
TALKED = Heard(talked=timedelta(seconds=9))


def test_every_word_of_the_script_is_there_in_every_language():
    texts = [QUESTIONNAIRE.opening]
    for question in QUESTIONNAIRE.questions:
        texts += [question.text, *(choice.label for choice in question.choices)]
    for text in texts:
        assert all(text.get(language) for language in LANGUAGES)


@given(st.integers(0, 99), NUMBERS)
def test_answers_fit_their_questions_and_complete_the_script(seed, number):
    answers = answers_of(seed, number)
    assert complete(QUESTIONNAIRE, answers)
    for name, answer in answers.items():
        question = QUESTIONNAIRE.question(name)
        assert question is not None
        assert checked_answer(question, answer) == answer


@given(st.integers(0, 99), NUMBERS, st.integers(1, 4), st.sampled_from(sorted(PEOPLE)))
def test_a_meeting_is_booked_only_with_who_qualifies(seed, number, tried, fate):
    found = conclude(seed, number, tried, fate, TALKED)
    booked = found.disposition is Disposition.MEETING_BOOKED
    assert booked == (found.meeting_after is not None)
    if booked:
        assert judge(QUALIFICATION, QUESTIONNAIRE, found.answers).qualified


@given(st.integers(0, 99), NUMBERS)
def test_who_asks_to_be_called_back_gets_a_time(seed, number):
    found = conclude(seed, number, 1, Fate.ASKS_CALLBACK, TALKED)
    assert found.disposition is Disposition.CALLBACK
    assert found.call_back_in is not None
    assert timedelta(hours=1) < found.call_back_in < timedelta(hours=30)


def test_a_machine_is_a_machine_whoever_lives_there():
    for fate in PEOPLE:
        found = conclude(7, "+441134960001", 1, fate, Heard(machine=True))
        assert found.disposition is Disposition.ANSWERING_MACHINE


def test_nobody_heard_is_silence():
    found = conclude(7, "+441134960001", 1, Fate.TALKS, Heard(anybody=False))
    assert found.disposition is Disposition.SILENCE


def test_who_ends_the_call_at_once_hung_up():
    heard = Heard(callee_ended=True, talked=timedelta(seconds=1))
    found = conclude(7, "+441134960001", 1, Fate.TALKS, heard)
    assert found.disposition is Disposition.HUNG_UP


def test_some_who_refuse_never_want_to_be_called_again():
    said = {
        conclude(7, f"+441134960{last:03}", 1, Fate.REFUSES, TALKED).disposition
        for last in range(200)
    }
    assert said == {
        Disposition.NOT_INTERESTED,
        Disposition.HUNG_UP,
        Disposition.DO_NOT_CALL,
    }


@given(st.integers(0, 99), NUMBERS)
def test_the_same_person_lives_at_a_number_for_ever(seed, number):
    assert who_answers(seed, number) in PEOPLE
    assert who_answers(seed, number) is who_answers(seed, number)


@given(st.integers(0, 99), NUMBERS, st.floats(1, 100))
def test_a_wrap_up_ends_before_the_dialer_ends_it(seed, number, fast_forward):
    assert timedelta(0) < wrap_up(seed, number, 1, fast_forward) <= LONGEST_WRAP_UP


def test_breaks_are_taken_now_and_then():
    breaks = sum(takes_break(7, f"+44{number}", 1) for number in range(2000))
    assert 20 < breaks < 70
