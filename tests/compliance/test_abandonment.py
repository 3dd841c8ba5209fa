"""Abandonment under each country's definition, from the same events."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from compliance.abandonment import AnsweredCall, is_abandoned, report, side_by_side
from compliance.loading import load

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
BUNDLE = load()
LAWS = {
    country: BUNDLE.versions(country, subdivision=None, controller="", campaign="")[-1].abandonment
    for country in ("GB", "US", "IT", "PL")
}


def seconds(number: float) -> timedelta:
    return timedelta(seconds=number)


def a_call(*, connected: float | None = None, ended: float | None = None, **changes):
    return AnsweredCall(
        **{
            "answered_at": NOON,
            "connected_at": None if connected is None else NOON + seconds(connected),
            "ended_at": None if ended is None else NOON + seconds(ended),
            **changes,
        }
    )


def abandoned_under(call: AnsweredCall) -> set[str]:
    later = NOON + timedelta(minutes=5)
    return {name for name, law in LAWS.items() if is_abandoned(call, law, later)}


def test_two_seconds_in_britain_three_in_italy_and_both_to_the_instant():
    assert abandoned_under(a_call(connected=2)) == set()
    assert abandoned_under(a_call(connected=2.5)) == {"GB", "PL", "US"}
    assert abandoned_under(a_call(connected=3.1)) == {"GB", "PL", "US", "IT"}


def test_in_america_the_clock_starts_when_the_greeting_ends():
    late = a_call(connected=3.5, greeting_ended_at=NOON + seconds(1.6))
    assert abandoned_under(late) == {"GB", "PL", "IT"}


def test_who_hangs_up_before_the_limit_was_not_kept_waiting():
    assert abandoned_under(a_call(ended=1.5)) == set()
    assert abandoned_under(a_call(ended=2.5)) == {"GB", "PL", "US"}


def test_machines_do_not_count():
    assert abandoned_under(a_call(ended=30, machine=True)) == set()
    assert report([a_call(ended=30, machine=True)], LAWS["GB"], NOON + seconds(60)).answered == 0


def test_the_same_calls_stand_differently_side_by_side():
    later = NOON + timedelta(hours=25)
    calls = [a_call(connected=0.5)] * 97 + [a_call(ended=10)] * 3
    found = side_by_side(calls, LAWS, later)
    assert found["GB"].answered == 0  # yesterday's calls have left the window
    assert found["US"].answered == 100 and found["US"].within_limit
    assert found["IT"].answered == 97 and not found["IT"].within_limit


@given(st.lists(st.tuples(st.floats(0, 10), st.booleans()), max_size=40))
def test_a_rate_is_a_share_and_a_stricter_limit_never_finds_fewer(waits):
    calls = [a_call(connected=w, machine=m) for w, m in waits]
    later = NOON + seconds(60)
    british, italian = (report(calls, LAWS[c], later) for c in ("GB", "IT"))
    assert 0 <= british.rate <= 1
    assert british.abandoned >= italian.abandoned
