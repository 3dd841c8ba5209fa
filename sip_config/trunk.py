"""A trunk: one way by which calls leave the building, with every value it needs resolved.

    file ──▶ profile chain + the trunk's own keys ──▶ Trunk (here) ──▶ routing, telephony, health

Rule: these are values. They are frozen, hold no secret and no state, and their field names are
the keys of the configuration file; the comment beside a field is its documentation (the tables of
``docs/trunks.md`` are made from it). What a trunk is doing at this moment stands in
:mod:`sip_config.lines` and :mod:`sip_config.health`.

Units: ``_s`` seconds, ``_ms`` milliseconds; shares are 0..1; money is a Decimal of ``currency``.
"""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Annotated, Final

from annotated_types import Ge, Gt, Le, Len

from sip_config.causes import CauseRule
from sip_config.limits import Cost, Health, Limits, Timers, TrafficConditions
from sip_config.notation import E164, Codec, Country, Digits, Identifier, Network
from sip_config.secret import SecretReference
from sip_config.signalling import (
    Auth,
    Dns,
    Dtmf,
    Header,
    Identity,
    NumberFormat,
    NumberRule,
    Quirks,
    Registration,
    Support,
)
from sip_config.uri import SipUri


class TrunkKind(StrEnum):
    """What stands at the other end."""

    ITSP = "itsp"  #: a carrier reached over IP
    GATEWAY_FXO = "gateway_fxo"  #: a box with analog lines
    GATEWAY_ISDN = "gateway_isdn"  #: a box with ISDN BRI or PRI, or R2
    GATEWAY_GSM = "gateway_gsm"  #: a box with SIM cards
    PBX = "pbx"  #: a telephone system that has trunks of its own
    LOOPBACK = "loopback"  #: a simulated network on this machine; loopback addresses only


class Verified(StrEnum):
    """How far a profile's values have been checked."""

    NO = "no"  #: starting values from experience; check with the device's manual
    MANUAL = "manual"  #: read in the maker's or carrier's documentation
    LAB = "lab"  #: tried against the device or service
    FIELD = "field"  #: in use


class AnswerSupervision(StrEnum):
    """How the trunk knows that the callee took the call."""

    SIGNALLED = "signalled"  #: the network says so: ISDN, GSM, SIP carriers
    POLARITY = "polarity"  #: the analog line reverses its polarity
    VOICE = "voice"  #: the box answers when it hears a voice
    INFERRED = "inferred"  #: the box answers too early; its tones are listened to; not predictive
    NONE = "none"  #: the box answers after dialling, nothing better is known; not predictive


class AmdMode(StrEnum):
    """How answering machines are told from people."""

    OFF = "off"
    TONES = "tones"  #: fax, special information tones and beeps only
    FAST = "fast"
    FULL = "full"
    GATEWAY = "gateway"  #: the gateway tells us, asked by X-Detect


@dataclass(frozen=True, slots=True, kw_only=True)
class Host:
    """One signalling address of a trunk; the next one is asked when this one is down."""

    uri: SipUri  #: ``sip:HOST[:PORT][;transport=udp|tcp|tls]`` or ``sips:…``
    priority: Annotated[int, Ge(0), Le(65535)] = 1  #: lower is asked first
    weight: Annotated[int, Ge(0), Le(65535)] = 100  #: share among hosts of one priority
    cps: Annotated[float, Gt(0)] | None = None  #: calls per second to this host; null: no own limit


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """One port of a gateway with a line or a SIM card of its own."""

    id: str  #: the port as the gateway names it
    line: E164 | None = None  #: the caller ID this port always shows, E.164
    uri: SipUri | None = None  #: signalling address of this port, if it has its own
    username: str | None = None  #: digest user name of this port, if it has its own
    password: SecretReference | None = None  #: password of this port, if it has its own
    prefix: Digits = ""  #: digits that make the gateway take this port
    daily_minutes: Annotated[float, Gt(0)] | None = None  #: most minutes a day (SIM limits)


@dataclass(frozen=True, slots=True, kw_only=True)
class EarlyMedia:
    """Audio before the answer."""

    use: bool = True  #: false: its audio is never listened to
    trust: bool = False  #: believe its tones: busy, congestion, the three before an announcement


@dataclass(frozen=True, slots=True, kw_only=True)
class Amd:
    """Screening of answering machines."""

    mode: AmdMode = AmdMode.OFF  #: off; tones, fast or full: we listen; gateway: it says (X-Detect)


