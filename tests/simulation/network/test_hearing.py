"""What is heard: tones are told from speech, clicks from sound, and turns are taken."""

import random
import time

import numpy as np
import pytest

from dialer.simulation.network.agent_manner import AgentManner, NoticeMachine, Speak
from dialer.simulation.network.behaviour import Fate, Mix, Rule, plan_call
from dialer.simulation.network.callee import Beep, HangUp, Say, callee_of
from dialer.simulation.network.g711 import CODECS, FRAME_SECONDS, PCMA, PCMU, background, tone
from dialer.simulation.network.hearing import Ear, ToneEar, pitch_of_tone
from dialer.simulation.phrases import Utterance
from dialer.simulation.voices import LANGUAGES, Samples, VoiceUnavailable, load_voices


@pytest.mark.parametrize("codec", CODECS, ids=lambda codec: codec.name)
def test_what_is_encoded_is_decoded_nearly_the_same(codec):
    samples = (20_000 * np.sin(np.arange(800) / 7)).astype(np.int16)
    error = codec.decode(codec.encode(samples)).astype(float) - samples
    assert np.sqrt(np.mean(error**2)) < 0.03 * 20_000


def test_the_codes_of_silence_are_those_of_the_recommendation():
    silence = np.zeros(1, dtype=np.int16)
    assert PCMA.encode(silence) in (b"\xd5", b"\x55")
    assert PCMU.encode(silence) in (b"\xff", b"\x7f")
    assert (PCMA.levels[0xAA], PCMU.levels[0x80]) == (32_256, 32_124)


@pytest.mark.parametrize("codec", CODECS, ids=lambda codec: codec.name)
def test_the_quiet_line_is_not_heard(codec):
    assert not any(codec.is_audible(frame) for frame in background(codec, seed=1))


@pytest.mark.parametrize("hertz", [350, 425, 440, 1000, 1400, 2100])
def test_a_tone_is_recognised_with_its_pitch(hertz):
    frames = PCMA.frames(tone(hertz, 0.2))
    assert pitch_of_tone(PCMA.decode(frames[4])) == pytest.approx(hertz, abs=15)


def heard_by(samples: Samples) -> list[tuple[float, float]]:
    """Return the tones heard in a recording."""
    ear, found = ToneEar(), []
    for frame in PCMA.frames(samples):
        if not PCMA.is_audible(frame):
            ear.reset()
        elif known := ear.hear(PCMA.decode(frame)):
            found.append(known)
    return found


