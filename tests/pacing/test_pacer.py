"""The promises of the Pacer, whatever has happened before."""

from math import inf, isfinite, nan

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dialer.pacing import (
    Abandoned,
    Aim,
    Answered,
    Dialed,
    Failed,
    Floor,
    Ground,
    MachineFound,
    Mode,
    Pacer,
    TalkEnded,
)
from dialer.pacing.aim import Window
from tests.pacing.histories import a_day_so_far, ages, floors, histories

NOW = 50_000.0


def a_pacer(aim: Aim | None = None, history=()) -> Pacer:
    pacer = Pacer(aim or Aim())
    for event in history:
        pacer.observe(event)
    return pacer


def one_to_one(floor: Floor) -> int:
    return max(0, floor.idle - floor.waiting - len(floor.ring_ages))


@given(histories, floors, st.sampled_from(list(Mode)))
@settings(max_examples=150, deadline=None)
def test_no_history_makes_more_calls_than_lines_or_leads_or_calls_without_agents(
    history, floor, mode
):
    decision = a_pacer(Aim(mode=mode), history).decide(floor, NOW)
    assert 0 <= decision.calls <= min(floor.lines_free, floor.leads_left)
    if floor.agents == 0 or floor.ends_in <= 0 or mode in (Mode.MANUAL, Mode.PREVIEW):
        assert decision.calls == 0
    if mode in (Mode.PROGRESSIVE, Mode.ZERO_ABANDON):
        assert decision.calls <= one_to_one(floor)


@given(histories, floors)
@settings(max_examples=150, deadline=None)
def test_no_history_makes_a_number_that_is_none(history, floor):
    reasons = a_pacer(history=history).decide(floor, NOW).reasons
    numbers = (
        reasons.agents_expected,
        reasons.answers_expected,
        reasons.risk,
        reasons.threshold,
        reasons.budget_used,
        reasons.answer_rate,
    )
    assert all(isfinite(number) for number in numbers)
    assert 0 <= reasons.risk <= 1 and 0 <= reasons.threshold <= 1
    assert "nan" not in str(reasons)


@given(ages, ages, st.integers(0, 12), st.integers(0, 40), st.integers(1, 4))
@settings(max_examples=120, deadline=None)
def test_more_agents_never_mean_fewer_calls(talk_ages, wrap_up_ages, idle, ringing, more):
    def calls(idle: int, talk_ages: list[float]) -> int:
        ring_ages = [k * 0.7 for k in range(ringing)]
        floor = Floor(idle, 0, talk_ages, wrap_up_ages, ring_ages, 500.0, 5_000.0, 10_000.0)
        return a_pacer(history=MORNING).decide(floor, 3_300.0).calls

    fewer = calls(idle, talk_ages)
    assert calls(idle + more, talk_ages) >= fewer
    assert calls(idle, [*talk_ages, 100.0]) >= fewer - 1


MORNING = a_day_so_far()


@given(st.integers(0, 12), st.integers(0, 30), st.integers(0, 8))
@settings(max_examples=80, deadline=None)
def test_a_larger_budget_never_means_fewer_calls(idle, ringing, abandoned):
    floor = Floor(idle, 0, [30.0, 90.0], [3.0], [5.0] * ringing, 500.0, 5_000.0, 10_000.0)

    def calls(abandoned: int) -> int:
        pacer = Pacer(Aim())
        pacer.resume(live_answers=200, abandoned=abandoned, at=0.0)
        return pacer.decide(floor, 60.0).calls

    assert calls(abandoned) >= calls(abandoned + 1)


@given(floors)
@settings(max_examples=80, deadline=None)
def test_the_open_breaker_always_wins(floor):
    pacer = a_pacer()
    for n in range(12):
        pacer.observe(Dialed(n, 0.0))
        pacer.observe(Answered(n, 8.0))
        if n < 4:
            pacer.observe(Abandoned(n, 10.0))
    assert pacer.decide(floor, 11.0).calls <= one_to_one(floor)


def test_the_breaker_closes_when_the_window_is_clean():
    pacer = a_pacer()
    for n in range(12):
        pacer.observe(Dialed(n, 0.0))
        pacer.observe(Answered(n, 8.0))
        if n < 4:
            pacer.observe(Abandoned(n, 10.0))
    floor = Floor(6, 0, [], [], [1.0] * 6, inf, inf, 1e6)
    assert pacer.decide(floor, 11.0).reasons.ground is Ground.BREAKER
    assert pacer.decide(floor, 200.0).reasons.ground is not Ground.BREAKER


def test_replaying_the_events_rebuilds_the_pacer():
    floor = Floor(2, 0, [50.0, 90.0, 12.0], [4.0], [3.0, 8.0], 50.0, 1_000.0, 9_000.0)
    live, rebuilt = Pacer(Aim()), Pacer(Aim())
    for event in MORNING:
        live.observe(event)
        live.decide(floor, event.at)
    for event in MORNING:
        rebuilt.observe(event)
    now = MORNING[-1].at + 30.0
    assert rebuilt.account(now) == live.account(now)
    assert rebuilt.answering.level == pytest.approx(live.answering.level, rel=0.1)
    assert abs(rebuilt.decide(floor, now).calls - live.decide(floor, now).calls) <= 2