class NotLoopback(ValueError):
    """A trunk of kind ``loopback`` names an address outside this machine."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trunk:
    """One way out, completely resolved.

    Raises:
        NotLoopback: kind is ``loopback`` and a host, port or proxy is not a loopback address.
            Checked here and not only in the file's checks, so that no such value can exist.
    """

    id: Identifier  #: name of the trunk, unique in the file
    kind: TrunkKind  #: what stands at the other end
    hosts: Annotated[tuple[Host, ...], Len(1)]  #: signalling addresses
    profile: str | None = None  #: profile whose values apply where this trunk says nothing
    verified: Verified = Verified.NO  #: how far these values have been checked
    enabled: bool = True  #: false: loaded and checked, carries no calls
    transport: str | None = None  #: id of a transport; null: the first that fits the hosts
    dns: Dns = Dns.SRV  #: how host names are looked up
    outbound_proxy: SipUri | None = None  #: where every request is sent instead
    allow_public: bool = False  #: a gateway or PBX may stand at a public address
    auth: Auth = field(default_factory=Auth)  #: how the trunk knows us
    register: Registration = field(default_factory=Registration)  #: whether we register
    tech_prefix: Digits = ""  #: digits before every called number; its plus is then left out
    limits: Limits = field(default_factory=Limits)  #: ceilings
    channels: tuple[Channel, ...] = ()  #: explicit gateway ports
    number_format: NumberFormat = field(default_factory=NumberFormat)  #: how numbers are written
    number_rules: tuple[NumberRule, ...] = ()  #: last changes to the called number
    identity: Identity = field(default_factory=Identity)  #: how we introduce ourselves
    codecs: tuple[Codec, ...] | None = None  #: codecs in order; null: those of ``media``
    srtp: Support | None = None  #: off, optional, required; null: as ``media`` says
    dtmf: Dtmf = Dtmf.RFC2833  #: how keys are sent
    session_timer: Support = Support.OPTIONAL  #: RFC 4028
    prack: Support = Support.OFF  #: RFC 3262
    early_media: EarlyMedia = field(default_factory=EarlyMedia)  #: audio before the answer
    answer_supervision: AnswerSupervision = AnswerSupervision.SIGNALLED  #: how answers are known
    progress_tones: Country | None = None  #: tone plan, ISO 3166 country; required by inferred
    amd: Amd = field(default_factory=Amd)  #: screening of answering machines
    timers: Timers = field(default_factory=Timers)  #: when we give up
    health: Health = field(default_factory=Health)  #: when the trunk is left alone
    cause_map: tuple[CauseRule, ...] = ()  #: own readings of endings, asked first
    headers: tuple[Header, ...] = ()  #: further headers of every INVITE
    quirks: Quirks = field(default_factory=Quirks)  #: habits of the peer
    cost: Cost = field(default_factory=Cost)  #: prices
    traffic: TrafficConditions = field(default_factory=TrafficConditions)  #: carrier's conditions
    media_networks: tuple[Network, ...] = ()  #: networks audio comes from (CIDR); empty: anywhere

    def __post_init__(self) -> None:
        if self.kind is TrunkKind.LOOPBACK:
            for uri in self.uris:
                if not uri.is_loopback:
                    raise NotLoopback(
                        f"trunk {self.id!r} is of kind loopback, but {uri.host!r} is not a "
                        "loopback address; use 127.0.0.1 or ::1, or another kind"
                    )

    @property
    def uris(self) -> tuple[SipUri, ...]:
        """Every address this trunk may send to."""
        ports = (channel.uri for channel in self.channels if channel.uri)
        others = (uri for uri in (self.outbound_proxy, self.register.registrar) if uri)
        return (*(host.uri for host in self.hosts), *ports, *others)

    @property
    def outbound_channels(self) -> int:
        """How many calls of ours may be up at the same time."""
        return max(0, self.limits.channels - self.limits.reserve_inbound)

    @property
    def tells_answers(self) -> bool:
        """Whether an answer of the trunk means that somebody, or something, took the call.

        A box that answers when it has finished dialing says so long before the callee does. Its
        tones tell it, but of who picks up and is silent only seconds later.
        """
        untold = (AnswerSupervision.INFERRED, AnswerSupervision.NONE)
        return self.answer_supervision not in untold

    @property
    def infers_answers(self) -> bool:
        """Whether it is for us to hear when somebody has answered."""
        return self.answer_supervision is AnswerSupervision.INFERRED

    @property
    def is_gateway(self) -> bool:
        """Whether this is a box with telephone lines."""
        return self.kind in GATEWAYS


GATEWAYS: Final = frozenset({TrunkKind.GATEWAY_FXO, TrunkKind.GATEWAY_ISDN, TrunkKind.GATEWAY_GSM})
