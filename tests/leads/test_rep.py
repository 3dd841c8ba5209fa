"""Free slots of reps."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leads.rep import GRID, NOTICE, Interval, free_slots, lies_within

MONDAY = datetime(2026, 11, 23, tzinfo=UTC)


def an_interval(start: int, length: int) -> Interval:
    """From *start* minutes after midnight, *length* minutes long."""
    starts_at = MONDAY + timedelta(minutes=start)
    return Interval(starts_at, starts_at + timedelta(minutes=length))


INTERVALS = st.lists(st.builds(an_interval, st.integers(0, 3000), st.integers(0, 600)), max_size=8)


@given(INTERVALS, INTERVALS, st.integers(1, 120), st.integers(0, 2000))
def test_a_slot_offered_is_available_free_on_the_grid_and_not_too_soon(
    availability, meetings, minutes, now_minutes
):
    now = MONDAY + timedelta(minutes=now_minutes)
    slots = free_slots(availability, meetings, minutes, now, timedelta(days=2))
    for slot in slots:
        assert slot.ends_at - slot.starts_at == timedelta(minutes=minutes)
        assert (slot.starts_at - MONDAY) % GRID == timedelta(0)
        assert slot.starts_at >= now + NOTICE
        assert lies_within(slot, availability)
        assert not any(
            meeting.starts_at < slot.ends_at and slot.starts_at < meeting.ends_at
            for meeting in meetings
            if meeting.starts_at < meeting.ends_at
        )
    assert all(one.ends_at <= other.starts_at for one, other in pairwise(slots))


def test_nothing_is_offered_beyond_the_horizon_or_too_soon():
    all_day = [an_interval(0, 24 * 60)]
    now = MONDAY + timedelta(hours=9, minutes=5)
    slots = free_slots(all_day, [], 30, now, timedelta(hours=2))
    assert [f"{slot.starts_at:%H:%M}" for slot in slots] == ["10:15", "10:45"]


def test_touching_times_of_availability_are_one():
    morning, noon = an_interval(9 * 60, 60), an_interval(10 * 60, 60)
    assert lies_within(an_interval(9 * 60 + 45, 30), [noon, morning])


def test_a_meeting_has_a_length():
    with pytest.raises(ValueError, match="at least 1"):
        free_slots([], [], 0, MONDAY, timedelta(days=1))
