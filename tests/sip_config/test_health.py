"""Whether hosts react and trunks complete calls; what the carrier's conditions say; prices."""

from datetime import timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from sip_config.causes import Outcome
from sip_config.cost import per_minute, price
from sip_config.health import HostHealth, Seen, TrunkHealth
from sip_config.limits import Cost, Health, Passive, Rate, TrafficConditions
from sip_config.traffic import Measure, Traffic, broken, conditions
from tests.sip_config.files import LONDON, NOW

HEALTH = Health(fail_after=3, ok_after=2, hold_down_s=60)


def host_after(*alive):
    health = HostHealth()
    for one in alive:
        health = health.after(one, health=HEALTH, now=NOW)
    return health


def trunk_after(*outcomes, health=HEALTH, delay=None):
    trunk = TrunkHealth()
    for outcome in outcomes:
        trunk = trunk.after(Seen(outcome=outcome, delay_seconds=delay), health=health, now=NOW)
    return trunk


def test_a_host_is_down_after_so_many_failures_in_a_row():
    assert host_after(False, False).is_up
    assert not host_after(False, False, False).is_up
    assert host_after(False, False, True, False, False).is_up


def test_a_host_that_is_down_comes_back_by_answers():
    down = host_after(False, False, False)
    assert not down.usable(NOW)
    assert not down.after(True, health=HEALTH, now=NOW).is_up
    assert host_after(False, False, False, True, True).is_up


def test_a_host_that_is_down_may_be_tried_after_its_rest():
    down = host_after(False, False, False)
    assert down.usable(NOW + timedelta(seconds=60))
    assert not down.usable(NOW + timedelta(seconds=59))


def test_a_trunk_that_fails_its_calls_rests():
    health = Health(passive=Passive(window=10, max_5xx=0.3), hold_down_s=60)
    good = [Outcome.ANSWERED] * 7
    assert trunk_after(*good, *[Outcome.CONGESTION] * 3, health=health).usable(NOW)
    held = trunk_after(*good[:6], *[Outcome.CONGESTION] * 4, health=health)
    assert not held.usable(NOW)
    assert "failed 40% of the last 10 calls" in held.held_for
    assert held.usable(NOW + timedelta(seconds=60))


def test_a_trunk_on_which_nobody_answers_rests_and_so_does_a_slow_one():
    health = Health(passive=Passive(window=10, min_asr=0.2))
    held = trunk_after(Outcome.ANSWERED, *[Outcome.NO_ANSWER] * 9, health=health)
    assert "answered" in held.held_for
    slow = Health(passive=Passive(window=2, max_pdd_s=5))
    assert "until it rings" in trunk_after(*[Outcome.BUSY] * 2, health=slow, delay=6.0).held_for
    assert trunk_after(*[Outcome.BUSY] * 2, health=slow, delay=4.0).usable(NOW)


def test_a_trunk_that_refuses_us_rests_ten_times_longer():
    held = trunk_after(*[Outcome.TRUNK_AUTH] * 3)
    assert not held.usable(NOW + timedelta(seconds=599))
    assert held.usable(NOW + timedelta(seconds=600))


def test_callees_who_are_busy_do_not_hold_a_trunk():
    assert trunk_after(*[Outcome.BUSY] * 100).usable(NOW)
    assert trunk_after(*[Outcome.INVALID_NUMBER] * 100).usable(NOW)


def test_what_we_ended_ourselves_says_nothing():
    assert trunk_after(*[Outcome.CANCELLED] * 60, *[Outcome.LOST] * 60).recent == ()


@given(st.lists(st.sampled_from(Outcome), max_size=200))
def test_shares_are_shares_and_the_window_is_bounded(outcomes):
    trunk = trunk_after(*outcomes)
    assert len(trunk.recent) <= HEALTH.passive.window
    for share in (trunk.answer_rate, trunk.failure_rate):
        assert share is None or 0 <= share <= 1


LIMITS = TrafficConditions(
    min_asr=0.5, min_average_s=30, max_short_rate=0.1, short_call_s=12, minimum_calls=100
)


def test_traffic_is_measured_against_each_condition():
    traffic = Traffic()
    for seconds in [None] * 40 + [10.0] * 6 + [60.0] * 54:
        traffic = traffic.after(seconds, LIMITS)
    by_measure = {one.measure: one for one in conditions(traffic, LIMITS)}
    assert by_measure[Measure.ANSWERED_SHARE].value == 0.6
    assert by_measure[Measure.ANSWERED_SHARE].headroom == 20
    assert by_measure[Measure.MEAN_SECONDS].value == 55
    assert by_measure[Measure.SHORT_SHARE].value == 0.1
    assert broken(traffic, LIMITS) == ()
    worse = traffic.after(3.0, LIMITS)
    assert [one.measure for one in broken(worse, LIMITS)] == [Measure.SHORT_SHARE]


def test_nothing_is_concluded_from_few_calls():
    traffic = Traffic(attempts=99, answered=0)
    assert broken(traffic, LIMITS) == ()
    assert broken(Traffic(attempts=100, answered=0), LIMITS)


@given(
    attempts=st.integers(0, 500),
    share=st.floats(0, 1),
    limit=st.floats(0.01, 1),
)
def test_headroom_is_what_may_still_fail(attempts, share, limit):
    answered = int(attempts * share)
    limits = TrafficConditions(min_asr=limit, minimum_calls=1)
    [now] = conditions(Traffic(attempts=attempts, answered=answered), limits)
    if now.headroom:
        [then] = conditions(Traffic(attempts=attempts + now.headroom, answered=answered), limits)
        assert then.is_kept or abs(then.value - limit) < 1e-9


def test_a_call_is_billed_in_begun_steps():
    cost = Cost(
        per_minute=Decimal("0.60"),
        rates=(Rate(prefix="+44", per_minute=Decimal("0.12")),),
        increments=(30, 6),
        setup=Decimal("0.01"),
    )
    assert per_minute(cost, LONDON) == Decimal("0.12")
    assert price(cost, LONDON, 1) == Decimal("0.07")
    assert price(cost, LONDON, 30) == Decimal("0.07")
    assert price(cost, LONDON, 30.5) == Decimal("0.082")
    assert price(cost, "+359888123456", 60) == Decimal("0.61")


@given(st.floats(0, 10_000), st.integers(1, 90), st.integers(1, 90))
def test_never_less_is_billed_than_was_talked(seconds, first, step):
    cost = Cost(per_minute=Decimal(60), increments=(first, step))
    billed = price(cost, LONDON, seconds)
    assert billed >= Decimal(str(seconds)) - Decimal("1e-9")
    assert billed <= max(Decimal(first), Decimal(str(seconds)) + step)