@pytest.mark.parametrize("espeak", [None, "espeak-ng"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_no_voice_sounds_like_a_beep_or_pauses_long_or_is_of_another_length(
    tmp_path, language, espeak
):
    voices = load_voices(language, cache=tmp_path, espeak=espeak)
    limits = {
        Utterance.HELLO: (0.4, 0.9),
        Utterance.SPEECH: (1.0, 2.6),
        Utterance.GOODBYE: (0.4, 1.2),
        Utterance.GREETING: (4.0, 9.0),
    }
    for utterance, recordings in voices.recordings.items():
        shortest, longest = limits[utterance]
        for recording in recordings:
            assert shortest <= len(recording) / 8000 <= longest
            assert max((seconds for _, seconds in heard_by(recording)), default=0.0) < 0.2
            ear = Ear()
            for number, frame in enumerate(PCMA.frames(recording)):
                if PCMA.is_audible(frame):
                    ear.hear(number * FRAME_SECONDS)
                ear.advance(number * FRAME_SECONDS)
            assert ear.last is None, f"{utterance} in {language} has a pause"


def test_voices_are_rendered_once_and_a_broken_cache_is_rendered_again(tmp_path):
    first = load_voices("en", cache=tmp_path, espeak=None)
    [file] = tmp_path.iterdir()
    before = file.stat().st_mtime_ns
    second = load_voices("en", cache=tmp_path, espeak=None)
    assert file.stat().st_mtime_ns == before
    assert all(
        np.array_equal(a, b)
        for kind in Utterance
        for a, b in zip(first.recordings[kind], second.recordings[kind], strict=True)
    )
    file.write_bytes(file.read_bytes()[:1000])
    third = load_voices("en", cache=tmp_path, espeak=None)
    assert third.seconds(Utterance.HELLO, 0) == first.seconds(Utterance.HELLO, 0)


def test_a_speech_program_that_does_not_speak_is_named(tmp_path):
    broken = tmp_path / "espeak-ng"
    broken.write_text("#!/bin/sh\nexit 3\n")
    broken.chmod(0o755)
    with pytest.raises(VoiceUnavailable, match="reinstall"):
        load_voices("pl", cache=tmp_path / "cache", espeak=str(broken))


def test_an_unknown_language_is_refused():
    with pytest.raises(ValueError, match="no voices for language 'xx'"):
        load_voices("xx")


def test_a_click_is_no_sound_and_a_syllable_gap_no_pause():
    ear = Ear()
    ear.hear(1.0)
    ear.advance(1.1)
    assert not ear.is_sounding
    ear.hear(2.0)
    ear.hear(2.02)
    ear.advance(2.15)
    assert ear.current is not None
    ear.hear(2.15)
    ear.advance(2.4)
    assert ear.last is not None
    assert (ear.last.began_at, ear.last.ended_at) == (2.0, pytest.approx(2.17))
    assert ear.silent_for(2.5) == pytest.approx(0.33)


# A call in imagined time: two parties, 20 ms at a time.

LENGTHS = {Utterance.HELLO: 0.6, Utterance.SPEECH: 1.6, Utterance.GOODBYE: 0.8}


def converse(fate, *, seed=1, bridged_after=0.0, hangs_up_after=None, talk=20.0):
    """Let a callee and an agent hear each other; return what each did, and when."""
    mix = Mix(rules=(Rule(suffix="", fate=fate),))
    plan = plan_call(mix, seed=seed, number="+442079460123", attempt=1, fast_forward=talk)
    callee = callee_of(plan, answered_at=0.0, rng=random.Random(seed))
    agent = AgentManner(rng=random.Random(seed))
    callee_ear, agent_ear = Ear(), Ear()
    callee_until = agent_until = beep_until = 0.0
    done = []
    for step in range(1, 4000):
        now = step * FRAME_SECONDS
        if now >= bridged_after:
            if now < agent_until:
                callee_ear.hear(now)
            if now < callee_until:
                agent_ear.hear(now)
                if now < beep_until:
                    agent_ear.hear_tone(1000, FRAME_SECONDS - (beep_until - 0.4 - now))
        callee_ear.advance(now)
        agent_ear.advance(now)
        match callee.advance(now, callee_ear, speaking=now < callee_until):
            case Say(utterance):
                callee_until = now + LENGTHS.get(utterance, 5.0)
                done.append((now, str(utterance)))
            case Beep():
                callee_until = beep_until = now + 0.4
                done.append((now, "beep"))
            case HangUp():
                done.append((now, "callee hangs up"))
                return done, plan, callee
        match agent.advance(now, agent_ear, speaking=now < agent_until):
            case Speak(seconds):
                agent_until = now + seconds
                done.append((now, "agent speaks"))
            case NoticeMachine(why):
                done.append((now, f"machine: {why}"))
        if hangs_up_after is not None and now > hangs_up_after:
            return done, plan, callee
    return done, plan, callee


@pytest.mark.parametrize("seed", range(20))
def test_a_conversation_takes_turns_and_ends_with_a_goodbye(seed):
    done, _, callee = converse(Fate.TALKS, seed=seed)
    words = [what for _, what in done]
    assert words[:2] == ["hello", "agent speaks"]
    assert "goodbye" in words
    assert words[-1] == "callee hangs up"  # this agent never does
    assert not any(word.startswith("machine") for word in words)
    hello_ended = callee.hello_ended_at
    spoke = next(at for at, what in done if what == "agent speaks")
    assert 0.15 <= spoke - hello_ended <= 0.3


@pytest.mark.parametrize("seed", range(10))
def test_hello_is_said_again_when_the_agent_comes_late(seed):
    done, plan, _ = converse(Fate.TALKS, seed=seed, bridged_after=2.0)
    words = [what for _, what in done]
    if plan.patience > 3.0:
        assert words[:3] == ["hello", "hello", "agent speaks"]


def test_nobody_waits_for_ever_for_a_voice():
    done, plan, callee = converse(Fate.HANGS_UP_ON_SILENCE, bridged_after=99)
    assert [what for _, what in done] == ["hello", "callee hangs up"]
    assert done[-1][0] - callee.hello_ended_at == pytest.approx(plan.patience, abs=0.03)


@pytest.mark.parametrize("seed", range(10))
def test_who_refuses_ends_the_call_soon(seed):
    done, plan, callee = converse(Fate.REFUSES, seed=seed)
    assert done[-1][1] == "callee hangs up"
    assert done[-1][0] - callee.hello_ended_at < 0.5 + plan.talk_time + 2.5


def test_a_machine_is_noticed_by_its_long_speech():
    done, _, _ = converse(Fate.MACHINE, hangs_up_after=15)
    words = [what for _, what in done]
    assert words == ["greeting", "machine: long_speech", "beep"]


def test_a_machine_hangs_up_in_the_end():
    done, plan, _ = converse(Fate.MACHINE)
    assert done[-1][1] == "callee hangs up"
    beep = next(at for at, what in done if what == "beep")
    assert done[-1][0] - beep == pytest.approx(plan.listens + 0.4, abs=0.1)


def test_deciding_whether_a_packet_is_heard_is_cheap():
    frame = PCMA.frames(tone(500, 0.02))[0]
    began = time.perf_counter()
    for _ in range(10_000):
        PCMA.is_audible(frame)
    print(f"{(time.perf_counter() - began) * 100:.2f} µs a packet")


def test_the_end_of_one_conversation_is_not_the_beginning_of_the_next():
    agent, ear = AgentManner(rng=random.Random(1)), Ear()
    deeds = []

    def hear(begin: float, seconds: float, *, sounding: bool) -> float:
        for step in range(round(seconds / FRAME_SECONDS)):
            now = begin + step * FRAME_SECONDS
            if sounding:
                ear.hear(now)
            ear.advance(now)
            if (deed := agent.advance(now, ear, speaking=False)) is not None:
                deeds.append(deed)
        return begin + seconds

    now = hear(1.0, 3.5, sounding=True)
    assert deeds == [NoticeMachine("long_speech")]
    agent.conversation_over(now)
    now = hear(now, 0.1, sounding=True)  # the greeting's last packets
    now = hear(now, 0.5, sounding=False)
    assert agent.mood is AgentManner.Mood.IDLE
    now = hear(now, 0.5, sounding=True)  # the next callee's hello
    hear(now, 0.5, sounding=False)
    assert isinstance(deeds[1], Speak)
