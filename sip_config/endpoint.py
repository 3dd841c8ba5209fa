"""Our own end: where we listen, how audio leaves, whom we let in.

Rule: values only. Field names are the keys of the configuration file and the comment beside a
field is its documentation (``docs/trunks.md`` is made from it).
"""

from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import Annotated

from annotated_types import Ge, Gt, Le, Len

from sip_config.notation import Codec, Identifier, IpAddress
from sip_config.secret import SecretReference
from sip_config.signalling import Support


class Protocol(StrEnum):
    """What carries signalling."""

    UDP = "udp"
    TCP = "tcp"
    TLS = "tls"


class TlsVersion(StrEnum):
    """The lowest version of TLS that is accepted."""

    TLS_1_2 = "1.2"
    TLS_1_3 = "1.3"


class SecretSource(StrEnum):
    """Where a reference by name is looked up."""

    ENV = "env"  #: an environment variable of that name
    FILE = "file"  #: a file of that name in ``directory``


@dataclass(frozen=True, slots=True, kw_only=True)
class SecretsPlace:
    """Where references of the form ``{name: X}`` are looked up."""

    source: SecretSource = SecretSource.ENV  #: env or file
    directory: str | None = None  #: folder of the files; relative to this file


@dataclass(frozen=True, slots=True, kw_only=True)
class Tls:
    """How a TLS transport behaves."""

    min: TlsVersion = TlsVersion.TLS_1_2  #: lowest version, "1.2" or "1.3"
    ca: str | None = None  #: file or folder of trusted certificates; null: the system's
    verify_server: bool = True  #: refuse a server whose certificate does not fit
    certificate: str | None = None  #: our certificate, PEM
    private_key: str | None = None  #: path of its key, PEM
    key_password: SecretReference | None = None  #: password of the key


@dataclass(frozen=True, slots=True, kw_only=True)
class Transport:
    """A socket signalling goes through."""

    id: Identifier  #: name of the transport
    proto: Protocol = Protocol.UDP  #: udp, tcp or tls
    bind: IpAddress = "127.0.0.1"  #: address to listen on
    port: Annotated[int, Ge(0), Le(65535)] = 0  #: port to listen on; 0: any free one
    public_address: IpAddress | None = None  #: address others see us at, behind a NAT
    tls: Tls | None = None  #: only for proto tls


@dataclass(frozen=True, slots=True, kw_only=True)
class Jitter:
    """The jitter buffer of a call: how long audio that came early waits for what comes late."""

    min: Annotated[int, Ge(20), Le(1000)] = 60  #: ms that are waited for at least
    max: Annotated[int, Ge(20), Le(2000)] = 240  #: ms that are waited for at most


@dataclass(frozen=True, slots=True, kw_only=True)
class Media:
    """How audio leaves."""

    rtp_ports: tuple[Annotated[int, Ge(1024), Le(65535)], Annotated[int, Ge(1024), Le(65535)]] = (
        20000,
        29999,
    )  #: first and last UDP port of audio, for all workers together
    codecs: Annotated[tuple[Codec, ...], Len(1)] = ("PCMA/8000", "PCMU/8000")  #: in order of wish
    ptime_ms: Annotated[int, Ge(10), Le(60)] = 20  #: audio in one packet
    srtp: Support = Support.OFF  #: off, optional or required (RFC 3711)
    jitter_ms: Jitter = field(default_factory=Jitter)  #: jitter buffer


@dataclass(frozen=True, slots=True, kw_only=True)
class Security:
    """Whom we let in. Everybody else is dropped by the packet filter and refused in code."""

    allow_inbound_from: tuple[str, ...] = ("gateways", "trunks")
    #: ``gateways``, ``trunks`` and networks like 10.0.0.0/24 (agents' phones)
    user_agent: str = ""  #: what we call ourselves; empty: nothing
    invites_per_second: Annotated[int, Gt(0)] = 50  #: requests let through from one address


@dataclass(frozen=True, slots=True, kw_only=True)
class HouseLimits:
    """Ceilings over all trunks together."""

    channels: Annotated[int, Ge(1)] | None = None  #: calls at the same time; null: no ceiling
    cps: Annotated[float, Gt(0)] | None = None  #: call attempts per second; null: no ceiling
    burst: Annotated[int, Ge(1)] = 5  #: attempts that may leave at once
    daily_minutes: Annotated[float, Gt(0)] | None = None  #: minutes a day; null: no ceiling
    spend_per_day: Annotated[Decimal, Gt(0)] | None = None  #: money a day; null: no ceiling
