"""libopus behind a typed border: two voices in, packets out, and back.

The library is the one the SIP stack is linked to. 8 kHz, as G.711 is; always the low-delay coder
(CELT), which costs the same whatever is said: an eighth of what libsndfile's choice costs.

Rule: one encoder codes one stream from its start; nothing here knows files.
"""

import ctypes
from collections.abc import Sequence
from functools import cache
from typing import Any, Final

from dialer.telephony.prompts import RATE

CHANNELS: Final = 2
PACKET: Final = RATE * 60 // 1000  #: samples of one packet, each channel: 60 ms
BIT_RATE: Final = 40_000  #: bit/s for both voices
_COMPLEXITY: Final = 3  # of 0..10: above it costs more and nobody hears it at 8 kHz
_LARGEST: Final = 4_000  # bytes of a packet

_LOW_DELAY: Final = 2051  # names of opus_defines.h
_SET_BIT_RATE: Final = 4002
_SET_COMPLEXITY: Final = 4010
_GET_LOOKAHEAD: Final = 4027


class OpusFailed(OSError):
    """libopus is missing or refused. Says why."""


@cache
def _library() -> Any:
    try:
        library = ctypes.CDLL("libopus.so.0")
    except OSError:
        raise OpusFailed("libopus.so.0 is missing; install libopus0 (make setup does)") from None
    library.opus_encoder_create.restype = ctypes.c_void_p
    library.opus_decoder_create.restype = ctypes.c_void_p
    library.opus_strerror.restype = ctypes.c_char_p
    for name in ("encode", "encoder_ctl", "encoder_destroy", "decode", "decoder_destroy"):
        getattr(library, f"opus_{name}").restype = ctypes.c_int
    return library


def _checked(result: int) -> int:
    if result < 0:
        raise OpusFailed(f"libopus: {_library().opus_strerror(result).decode()}")
    return result


class Encoder:
    """Codes one stream of two channels."""

    def __init__(self) -> None:
        error, library = ctypes.c_int(), _library()
        made = library.opus_encoder_create(RATE, CHANNELS, _LOW_DELAY, ctypes.byref(error))
        _checked(error.value)
        self._state = ctypes.c_void_p(made)
        for name, value in ((_SET_BIT_RATE, BIT_RATE), (_SET_COMPLEXITY, _COMPLEXITY)):
            _checked(library.opus_encoder_ctl(self._state, name, ctypes.c_int(value)))
        ahead = ctypes.c_int()
        _checked(library.opus_encoder_ctl(self._state, _GET_LOOKAHEAD, ctypes.byref(ahead)))
        self.lookahead = ahead.value  #: samples by which what comes out is later than what goes in
        self._out = ctypes.create_string_buffer(_LARGEST)

    def encode(self, samples: bytes) -> bytes:
        """Return the packet of :data:`PACKET` samples, 16 bit, of both channels in turn."""
        assert len(samples) == PACKET * CHANNELS * 2
        size = _library().opus_encode(self._state, samples, PACKET, self._out, _LARGEST)
        return self._out.raw[: _checked(size)]

    def __del__(self) -> None:
        if state := getattr(self, "_state", None):
            _library().opus_encoder_destroy(state)


class Decoder:
    """Decodes one stream of two channels."""

    def __init__(self) -> None:
        error, library = ctypes.c_int(), _library()
        made = library.opus_decoder_create(RATE, CHANNELS, ctypes.byref(error))
        _checked(error.value)
        self._state = ctypes.c_void_p(made)
        self._room = RATE * 120 // 1000  # samples: the longest packet there is
        self._out = ctypes.create_string_buffer(self._room * CHANNELS * 2)

    def decode(self, packets: Sequence[bytes]) -> int:
        """Return how many samples, of each channel, *packets* are.

        Raises:
            OpusFailed: one is no Opus packet.
        """
        decode, state, out, room = _library().opus_decode, self._state, self._out, self._room
        return sum(_checked(decode(state, p, len(p), out, room, 0)) for p in packets)

    def __del__(self) -> None:
        if state := getattr(self, "_state", None):
            _library().opus_decoder_destroy(state)
