"""How fast calls may leave."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from sip_config.token_bucket import FLOOR_PER_SECOND, LONGEST_PAUSE, TokenBucket
from tests.sip_config.files import NOW


def a_bucket(per_second=2.0, burst=1) -> TokenBucket:
    return TokenBucket.full(per_second=per_second, burst=burst, at=NOW)


def after(seconds):
    return NOW + timedelta(seconds=seconds)


def test_a_burst_leaves_at_once_and_then_the_rate_holds():
    bucket = a_bucket(per_second=1.0, burst=3)
    for _ in range(3):
        bucket = bucket.take(NOW)
        assert bucket is not None
    assert bucket.take(NOW) is None
    assert bucket.take(after(0.9)) is None
    assert bucket.take(after(1.0)) is not None


def test_a_trunk_that_says_too_fast_gets_half_and_it_grows_back():
    bucket = a_bucket(per_second=10.0).slowed(NOW)
    assert bucket.rate == 5.0
    assert bucket.take(NOW) is None
    later = bucket.take(after(100))
    assert later is not None and 5.9 < later.rate < 6.1
    assert bucket.take(after(10_000)).rate == 10.0


def test_the_rate_never_falls_below_its_floor():
    bucket = a_bucket()
    for _ in range(20):
        bucket = bucket.slowed(NOW)
    assert bucket.rate == FLOOR_PER_SECOND
    slow = TokenBucket.full(per_second=0.1, burst=1, at=NOW)
    assert slow.slowed(NOW).rate == 0.1


def test_retry_after_closes_the_trunk_but_not_for_ever():
    bucket = a_bucket().slowed(NOW, pause_seconds=5)
    assert bucket.take(after(4.9)) is None
    assert bucket.take(after(6)) is not None
    absurd = a_bucket().slowed(NOW, pause_seconds=1e12)
    assert absurd.ready_at(NOW) == NOW + LONGEST_PAUSE


def test_a_clock_that_steps_back_gives_no_tokens():
    bucket = a_bucket().take(after(10))
    assert bucket.take(NOW) is None
    assert bucket.take(after(10)) is None


def test_new_limits_keep_what_was_taken_and_how_slow_it_was():
    slowed = a_bucket(per_second=10.0, burst=5).slowed(NOW)
    changed = slowed.reconfigured(per_second=4.0, burst=2)
    assert (changed.configured, changed.rate, changed.burst) == (4.0, 2.0, 2)
    assert changed.take(NOW) is None


@given(
    per_second=st.floats(0.1, 50),
    burst=st.integers(1, 10),
    waits=st.lists(st.floats(0, 5), min_size=1, max_size=60),
)
def test_never_more_calls_leave_than_burst_and_rate_allow(per_second, burst, waits):
    bucket, now, left = a_bucket(per_second, burst), 0.0, 0
    for wait in waits:
        now += wait
        if (taken := bucket.take(after(now))) is not None:
            bucket, left = taken, left + 1
    assert left <= burst + per_second * now + 0.01


@given(
    per_second=st.floats(0.1, 50),
    waits=st.lists(st.floats(0, 3), max_size=10),
    slow=st.booleans(),
)
def test_a_call_can_leave_at_the_time_that_was_named(per_second, waits, slow):
    bucket, now = a_bucket(per_second), NOW
    if slow:
        bucket = bucket.slowed(now)
    for wait in waits:
        now += timedelta(seconds=wait)
        bucket = bucket.take(now) or bucket
    ready = bucket.ready_at(now)
    assert ready >= now
    assert bucket.take(ready) is not None
