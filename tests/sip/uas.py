"""The far end of a leg, as a test wants it: every answer is given by hand, nothing by itself.

Only what no test wants to say is automatic: a retransmission gets the last answer again, a BYE
gets 200, and a CANCEL gets 200 and 487 unless the test has said otherwise.
"""

import asyncio
import math
import re
import struct
from dataclasses import dataclass, field
from typing import Self

import numpy as np
from numpy.typing import NDArray

from dialer.simulation.network.g711 import PCMA

FRAME = 160  # samples of 20 ms
Address = tuple[str, int]


@dataclass
class Message:
    """A SIP message, read just as far as a test needs."""

    first: str
    headers: list[tuple[str, str]]
    body: str

    @classmethod
    def of(cls, text: str) -> Self:
        head, _, body = text.partition("\r\n\r\n")
        lines = head.split("\r\n")
        headers = [
            (n.strip(), v.strip()) for n, _, v in (line.partition(":") for line in lines[1:])
        ]
        return cls(lines[0], headers, body)

    @property
    def method(self) -> str:
        return self.first.split()[0]

    def __getitem__(self, name: str) -> str:
        return next(v for n, v in self.headers if n.lower() == name.lower())

    def all(self, name: str) -> list[str]:
        return [v for n, v in self.headers if n.lower() == name.lower()]


class Audio(asyncio.DatagramProtocol):
    """One RTP end, A-law: what came in, and a tone or silence out every 20 ms."""

    def __init__(self) -> None:
        self.transport: asyncio.DatagramTransport | None = None
        self.heard: list[NDArray[np.int16]] = []
        self.arrivals: list[float] = []
        self.keys = ""  #: pressed by the dialer
        self.keys_payload: int | None = None  #: payload type of telephone events (RFC 4733)
        self.peer: Address | None = None
        self.hertz = 0.0
        self.sends = True
        self._loop = asyncio.get_running_loop()
        self._task: asyncio.Task[None] | None = None
        self._pressing: list[tuple[bool, int, bytes]] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport  # type: ignore[assignment]

    def datagram_received(self, data: bytes, addr: Address) -> None:
        self.arrivals.append(self._loop.time())
        if data[1] & 0x7F == self.keys_payload:
            if data[1] & 0x80:  # the marker: a key begins
                self.keys += "0123456789*#ABCD"[data[12]]
            return
        self.heard.append(np.array(PCMA.decode(data[12:]), dtype=np.int16))

    @property
    def port(self) -> int:
        assert self.transport is not None
        return int(self.transport.get_extra_info("sockname")[1])

    def talk_to(self, peer: Address) -> None:
        self.peer = peer
        if self._task is None:
            self._task = asyncio.create_task(self._send(), name="RTP")

    async def _send(self) -> None:
        sequence, at = 0, self._loop.time()
        while True:
            if self.sends and self.transport is not None and self.peer is not None:
                time = (np.arange(FRAME) + sequence * FRAME) / 8000
                frame = (9000 * np.sin(2 * math.pi * self.hertz * time)).astype(np.int16)
                head = struct.pack("!BBHII", 0x80, 8, sequence % 65536, sequence * FRAME, 7)
                packet = head + PCMA.encode(frame)
                if self._pressing:
                    begins, stamp, told = self._pressing.pop(0)
                    payload = (self.keys_payload or 0) | 0x80 * begins
                    packet = struct.pack("!BBHII", 0x80, payload, sequence % 65536, stamp, 7) + told
                self.transport.sendto(packet, self.peer)
            sequence += 1
            at += 0.02
            await asyncio.sleep(max(0.0, at - self._loop.time()))

    def press(self, key: str) -> None:
        """Press a key for 100 ms (RFC 4733)."""
        event, at = "0123456789*#ABCD".index(key), 1_000_000 + 8000 * len(self.arrivals)
        for step in range(8):
            end = step >= 5  # the end is said three times
            told = struct.pack("!BBH", event, 0x80 * end | 10, FRAME * min(step + 1, 5))
            self._pressing.append((step == 0, at, told))

    def tones(self, *candidates: float, last_s: float = 0.3) -> set[float]:
        """Which of *candidates*, in hertz, are heard now."""
        frames = self.heard[-int(last_s * 50) :]
        return tones(np.concatenate(frames), *candidates) if frames else set()

    def close(self) -> None:
        if self._task is not None:
            self._task.cancel()
        if self.transport is not None:
            self.transport.close()

    def loudest_hertz(self, last_s: float = 0.5) -> float:
        """The strongest frequency of what was heard last; 0 for silence."""
        frames = self.heard[-int(last_s * 50) :]
        return loudest_hertz(np.concatenate(frames)) if frames else 0.0


