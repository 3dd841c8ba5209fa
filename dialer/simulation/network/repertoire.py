"""Recordings as packets: every voice in both laws, encoded before the first call arrives."""

from pathlib import Path

from dialer.simulation.network.callee import BEEP_HERTZ, BEEP_SECONDS
from dialer.simulation.network.g711 import CODECS, FRAME_SAMPLES, Codec, tone
from dialer.simulation.phrases import Utterance
from dialer.simulation.voices import LANGUAGES, load_voices

Frames = tuple[bytes, ...]  #: payloads of 20 ms

_RINGBACK_HERTZ = 425.0  #: ringing tone of most of Europe (ITU-T E.180): 1 s on, 4 s off


class Repertoire:
    """Everything the simulated world can make heard."""

    def __init__(
        self,
        *,
        languages: tuple[str, ...] = LANGUAGES,
        cache: Path | None = None,
        espeak: str | None = "espeak-ng",
    ) -> None:
        self._spoken: dict[tuple[str, str, Utterance], tuple[Frames, ...]] = {}
        self._beeps: dict[str, Frames] = {}
        self._ringbacks: dict[str, Frames] = {}
        for codec in CODECS:
            self._beeps[codec.name] = codec.frames(tone(BEEP_HERTZ, BEEP_SECONDS))
            pause = codec.encode(tone(_RINGBACK_HERTZ, 0.02, level=0)[:FRAME_SAMPLES])
            ring = codec.frames(tone(_RINGBACK_HERTZ, 1.0, level=4000))
            self._ringbacks[codec.name] = (*ring, *(pause for _ in range(200)))
        for language in languages:
            voices = load_voices(language, cache=cache, espeak=espeak)
            for utterance, recordings in voices.recordings.items():
                for codec in CODECS:
                    frames = tuple(codec.frames(recording) for recording in recordings)
                    self._spoken[language, codec.name, utterance] = frames

    def spoken(self, language: str, utterance: Utterance, choice: int, codec: Codec) -> Frames:
        """Return one recording; *choice* counts round and round."""
        known = self._spoken[language, codec.name, utterance]
        return known[choice % len(known)]

    def beep(self, codec: Codec) -> Frames:
        """Return the tone after an answering machine's greeting."""
        return self._beeps[codec.name]

    def ringback(self, codec: Codec) -> Frames:
        """Return 5 s of ringing tone."""
        return self._ringbacks[codec.name]
