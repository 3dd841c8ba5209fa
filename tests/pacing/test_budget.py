"""The budget: windows, guards, and what is charged to it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialer.pacing import Account, Aim, Window
from dialer.pacing.budget import Counts, Outlay, threshold

OUTLAY = Outlay(answers_to_come=500.0, answers_per_hour=120.0)


def an_account(live: float, abandoned: float, limit: float = 0.03) -> Account:
    return Account(live=live, abandoned=abandoned, earned=limit * live)


@given(st.integers(0, 3_000), st.integers(0, 60), st.floats(0, 3_000), st.floats(-2, 2))
def test_fewer_abandons_never_mean_a_smaller_threshold(live, abandoned, to_come, integral):
    outlay = Outlay(answers_to_come=to_come, answers_per_hour=150.0, integral=integral)
    for aim in (Aim(), Aim(judged_from_live_answers=200)):
        more = threshold(aim, an_account(live, abandoned + 1), outlay)
        assert 0.0 <= more <= threshold(aim, an_account(live, abandoned), outlay) <= 0.45


def test_near_the_end_a_debt_is_not_increased():
    outlay = Outlay(answers_to_come=30.0, answers_per_hour=120.0)
    assert threshold(Aim(), an_account(100, 3), outlay) == 0.0


def test_a_risk_that_hardly_is_one_is_taken_before_a_short_list_until_somebody_was_abandoned():
    short = Outlay(answers_to_come=35.0, answers_per_hour=120.0)
    for aim in (Aim(), Aim(judged_from_live_answers=200)):
        assert 0.0 < threshold(aim, an_account(0, 0), short) <= 0.001
        assert threshold(aim, an_account(20, 1), short) < 1e-4
    assert threshold(Aim(abandon_rate_limit=0.0), an_account(0, 0, 0.0), short) == 0.0


def test_a_day_begins_anew_at_midnight():
    counts = Counts(Aim(window=Window.FIXED, window_seconds=86_400, window_origin=3_600.0))
    counts.add(80_000.0, live=100, abandoned=5)
    assert counts.account().rate == pytest.approx(0.05)
    counts.move_to(90_100.0)
    assert counts.account().live == 0


def test_a_rolling_hour_is_never_judged_too_mildly():
    counts = Counts(Aim(window=Window.ROLLING, window_seconds=3_600))
    counts.add(0.0, live=50)
    counts.add(1_800.0, live=50, abandoned=3)
    assert counts.account().rate == pytest.approx(0.03)
    counts.move_to(3_605.0)  # the first fifty have left, no abandon has
    assert counts.account().rate == pytest.approx(0.06)
    counts.move_to(5_500.0)
    assert counts.account() == Account()


def test_people_taken_for_machines_are_abandons():
    counts = Counts(Aim(screening_false_positive_rate=0.02))
    counts.add(0.0, live=98)
    account = counts.account()
    assert account.live == pytest.approx(100.0)
    assert account.abandoned == pytest.approx(2.0)


def test_where_screening_alone_exceeds_the_limit_nothing_is_risked():
    aim = Aim(screening_false_positive_rate=0.03)
    assert threshold(aim, an_account(0, 0), OUTLAY) == 0.0


def test_where_the_rate_is_judged_always_nothing_is_borrowed():
    aim = Aim(judged_from_live_answers=200)
    on_the_edge = threshold(aim, an_account(400, 12), OUTLAY)
    assert on_the_edge < 0.1 * threshold(Aim(), an_account(400, 12), OUTLAY)


def test_a_rolling_window_is_judged_always():
    assert Aim(window="rolling").judged_from == 100
    assert Aim().judged_from is None
