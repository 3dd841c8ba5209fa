"""When a lead may be tried again, and at which number."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leads.disposition import MEANINGS, Disposition
from leads.lead import LeadEvent, NumberId, RetiredBecause
from leads.retry import (
    DEFAULT_RULES,
    InvalidRetryPlan,
    NoRetry,
    PastAttempt,
    RetryAt,
    RetryPlan,
    next_number,
    plan_from,
    plan_retry,
)

MONDAY = datetime(2026, 11, 23, 10, tzinfo=UTC)
ONE = [NumberId(1)]


def a_try(outcome="no_answer", *, number=1, at=MONDAY, **changes) -> PastAttempt:
    return PastAttempt(number=NumberId(number), opened_at=at, outcome=outcome, **changes)


def planned(history, numbers=ONE, *, plan=None, now=MONDAY, zone="Europe/London"):
    return plan_retry(plan or RetryPlan(), history, numbers, now=now, zone=zone)


def test_busy_is_tried_again_soon_and_no_answer_in_another_part_of_the_day():
    assert planned([a_try("busy")]) == RetryAt(at=MONDAY + timedelta(minutes=20))
    morning = planned([a_try("no_answer")])
    assert morning.at == MONDAY + timedelta(hours=3)  # 13:00, midday: not tried yet
    both = [a_try(at=MONDAY), a_try(at=MONDAY + timedelta(hours=3))]
    assert planned(both, now=both[-1].opened_at).at.hour == 16


def test_four_tries_cover_four_parts_of_the_day():
    history, now = [], MONDAY
    for _ in range(4):
        history.append(a_try(at=now))
        now = planned(history, now=now).at
    assert sorted(one.opened_at.hour for one in history) == [10, 13, 16, 19]


def test_the_parts_of_the_day_are_those_of_the_callee_across_a_clock_change():
    evening = datetime(2026, 10, 24, 16, tzinfo=UTC)  # 19:00 in Sofia; the clocks go back at night
    again = planned([a_try(at=evening)], now=evening, zone="Europe/Sofia")
    assert again.at == datetime(2026, 10, 25, 7, tzinfo=UTC)  # 9:00 in Sofia


def test_an_outcome_may_cause_only_so_many_further_tries():
    limit = DEFAULT_RULES["hung_up"].limit
    history = [a_try("answered", disposition=Disposition.HUNG_UP)] * (limit + 1)
    assert planned(history) == NoRetry(because=RetiredBecause.ATTEMPTS_USED_UP)
    assert isinstance(planned(history[1:]), RetryAt)


def test_tries_that_never_rang_do_not_count():
    history = [a_try("trunk_down", counts=False)] * 10
    assert isinstance(planned(history), RetryAt)
    assert isinstance(planned([a_try("busy")] * 4 + [a_try("no_answer")] * 4), NoRetry)


def test_wrong_numbers_are_dropped_until_none_is_left():
    history = [a_try("invalid_number", number=1)]
    two = [NumberId(1), NumberId(2)]
    assert planned(history, two) == RetryAt(at=MONDAY)
    assert next_number(two, history) == 2
    history.append(a_try("answered", number=2, disposition=Disposition.WRONG_NUMBER))
    assert planned(history, two) == NoRetry(because=RetiredBecause.NO_VALID_NUMBER)


def test_a_promised_call_goes_to_the_number_it_was_promised_at():
    two = [NumberId(1), NumberId(2)]
    history = [
        a_try("answered", number=2, disposition=Disposition.CALLBACK),
        a_try("no_answer", number=1),
    ]
    assert next_number(two, history, promised=True) == 2
    assert next_number(two, [a_try("no_answer", number=1)], promised=True) == 2


@given(
    st.lists(st.integers(1, 4), min_size=1, max_size=4, unique=True),
    st.lists(
        st.tuples(st.integers(1, 4), st.sampled_from(["busy", "invalid_number", "answered"])),
        max_size=12,
    ),
)
def test_the_next_number_is_a_usable_one_not_dialed_more_recently_than_another(numbers, tried):
    numbers = [NumberId(number) for number in numbers]
    history = [a_try(outcome, number=number) for number, outcome in tried]
    chosen = next_number(numbers, history)
    dropped = {one.number for one in history if one.drops_number}
    usable = [number for number in numbers if number not in dropped]
    if chosen is None:
        assert usable == []
        return
    last = {one.number: place for place, one in enumerate(history)}
    assert all(last.get(chosen, -1) <= last.get(other, -1) for other in usable)


@given(
    st.lists(
        st.tuples(
            st.sampled_from([*DEFAULT_RULES, "unheard_of", None]),
            st.sampled_from([None, *Disposition]),
            st.booleans(),
        ),
        max_size=20,
    ),
    st.integers(0, 8759),
)
def test_any_history_has_an_answer_and_never_one_in_the_past(tried, hours):
    now = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(hours=hours)
    history = [
        a_try(outcome, disposition=disposition, abandoned=abandoned)
        for outcome, disposition, abandoned in tried
    ]
    answer = planned(history, now=now, zone="Europe/Bucharest")
    if isinstance(answer, RetryAt):
        assert answer.at >= now


def test_settings_change_what_they_name_and_nothing_else():
    plan = plan_from({"attempts_limit": 3, "rules": {"busy": {"delay_minutes": 5}}})
    assert plan.attempts_limit == 3
    assert plan.rules["busy"].delay == timedelta(minutes=5)
    assert plan.rules["busy"].limit == DEFAULT_RULES["busy"].limit
    assert plan.rules["no_answer"] == DEFAULT_RULES["no_answer"]
    assert plan_from({}) == RetryPlan(rules=plan_from({}).rules)


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({"limit": 1}, "'limit'"),
        ({"attempts_limit": "many"}, "attempts_limit"),
        ({"attempts_limit": True}, "attempts_limit"),
        ({"rules": []}, "rules"),
        ({"rules": {"buzy": {}}}, "'buzy'"),
        ({"rules": {"busy": 5}}, "rules.busy"),
        ({"rules": {"busy": {"delay": 5}}}, "'delay'"),
        ({"rules": {"busy": {"delay_minutes": -1}}}, "delay_minutes"),
        ({"rules": {"busy": {"spread": "yes"}}}, "spread"),
    ],
)
def test_settings_that_cannot_be_used_are_named(settings, named):
    with pytest.raises(InvalidRetryPlan, match=named):
        plan_from(settings)


def test_every_disposition_that_retries_has_a_rule():
    for disposition, meaning in MEANINGS.items():
        if meaning.event is LeadEvent.RETRY_PLANNED:
            assert a_try("answered", disposition=disposition).ended_as in DEFAULT_RULES
        if meaning.event is LeadEvent.GIVEN_UP:
            assert meaning.retired_because is not None
    assert set(MEANINGS) == set(Disposition)
