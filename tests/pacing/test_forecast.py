"""Probabilities of finding nobody."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dialer.pacing.forecast import Outlook, freed_pmf, small_or_normal, tail

shares = st.floats(0.0, 1.0)
means = st.floats(0.0, 15.0)


def an_outlook(*, free_now=3, freed=1.0, demand=1.0, fresh=0.2, singles=()) -> Outlook:
    return Outlook(
        free_now=free_now,
        freed=[freed] * 4,
        freed_variance=[freed * 0.8] * 4,
        demand=[demand] * 4,
        demand_variance=[demand * 0.8] * 4,
        fresh=[fresh] * 4,
        horizons=[4.0, 8.0, 12.0, 16.0],
        singles=[list(singles)] * 4,
    )


@given(st.integers(-4, 20), means, means, shares, st.integers(0, 12))
@settings(deadline=None)
def test_risk_never_falls_with_a_call_and_never_rises_with_an_agent(
    free_now, freed, demand, fresh, further
):
    outlook = an_outlook(free_now=free_now, freed=freed, demand=demand, fresh=fresh)
    risk = outlook.risk(further)
    assert 0.0 <= risk <= 1.0 + 1e-9
    assert outlook.risk(further + 1) >= risk - 1e-3
    more = an_outlook(free_now=free_now + 1, freed=freed, demand=demand, fresh=fresh)
    assert more.risk(further) <= risk + 1e-9


@given(st.floats(-20, 20), st.floats(0, 30), st.floats(0, 1))
def test_the_normal_tail_never_rises_with_an_agent_who_may_be_freed(distance, variance, p):
    assert tail(distance + p, variance + p * (1 - p)) <= tail(distance, variance) + 1e-9 or (
        distance < 0
    )


def test_small_numbers_are_counted_out():
    # Two agents; one call is certain, one answered with 0.2: both busy with about 0.18.
    outlook = an_outlook(free_now=1, freed=0.0, demand=0.2, fresh=0.0)
    assert outlook.risk(0) == pytest.approx(1 - 0.8187, abs=1e-3)


def test_a_sure_agent_is_worth_more_than_a_doubtful_one():
    sure = an_outlook(free_now=0, freed=0.9, singles=[0.9], demand=0.2)
    doubtful = an_outlook(free_now=0, freed=0.9, demand=0.2)
    assert sure.risk(0) < doubtful.risk(0)


def test_the_most_calls_are_those_before_the_first_at_too_much_risk():
    outlook = an_outlook(free_now=6, demand=0.5)
    most = outlook.most(0.03, 100)
    assert outlook.risk(most - 1) <= 0.03 < outlook.risk(most)
    assert outlook.most(0.03, 2) == 2
    assert outlook.most(0.03, 0) == 0


@given(st.integers(0, 10), means, means, st.lists(shares, max_size=3))
def test_joint_and_single_pacing_reckon_alike(free_now, freed, demand, singles):
    freed += sum(singles)
    variance = demand * 0.8 + freed * 0.8
    joint = small_or_normal(free_now, freed, demand, variance, freed_pmf(freed, singles))
    single = an_outlook(
        free_now=free_now, freed=freed, demand=demand, fresh=0.0, singles=singles
    ).risk(0)
    assert joint == pytest.approx(single, abs=1e-6)
