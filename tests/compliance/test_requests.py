"""Requests of persons: due in a month, extended once."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compliance.subject_request import (
    ImpossibleExtension,
    RequestKind,
    extended,
    months_later,
    received,
)

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


def a_request(at: datetime = NOON):
    return received(RequestKind.ACCESS, client_id=1, person_id=2, at=at)


def test_a_request_is_due_in_a_month_and_overdue_after_it():
    request = a_request()
    assert request.due_at == datetime(2026, 12, 23, 12, tzinfo=UTC)
    assert not request.is_overdue(request.due_at)
    assert request.is_overdue(datetime(2026, 12, 23, 12, 1, tzinfo=UTC))


def test_an_extension_gives_three_months_from_receipt_and_only_once():
    request = extended(a_request(), "many recordings", now=NOON)
    assert request.due_at == datetime(2027, 2, 23, 12, tzinfo=UTC)
    with pytest.raises(ImpossibleExtension, match="once"):
        extended(request, "still many", now=NOON)


def test_an_extension_needs_a_reason_and_comes_within_the_month():
    with pytest.raises(ImpossibleExtension, match="no reason"):
        extended(a_request(), " ", now=NOON)
    with pytest.raises(ImpossibleExtension, match="month is over"):
        extended(a_request(), "late", now=datetime(2027, 1, 1, tzinfo=UTC))


@given(st.datetimes(max_value=datetime(9000, 1, 1)), st.integers(0, 30))  # noqa: DTZ001
def test_months_never_spill_into_the_next(at, months):
    later = months_later(at, months)
    assert (later.year * 12 + later.month) - (at.year * 12 + at.month) == months
    assert later.day <= at.day