def loudest_hertz(samples: NDArray[np.int16]) -> float:
    """The strongest frequency in *samples*; 0 for silence."""
    if len(samples) == 0 or np.abs(samples.astype(np.int32)).max() < 500:
        return 0.0
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples))))
    return float(np.argmax(spectrum) * 8000 / len(samples))


def tones(samples: NDArray[np.int16], *candidates: float) -> set[float]:
    """Which of *candidates*, in hertz, are in *samples* with more than a whisper's strength."""
    if len(samples) == 0:
        return set()
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples)))) * 4 / len(samples)
    places = [round(hertz * len(samples) / 8000) for hertz in candidates]
    return {
        h for h, p in zip(candidates, places, strict=True) if spectrum[p - 1 : p + 2].max() > 500
    }


@dataclass
class UasCall:
    """One INVITE and what became of it."""

    uas: "Uas"
    invite: Message
    source: Address
    audio: Audio
    cancelled: asyncio.Event = field(default_factory=asyncio.Event)
    acknowledged: asyncio.Event = field(default_factory=asyncio.Event)
    ended: asyncio.Event = field(default_factory=asyncio.Event)  #: the dialer said BYE
    bye: Message | None = None
    invites: int = 1  #: with retransmissions
    on_cancel: str = "487"  #: 487 | answer | nothing
    last: str = ""
    answered: bool = False
    infos: list[Message] = field(default_factory=list)
    told: int = 0  #: INFOs sent to the dialer
    info_answers: asyncio.Queue[str] = field(default_factory=asyncio.Queue)
    bye_answered: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def call_id(self) -> str:
        return self.invite["Call-ID"]

    @property
    def media(self) -> Address:
        """Where the dialer wants its RTP."""
        host = re.search(r"^c=IN IP4 (\S+)", self.invite.body, re.M)
        port = re.search(r"^m=audio (\d+)", self.invite.body, re.M)
        assert host and port
        return host[1], int(port[1])

    def trying(self) -> None:
        self._respond("100 Trying", tag=False)

    def ring(self, status: str = "180 Ringing", *headers: str, audio: bool = False) -> None:
        self._respond(status, *headers, body=self._sdp() if audio else "")
        if audio:
            self.audio.talk_to(self.media)

    def answer(self, *headers: str, hertz: float = 0.0, takes_keys: bool = False) -> None:
        self.answered = True
        if takes_keys:
            offered = re.search(r"^a=rtpmap:(\d+) telephone-event/8000", self.invite.body, re.M)
            assert offered
            self.audio.keys_payload = int(offered[1])
        self.audio.hertz = hertz
        self._respond("200 OK", *headers, body=self._sdp())
        self.audio.talk_to(self.media)

    def refuse(self, status: str, *headers: str) -> None:
        self._respond(status, *headers)

    def hang_up(self, *headers: str) -> None:
        self._request("BYE", self.told + 1, *headers)

    def tell(self, content_type: str, body: str) -> None:
        """Send an INFO; its answer comes in :attr:`info_answers`."""
        self.told += 1
        self._request("INFO", self.told, f"Content-Type: {content_type}", body=body)

    def _request(self, method: str, number: int, *headers: str, body: str = "") -> None:
        contact = re.search(r"<([^>]+)>", self.invite["Contact"])
        assert contact
        branch = f"z9hG4bK{id(self):x}{method.lower()}{number}"
        lines = [
            f"{method} {contact[1]} SIP/2.0",
            f"Via: SIP/2.0/UDP {self.uas.host}:{self.uas.port};branch={branch}",
            f"From: {self._to}",
            f"To: {self.invite['From']}",
            f"Call-ID: {self.call_id}",
            f"CSeq: {number} {method}",
            "Max-Forwards: 70",
            *headers,
        ]
        self.uas.send(lines, body, self.source)

    @property
    def _to(self) -> str:
        return f"{self.invite['To']};tag=uas{id(self):x}"

    def _sdp(self) -> str:
        keys = self.audio.keys_payload
        return "\r\n".join(
            [
                "v=0",
                f"o=- 1 1 IN IP4 {self.uas.host}",
                "s=-",
                f"c=IN IP4 {self.uas.host}",
                "t=0 0",
                f"m=audio {self.audio.port} RTP/AVP 8{f' {keys}' if keys else ''}",
                "a=rtpmap:8 PCMA/8000",
                *([f"a=rtpmap:{keys} telephone-event/8000"] if keys else []),
                "",
            ]
        )

    def _respond(self, status: str, *headers: str, body: str = "", tag: bool = True) -> None:
        lines = [
            f"SIP/2.0 {status}",
            *(f"Via: {via}" for via in self.invite.all("Via")),
            f"From: {self.invite['From']}",
            f"To: {self._to if tag else self.invite['To']}",
            f"Call-ID: {self.call_id}",
            f"CSeq: {self.invite['CSeq']}",
            f"Contact: <sip:uas@{self.uas.host}:{self.uas.port}>",
            *headers,
        ]
        if body:
            lines.append("Content-Type: application/sdp")
        self.last = self.uas.send(lines, body, self.source)


