"""What the dialer says into a line."""

import shutil
import wave
from pathlib import Path

import numpy as np
import pytest

from dialer.telephony import prompts
from dialer.telephony.prompts import PAD_S, RATE, UnplayableFile, padded, read_wav, spoken

TEXT = "This is a call from Example Limited. You can reach us on the number shown."


@pytest.mark.parametrize("speaker", ["espeak-ng", None])
def test_a_text_becomes_sound_once(
    tmp_path: Path, speaker: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "which", lambda _: speaker and which(speaker))
    path = spoken(TEXT, language="en-GB", cache=tmp_path)
    samples = read_wav(path)
    assert 2 < len(samples) / RATE < 15
    assert np.abs(samples).max() > 3000
    before = path.stat().st_mtime_ns
    assert spoken(TEXT, language="en-GB", cache=tmp_path) == path
    assert path.stat().st_mtime_ns == before
    assert spoken(TEXT + "!", language="en-GB", cache=tmp_path) != path


which = shutil.which


def test_a_padded_file_ends_in_silence_and_knows_how_long_it_speaks(tmp_path: Path) -> None:
    path = tmp_path / "x.wav"
    prompts.write_wav(path, np.full(RATE // 2, 5000, np.int16))
    for _ in range(2):
        prompt = padded(path, tmp_path)
        assert prompt.seconds == pytest.approx(0.5)
        samples = read_wav(prompt.path)
        assert len(samples) == RATE // 2 + int(PAD_S * RATE)
        assert not samples[RATE // 2 :].any()


def test_another_content_under_the_same_name_is_not_mistaken_for_the_old(tmp_path: Path) -> None:
    path = tmp_path / "x.wav"
    prompts.write_wav(path, np.zeros(RATE, np.int16))
    first = padded(path, tmp_path)
    prompts.write_wav(path, np.zeros(RATE * 2, np.int16))
    assert padded(path, tmp_path).seconds == pytest.approx(2)
    assert first.seconds == pytest.approx(1)


def test_a_file_of_another_form_is_refused_with_the_remedy(tmp_path: Path) -> None:
    path = tmp_path / "cd.wav"
    with wave.open(str(path), "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(44100)
        file.writeframes(b"\0" * 400)
    with pytest.raises(UnplayableFile, match=r"44100 Hz, 2 channels.*convert it"):
        padded(path, tmp_path)


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnplayableFile, match=r"missing\.wav"):
        padded(tmp_path / "missing.wav", tmp_path)
