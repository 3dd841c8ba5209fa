"""A SIP user agent that is called: one UDP socket, its transactions and its dialogs.

It answers OPTIONS, offers every new INVITE to ``on_call``, keeps retransmissions away from it,
and carries the rest to the call it belongs to (RFC 3261, sections 8.2, 9.2, 12.2.2, 17.2).

Rule: nothing that arrives can raise out of here. What cannot be read is dropped and counted in
``unreadable``; what can be read and not served is refused with the status the standard names.
"""

import asyncio
import random
from collections.abc import Callable
from typing import Final, cast

from dialer.simulation.network.call import ALLOW, CallState, IncomingCall
from dialer.simulation.network.loopback import (
    Address,
    NotLoopback,
    address_of,
    loopback_address,
    open_socket,
)
from dialer.simulation.network.message import (
    MalformedMessage,
    Request,
    Response,
    fault_of,
    parse,
    read_uri,
    tag_of,
    write_response,
)
from dialer.simulation.network.sdp import UnusableOffer
from dialer.simulation.network.transaction import TIMERS, Repetition, Timers

CALLS_LIMIT: Final = 4_000  #: exchanges remembered at once; more are refused with 503
_SDP: Final = ("Content-Type", "application/sdp")


class SipEndpoint(asyncio.DatagramProtocol):
    """The called end of any number of calls on one socket."""

    def __init__(
        self,
        *,
        address: Address,
        on_call: Callable[[IncomingCall], None],
        rng: random.Random,
        timers: Timers = TIMERS,
    ) -> None:
        self.address = address
        self.timers = timers
        self.unreadable = 0  #: datagrams dropped because they were no SIP
        self._on_call = on_call
        self._rng = rng
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.DatagramTransport | None = None
        self._invites: dict[tuple[str, str], IncomingCall] = {}  # by branch and Call-ID
        self._dialogs: dict[tuple[str, str, str], IncomingCall] = {}  # by Call-ID and tags
        self._answered: dict[tuple[str, str, str], bytes] = {}  # by branch, Call-ID and method
        self._awaited: dict[str, Repetition] = {}  # our requests, by branch
        self._unacknowledged: dict[tuple[str, int], Repetition] = {}  # re-INVITEs, Call-ID, CSeq

    @classmethod
    async def listen(
        cls,
        address: Address,
        *,
        on_call: Callable[[IncomingCall], None],
        rng: random.Random,
        timers: Timers = TIMERS,
    ) -> "SipEndpoint":
        """Return an endpoint bound to *address*; port 0 takes a free one.

        Raises:
            OSError: the address cannot be bound.
        """
        bound = open_socket(address)
        made = cls(address=address_of(bound), on_call=on_call, rng=rng, timers=timers)
        await asyncio.get_running_loop().create_datagram_endpoint(lambda: made, sock=bound)
        return made

    def close(self) -> None:
        """Close the socket and forget everything, without a word to anybody."""
        for call in {*self._dialogs.values(), *self._invites.values()}:
            call.end()
        for repetition in (*self._awaited.values(), *self._unacknowledged.values()):
            repetition.stop()
        if self._transport is not None:
            self._transport.close()

    # What a call needs (call.Wire)

    def transmit(self, data: bytes, to: Address) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.sendto(data, to)

    def make_token(self) -> str:
        return f"{self._rng.getrandbits(64):016x}"

    def expect_reply(self, branch: str, repetition: Repetition) -> None:
        self._awaited[branch] = repetition
        self._loop.call_later(self.timers.lifetime, self._awaited.pop, branch, None)

    def forget_dialog(self, call: IncomingCall) -> None:
        self._dialogs.pop((call.call_id, call.local_tag, call.remote_tag), None)

    # asyncio.DatagramProtocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # asyncio's own datagram transport does not derive from its abstract class.
        self._transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        if not data.strip(b"\r\n\0 "):
            return  # a keep-alive
        try:
            message = parse(data)
            source = loopback_address(*addr)
        except (MalformedMessage, NotLoopback):
            self.unreadable += 1
            return
        if isinstance(message, Response):
            self._take_response(message)
        else:
            self._take_request(message, source)

    def error_received(self, exc: Exception) -> None:
        """The other end's port is closed; repetitions end by themselves."""

    # Dispatch

    def _take_response(self, response: Response) -> None:
        if response.status >= 200 and (waiting := self._awaited.pop(response.branch, None)):
            waiting.stop()

    def _take_request(self, request: Request, source: Address) -> None:
        reply_to = _reply_address(request, source)
        if (fault := fault_of(request)) is not None:
            if request.method != "ACK" and request.all("via"):
                self._reply(request, source, reply_to, *fault)
            return
        if request.method == "ACK":
            self._take_ack(request)
        elif request.method == "CANCEL":
            self._take_cancel(request, source, reply_to)
        elif (said := self._answered.get(_key(request))) is not None:
            self.transmit(said, reply_to)
        elif request.method == "INVITE" and not tag_of(request.first("to")):
            self._take_invite(request, source, reply_to)
        elif tag_of(request.first("to")):
            self._take_inside(request, source, reply_to)
        else:
            self._take_outside(request, source, reply_to)

    def _take_invite(self, request: Request, source: Address, reply_to: Address) -> None:
        key = (request.branch, request.call_id)
        if (known := self._invites.get(key)) is not None:
            known.take_repeated_invite()
            return
        if refusal := self._refusal_of(request):
            self._reply(request, source, reply_to, *refusal)
            return
        call = IncomingCall(request, wire=self, source=source, reply_to=reply_to)
        self._invites[key] = call
        self._dialogs[call.call_id, call.local_tag, call.remote_tag] = call
        self._loop.call_later(self.timers.lifetime, self._review, key)
        self._on_call(call)

    def _refusal_of(self, request: Request) -> tuple[int, str, tuple[str, str]] | None:
        if required := request.first("require"):
            return 420, "Bad Extension", ("Unsupported", required)
        if read_uri(request.uri) is None:
            return 416, "Unsupported URI Scheme", ALLOW
        if len(self._invites) >= CALLS_LIMIT:
            return 503, "Service Unavailable", ("Retry-After", "5")
        return None

    def _review(self, key: tuple[str, str]) -> None:
        """Forget an INVITE whose exchange is over; look again later while it is not."""
        if self._invites[key].state is CallState.PROCEEDING:
            self._loop.call_later(self.timers.lifetime, self._review, key)
        else:
            del self._invites[key]

    def _take_ack(self, request: Request) -> None:
        if again := self._unacknowledged.pop((request.call_id, request.cseq[0]), None):
            again.stop()
            return
        call = self._dialog_of(request)
        # The ACK of a refusal has the INVITE's branch, the one of an answer has its own.
        call = call or self._invites.get((request.branch, request.call_id))
        if call is not None:
            call.take_ack(request.body)

    def _take_cancel(self, request: Request, source: Address, reply_to: Address) -> None:
        call = self._invites.get((request.branch, request.call_id))
        if call is None:
            self._reply(request, source, reply_to, 481, "Call/Transaction Does Not Exist")
            return
        if not call.is_mute:
            self._reply(request, source, reply_to, 200, "OK")
        call.take_cancel()

    def _take_inside(self, request: Request, source: Address, reply_to: Address) -> None:
        call = self._dialog_of(request)
        if call is None or call.state in (CallState.REFUSED, CallState.ENDED):
            self._reply(request, source, reply_to, 481, "Call/Transaction Does Not Exist")
        elif request.cseq[0] <= call.remote_cseq:
            self._reply(request, source, reply_to, 500, "CSeq Out of Order")
        else:
            call.remote_cseq = request.cseq[0]
            match request.method:
                case "BYE":
                    self._reply(request, source, reply_to, 200, "OK")
                    call.take_bye()
                case "INVITE" | "UPDATE":
                    self._renegotiate(call, request, source, reply_to)
                case _:
                    self._take_outside(request, source, reply_to)

    def _take_outside(self, request: Request, source: Address, reply_to: Address) -> None:
        match request.method:
            case "OPTIONS":
                accept = ("Accept", "application/sdp")
                self._reply(request, source, reply_to, 200, "OK", ALLOW, accept)
            case "INFO" | "NOTIFY" | "MESSAGE" if tag_of(request.first("to")):
                self._reply(request, source, reply_to, 200, "OK")
            case "BYE" | "INFO" | "PRACK" | "UPDATE":
                self._reply(request, source, reply_to, 481, "Call/Transaction Does Not Exist")
            case _:
                self._reply(request, source, reply_to, 405, "Method Not Allowed", ALLOW)

    def _renegotiate(
        self, call: IncomingCall, request: Request, source: Address, reply_to: Address
    ) -> None:
        is_invite = request.method == "INVITE"
        if is_invite and call.state is not CallState.CONFIRMED:
            self._reply(request, source, reply_to, 491, "Request Pending")
            return
        try:
            # An UPDATE without a description only refreshes (RFC 3311, section 5.2).
            body = call.party.offered(request.body) if is_invite or request.body else b""
        except UnusableOffer as refused:
            self._reply(request, source, reply_to, 488, str(refused))
            return
        headers = (call.contact(), ALLOW, *((_SDP,) if body else ()))
        said = self._reply(request, source, reply_to, 200, "OK", *headers, body=body)
        if is_invite:
            key = (request.call_id, request.cseq[0])
            self._unacknowledged[key] = Repetition(
                lambda: self.transmit(said, reply_to),
                timers=self.timers,
                gave_up=lambda: self._unacknowledged.__delitem__(key),
                sent=True,
            )

    def _dialog_of(self, request: Request) -> IncomingCall | None:
        tags = tag_of(request.first("to")), tag_of(request.first("from"))
        return self._dialogs.get((request.call_id, *tags))

    def _reply(
        self,
        request: Request,
        source: Address,
        reply_to: Address,
        status: int,
        reason: str,
        *headers: tuple[str, str],
        body: bytes = b"",
    ) -> bytes:
        """Answer for good; the same request coming again gets the same answer."""
        said = write_response(
            request,
            status,
            reason,
            source=source,
            to_tag=self.make_token(),
            headers=headers,
            body=body,
        )
        key = _key(request)
        if len(self._answered) < CALLS_LIMIT and key not in self._answered:
            self._answered[key] = said
            self._loop.call_later(self.timers.lifetime, self._answered.pop, key, None)
        self.transmit(said, reply_to)
        return said


def _key(request: Request) -> tuple[str, str, str]:
    return request.branch, request.call_id, request.method


def _reply_address(request: Request, source: Address) -> Address:
    """Return where answers go: back to the source if ``rport`` asks for that (RFC 3581)."""
    top = next(iter(request.all("via")), "")
    if "rport" in top.lower():
        return source
    sent_by = top.partition(";")[0].split()[-1:]
    port = sent_by[0].rpartition(":")[2] if sent_by else ""
    if not (port.isascii() and port.isdigit()) or int(port) > 65535:
        return Address(source.host, source.port if not sent_by else 5060)
    return Address(source.host, int(port))
