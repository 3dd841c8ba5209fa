"""Wrong estimates on purpose: within the limit, or stopped."""

import pytest

from dialer.pacing import Aim, Answered, Dialed, Floor, Pacer
from dialer.simulation.floor.controllers import make
from dialer.simulation.floor.shift import Shift
from dialer.simulation.floor.world import load, named, parse


def run(seed=1, **world):
    made = parse({"seconds": 14_400, "agents": [{"count": 20}], **world}, "stress")
    return Shift(made, make("lookahead", made), seed).run()


@pytest.mark.parametrize("seed", range(3))
def test_an_answer_rate_that_jumps_from_5_to_60_per_cent_is_repaid(seed):
    rates = [[0, 0.05], [3_600, 0.05], [3_630, 0.30], [3_660, 0.60]]
    assert run(seed, answer_rate_at=rates).abandon_rate <= 0.03


def test_when_everybody_leaves_nothing_more_is_dialed():
    world = parse(
        {
            "seconds": 14_400,
            "answer_rate": 0.25,
            "agents": [{"count": 20, "leaves": [[7_200, 1.0]]}],
        },
        "stress",
    )
    pacer = make("lookahead", world)
    decide, placed_for_nobody = pacer.decide, []

    def watched(floor, now):
        decision = decide(floor, now)
        if not floor.agents:
            placed_for_nobody.append(decision.calls)
        return decision

    pacer.decide = watched
    figures = Shift(world, pacer, 1).run()
    assert placed_for_nobody and not any(placed_for_nobody)
    # Only calls that were ringing when they left could still find nobody.
    assert figures.abandoned - 0.03 * figures.live_answers < 10


def test_decisions_that_come_ten_seconds_late_do_no_harm():
    late = [[at, 10] for at in range(600, 14_000, 300)]
    assert run(late_ticks=late, answer_rate=0.25).abandon_rate <= 0.03


def test_a_carrier_that_answers_everything_is_paced_one_to_one_or_better():
    figures = run(answer_rate_at=[[0, 0.2], [3_600, 1.0]])
    assert figures.abandon_rate <= 0.03


def test_a_carrier_that_comes_back_after_ten_minutes_finds_no_flood_of_calls():
    figures = run(answer_rate=0.25, brownouts=[[3_600, 4_200, 1.0]])
    assert figures.abandon_rate <= 0.03
    assert figures.worst_running_abandon_rate <= 0.045


def test_people_who_answer_again_after_ten_minutes_find_no_flood_of_calls():
    figures = run(answer_rate_at=[[0, 0.25], [3_600, 0.0], [4_200, 0.25]])
    assert figures.abandon_rate <= 0.03
    assert figures.worst_running_abandon_rate <= 0.06


def test_screening_that_errs_more_than_the_limit_allows_leaves_one_call_per_agent():
    screening = {"seconds": 2.0, "false_positive_rate": 0.05}
    assert run(answer_rate=0.25, screening=screening).abandon_rate <= 0.065


def test_a_slow_tick_is_no_danger():
    figures = run(tick_seconds=2.0, answer_rate=0.25)
    assert figures.abandon_rate <= 0.03
    assert figures.utilisation > 0.84


def test_a_pacer_asked_after_an_hour_of_silence_answers():
    pacer = Pacer(Aim())
    pacer.observe(Dialed(1, 0.0))
    pacer.observe(Answered(1, 9.0))
    assert pacer.decide(Floor(3, 0), 3_700.0).calls >= 3


def test_many_agents_before_a_short_list_do_not_wait_for_one_call_each():
    world = {
        "seconds": 900,
        "agents": [{"count": 20}],
        "answer_rate": 0.25,
        "leads": 200,
        "talk": {"kind": "lognormal", "mean": 6, "sigma": 0.7},
    }
    short = parse(world, "short")
    ours = Shift(short, make("lookahead", short), 1).run()
    one_to_one = Shift(short, make("progressive", short), 1).run()
    assert ours.abandoned == 0
    assert ours.seconds < 0.75 * one_to_one.seconds


@pytest.mark.parametrize("seed", [1, 2])
def test_the_demos_floor_works_its_list_in_time_and_keeps_its_limit_at_every_instant(seed):
    world = load(named("demo"))
    figures = Shift(world, make("lookahead", world), seed).run()
    assert figures.worst_rate_after_200 <= 0.025
    assert figures.seconds <= 450