def test_a_resumed_budget_counts():
    pacer = Pacer(Aim())
    pacer.resume(live_answers=1_000, abandoned=31, at=0.0)
    assert pacer.account(1.0).rate == pytest.approx(0.031)
    assert pacer.decide(Floor(0, 0, [80.0] * 9, ends_in=600.0), 1.0).calls == 0
    with pytest.raises(ValueError, match="expected 0 <= abandoned <= live_answers"):
        pacer.resume(live_answers=1, abandoned=2, at=0.0)


def test_an_abandon_told_twice_or_without_its_answer_counts_once():
    pacer = a_pacer()
    pacer.observe(Dialed("a", 0.0))
    pacer.observe(Abandoned("a", 12.0))
    pacer.observe(Abandoned("a", 12.0))
    pacer.observe(Answered("a", 10.0))
    account = pacer.account(13.0)
    assert (account.live, account.abandoned) == (1, 1)


def test_a_machine_an_agent_found_is_no_live_answer():
    pacer = a_pacer()
    for n in range(3):
        pacer.observe(Answered(n, 1.0))
    pacer.observe(MachineFound(1, 9.0))
    assert pacer.account(10.0).live == 2


def test_preview_offers_leads_and_places_nothing():
    decision = a_pacer(Aim(mode="preview")).decide(Floor(3, 0, ring_ages=[1.0]), 0.0)
    assert (decision.calls, decision.offers) == (0, 2)


def test_zero_abandon_does_not_dial_into_the_end_of_the_shift():
    aim = Aim(mode="zero_abandon", ring_limit_seconds=25)
    assert a_pacer(aim).decide(Floor(3, 0, ends_in=60.0), 0.0).calls == 3
    assert a_pacer(aim).decide(Floor(3, 0, ends_in=20.0), 0.0).calls == 0


def test_a_limit_of_zero_is_one_call_per_agent():
    decision = a_pacer(Aim(abandon_rate_limit=0.0), MORNING).decide(Floor(4, 1), 3_300.0)
    assert decision.calls == 3


def test_hard_stop_stops_above_the_limit_even_one_to_one():
    pacer = Pacer(Aim(hard_stop=True))
    pacer.resume(live_answers=200, abandoned=7, at=0.0)
    decision = pacer.decide(Floor(5, 0), 1.0)
    assert (decision.calls, decision.reasons.ground) == (0, Ground.STOPPED)


def test_calls_per_second_are_kept():
    pacer = Pacer(Aim(calls_per_second=2.0))
    placed = [pacer.decide(Floor(50, 0), float(second)).calls for second in range(10)]
    assert sum(placed) <= 22 and max(placed) <= 4
    assert sum(placed) >= 18


def test_a_dead_trunk_is_probed_not_hammered():
    pacer = Pacer(Aim())
    at, placed = 0.0, 0
    floor = Floor(20, 0, lines_free=200.0)
    for second in range(60):
        calls = pacer.decide(floor, float(second)).calls
        for _ in range(calls):
            pacer.observe(Dialed(placed, at := float(second)))
            pacer.observe(Failed(placed, at + 0.5))
            placed += 1
    assert placed < 30 + 200 + 31  # the first burst, then a probe every other second


def test_reasons_are_a_sentence_with_numbers():
    text = str(a_pacer(history=MORNING).decide(Floor(2, 0, [40.0] * 6), 3_300.0).reasons)
    assert "threshold" in text and "agents" in text and "budget 67 % used" in text


@pytest.mark.parametrize("bad", [nan, inf, -inf])
def test_times_that_are_none_are_refused(bad):
    with pytest.raises(ValueError, match="finite"):
        Pacer(Aim()).observe(Dialed("a", bad))
    with pytest.raises(ValueError, match="finite"):
        Pacer(Aim()).decide(Floor(1, 0), bad)


def test_an_impossible_floor_is_refused():
    with pytest.raises(ValueError, match="expected 0 or more"):
        Floor(-1, 0)
    with pytest.raises(ValueError, match="inf means no limit"):
        Floor(1, 0, lines_free=nan)


def test_talks_learned_shorten_what_is_expected():
    quick, slow = Pacer(Aim()), Pacer(Aim())
    for n in range(200):
        quick.observe(TalkEnded(n % 9, n * 10.0, n * 10.0 + 15.0))
        slow.observe(TalkEnded(n % 9, n * 10.0, n * 10.0 + 600.0))
    floor = Floor(1, 0, [10.0] * 8, lines_free=99.0)
    now = 3_000.0
    assert (
        quick.decide(floor, now).reasons.agents_expected
        > slow.decide(floor, now).reasons.agents_expected + 2
    )


def test_another_aim_changes_what_is_allowed_and_keeps_what_is_known():
    pacer = a_pacer(Aim(), MORNING)
    before = pacer.account(3_000.0)
    learned = pacer.answering
    pacer.steer_by(Aim(abandon_rate_limit=0.01, connect_limit_seconds=5.0), 3_000.0)
    after = pacer.account(3_000.0)
    assert (after.live, after.abandoned) == (before.live, before.abandoned)
    assert after.earned == pytest.approx(before.earned / 3)
    assert pacer.answering is learned and pacer.forecast.patience == 5.0
    pacer.steer_by(Aim(window=Window.ROLLING, window_seconds=3_600.0), 3_000.0)
    assert pacer.account(3_000.0).live == before.live
    assert pacer.account(9_000.0).live == 0, "an hour later it has left the window"
