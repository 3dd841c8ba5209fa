"""What the worker is told of the trunks: its sockets, and one account for each way out.

Rule: values that travel over the worker's socket and nowhere else. They hold passwords in the
clear, which are never part of their representation; nothing writes them to a file or a log.
"""

from dataclasses import dataclass, field

from sip_config.endpoint import Protocol, TlsVersion
from sip_config.signalling import Dtmf, Support
from sip_config.uri import SipUri


@dataclass(frozen=True, slots=True, kw_only=True)
class Socket:
    """A socket that signalling goes through."""

    id: str
    proto: Protocol = Protocol.UDP
    bind: str = "127.0.0.1"
    port: int = 0  #: 0: any free one
    public_address: str | None = None  #: what others see, behind a NAT
    tls_min: TlsVersion = TlsVersion.TLS_1_2
    tls_ca: str | None = None  #: file or folder; ``None``: the system's
    tls_verify: bool = True
    certificate: str | None = None
    private_key: str | None = None
    key_password: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class FurtherHeader:
    """A header that every INVITE of a trunk carries; it may hold a secret."""

    name: str
    value: str = field(repr=False)

    def __post_init__(self) -> None:
        if not (self.name.isascii() and self.name.isprintable() and self.value.isprintable()):
            raise ValueError("a header's name and value must not hold control characters")


@dataclass(frozen=True, slots=True, kw_only=True)
class TrunkAccount:
    """How one trunk, or one port of a gateway that has its own name and password, is spoken to."""

    id: str  #: of the trunk, or ``trunk:port``
    trunk: str
    socket: str  #: id of a :class:`Socket`
    hosts: tuple[str, ...]  #: asked by OPTIONS; calls to agents at these hosts leave here
    outbound_proxy: str | None = None
    username: str = ""  #: of the digest (RFC 3261, section 22); empty: no digest
    password: str = field(default="", repr=False)
    realm: str = "*"  #: the one that is answered; ``*``: any
    registrar: str | None = None  #: ``None``: we do not register
    expires_s: int = 300
    first_retry_s: int = 5
    retry_s: int = 120
    headers: tuple[FurtherHeader, ...] = ()  #: of every INVITE
    codecs: tuple[str, ...] = ()  #: best first; empty: those of :class:`Configure`
    srtp: Support = Support.OFF
    session_timer: Support = Support.OPTIONAL
    prack: Support = Support.OFF
    dtmf: Dtmf = Dtmf.RFC2833
    reinvites: bool = True  #: false: none is sent by us
    rewrite_contact: bool = True
    options_s: float | None = 30.0  #: pause between two OPTIONS to a host; ``None``: none sent

    def __post_init__(self) -> None:
        for uri in (*self.hosts, *filter(None, (self.outbound_proxy, self.registrar))):
            SipUri(uri)

    @property
    def next_hops(self) -> tuple[str, ...]:
        """Where this account sends requests, besides the callees' own hosts."""
        return tuple(filter(None, (self.outbound_proxy, self.registrar)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Configure:
    """Speak to these trunks, and to no others. Said again, it changes what differs.

    Calls that are up keep the account they were placed on.
    """

    sockets: tuple[Socket, ...] = ()
    accounts: tuple[TrunkAccount, ...] = ()
    codecs: tuple[str, ...] = ("PCMA/8000", "PCMU/8000")  #: where an account names none
    ptime_ms: int = 20  #: audio in one packet we send
