"""What the core may ask of the telephony worker: wishes, in the imperative.

Rule: a command that was read is one the worker can carry out or refuse, never one that can hurt
it: URIs and headers hold no control characters (nothing can be smuggled into a SIP message),
names fit a file name, times are finite.
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from ipaddress import ip_network
from typing import Final

from dialer.call_events import OwnReason
from dialer.in_call import Part
from dialer.telephony.trunk_settings import Configure as Configure

_USER: Final = r"[^\s<>\"@?\x00-\x1f\x7f]{1,200}@"
_HOST: Final = r"(?:\[[0-9A-Fa-f:.]{2,45}\]|[A-Za-z0-9.-]{1,253})(?::\d{1,5})?"
_URI: Final = rf"sips?:(?:{_USER})?{_HOST}(?:;[^\s<>\"@?\x00-\x1f\x7f]{{0,200}})?"
_SIP_URI: Final = re.compile(_URI)
_SENDER: Final = re.compile(rf"(?:\"(?:[^\"\\\x00-\x1f\x7f]|\\[\"\\]){{0,200}}\" )?<{_URI}>")
_TOKEN: Final = re.compile(r"[A-Za-z0-9.!%*_+`'~-]{1,64}")
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,79}")
_DIGITS: Final = re.compile(r"[0-9*#A-D]{1,32}")
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]")


def check(fits: bool, what: str) -> None:
    if not fits:
        raise ValueError(what)


def is_name(text: str) -> bool:
    """Names of legs, recordings and commands: letters, digits and ``._:-``, at most 80."""
    return _NAME.fullmatch(text) is not None


def is_sip_uri(text: str) -> bool:
    """Whether a leg can be sent to *text*: a SIP URI without headers or anything to smuggle.

    >>> is_sip_uri("sip:anna@127.0.0.1:5060"), is_sip_uri("anna@127.0.0.1")
    (True, False)
    """
    return _SIP_URI.fullmatch(text) is not None


class Purpose(StrEnum):
    """Whom a leg leads to."""

    CALLEE = "callee"
    AGENT = "agent"
    GUEST = "guest"  #: somebody who is let into a conversation: a supervisor, a transfer's target


class LineAudio(StrEnum):
    """What of a line that nobody talks on yet is written to a file, to be listened to."""

    NOTHING = "nothing"
    EARLY = "early"  #: the audio of a 183, until the answer
    ALL = "all"  #: also after the answer, until an agent has the call: it may not be one


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """One SIP header that an INVITE carries, such as P-Asserted-Identity."""

    name: str
    value: str

    def __post_init__(self) -> None:
        check(_TOKEN.fullmatch(self.name) is not None, "a header's name must be a SIP token")
        check(not _CONTROL.search(self.value), "a header's value must not hold control characters")


@dataclass(frozen=True, slots=True, kw_only=True)
class Originate:
    """Send an INVITE. A leg that is known already is left alone and reported as it is."""

    leg: str
    purpose: Purpose
    uri: str  #: whom to call: the Request-URI and To
    sender: str  #: who calls, as the From header has it: ``"NAME" <sip:...>`` or ``<sip:...>``
    headers: tuple[Header, ...] = ()
    account: str | None = None  #: the trunk it leaves by (:class:`Configure`); ``None``: no trunk
    outbound_proxy: str | None = None  #: without a trunk: where it is sent if not to *uri*
    no_provisional_s: float = 3.0  #: the longest wait for any answer at all
    no_progress_s: float = 12.0  #: the longest wait for more than 100
    ring_s: float = 25.0  #: the longest ringing, from the first answer above 100
    connect_limit_s: float = 2.0  #: orphaned: answered and not bridged for so long means abandoned
    identity_file: str | None = None  #: orphaned: what an abandoned callee then hears
    heard_s: float = 0.0  #: so long what it says is written to a file that screening reads
    line: LineAudio = LineAudio.NOTHING  #: what is written of its ringing
    gateway_screens: bool = False  #: its gateway was asked to tell who answers, and is believed

    def __post_init__(self) -> None:
        check(is_name(self.leg), "leg is not a name")
        check(is_sip_uri(self.uri), "uri is not a SIP URI")
        check(_SENDER.fullmatch(self.sender) is not None, "sender is not a From header's value")
        check(
            self.outbound_proxy is None or _SIP_URI.fullmatch(self.outbound_proxy) is not None,
            "outbound_proxy is not a SIP URI",
        )
        for name in ("no_provisional_s", "no_progress_s", "ring_s", "connect_limit_s"):
            check(0 < getattr(self, name) <= 3600, f"{name} must be above 0 and at most 3600")
        check(0 <= self.heard_s <= 120, "heard_s must be at least 0 and at most 120")


@dataclass(frozen=True, slots=True, kw_only=True)
class Bridge:
    """Let callee and agent hear each other and, with a *recording*, write both sides down."""

    callee: str
    agent: str
    recording: str | None = None  #: name of its files, for all the callee's bridges; ``None``: none
    zip_tone: bool = True  #: a short tone tells the agent that someone is there

    def __post_init__(self) -> None:
        check(is_name(self.callee) and is_name(self.agent), "callee or agent is not a name")
        check(self.recording is None or is_name(self.recording), "recording is not a name")


@dataclass(frozen=True, slots=True, kw_only=True)
class Unbridge:
    """Part callee and agent; both legs stay up and hear silence."""

    callee: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Play:
    """Play a WAV file (8 kHz, mono, 16 bit) to a leg, once. Parts a bridge it is in."""

    leg: str
    file: str | None = None  #: ``None``: the identity file the leg was originated with
    then_hang_up: bool = False
    because: OwnReason = OwnReason.ABANDONED  #: of that hang-up


@dataclass(frozen=True, slots=True, kw_only=True)
class Peer:
    """A network whose calls are let in."""

    network: str  #: such as 192.0.2.7/32
    trunk: str  #: whose it is

    def __post_init__(self) -> None:
        try:
            ip_network(self.network)
        except ValueError:
            raise ValueError("network is not a network, such as 192.0.2.7/32") from None


@dataclass(frozen=True, slots=True, kw_only=True)
class LetIn:
    """Let calls of these networks ring, and turn all others away, until told anew."""

    peers: tuple[Peer, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PickUp:
    """Answer a call that came in. Done once, however often it is ordered."""

    leg: str
    identity_file: str | None = None  #: as in :class:`Originate`


@dataclass(frozen=True, slots=True, kw_only=True)
class HangUp:
    """Cancel the INVITE, or say BYE."""

    leg: str
    because: OwnReason


# In the call: see ``conference.py``.


@dataclass(frozen=True, slots=True, kw_only=True)
class Join:
    """Let a guest into a callee's conversation, or give one who is there another part."""

    guest: str
    callee: str
    part: Part


