"""What desks say of talks: learned, never believed."""

import random

import pytest

from dialer.pacing import Aim, Floor, Pacer, Signalled, TalkEnded, WrapUpEnded

#: Talks of 60 s and more; who says "ready soon" ends about 4 s later.
NOW = 20_000.0


def taught(*, listens: bool, soon: float | None, wrong: float = 0.0, talks: int = 150) -> Pacer:
    """A pacer that has seen *talks* talks, with "ready soon" *soon* seconds before their ends."""
    dice = random.Random(1)
    pacer = Pacer(Aim(desk_signals=listens))
    events: list[TalkEnded | WrapUpEnded | Signalled] = []
    for n in range(talks):
        began = n * 100.0
        ends = began + 60.0 + dice.expovariate(1 / 60.0)
        if soon is not None:
            events.append(Signalled(n % 7, "ready soon", max(began, ends - soon)))
        if dice.random() < wrong:
            events.append(Signalled(n % 7, "ready soon", began + dice.random() * (ends - began)))
        events.append(TalkEnded(n % 7, began, ends))
        events.append(WrapUpEnded(n % 7, ends, ends + 2.0))
    for event in sorted(events, key=lambda each: each.at):
        pacer.observe(event)
    return pacer


def expected(pacer: Pacer, *signals: tuple[str, float] | None) -> float:
    """Agents expected to be free soon, of one talk per signal, all 90 s old."""
    floor = Floor(0, 0, [90.0] * len(signals), lines_free=50.0, talk_signals=signals)
    return pacer.decide(floor, NOW).reasons.agents_expected


def test_a_signal_that_has_meant_the_end_is_worth_an_agent():
    pacer = taught(listens=True, soon=4.0)
    said, silent = expected(pacer, ("ready soon", 1.0)), expected(pacer, None)
    assert said > 0.9
    assert silent < 0.3


def test_a_signal_that_has_meant_nothing_is_worth_nothing():
    pacer = taught(listens=True, soon=None, wrong=1.0)
    assert expected(pacer, ("ready soon", 1.0)) < 0.4


def test_who_does_not_listen_hears_nothing():
    pacer = taught(listens=False, soon=4.0)
    assert expected(pacer, ("ready soon", 1.0)) == expected(pacer, None)


@pytest.mark.parametrize("signal", [("unheard of", 3.0), ("ready soon", 0.0)])
def test_a_signal_nothing_is_known_of_leaves_the_forecast_by_age(signal):
    pacer = taught(listens=True, soon=4.0, talks=5)
    assert expected(pacer, signal) == expected(taught(listens=False, soon=4.0, talks=5), None)


def test_places_in_the_script_follow_each_other():
    pacer = Pacer(Aim(desk_signals=True))
    for n in range(100):
        began = n * 300.0
        pacer.observe(Signalled(0, "questions", began + 50.0))
        pacer.observe(Signalled(0, "closing", began + 190.0))
        pacer.observe(Signalled(0, "closing", began + 191.0))  # told twice
        pacer.observe(TalkEnded(0, began, began + 196.0))
        pacer.observe(WrapUpEnded(0, began + 196.0, began + 197.0))
    floor = Floor(0, 0, [120.0, 192.0], lines_free=9.0)
    at = [("questions", 70.0), ("closing", 2.0)]
    heard = Floor(0, 0, [120.0, 192.0], lines_free=9.0, talk_signals=at)
    pacer.decide(floor, 40_000.0)
    first, second = (
        pacer.forecast.supply([age], (), [signal]).tolist()[2]
        for age, signal in zip(heard.talk_ages, at, strict=True)
    )
    assert first < 0.3 < 0.8 < second


def test_signals_have_to_be_one_for_each_talk():
    with pytest.raises(ValueError, match="expected one for each talk"):
        Floor(1, 0, [30.0, 40.0], talk_signals=[None])
