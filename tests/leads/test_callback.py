"""Promised times of call."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leads.callback import (
    AFTER_UNANSWERED,
    HORIZON,
    PERSONAL_GRACE,
    UNANSWERED_LIMIT,
    ImpossibleCallback,
    after_unanswered,
    checked_due,
    may_take,
)

NOW = datetime(2026, 11, 23, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    ("due_at", "why"),
    [
        (NOW.replace(tzinfo=None) + timedelta(hours=1), "time zone"),
        (NOW, "past"),
        (NOW + HORIZON + timedelta(seconds=1), "90 days"),
    ],
)
def test_a_time_that_cannot_be_kept_is_not_promised(due_at, why):
    with pytest.raises(ImpossibleCallback, match=why):
        checked_due(due_at, now=NOW)


def test_a_personal_callback_waits_a_while_for_its_agent():
    due = NOW + timedelta(hours=1)
    assert may_take(7, promised_by=7, due_at=due, now=due)
    assert not may_take(8, promised_by=7, due_at=due, now=due)
    assert may_take(8, promised_by=7, due_at=due, now=due + PERSONAL_GRACE)
    assert may_take(8, promised_by=None, due_at=due, now=due)


@given(st.integers(-5, 50))
def test_a_promise_is_tried_a_few_times_and_then_given_up(tries):
    again_at = after_unanswered(tries, now=NOW)
    if 1 <= tries < UNANSWERED_LIMIT:
        assert again_at == NOW + AFTER_UNANSWERED[tries - 1]
    else:
        assert again_at is None
