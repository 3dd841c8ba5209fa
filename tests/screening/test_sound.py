"""Whatever a file's shape, the sound in it is the same; what is no sound is told."""

from pathlib import Path

import numpy as np
import pytest
import soundfile

from dialer.screening.listening import judgement_of
from dialer.screening.sound import HEADERLESS, RATE, UnreadableSound, read, resampled
from dialer.screening.verdict import Mode, ScreeningVerdict
from tests.screening.sounds import babble, in_a_row, silence, tone

MACHINE = in_a_row(silence(0.3), babble(1.2), silence(0.3), 0.4 * tone((950,), 0.4), silence(1))
SHAPES = [
    (8000, 1, "WAV", "PCM_16"),
    (8000, 1, "WAV", "ALAW"),
    (8000, 1, "WAV", "ULAW"),
    (8000, 1, "WAV", "PCM_U8"),
    (8000, 1, "WAV", "GSM610"),
    (8000, 2, "WAV", "FLOAT"),
    (11025, 1, "WAV", "PCM_24"),
    (16000, 1, "WAV", "MS_ADPCM"),
    (44100, 2, "WAV", "PCM_16"),
    (48000, 6, "WAVEX", "PCM_32"),
    (96000, 1, "WAV", "DOUBLE"),
    (48000, 2, "OGG", "OPUS"),
    (22050, 1, "FLAC", "PCM_16"),
]


@pytest.mark.parametrize(("rate", "channels", "form", "coding"), SHAPES)
def test_the_shape_of_a_file_does_not_matter(
    tmp_path: Path, rate: int, channels: int, form: str, coding: str
):
    samples = np.clip(resampled(MACHINE, RATE, rate), -1, 1)
    columns = np.repeat(samples[:, None], channels, axis=1)
    soundfile.write(tmp_path / "sound", columns, rate, format=form, subtype=coding)
    found = read(tmp_path / "sound")
    assert abs(len(found) - len(MACHINE)) < RATE * 0.1
    assert judgement_of(found, Mode.FULL).verdict is ScreeningVerdict.MACHINE


@pytest.mark.parametrize(("suffix", "coding"), sorted(HEADERLESS.items()))
def test_bare_samples_are_read_by_the_end_of_their_name(tmp_path: Path, suffix: str, coding: str):
    path = tmp_path / f"sound{suffix}"
    soundfile.write(path, MACHINE, RATE, format="RAW", subtype=coding, endian="LITTLE")
    assert judgement_of(read(path), Mode.FULL).verdict is ScreeningVerdict.MACHINE


def test_channels_that_cancel_each_other_are_still_heard(tmp_path: Path):
    columns = np.stack([MACHINE, -MACHINE], axis=1)
    soundfile.write(tmp_path / "sound.wav", columns, RATE)
    assert judgement_of(read(tmp_path / "sound.wav"), Mode.FULL).verdict is ScreeningVerdict.MACHINE


def test_a_file_that_was_cut_off_is_read_as_far_as_it_goes(tmp_path: Path):
    path = tmp_path / "sound.wav"
    soundfile.write(path, MACHINE, RATE)
    path.write_bytes(path.read_bytes()[: RATE * 2])
    assert 0.9 * RATE < len(read(path)) < 1.1 * RATE


@pytest.mark.parametrize(
    "content", [b"", b"RIFF", b"RIFF\0\0\0\0WAVEfmt ", b"not a sound at all" * 9, bytes(4096)]
)
def test_what_is_no_sound_is_told_in_one_line(tmp_path: Path, content: bytes):
    path = tmp_path / "sound.wav"
    path.write_bytes(content)
    with pytest.raises(UnreadableSound) as error:
        read(path)
    assert "\n" not in str(error.value)
    assert str(tmp_path) not in str(error.value)


def test_a_file_without_samples_is_told(tmp_path: Path):
    soundfile.write(tmp_path / "sound.wav", np.zeros(0), RATE)
    with pytest.raises(UnreadableSound, match="no samples"):
        read(tmp_path / "sound.wav")
