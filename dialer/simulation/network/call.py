"""One incoming call: a SIP dialog seen from the called end (RFC 3261, sections 12 and 13).

    proceeding ──answer()──▶ answered ──ACK──▶ confirmed ──BYE or hang_up()──▶ ended
        ├──refuse()────────▶ refused ──ACK──▶ ended
        └──CANCEL, BYE─────▶ refused (487)     answered, no ACK in 32 s ──▶ BYE ──▶ ended

Rule: a call asked for what no longer fits (answering a cancelled call) does nothing. Both ends
speak at the same time on a telephone, so this is no mistake of anybody's.
"""

from enum import StrEnum
from typing import Final, Protocol

from dialer.simulation.network.loopback import Address, NotLoopback, loopback_address
from dialer.simulation.network.message import (
    Request,
    read_uri,
    tag_of,
    uri_of,
    write_request,
    write_response,
)
from dialer.simulation.network.transaction import Repetition, Timers

ALLOW: Final = ("Allow", "INVITE, ACK, CANCEL, BYE, OPTIONS, UPDATE, INFO")
_SDP: Final = ("Content-Type", "application/sdp")


class CallState(StrEnum):
    PROCEEDING = "proceeding"  #: no final answer given
    ANSWERED = "answered"  #: 200 sent, not yet acknowledged
    CONFIRMED = "confirmed"  #: both ends are connected
    REFUSED = "refused"  #: a final answer other than 2xx was given
    ENDED = "ended"  #: nothing will be said about it again


class CallParty:
    """Who was called. The methods are told what the other end did; by default nobody minds."""

    def cancelled(self) -> None:
        """The caller gave up before the answer."""

    def confirmed(self, description: bytes) -> None:
        """The caller has acknowledged the answer; *description* is empty or its SDP answer."""

    def hung_up(self) -> None:
        """The caller ended the connected call."""

    def unconfirmed(self) -> None:
        """The answer was never acknowledged; the call has been ended."""

    def repeated(self) -> None:
        """The caller sent its INVITE again."""

    def offered(self, description: bytes) -> bytes:
        """Return the answer to a new offer inside the call.

        Raises:
            UnusableOffer: the media cannot be changed that way.
        """
        return b""


class Wire(Protocol):
    """What a call needs of the socket it came through."""

    address: Address
    timers: Timers

    def transmit(self, data: bytes, to: Address) -> None: ...
    def make_token(self) -> str: ...
    def expect_reply(self, branch: str, repetition: Repetition) -> None: ...
    def forget_dialog(self, call: "IncomingCall") -> None: ...


