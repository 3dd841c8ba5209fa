"""Rosters and lists."""

from math import inf

import pytest

from dialer.pacing.staffing import (
    Handling,
    agents_needed,
    list_lasts,
    reached_per_thousand,
)

HANDLING = Handling(answer_rate=0.2, talk_seconds=120, wrap_up_seconds=15)


def test_leads_that_come_due_slowly_are_the_limit():
    found = list_lasts(1_000, HANDLING, agents=20, talk_share=0.7, due_per_hour=100)
    assert found.hours == pytest.approx(10.0)
    assert "limited by leads" in str(found)


def test_nobody_dials_for_ever():
    assert list_lasts(1_000, HANDLING, agents=0, talk_share=0.7).hours == inf


def test_half_the_time_needs_twice_the_agents():
    whole = agents_needed(40_000, HANDLING, hours=100, talk_share=0.7)
    assert agents_needed(40_000, HANDLING, hours=50, talk_share=0.7) in (2 * whole, 2 * whole - 1)


def test_a_third_attempt_reaches_more_people_at_a_price():
    two, three = reached_per_thousand([0.2, 0.15]), reached_per_thousand([0.2, 0.15, 0.1])
    assert three.people > two.people
    assert three.attempts / three.people > two.attempts / two.people


@pytest.mark.parametrize("wrong", [{"answer_rate": 0}, {"talk_seconds": 0}])
def test_impossible_handling_is_refused(wrong):
    with pytest.raises(ValueError, match="expected"):
        Handling(**{"answer_rate": 0.2, "talk_seconds": 10, "wrap_up_seconds": 1, **wrong})
