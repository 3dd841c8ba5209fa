"""A caller for tests: a small SIP user agent of its own, so that the network is not its own judge.

It shares no code with the package under test except the G.711 tables.
"""

import asyncio
import itertools
import re
import socket
import struct
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from dialer.simulation.network.g711 import PCMA, PCMU, Codec, tone

_NUMBERS = itertools.count(1)
PATIENCE = 20.0  #: seconds a test waits for anything, far longer than it takes


@dataclass
class Answer:
    status: int
    reason: str
    headers: list[tuple[str, str]]
    body: str

    def header(self, name: str) -> str:
        return next((value for key, value in self.headers if key == name.lower()), "")


def read_answer(data: bytes) -> Answer:
    head, _, body = data.decode().partition("\r\n\r\n")
    first, *lines = head.split("\r\n")
    _, status, reason = first.split(" ", 2)
    pairs = [line.split(":", 1) for line in lines]
    headers = [(name.strip().lower(), value.strip()) for name, value in pairs]
    return Answer(int(status), reason, headers, body)


class Caller(asyncio.DatagramProtocol):
    """One socket from which calls are placed."""

    def __init__(self) -> None:
        self.calls: dict[str, OutgoingCall] = {}
        self.strays: asyncio.Queue[bytes] = asyncio.Queue()
        self.transport: asyncio.DatagramTransport
        self.port = 0

    @classmethod
    async def open(cls, target: tuple[str, int]) -> "Caller":
        loop = asyncio.get_running_loop()
        transport, made = await loop.create_datagram_endpoint(cls, local_addr=("127.0.0.1", 0))
        made.transport, made.target = transport, target
        made.port = transport.get_extra_info("sockname")[1]
        return made

    def close(self) -> None:
        for call in self.calls.values():
            call.close()
        self.transport.close()

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        match = re.search(rb"^Call-ID: *(\S+)", data, re.MULTILINE)
        call = self.calls.get(match[1].decode()) if match else None
        if call is None:
            self.strays.put_nowait(data)
        else:
            call.take(data)

    def send(self, data: bytes) -> None:
        self.transport.sendto(data, self.target)

    def invite(self, number: str, **options: object) -> "OutgoingCall":
        call = OutgoingCall(self, number, **options)
        self.calls[call.call_id] = call
        call.send_invite()
        return call

    async def request(self, text: str) -> Answer:
        """Send a request as it stands, and return the answer."""
        self.send(text.replace("\n", "\r\n").encode())
        return read_answer(await asyncio.wait_for(self.strays.get(), PATIENCE))


