"""What is said of sounds made by hand, when, and why."""

import numpy as np
import pytest

from dialer.screening.corpus import sounds as heard
from dialer.screening.frames import Framer, frames_of
from dialer.screening.judging import QUIET_LIMIT_S, SPEECH_LIMIT_S
from dialer.screening.listening import STEP_S, Listener, judgement_of
from dialer.screening.sound import RATE
from dialer.screening.tones import melody_share
from dialer.screening.verdict import Mode, ScreeningVerdict
from tests.screening.sounds import babble, in_a_row, silence, tone

HELLO = in_a_row(silence(0.6), babble(0.5), silence(3.0))
GREETING = in_a_row(silence(0.4), babble(9), silence(2.0))


def test_a_short_word_and_a_pause_are_a_person():
    judgement = judgement_of(HELLO, Mode.FULL)
    assert judgement.verdict is ScreeningVerdict.HUMAN
    assert judgement.at_s < 0.6 + SPEECH_LIMIT_S


def test_who_speaks_on_and_on_is_a_machine():
    judgement = judgement_of(GREETING, Mode.FULL)
    assert judgement.verdict is ScreeningVerdict.MACHINE
    assert "without waiting" in judgement.evidence


def test_a_company_that_greets_at_length_is_a_person():
    for rest_s in (0.1, 0.5, 3.0):
        sound = in_a_row(silence(0.4), babble(6.8), silence(rest_s))
        assert not judgement_of(sound, Mode.FULL).verdict.is_nobody


def test_who_said_a_word_and_waited_is_a_person_however_long_they_talk_then():
    sound = in_a_row(silence(0.4), babble(0.5), silence(1.5), babble(9), silence(2.0))
    assert judgement_of(sound, Mode.FULL).verdict is ScreeningVerdict.HUMAN


def test_a_click_before_a_greeting_is_no_word():
    click = 0.3 * np.random.default_rng(2).standard_normal(int(0.15 * RATE))
    sound = in_a_row(silence(0.4), click, silence(1.2), babble(9), silence(2.0))
    assert judgement_of(sound, Mode.FULL).verdict is ScreeningVerdict.MACHINE


def test_a_voice_that_never_rises_nor_falls_is_no_music():
    syllables = [0.3 * tone((350,), 0.2), silence(0.1)] * 30
    assert melody_share(frames_of(in_a_row(*syllables)), 0, 9) == 0
    notes = [0.3 * tone((262 * 2 ** (step / 12),), 0.3) for step in (0, 4, 7, 12, 9, 5, 2, 11)]
    assert melody_share(frames_of(in_a_row(*notes * 3)), 0, 7) > 0.3


def test_who_speaks_beside_a_person_does_not_make_it_a_machine():
    beside = in_a_row(silence(0.4), 0.4 * babble(9), silence(2.0))
    assert judgement_of(beside, Mode.FULL).verdict is ScreeningVerdict.MACHINE
    beside[int(0.6 * RATE) : int(1.4 * RATE)] += babble(0.8)
    assert not judgement_of(beside, Mode.FULL).verdict.is_nobody


def test_what_speaks_a_little_and_then_beeps_is_a_machine():
    sound = in_a_row(silence(0.4), babble(1.5), silence(0.4), 0.4 * tone((1000,), 0.4), silence(2))
    judgement = judgement_of(sound, Mode.FULL)
    assert judgement.verdict is ScreeningVerdict.MACHINE
    assert judgement.evidence.startswith("a tone of 1000 Hz for 0.4 s after")
    assert judgement.at_s < 0.4 + 1.5 + 0.4 + 0.4 + 0.5


@pytest.mark.parametrize("hertz", [660, 850, 1100, 1400, 2000])
@pytest.mark.parametrize("gap_s", [0.02, 1.0])
def test_a_beep_is_heard_right_after_the_last_word_and_later(hertz: int, gap_s: float):
    beep = 0.2 * tone((hertz,), 0.4)
    sound = in_a_row(silence(0.4), babble(3), silence(gap_s), beep, silence(2))
    assert judgement_of(sound, Mode.FULL).verdict is ScreeningVerdict.MACHINE


def test_a_beep_beside_somebody_who_says_one_word_is_not_theirs():
    sound = in_a_row(silence(0.4), babble(0.6), silence(0.4), 0.4 * tone((1000,), 0.4), silence(2))
    assert judgement_of(sound, Mode.FULL).verdict is ScreeningVerdict.HUMAN


def test_a_note_that_hardly_stands_out_is_no_beep():
    note = 0.12 * tone((931,), 0.5)
    sound = in_a_row(silence(0.4), babble(1.5), silence(0.4), note, silence(2), noise=0.05)
    assert not judgement_of(sound, Mode.FULL).verdict.is_nobody


