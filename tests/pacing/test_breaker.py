"""The circuit breaker counts; it believes no model."""

from dialer.pacing.breaker import Breaker


def test_three_abandons_of_many_answers_are_no_burst():
    breaker = Breaker()
    for n in range(60):
        breaker.answered(n * 2.0)
    for n in range(3):
        breaker.abandoned(110.0 + n)
    assert not breaker.is_open(115.0)


def test_a_burst_opens_it_until_the_window_is_clean():
    breaker = Breaker()
    for n in range(10):
        breaker.answered(float(n))
    for n in range(3):
        breaker.abandoned(10.0 + n)
    assert breaker.is_open(13.0)
    assert breaker.is_open(190.0)
    assert not breaker.is_open(193.1)


def test_calls_that_fail_as_soon_as_they_are_through_to_the_carrier_are_a_storm():
    breaker = Breaker()
    for n in range(30):
        breaker.call_ended(2.5 + n % 10 / 3.0, answered=False)  # delay, then up to 3 s
    assert breaker.storm


def test_a_storm_is_over_with_the_calls_that_get_through():
    breaker = Breaker()
    for _ in range(30):
        breaker.call_ended(0.4, answered=False)
    assert breaker.storm
    for _ in range(3):
        breaker.call_ended(9.0, answered=True)
    assert not breaker.storm