@dataclass
class OutgoingCall:
    caller: Caller
    number: str
    codec: Codec = PCMA
    offer: bool = True
    auto_ack: bool = True
    shown: str = "+442079460000"  #: who calls
    speaks: bool = True  #: says something as soon as the callee has said hello
    answers: list[Answer] = field(default_factory=list)
    packets: list[tuple[float, bytes]] = field(default_factory=list)  #: RTP, as it arrived

    def __post_init__(self) -> None:
        self.call_id = f"call{next(_NUMBERS)}@tests"
        self.token = self.call_id.replace("@", ".")
        self.branch = f"z9hG4bK{self.token}"
        self.changed = asyncio.Event()
        self.byes = 0
        self.cseq = 1
        self.to = f"<sip:{self.number}@127.0.0.1>"
        self.rtp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.rtp.bind(("127.0.0.1", 0))
        self.rtp.setblocking(False)
        self.loop = asyncio.get_running_loop()
        self.loop.add_reader(self.rtp, self._take_rtp)
        self.remote_rtp: tuple[str, int] | None = None
        self.sequence = 0
        self.on_rtp: Callable[[bytes], None] | None = None

    def close(self) -> None:
        self.loop.remove_reader(self.rtp)
        self.rtp.close()

    # SIP

    @property
    def sdp(self) -> str:
        port, codec = self.rtp.getsockname()[1], self.codec
        return (
            f"v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
            f"m=audio {port} RTP/AVP {codec.payload_type} 101\r\n"
            f"a=rtpmap:{codec.payload_type} {codec.name}/8000\r\n"
            "a=rtpmap:101 telephone-event/8000\r\n"
        )

    def message(
        self, method: str, *, branch: str | None = None, cseq: int | None = None, body: str = ""
    ) -> bytes:
        kind = "Content-Type: application/sdp\r\n" if body else ""
        number = self.cseq if cseq is None else cseq
        branch = branch or self.branch
        return (
            f"{method} sip:{self.number}@127.0.0.1 SIP/2.0\r\n"
            f"Via: SIP/2.0/UDP 127.0.0.1:{self.caller.port};rport;branch={branch}\r\n"
            f"Max-Forwards: 70\r\nFrom: <sip:{self.shown}@127.0.0.1>;tag=a{self.token}\r\n"
            f"To: {self.to}\r\nCall-ID: {self.call_id}\r\nCSeq: {number} {method}\r\n"
            f"Contact: <sip:127.0.0.1:{self.caller.port}>\r\n{kind}"
            f"Content-Length: {len(body)}\r\n\r\n{body}"
        ).encode()

    def send_invite(self) -> None:
        self.caller.send(self.message("INVITE", body=self.sdp if self.offer else ""))

    def ack(self) -> None:
        body = "" if self.offer else self.sdp
        branch = f"{self.branch}ack" if self.status == 200 else self.branch
        self.caller.send(self.message("ACK", branch=branch, body=body))

    def cancel(self) -> None:
        self.caller.send(self.message("CANCEL"))

    def inside(self, method: str, *, body: str = "") -> None:
        """Send a further request in the dialog."""
        self.cseq += 1
        self.caller.send(self.message(method, branch=f"{self.branch}{self.cseq}", body=body))

    def bye(self) -> None:
        self.inside("BYE")

    def take(self, data: bytes) -> None:
        if data.startswith(b"BYE"):
            self.byes += 1
            vias = re.search(rb"^Via: .*$", data, re.MULTILINE)
            lines = [b"SIP/2.0 200 OK", vias[0].strip() if vias else b""]
            for name in (b"From", b"To", b"Call-ID", b"CSeq"):
                found = re.search(rb"^" + name + rb": .*$", data, re.MULTILINE)
                lines.append(found[0].strip() if found else b"")
            if self.auto_ack:
                self.caller.send(b"\r\n".join([*lines, b"Content-Length: 0", b"", b""]))
        else:
            self._take_answer(read_answer(data))
        self.changed.set()

    def _take_answer(self, answer: Answer) -> None:
        self.answers.append(answer)
        if answer.status > 100 and "INVITE" in answer.header("cseq"):
            self.to = answer.header("to")
        if match := re.search(r"m=audio (\d+)", answer.body):
            self.remote_rtp = ("127.0.0.1", int(match[1]))
        if answer.status >= 200 and "INVITE" in answer.header("cseq") and self.auto_ack:
            self.ack()

    @property
    def status(self) -> int:
        """The last status an INVITE was answered with; 0 before any."""
        said = [a.status for a in self.answers if "INVITE" in a.header("cseq")]
        return said[-1] if said else 0

    @property
    def statuses(self) -> list[int]:
        return [answer.status for answer in self.answers]

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(PATIENCE):
            while not condition():
                self.changed.clear()
                await self.changed.wait()

    async def until_status(self, status: int) -> Answer:
        await self.until(lambda: status in self.statuses)
        return next(answer for answer in self.answers if answer.status == status)

    async def until_bye(self) -> None:
        await self.until(lambda: self.byes > 0)

    # RTP

    def _take_rtp(self) -> None:
        packet = self.rtp.recv(2048)
        self.packets.append((self.loop.time(), packet))
        if self.on_rtp is not None:
            self.on_rtp(packet)
        self.changed.set()

    def send_rtp(self, payload: bytes, *, kind: int | None = None) -> None:
        assert self.remote_rtp is not None
        self.sequence += 1
        kind = self.codec.payload_type if kind is None else kind
        header = struct.pack("!BBHII", 0x80, kind, self.sequence, self.sequence * 160, 7)
        self.rtp.sendto(header + payload, self.remote_rtp)

    async def speak(self, seconds: float, *, hertz: float = 350.0) -> None:
        """Send a sound in real time, 20 ms at a time."""
        frames = self.codec.frames(tone(hertz, seconds))
        began = self.loop.time()
        for number, frame in enumerate(frames):
            self.send_rtp(frame)
            await asyncio.sleep(max(0.0, began + 0.02 * (number + 1) - self.loop.time()))

    @property
    def audible(self) -> list[float]:
        """When audible packets arrived."""
        return [at for at, packet in self.packets if self.codec.is_audible(packet[12:])]

    async def until_heard(self, packets: int = 5) -> None:
        await self.until(lambda: len(self.audible) >= packets)

    async def until_silent(self, seconds: float = 0.4) -> None:
        """Wait until something was said and then nothing for so long."""
        await self.until_heard()
        await self.until(lambda: self.packets[-1][0] - self.audible[-1] >= seconds)


MakeCaller = Callable[[tuple[str, int]], Awaitable[Caller]]
__all__ = ["PATIENCE", "PCMA", "PCMU", "Answer", "Caller", "MakeCaller", "OutgoingCall"]
