"""What is learned of ringing calls."""

import pytest

from dialer.pacing.answering import ANSWERED, FAILED, SEGMENTS_MOST, Answering
from dialer.pacing.forecast import Forecast


def answered_every(answering: Answering, every: int, *, begin: int, calls: int, segment: str = ""):
    """Place a call a second: one of *every* is answered in 5 to 15 s, others fail after 27."""
    ends: dict[int, list[tuple[int, int]]] = {}
    for second in range(calls + 30):
        at = float(begin + second)
        for call, cause in ends.pop(second, []):
            answering.on_ended((begin, call), at, cause)
        if second < calls:
            answering.on_dialed((begin, second), at, segment, "")
            cause = ANSWERED if second % every == 0 else FAILED
            rings = 5 + second * 7 % 11 if cause == ANSWERED else 27
            ends.setdefault(second + rings, []).append((second, cause))
    answering.advance(float(begin + calls + 60))


def rate(answering: Answering) -> float:
    forecast = Forecast(patience=2.0, talk_prior=100.0, wrap_prior=15.0)
    forecast.refresh_ringing(answering)
    return forecast.answer_rate


def test_the_answer_rate_is_learned():
    answering = Answering()
    answered_every(answering, 4, begin=0, calls=800)
    assert rate(answering) == pytest.approx(0.25, abs=0.05)


def test_a_little_evidence_means_careful():
    answering = Answering()
    assert rate(answering) > 0.4


def test_a_change_of_level_is_believed_within_forty_answers():
    answering = Answering()
    answered_every(answering, 10, begin=0, calls=2_000)
    assert rate(answering) < 0.14
    answered_every(answering, 2, begin=2_040, calls=90)
    assert rate(answering) > 0.2


def test_a_time_without_any_answer_is_no_proof_of_a_bad_list():
    answering = Answering()
    answered_every(answering, 4, begin=0, calls=800)
    answered_every(answering, 10_000, begin=1_000, calls=2_000)  # one answer, the first
    assert answering.silent
    assert rate(answering) > 0.15


def test_a_bad_list_that_answers_now_and_then_is_believed():
    answering = Answering()
    answered_every(answering, 4, begin=0, calls=800)
    answered_every(answering, 40, begin=1_000, calls=2_000)
    assert rate(answering) < 0.06


def test_of_too_many_segments_the_one_dialed_longest_ago_is_forgotten():
    answering = Answering()
    answered_every(answering, 2, begin=0, calls=300, segment="of last week")
    for number in range(SEGMENTS_MOST):
        begin = 400 + number * 200
        answered_every(answering, 10, begin=begin, calls=20, segment=f"list {number}")
        answered_every(answering, 2, begin=begin + 100, calls=10, segment="of today")
    assert answering.relative_of("of today") > 1.1
    assert answering.relative_of("of last week") == 1.0
    assert answering.relative_of(f"list {SEGMENTS_MOST - 1}") < 1.0


def test_segments_differ_and_lean_on_the_campaign():
    answering = Answering()
    for turn in range(6):
        answered_every(answering, 10, begin=turn * 800, calls=300, segment="old")
        answered_every(answering, 2, begin=turn * 800 + 400, calls=300, segment="fresh")
    assert answering.relative_of("old") < 0.6
    assert answering.relative_of("fresh") > 1.4
    assert answering.relative_of("never seen") == 1.0


def test_a_call_whose_end_is_never_told_is_forgotten():
    answering = Answering()
    answering.on_dialed("lost", 0.0, "", "")
    answering.advance(200.0)
    assert answering.on_ended("lost", 201.0, FAILED) is None


def test_a_night_without_events_begins_a_new_stretch():
    answering = Answering()
    answering.on_dialed("evening", 0.0, "", "")
    answering.advance(40_000.0)
    answering.on_dialed("morning", 40_000.0, "", "")
    assert answering.on_ended("morning", 40_009.0, ANSWERED) == 9.0


def test_accounting_does_not_depend_on_who_asks_how_often():
    often, seldom = Answering(), Answering()
    for answering, step in ((often, 1), (seldom, 7)):
        answering.on_dialed("a", 0.0, "", "")
        for second in range(0, 22, step):
            answering.advance(float(second))
        answering.on_ended("a", 22.0, FAILED)
    assert often.level == seldom.level