@dataclass(frozen=True, slots=True, kw_only=True)
class Leave:
    """Take a guest out of the conversation; the leg stays up and hears silence."""

    guest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HandOver:
    """Let callee and *guest* go on without the agent, who hears silence from now on."""

    callee: str
    guest: str
    record: bool = False  #: the tape goes on; else it is silent until the hang-up


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """Let the callee hear the hold tone, and nobody the callee."""

    callee: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Resume:
    """End the hold."""

    callee: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MuteTape:
    """Record silence in the place of what is said, or go on recording; keys are not told of."""

    callee: str
    muted: bool


class Keying(StrEnum):
    """How keys are sent to a leg."""

    RFC2833 = "rfc2833"  #: as telephone events of RTP (RFC 4733, before it RFC 2833)
    INFO = "info"  #: in SIP INFO messages
    INBAND = "inband"  #: as tones that are heard (ITU-T Q.23)
    AUTO = "auto"  #: as telephone events where the other side takes them, else as tones


@dataclass(frozen=True, slots=True, kw_only=True)
class SendDigits:
    """Send keys to a leg."""

    leg: str
    digits: str
    keying: Keying = Keying.AUTO

    def __post_init__(self) -> None:
        check(_DIGITS.fullmatch(self.digits) is not None, "digits must be 1 to 32 of 0-9*#A-D")


@dataclass(frozen=True, slots=True, kw_only=True)
class TakeStock:
    """Report all legs (:class:`Stocked`)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """Report where the time of the SIP thread went (:class:`Measured`)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Drain:
    """Take no new legs; cancel what rings; say :class:`Drained` when the last leg is gone."""


Inbound = LetIn | PickUp
InCall = Join | Leave | HandOver | Hold | Resume | MuteTape | SendDigits
Command = (
    Originate
    | Bridge
    | Unbridge
    | Play
    | HangUp
    | Inbound
    | InCall
    | TakeStock
    | Measure
    | Drain
    | Configure
)