class Uas(asyncio.DatagramProtocol):
    """A SIP end on loopback; INVITEs wait in :attr:`invited`."""

    def __init__(self) -> None:
        self.transport: asyncio.DatagramTransport | None = None
        self.host, self.port = "127.0.0.1", 0
        self.calls: dict[str, UasCall] = {}
        self.invited: asyncio.Queue[UasCall] = asyncio.Queue()
        self._audio: list[Audio] = []
        self._tasks: set[asyncio.Task[None]] = set()

    @classmethod
    async def open(cls) -> Self:
        loop = asyncio.get_running_loop()
        _, uas = await loop.create_datagram_endpoint(cls, local_addr=("127.0.0.1", 0))
        return uas

    def uri(self, user: str = "+442079460123") -> str:
        return f"sip:{user}@{self.host}:{self.port}"

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport  # type: ignore[assignment]
        self.port = transport.get_extra_info("sockname")[1]

    def close(self) -> None:
        for audio in self._audio:
            audio.close()
        if self.transport is not None:
            self.transport.close()

    def send(self, lines: list[str], body: str, to: Address) -> str:
        text = "\r\n".join([*lines, f"Content-Length: {len(body)}", "", body])
        self.send_raw(text.encode(), to)
        return text

    def send_raw(self, data: bytes, to: Address) -> None:
        assert self.transport is not None
        self.transport.sendto(data, to)

    def datagram_received(self, data: bytes, addr: Address) -> None:
        if not data.strip():
            return
        message = Message.of(data.decode())
        call = self.calls.get(message["Call-ID"])
        if message.first.startswith("SIP/2.0"):
            if call is not None and message["CSeq"].endswith("BYE"):
                call.bye_answered.set()
            elif call is not None and message["CSeq"].endswith("INFO"):
                call.info_answers.put_nowait(message.first.split()[1])
        elif message.method == "INVITE" and call is None:
            task = asyncio.create_task(self._take(message, addr))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        elif call is not None:
            self._in_dialog(call, message)

    async def _take(self, invite: Message, source: Address) -> None:
        if invite["Call-ID"] in self.calls:
            return
        loop = asyncio.get_running_loop()
        audio = Audio()
        self.calls[invite["Call-ID"]] = call = UasCall(self, invite, source, audio)
        await loop.create_datagram_endpoint(lambda: audio, local_addr=("127.0.0.1", 0))
        self._audio.append(audio)
        self.invited.put_nowait(call)

    def _in_dialog(self, call: UasCall, message: Message) -> None:
        match message.method:
            case "INVITE":
                call.invites += 1
                if call.last and message["CSeq"] == call.invite["CSeq"]:
                    self.send_raw(call.last.encode(), call.source)
            case "ACK":
                call.acknowledged.set()
            case "CANCEL":
                if call.on_cancel != "nothing":
                    self._accept(message, call.source)
                if call.on_cancel == "answer":
                    call.answer()
                elif call.on_cancel == "487" and not call.answered:
                    call.refuse("487 Request Terminated")
                call.cancelled.set()
            case "BYE":
                call.bye = message
                self._accept(message, call.source)
                call.ended.set()
            case method:
                if method == "INFO":
                    call.infos.append(message)
                self._accept(message, call.source)

    def _accept(self, message: Message, to: Address) -> None:
        names = ("Via", "From", "To", "Call-ID", "CSeq")
        copied = [f"{n}: {v}" for n, v in message.headers if n in names]
        self.send(["SIP/2.0 200 OK", *copied], "", to)
