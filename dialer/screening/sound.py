"""Sound as numbers: 8,000 samples a second, one channel, -1..1; and files read as such.

Rule: whatever a file's rate, width and number of channels, what comes out is what a telephone
would have carried of it.
"""

from pathlib import Path
from typing import BinaryIO, Final, TypeAlias

import numpy as np
import soundfile
from numpy.typing import NDArray

Sound: TypeAlias = NDArray[np.float64]

RATE: Final = 8000  #: samples a second
LONGEST_S: Final = 120.0  #: of a file, no more is read
_LOWEST_RATE, _HIGHEST_RATE = 4000, 768_000

#: Files of bare samples, 8,000 a second, as exchanges keep them: how they are coded, by their end.
HEADERLESS: Final = {
    ".gsm": "GSM610",
    ".sln": "PCM_16",
    ".ulaw": "ULAW",
    ".ul": "ULAW",
    ".alaw": "ALAW",
    ".al": "ALAW",
}


class UnreadableSound(Exception):
    """A file holds no sound that can be read. Says what was found and what is needed."""


def read(path: Path) -> Sound:
    """Return the sound in the file at *path*: at most its first two minutes.

    Any WAV (8 to 32 bits, floating point, A-law, mu-law, GSM, ADPCM) and whatever else
    libsndfile reads, at any rate, with any number of channels; and those of :data:`HEADERLESS`.

    Raises:
        UnreadableSound: it is not a sound file, is broken, or holds nothing.
    """
    try:
        with path.open("rb") as opened, _sound_file(opened, path.suffix.lower()) as file:
            rate = int(file.samplerate)
            if not _LOWEST_RATE <= rate <= _HIGHEST_RATE:
                raise UnreadableSound(
                    f"{rate} samples a second; expected {_LOWEST_RATE} to {_HIGHEST_RATE}"
                )
            samples = file.read(int(LONGEST_S * rate), dtype="float64", always_2d=True)
    except (soundfile.LibsndfileError, RuntimeError, OSError, ValueError) as error:
        raise UnreadableSound(f"not a sound file that can be read: {_in_words(error)}") from None
    if samples.shape[0] == 0:
        raise UnreadableSound("the file holds no samples")
    return resampled(one_channel(np.nan_to_num(samples, posinf=1.0, neginf=-1.0)), rate, RATE)


def _sound_file(opened: BinaryIO, suffix: str) -> soundfile.SoundFile:
    coding = HEADERLESS.get(suffix)
    if coding is None:
        return soundfile.SoundFile(opened)
    return soundfile.SoundFile(
        opened, samplerate=RATE, channels=1, format="RAW", subtype=coding, endian="LITTLE"
    )


def one_channel(samples: NDArray[np.float64]) -> Sound:
    """Return the mean of the channels, or the loudest where they cancel each other.

    >>> one_channel(np.array([[0.5, -0.5], [0.5, -0.5]])).tolist()
    [0.5, 0.5]
    """
    mean = np.asarray(samples.mean(axis=1))
    power = (samples**2).mean(axis=0)
    loudest = int(np.argmax(power))
    if float((mean**2).mean()) < 0.05 * float(power[loudest]):
        return np.asarray(samples[:, loudest])
    return mean


def resampled(samples: NDArray[np.float64], rate: int, wanted: int) -> Sound:
    """Return *samples* at another rate; what the lower of the two cannot carry is taken out."""
    if rate == wanted or len(samples) == 0:
        return np.asarray(samples, dtype=np.float64)
    seconds = len(samples) / rate
    padding = int(0.05 * rate)  # or the end would be heard at the beginning
    padded = np.concatenate([samples, np.zeros(padding)])
    count = max(2, round(len(padded) * wanted / rate))
    spectrum = np.fft.rfft(padded)
    kept = np.zeros(count // 2 + 1, dtype=complex)
    shared = min(len(spectrum), len(kept))
    kept[:shared] = spectrum[:shared]
    back = np.fft.irfft(kept, count) * (count / len(padded))
    return np.asarray(back[: max(1, round(seconds * wanted))])


def _in_words(error: Exception) -> str:
    # Only libsndfile's own words: around them stands the path, which may be a person's.
    if isinstance(error, soundfile.LibsndfileError):
        return str(error.error_string)
    return (error.strerror if isinstance(error, OSError) else None) or type(error).__name__