@pytest.mark.parametrize("key", [(697, 1209), (941, 1477)])
def test_a_pressed_key_is_no_beep(key: tuple[float, float]):
    sound = in_a_row(silence(0.4), babble(0.8), silence(0.4), 0.4 * tone(key, 0.3), silence(3))
    assert judgement_of(sound, Mode.FULL).verdict is ScreeningVerdict.HUMAN


def test_a_busy_tone_after_a_word_is_no_beep():
    busy = 0.4 * heard.rhythm((425,), (0.5, 0.5), 4)
    sound = in_a_row(silence(0.4), babble(0.8), silence(0.6), busy)
    assert judgement_of(sound, Mode.FULL).verdict is ScreeningVerdict.HUMAN


@pytest.mark.parametrize("kind", sorted(heard.SPECIAL_INFORMATION))
def test_special_information_tones_are_known_before_an_agent_hears_them(kind: str):
    tones = 0.4 * heard.special_information(kind)
    sound = in_a_row(silence(0.3), tones, silence(0.3), babble(2))
    for mode in Mode:
        judgement = judgement_of(sound, mode)
        assert judgement.verdict is ScreeningVerdict.SIT
        assert judgement.at_s < 0.3 + len(tones) / RATE + 0.2


@pytest.mark.parametrize("reversals", [False, True])
def test_a_fax_that_answers_is_known_by_its_tone(reversals: bool):
    sound = in_a_row(silence(0.5), 0.3 * heard.fax_answer(3, reversals=reversals), silence(0.5))
    judgement = judgement_of(sound, Mode.FAST)
    assert judgement.verdict is ScreeningVerdict.FAX
    assert judgement.at_s < 0.5 + 1.2


def test_a_fax_that_calls_is_known_when_it_calls_again():
    sound = in_a_row(silence(0.2), 0.3 * heard.fax_call(5))
    assert judgement_of(sound, Mode.FULL).verdict is ScreeningVerdict.FAX


def test_a_dead_line_is_silence_and_a_noisy_one_is_not_known():
    hiss = np.random.default_rng(1).normal(0, 0.05, 7 * RATE)
    assert judgement_of(silence(7), Mode.FULL).verdict is ScreeningVerdict.SILENCE
    assert judgement_of(0.02 * hiss, Mode.FULL).verdict is ScreeningVerdict.SILENCE
    assert judgement_of(hiss, Mode.FULL).verdict is ScreeningVerdict.UNSURE


def test_ringing_after_the_answer_is_not_speech():
    for hertz, pattern in heard.RINGBACK.values():
        sound = in_a_row(0.3 * heard.rhythm(hertz, pattern, 9))
        assert judgement_of(sound, Mode.FULL).verdict is ScreeningVerdict.UNSURE


def test_the_fast_mode_waits_no_longer_than_an_agent_may_be_kept():
    assert judgement_of(GREETING, Mode.FAST).at_s <= 0.4 + SPEECH_LIMIT_S + 3 * STEP_S
    assert judgement_of(GREETING, Mode.FAST).verdict is ScreeningVerdict.UNSURE
    assert judgement_of(silence(7), Mode.FAST).at_s <= QUIET_LIMIT_S + STEP_S


def test_the_tone_mode_lets_go_of_a_call_as_soon_as_it_hears_anything_else():
    judgement = judgement_of(HELLO, Mode.TONES)
    assert judgement.verdict is ScreeningVerdict.UNSURE
    assert judgement.at_s < 0.6 + 0.4


def test_in_the_full_mode_an_agent_may_have_the_call_before_the_machine_is_known():
    listener, told = Listener(Mode.FULL), []
    for start in range(0, len(GREETING), RATE // 20):
        judgement = listener.hear(GREETING[start : start + RATE // 20])
        told += [(judgement.verdict, judgement.at_s)] if judgement else []
    assert [verdict for verdict, _ in told] == [ScreeningVerdict.UNSURE, ScreeningVerdict.MACHINE]
    assert told[0][1] <= 0.4 + SPEECH_LIMIT_S + 0.1
    assert listener.is_done


def test_what_comes_in_pieces_gives_the_frames_of_the_whole():
    whole, framer = frames_of(GREETING), Framer()
    for start in range(0, len(GREETING), 777):
        framer.take(GREETING[start : start + 777])
    assert len(framer.frames) == len(whole)
    assert np.allclose(framer.frames.level_db, whole.level_db)
    assert np.allclose(framer.frames.first_hz, whole.first_hz)


@pytest.mark.parametrize("seconds", [0.0, 0.01, 0.05, 0.3])
@pytest.mark.parametrize("mode", list(Mode))
def test_too_little_to_tell_is_no_machine(seconds: float, mode: Mode):
    assert not judgement_of(babble(0.4)[: int(seconds * RATE)], mode).verdict.is_nobody
