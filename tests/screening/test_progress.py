"""What lines say before anybody talks on them, in the tones of several countries."""

import random

import numpy as np
import pytest

from dialer.screening.corpus.line import draw, through
from dialer.screening.corpus.sounds import rhythm
from dialer.screening.line import Progress, Said, TonePlan, plan_of
from dialer.screening.listening import LineListener
from dialer.screening.sound import RATE, Sound
from tests.screening.sounds import babble, in_a_row, silence, tone

LISTENING = TonePlan(answers=True)


def paced(*steps: float, hertz: tuple[float, ...] = (425.0,), times: int = 3) -> Sound:
    """A tone that is on and off by turns, beginning with on."""
    return rhythm(hertz, steps, sum(steps) * times)


RINGING = {
    "BG": paced(1.0, 4.0),
    "RU": paced(0.8, 3.2),
    "FR": paced(1.5, 3.5, hertz=(440.0,)),
    "GB": paced(0.4, 0.2, 0.4, 2.0, hertz=(400.0, 450.0)),
    "US": paced(2.0, 4.0, hertz=(440.0, 480.0)),
}
BUSY = {
    "BG": paced(0.5, 0.5),
    "RU": paced(0.4, 0.4),
    "GB": paced(0.375, 0.375, hertz=(400.0,)),
    "US": paced(0.5, 0.5, hertz=(480.0, 620.0)),
}
CONGESTION = {
    "BG": paced(0.25, 0.25),
    "US": paced(0.25, 0.25, hertz=(480.0, 620.0)),
    "GB": paced(0.4, 0.35, 0.225, 0.525, hertz=(400.0,)),
}
REFUSED = np.concatenate([tone((hz,), 0.33) for hz in (950.0, 1400.0, 1800.0)])


def heard(sound: Sound, plan: TonePlan = LISTENING, *, step_s: float = 0.1) -> list[Said]:
    """What is said of a sound that comes in steps."""
    listener, step = LineListener(plan), int(step_s * RATE)
    line = in_a_row(silence(0.4), sound)
    told = (listener.hear(line[start : start + step]) for start in range(0, len(line), step))
    return [said for said in told if said is not None]


@pytest.mark.parametrize("country", RINGING)
def test_a_line_that_rings_says_nothing(country: str):
    assert heard(RINGING[country], plan_of(country, answers=True)) == []


@pytest.mark.parametrize("country", BUSY)
def test_a_busy_tone_is_known_after_the_third(country: str):
    [said] = heard(np.concatenate([BUSY[country], silence(0.5)]), plan_of(country))
    assert said.progress is Progress.BUSY
    assert said.heard_s < 0.4 + 3 * 1.0


@pytest.mark.parametrize("country", CONGESTION)
def test_congestion_is_faster_than_busy_or_takes_turns(country: str):
    [said] = heard(np.concatenate([CONGESTION[country], silence(0.5)]), plan_of(country))
    assert said.progress is Progress.CONGESTION


def test_an_announcement_that_begins_with_the_three_tones_is_a_refusal():
    announced = np.concatenate([REFUSED, silence(0.2), babble(2.0)])
    [said] = heard(announced)
    assert said.progress is Progress.REFUSED
    assert said.heard_s < 1.7, "before anything is spoken"


@pytest.mark.parametrize("country", RINGING)
def test_who_speaks_has_answered_and_it_is_known_since_when(country: str):
    ringing = RINGING[country]
    line = np.concatenate([ringing, babble(1.0)])
    [said] = heard(line, plan_of(country, answers=True))
    assert said.progress is Progress.ANSWERED
    assert said.began_s == pytest.approx(0.4 + len(ringing) / RATE, abs=0.1)
    assert said.heard_s - said.began_s < 0.5


def test_who_interrupts_a_ring_has_answered():
    line = np.concatenate([paced(1.0, 4.0, times=1), tone((425.0,), 0.4), babble(1.0)])
    assert [said.progress for said in heard(line)] == [Progress.ANSWERED]


@pytest.mark.parametrize("country", RINGING)
def test_a_ring_that_does_not_come_was_answered_by_somebody_who_is_silent(country: str):
    line = np.concatenate([RINGING[country], silence(3.0)])
    [said] = heard(line, plan_of(country, answers=True))
    assert (said.progress, "no ring for" in said.evidence) == (Progress.ANSWERED, True)


def test_a_long_ringing_is_listened_to_with_a_short_memory():
    line = np.concatenate([paced(1.0, 4.0, times=12), babble(0.6)])
    [said] = heard(line)
    assert said.began_s == pytest.approx(0.4 + 60.0, abs=0.1)


@pytest.mark.parametrize(
    "sound",
    [
        silence(20.0),
        np.concatenate([tone((425.0,), 0.5), silence(4.0)]),
        np.concatenate([tone((697.0, 1209.0), 0.1), silence(0.1)] * 6 + [silence(3.0)]),
    ],
    ids=["nothing", "a ring begun", "keys"],
)
def test_what_says_nothing_is_no_answer(sound: Sound):
    assert heard(sound) == []


def test_the_rest_of_a_dial_tone_is_no_ring():
    listener = LineListener(LISTENING)
    assert listener.hear(in_a_row(tone((425.0,), 0.5), silence(7.0))) is None


@pytest.mark.parametrize("sound", [babble(3.0), RINGING["BG"]], ids=["speech", "ringing"])
def test_before_a_signalled_answer_only_refusals_are_believed(sound: Sound):
    assert heard(sound, TonePlan()) == []


@pytest.mark.parametrize("seed", range(4))
def test_bad_lines_say_the_same(seed: int):
    dice = random.Random(seed)
    said = {
        Progress.BUSY: np.concatenate([*BUSY.values()][:1] * 2),
        Progress.CONGESTION: np.concatenate([*CONGESTION.values()][:1] * 3),
        Progress.REFUSED: np.concatenate([REFUSED, silence(0.3), babble(2.0)]),
        Progress.ANSWERED: np.concatenate([RINGING["BG"], babble(1.5)]),
        None: RINGING["US"],
    }
    for progress, sound in said.items():
        line = through(draw(dice), np.concatenate([silence(0.4), sound]), dice)
        listener = LineListener(LISTENING)
        steps = [listener.hear(line[start : start + 800]) for start in range(0, len(line), 800)]
        found = [each.progress for each in steps if each is not None]
        assert found == ([progress] if progress else [])


def cut(sound: Sound, seed: int) -> Sound:
    """The sound where one packet in twelve, and up to four in a row, come too late."""
    dice, found = random.Random(seed), sound.copy()
    for start in range(0, len(found), 160):
        if dice.random() < 0.08:
            found[start : start + 160 * dice.randint(1, 4)] = 0.0
    return found


@pytest.mark.parametrize("country", RINGING)
@pytest.mark.parametrize("seed", range(3))
def test_a_ringing_that_is_cut_to_pieces_is_nobodys_voice(country: str, seed: int):
    plan = plan_of(country, answers=True)
    assert heard(cut(RINGING[country], seed), plan) == []
    [said] = heard(np.concatenate([cut(RINGING[country], seed), babble(1.0)]), plan)
    assert said.progress is Progress.ANSWERED