class IncomingCall:
    """A call from its INVITE to its end."""

    def __init__(self, invite: Request, *, wire: Wire, source: Address, reply_to: Address) -> None:
        self.invite = invite
        self.source = source
        self.state = CallState.PROCEEDING
        self.party = CallParty()
        self.local_tag = wire.make_token()
        self.remote_tag = tag_of(invite.first("from"))
        self.remote_cseq = invite.cseq[0]
        self.final_status: int | None = None  #: of the answer we gave
        self._wire = wire
        self._reply_to = reply_to
        self._last_response = b""
        self._cseq = 0
        self._repetition: Repetition | None = None
        self.is_mute = False  #: nothing is answered, not even CANCEL

    @property
    def call_id(self) -> str:
        return self.invite.call_id

    @property
    def number(self) -> str:
        """The dialled number: the user part of the Request-URI."""
        uri = read_uri(self.invite.uri)
        return uri.user if uri else ""

    @property
    def caller(self) -> str:
        """The calling number: the user part of From."""
        uri = read_uri(uri_of(self.invite.first("from")))
        return uri.user if uri else ""

    # What we do

    def progress(self, status: int, reason: str, description: bytes = b"") -> None:
        """Send a provisional answer: 100, 180, 183."""
        if self.state is CallState.PROCEEDING:
            self._respond(status, reason, description)

    def answer(self, description: bytes) -> None:
        """Answer with 200; it is repeated until acknowledged."""
        if self.state is not CallState.PROCEEDING:
            return
        self.state = CallState.ANSWERED
        self.final_status = 200
        self._compose(200, "OK", description)
        self._repetition = Repetition(
            self.repeat_response, timers=self._wire.timers, gave_up=self._give_up_on_ack
        )

    def refuse(self, status: int, reason: str, *, cause: int | None = None) -> None:
        """Refuse with a final answer of 3xx to 6xx and, if known, a Q.850 cause (RFC 3326)."""
        if self.state is not CallState.PROCEEDING:
            return
        self.state = CallState.REFUSED
        self.final_status = status
        extra = (("Reason", f"Q.850;cause={cause}"),) if cause is not None else ()
        self._compose(status, reason, b"", extra)
        self._repetition = Repetition(
            self.repeat_response, timers=self._wire.timers, gave_up=self.end
        )

    def mute(self) -> None:
        """Behave as if the INVITE had never arrived."""
        self.is_mute = True

    def hang_up(self) -> None:
        """End the call from our side."""
        if self.state in (CallState.ANSWERED, CallState.CONFIRMED):
            self.end()
            self._send_bye()

    # What the other end does

    def take_repeated_invite(self) -> None:
        """The same INVITE came again: our last word was lost."""
        self.party.repeated()
        self.repeat_response()

    def repeat_response(self) -> None:
        if self._last_response:
            self._wire.transmit(self._last_response, self._reply_to)

    def take_ack(self, description: bytes) -> None:
        if self.state is CallState.REFUSED:
            self.end()
        elif self.state is CallState.ANSWERED:
            self._quiet()
            self.state = CallState.CONFIRMED
            self.party.confirmed(description)

    def take_cancel(self) -> None:
        if self.state is not CallState.PROCEEDING:
            return
        if self.is_mute:
            self.end()
        else:
            self.refuse(487, "Request Terminated")
        self.party.cancelled()

    def take_bye(self) -> None:
        if self.state is CallState.PROCEEDING:
            self.take_cancel()
        elif self.state in (CallState.ANSWERED, CallState.CONFIRMED):
            self.end()
            self.party.hung_up()

    def end(self) -> None:
        """Forget the dialog without a word."""
        self._quiet()
        self.state = CallState.ENDED
        self._wire.forget_dialog(self)

    # Inside

    def contact(self) -> tuple[str, str]:
        return "Contact", f"<sip:{self._wire.address}>"

    def _respond(self, status: int, reason: str, description: bytes) -> None:
        self._compose(status, reason, description)
        self.repeat_response()

    def _compose(
        self,
        status: int,
        reason: str,
        description: bytes,
        extra: tuple[tuple[str, str], ...] = (),
    ) -> None:
        headers = list(extra)
        if 100 < status < 300:
            headers += [("Record-Route", route) for route in self.invite.all("record-route")]
            headers += [self.contact(), ALLOW]
        if description:
            headers.append(_SDP)
        self._last_response = write_response(
            self.invite,
            status,
            reason,
            source=self.source,
            to_tag=self.local_tag,
            headers=tuple(headers),
            body=description,
        )

    def _quiet(self) -> None:
        if self._repetition is not None:
            self._repetition.stop()
            self._repetition = None

    def _give_up_on_ack(self) -> None:
        self.hang_up()
        self.party.unconfirmed()

    def _send_bye(self) -> None:
        self._cseq += 1
        routes = self.invite.all("record-route")
        contacts = self.invite.all("contact")
        target = uri_of(contacts[0]) if contacts else f"sip:{self.source}"
        branch = f"z9hG4bK{self._wire.make_token()}"
        to = self.invite.first("to")
        data = write_request(
            "BYE",
            target,
            headers=(
                ("Via", f"SIP/2.0/UDP {self._wire.address};rport;branch={branch}"),
                ("Max-Forwards", "70"),
                ("From", to if tag_of(to) else f"{to};tag={self.local_tag}"),
                ("To", self.invite.first("from")),
                ("Call-ID", self.call_id),
                ("CSeq", f"{self._cseq} BYE"),
                *(("Route", route) for route in routes),
                ("Reason", 'Q.850;cause=16;text="Normal call clearing"'),
            ),
        )
        to_address = self._next_hop(uri_of(routes[0]) if routes else target)
        repetition = Repetition(
            lambda: self._wire.transmit(data, to_address),
            timers=self._wire.timers,
            gave_up=lambda: None,
        )
        self._wire.expect_reply(branch, repetition)

    def _next_hop(self, uri: str) -> Address:
        """Return where *uri* is; the source of the INVITE where that is not on this machine."""
        parts = read_uri(uri)
        if parts is None:
            return self.source
        try:
            return loopback_address(parts.host, parts.port)
        except NotLoopback:
            return self.source
