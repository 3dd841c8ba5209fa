"""A bad network between the worker and a far end: packets are lost, late, and out of order.

Rule: seeded; both directions of SIP and RTP go through it, and each end believes the relay to be
the other, because what messages say of ports is written anew on the way.
"""

import asyncio
import random
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Self

Address = tuple[str, int]
_CALL_ID = re.compile(r"^Call-ID: *(\S+)", re.MULTILINE)
_AUDIO = re.compile(r"^m=audio (\d+)", re.MULTILINE)


class _Socket(asyncio.DatagramProtocol):
    def __init__(self, take: Callable[[bytes, Address], None]) -> None:
        self._take = take
        self.transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport  # type: ignore[assignment]

    def datagram_received(self, data: bytes, addr: Address) -> None:
        self._take(data, addr)

    @property
    def port(self) -> int:
        assert self.transport is not None
        return int(self.transport.get_extra_info("sockname")[1])


@dataclass
class _Media:
    near: _Socket
    far: _Socket
    ports: dict[str, int] = field(default_factory=dict)


class BadNetwork:
    """Relays between one worker and one far end.

    Args:
        loss: Share of packets that never come, 0..1, each way.
        jitter_s: Each packet is up to so much later.
    """

    def __init__(self, near: Address, far: Address, *, loss: float, jitter_s: float, seed: int):
        self._near, self._far = near, far
        self._loss, self._jitter_s = loss, jitter_s
        self._chance = random.Random(seed)
        self._sockets: list[_Socket] = []
        self._media: dict[str, _Media] = {}  # by Call-ID
        self._loop = asyncio.get_running_loop()
        self.carried = self.lost = 0

    async def open(self) -> Self:
        self._to_far = await self._socket(self._from_near)  # what the worker takes for the far end
        self._to_near = await self._socket(self._from_far)
        return self

    @property
    def port(self) -> int:
        return self._to_far.port

    def close(self) -> None:
        for each in self._sockets:
            if each.transport is not None:
                each.transport.close()

    async def _socket(self, take: Callable[[bytes, Address], None]) -> _Socket:
        _, made = await self._loop.create_datagram_endpoint(
            lambda: _Socket(take), local_addr=("127.0.0.1", 0)
        )
        self._sockets.append(made)
        return made

    def _from_near(self, data: bytes, addr: Address) -> None:
        self._loop.create_task(self._relay(data, near=True))

    def _from_far(self, data: bytes, addr: Address) -> None:
        self._loop.create_task(self._relay(data, near=False))

    async def _relay(self, data: bytes, *, near: bool) -> None:
        """Send a SIP message on, with our ports in the places of theirs."""
        text = data.decode()
        text = text.replace(f"127.0.0.1:{self._far[1]}", f"127.0.0.1:{self._to_far.port}")
        call, port = _CALL_ID.search(text), _AUDIO.search(text)
        if call and port:
            media = await self._media_of(call[1])
            said, ours = int(port[1]), media.far if near else media.near
            media.ports["near" if near else "far"] = said
            text = text.replace(f"m=audio {said}", f"m=audio {ours.port}")
        head, _, body = text.partition("\r\n\r\n")
        head = re.sub(r"Content-Length:\s*\d+", f"Content-Length: {len(body)}", head)
        by, to = (self._to_near, self._far) if near else (self._to_far, self._near)
        self._send(f"{head}\r\n\r\n{body}".encode(), by, to)

    async def _media_of(self, call: str) -> "_Media":
        """Return the two sockets of a call's audio, each of which talks to one end alone."""
        if call not in self._media:

            def from_near(data: bytes, addr: Address) -> None:
                self._send(data, made.far, ("127.0.0.1", made.ports["far"]))

            def from_far(data: bytes, addr: Address) -> None:
                self._send(data, made.near, ("127.0.0.1", made.ports["near"]))

            made = _Media(await self._socket(from_near), await self._socket(from_far))
            self._media.setdefault(call, made)
        return self._media[call]

    def _send(self, data: bytes, by: _Socket, to: Address) -> None:
        if self._chance.random() < self._loss:
            self.lost += 1
            return
        self.carried += 1
        self._loop.call_later(self._chance.uniform(0, self._jitter_s), self._now, data, by, to)

    @staticmethod
    def _now(data: bytes, by: _Socket, to: Address) -> None:
        if by.transport is not None and not by.transport.is_closing():
            by.transport.sendto(data, to)
