"""The audio of one call: RTP in, RTP out, 20 ms at a time (RFC 3550, RFC 3551).

One :class:`AudioClock` serves every call of a process with one timer. On each tick a path drains
what has arrived, lets its owner decide, and sends the next packet. Recordings are encoded before
they are spoken, so a packet costs a header and two system calls.

A late tick sends what it owes, up to five packets; what it owes beyond that is skipped, as a
sound card would skip it, and the RTP time stamp moves on all the same.
"""

import asyncio
import contextlib
import random
import struct
from collections import deque
from collections.abc import Callable, Iterable
from typing import Final

from dialer.simulation.network import sdp
from dialer.simulation.network.g711 import (
    CODECS,
    FRAME_SAMPLES,
    FRAME_SECONDS,
    PCMA,
    Codec,
    background,
)
from dialer.simulation.network.hearing import Ear
from dialer.simulation.network.loopback import Address, address_of, open_socket

_BURST_LIMIT: Final = 5  #: packets sent in one tick after a delay
_DRAIN_LIMIT: Final = 50  #: packets read in one tick; a flood is left to the kernel's buffer
_HEADER: Final = struct.Struct("!BBHII")
_BACKGROUND: Final = {codec.name: background(codec, seed=1) for codec in CODECS}


class AudioPath:
    """Both directions of one call's audio. It sends once :meth:`connect` knew where to."""

    def __init__(self, host: str, *, rng: random.Random) -> None:
        self._socket = open_socket(Address(host, 0), even_port=True)
        self.local = address_of(self._socket)
        self.ear = Ear()
        self.codec: Codec = PCMA
        self.on_tick: Callable[[float], None] = _do_nothing
        self.on_audible: Callable[[bytes], None] | None = None
        self.bytes_in = 0  #: of RTP, headers included
        self.bytes_out = 0
        self.is_sending = True  #: False: a fault, or early in the call
        self._wanted = False  # the other side wants to hear us, and where is known
        self._queue: deque[bytes] = deque()
        self._sequence = rng.getrandbits(16)
        self._timestamp = rng.getrandbits(32)
        self._source_id = rng.getrandbits(32)
        self._quiet = 0
        self._marker = 0x80  # on the first packet of a talk spurt (RFC 3551, section 4.1)

    @property
    def is_speaking(self) -> bool:
        return bool(self._queue)

    def connect(self, offer: sdp.Offer) -> None:
        """Send to where the other side wants it, and listen to nobody else."""
        self.codec = offer.codec
        self._wanted = offer.we_send
        if offer.remote is not None and offer.remote.port:
            self._socket.connect(offer.remote)
        else:
            self._wanted = False

    def say(self, frames: Iterable[bytes]) -> None:
        """Speak *frames* after what is still being said."""
        if not self._queue:
            self._marker = 0x80
        self._queue.extend(frames)

    def hush(self) -> None:
        """Say nothing further."""
        self._queue.clear()

    def close(self) -> None:
        self._socket.close()

    def tick(self, now: float, packets: int) -> None:
        """Live through *packets* times 20 ms."""
        self._drain(now)
        self.ear.advance(now)
        self.on_tick(now)
        for _ in range(min(packets, _BURST_LIMIT)):
            self._send()
        skipped = max(0, packets - _BURST_LIMIT)
        self._timestamp = (self._timestamp + skipped * FRAME_SAMPLES) & 0xFFFFFFFF

    def _drain(self, now: float) -> None:
        receive, codec = self._socket.recv, self.codec
        for _ in range(_DRAIN_LIMIT):
            try:
                packet = receive(2048)
            except BlockingIOError:
                return
            except OSError:
                continue  # the other end's port was closed for a moment
            if len(packet) < 12 or packet[0] >> 6 != 2:
                continue
            if packet[1] & 0x7F != codec.payload_type:
                continue  # RTCP, telephone-event, another codec
            self.bytes_in += len(packet)
            payload = packet[12:] if packet[0] == 0x80 else _payload(packet)
            if codec.is_audible(payload):
                self.ear.hear(now)
                if self.on_audible is not None:
                    self.on_audible(payload)

    def _send(self) -> None:
        if self._queue:
            payload = self._queue.popleft()
        else:
            frames = _BACKGROUND[self.codec.name]
            self._quiet = (self._quiet + 1) % len(frames)
            payload = frames[self._quiet]
        if self._wanted and self.is_sending:
            kind = self.codec.payload_type | self._marker
            header = _HEADER.pack(0x80, kind, self._sequence, self._timestamp, self._source_id)
            self._sequence = (self._sequence + 1) & 0xFFFF
            self._marker = 0
            with contextlib.suppress(OSError):  # nobody listens there any more, or a full buffer
                self.bytes_out += self._socket.send(header + payload)
        self._timestamp = (self._timestamp + FRAME_SAMPLES) & 0xFFFFFFFF


def _payload(packet: bytes) -> bytes:
    """Return the payload of a packet with sources, extension or padding; empty if it is broken."""
    start = 12 + 4 * (packet[0] & 0x0F)
    if packet[0] & 0x10:
        if len(packet) < start + 4:
            return b""
        start += 4 + 4 * int.from_bytes(packet[start + 2 : start + 4], "big")
    end = len(packet) - (packet[-1] if packet[0] & 0x20 else 0)
    return packet[start:end]


def _do_nothing(now: float) -> None:
    """A path nobody owns yet."""


class AudioClock:
    """Ticks every 20 ms for all paths, as long as there are any."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._paths: dict[AudioPath, None] = {}
        self._began_at = 0.0
        self._ticks = 0
        self._timer: asyncio.TimerHandle | None = None
        self.late_ticks = 0  #: that owed more than one packet

    def add(self, path: AudioPath) -> None:
        """Let *path* live."""
        self._paths[path] = None
        if self._timer is None:
            self._began_at, self._ticks = self._loop.time(), 0
            self._timer = self._loop.call_at(self._began_at + FRAME_SECONDS, self._tick)

    def remove(self, path: AudioPath) -> None:
        """Let *path* end and close it; removing twice does nothing."""
        if path in self._paths:
            del self._paths[path]
            path.close()

    def close(self) -> None:
        """End all paths."""
        for path in tuple(self._paths):
            self.remove(path)
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _tick(self) -> None:
        if not self._paths:
            self._timer = None
            return
        now = self._loop.time()
        owed = max(0, int((now - self._began_at) / FRAME_SECONDS + 1e-6) - self._ticks)
        self._ticks += owed
        self.late_ticks += owed > 1
        # Scheduled first: a mistake in one call must not silence the others.
        self._timer = self._loop.call_at(
            self._began_at + (self._ticks + 1) * FRAME_SECONDS, self._tick
        )
        for path in tuple(self._paths):
            if path in self._paths:  # not ended by another one's tick
                path.tick(now, owed)
