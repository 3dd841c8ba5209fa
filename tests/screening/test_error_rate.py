"""The share of people hung up on, as far as the sample shows."""

import pytest

from dialer.screening.error_rate import BELIEVED, HIGHEST, error_rate


def test_much_evidence_gives_the_share_that_was_seen():
    found = error_rate(screened_out=1_900_000, let_through=100_000, people=2_000, live=3_000_000)
    missed = 1_900_000 * 0.02
    assert found == pytest.approx(missed / (3_000_000 + missed), rel=0.01)


def test_a_sample_without_people_lowers_what_is_believed_but_never_to_zero():
    rates = [
        error_rate(screened_out=19 * n, let_through=n, people=0, live=30 * n)
        for n in (10, 100, 1000)
    ]
    assert rates == sorted(rates, reverse=True)
    assert 0 < rates[-1] < rates[0]


def test_each_person_found_in_the_sample_raises_it():
    rates = [
        error_rate(screened_out=1900, let_through=100, people=n, live=3000)
        for n in range(0, 101, 10)
    ]
    assert rates == sorted(set(rates))
    assert rates[-1] < HIGHEST


def test_nobody_screened_out_and_many_who_answered_lower_it():
    assert error_rate(screened_out=0, let_through=0, people=0, live=1000) < BELIEVED
