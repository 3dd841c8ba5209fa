"""The simulated shift: what goes in comes out, and the same again."""

import pytest

from dialer.pacing import Decision, Ground, Reasons
from dialer.simulation.floor.controllers import make
from dialer.simulation.floor.shift import Shift
from dialer.simulation.floor.world import parse


def a_world(**more):
    values = {"agents": [{"count": 6}], "seconds": 3_600, **more}
    if "campaigns" not in more:
        values["answer_rate"] = 0.3
    return parse(values, "a world")


def run(world, controller="lookahead", seed=1):
    return Shift(world, make(controller, world), seed).run()


class Places:
    """A controller that always wants the same number of calls."""

    def __init__(self, calls):
        self.calls = calls
        self.events = []

    def observe(self, event):
        self.events.append(event)

    def decide(self, floor, now):
        return Decision(self.calls, Reasons(ground=Ground.RISK))


@pytest.mark.parametrize("controller", ["lookahead", "progressive", "mean_match"])
def test_the_same_seed_gives_the_same_shift(controller):
    world = a_world()
    assert run(world, controller) == run(world, controller)
    assert run(world, controller, seed=2) != run(world, controller)


def test_every_call_has_one_end_and_the_figures_add_up():
    world = a_world()
    places = Places(1)
    figures = Shift(world, places, 1).run()
    kinds = [type(event).__name__ for event in places.events]
    assert kinds.count("Dialed") == figures.attempts == 3_600
    assert kinds.count("Answered") + kinds.count("Failed") == figures.attempts
    assert kinds.count("Answered") == figures.live_answers
    assert figures.live_answers == figures.connected + figures.abandoned
    assert kinds.count("TalkEnded") == kinds.count("WrapUpEnded") == figures.connected


def test_events_come_in_the_order_of_time():
    places = Places(1)
    Shift(a_world(), places, 1).run()
    times = [event.at for event in places.events]
    assert times == sorted(times)


def test_too_many_calls_keep_agents_busy_and_abandon_the_rest():
    figures = Shift(a_world(), Places(5), 1).run()
    assert figures.utilisation > 0.97
    assert figures.abandon_rate > 0.5


def test_progressive_abandons_nobody():
    figures = run(a_world(), "progressive")
    assert figures.abandoned == 0
    assert figures.utilisation < run(a_world()).utilisation


def test_nothing_is_dialed_beyond_lines_or_leads():
    figures = Shift(a_world(leads=50), Places(1_000), 1).run()
    assert figures.attempts == 50
    figures = Shift(a_world(lines=3, seconds=600), Places(1_000), 1).run()
    assert figures.attempts < 3 * 600


def test_a_shift_ends_when_the_leads_do():
    figures = run(a_world(leads=40))
    assert figures.seconds < 3_600


def test_agents_on_a_break_get_no_call():
    world = a_world(agents=[{"count": 4, "breaks": [[600, 3_000, 1.0]]}])
    places = Places(1)
    Shift(world, places, 1).run()
    talks = [e for e in places.events if type(e).__name__ == "TalkEnded"]
    assert not any(600 < event.began < 3_000 for event in talks)
    assert any(event.began > 3_000 for event in talks)


def test_presence_decides_who_is_there():
    world = a_world(agents=[{"count": 3, "present": [[0, 600], [1_200, 1_800]]}])
    places = Places(1)
    Shift(world, places, 1).run()
    began = [e.began for e in places.events if type(e).__name__ == "TalkEnded"]
    assert not any(600 < at < 1_200 or at > 1_800 for at in began)


def test_screening_hangs_up_on_some_people_and_that_is_abandoning():
    screening = {"seconds": 2, "false_positive_rate": 0.1, "false_negative_rate": 0.5}
    figures = run(a_world(screening=screening), "progressive")
    assert figures.abandon_rate == pytest.approx(0.1, abs=0.05)
    assert figures.machines_to_agents > 0


def test_time_with_machines_is_no_use_of_an_agent():
    screening = {"seconds": 0, "false_positive_rate": 0, "false_negative_rate": 1.0}
    with_machines = run(a_world(screening=screening, machines={"share": 0.8}), "progressive")
    without = run(a_world(), "progressive")
    assert with_machines.machines_to_agents > with_machines.connected
    assert with_machines.utilisation < without.utilisation


def test_languages_reach_only_agents_who_speak_them():
    world = a_world(
        languages={"bg": 0.5, "pl": 0.5},
        agents=[{"count": 4, "languages": ["bg"]}],
    )
    figures = run(world)
    assert figures.abandoned <= 0.03 * figures.live_answers + 2
    assert figures.connected > 20


def test_each_campaign_keeps_its_own_limit():
    world = a_world(
        campaigns=[
            {"name": "summer", "answer_rate": 0.3, "abandon_rate_limit": 0.03},
            {"name": "winter", "answer_rate": 0.3, "abandon_rate_limit": 0.0},
        ],
    )
    figures = run(world)
    assert figures.campaigns["winter"].abandoned <= 1
    assert figures.campaigns["winter"].connected > 20
    assert figures.campaigns["summer"].connected > 20


def test_signals_come_between_the_beginning_and_the_end_of_a_talk():
    signals = {"ready_soon_seconds": 10, "script": [0.5], "late_seconds": 2, "wrong": 0.2}
    places = Places(1)
    Shift(a_world(signals=signals, seconds=900), places, 1).run()
    talks = [event for event in places.events if type(event).__name__ == "TalkEnded"]
    heard = [event for event in places.events if type(event).__name__ == "Signalled"]
    assert {event.name for event in heard} == {"ready soon", "place 1"}
    assert all(
        any(t.agent == event.agent and t.began < event.at < t.at for t in talks) for event in heard
    )


@pytest.mark.parametrize("languages", [{}, {"languages": {"bg": 1, "pl": 1}}])
def test_who_listens_to_desks_keeps_the_limit_too(languages):
    signals = {"ready_soon_seconds": 12, "given": 0.6, "wrong": 0.3, "late_seconds": 4}
    world = a_world(signals=signals, seconds=5_400, **languages)
    figures = run(world, "lookahead_signals")
    assert figures.abandoned <= 0.03 * figures.live_answers + 1
    assert figures.utilisation > run(world, "progressive").utilisation


def test_nobody_hears_signals_who_does_not_listen():
    without = a_world(agents=[{"count": 4}], seconds=1_800)
    silent = a_world(agents=[{"count": 4}], seconds=1_800, signals={"script": [0.5]})
    assert run(without) == run(silent)


def test_a_talk_share_is_aimed_at_with_as_few_abandons_as_it_allows():
    world = a_world(agents=[{"count": 20}], seconds=9_000, talk_share_target=0.72)
    figures, most = run(world), run(a_world(agents=[{"count": 20}], seconds=9_000))
    assert figures.talk_share == pytest.approx(0.72, abs=0.02)
    assert figures.abandon_rate < 0.5 * most.abandon_rate
