"""How we and a trunk speak to each other: who we are, how numbers are written, which extensions.

Rule: values only. Field names are the keys of the configuration file and the comment beside a
field is its documentation (``docs/trunks.md`` is made from it).
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

from annotated_types import Ge, Gt, Le, Len

from sip_config.notation import E164, HeaderName, HostName, Pattern
from sip_config.secret import SecretReference
from sip_config.uri import SipUri


class AuthMode(StrEnum):
    """How the trunk knows us."""

    NONE = "none"  #: it accepts anybody; only sensible on a private network
    IP = "ip"  #: by our address
    DIGEST = "digest"  #: by user name and password (RFC 3261, section 22)


class NumberStyle(StrEnum):
    """How a number is written in a SIP URI."""

    E164_PLUS = "e164_plus"  #: +442079460123
    E164 = "e164"  #: 442079460123
    NATIONAL = "national"  #: 02079460123 within ``country``, else as international_00
    INTERNATIONAL_00 = "international_00"  #: 00442079460123
    CUSTOM = "custom"  #: as e164_plus; ``number_rules`` do the rest


class Dns(StrEnum):
    """How host names are looked up (RFC 3263)."""

    SRV = "srv"  #: as ``a`` today: SRV records are not asked for; name each address as a host
    A = "a"  #: by the machine's resolver
    NONE = "none"  #: hosts are addresses


class Dtmf(StrEnum):
    """How keys are sent."""

    RFC2833 = "rfc2833"  #: telephone-event in RTP (today RFC 4733)
    INFO = "info"
    INBAND = "inband"
    AUTO = "auto"  #: telephone-event if offered, else in-band


class Support(StrEnum):
    """Whether an extension of SIP is used."""

    OFF = "off"
    OPTIONAL = "optional"
    REQUIRED = "required"


class FromUser(StrEnum):
    """Who is named in the From header."""

    CALLER = "caller"  #: the caller ID
    USERNAME = "username"  #: the digest user name


class IdentityHeader(StrEnum):
    """A header that carries the caller ID beside From."""

    PAI = "pai"  #: P-Asserted-Identity (RFC 3325)
    PPI = "ppi"  #: P-Preferred-Identity (RFC 3325)
    RPID = "rpid"  #: Remote-Party-ID, of old devices


class Privacy(StrEnum):
    """What is asked to be hidden (RFC 3323). Campaigns show their number: ``none``."""

    NONE = "none"
    ID = "id"


@dataclass(frozen=True, slots=True, kw_only=True)
class Auth:
    """How the trunk knows us."""

    mode: AuthMode = AuthMode.NONE  #: none, ip or digest
    username: str | None = None  #: required by digest
    password: SecretReference | None = None  #: ``{env: NAME}``, ``{file: PATH}`` or ``{name: X}``
    realm: str = "*"  #: the realm to answer; ``*``: any


@dataclass(frozen=True, slots=True, kw_only=True)
class Registration:
    """Whether we register at the trunk (RFC 3261, section 10)."""

    enabled: bool = False  #: register
    expires_s: Annotated[int, Ge(60), Le(86400)] = 300  #: life asked for
    retry_s: Annotated[tuple[Annotated[int, Gt(0)], ...], Len(1)] = (5, 30, 120)
    #: pauses after failures: the first one once, then always the last
    registrar: SipUri | None = None  #: where to register; null: the first host


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberFormat:
    """How numbers are written for this trunk."""

    called: NumberStyle = NumberStyle.E164_PLUS  #: the number called
    caller: NumberStyle = NumberStyle.E164_PLUS  #: the caller ID


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberRule:
    """A last change to the called number; applied in order, each to the former's result."""

    match: Pattern  #: regular expression
    replace: str  #: replacement, ``\\1`` for groups


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """How we introduce ourselves."""

    from_user: FromUser = FromUser.CALLER  #: user part of From: caller or username
    display: str = ""  #: display name in From
    headers: tuple[IdentityHeader, ...] = ()  #: pai, ppi, rpid: further headers with the caller ID
    privacy: Privacy = Privacy.NONE  #: none or id
    from_domain: HostName | None = None  #: host part of From; null: the host called
    diversion: E164 | None = None  #: number in a Diversion header (RFC 5806), E.164


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """A header every INVITE on this trunk carries."""

    name: HeaderName  #: header name; not one SIP itself needs
    value: str | SecretReference  #: text, or a reference to a secret


@dataclass(frozen=True, slots=True, kw_only=True)
class Quirks:
    """Habits of the peer."""

    rewrite_contact: bool = True  #: learn our public address from the Via of answers
    symmetric_rtp: bool = True  #: send audio where it comes from; only true is possible
    no_reinvite: bool = False  #: the peer does not survive a re-INVITE
    ignore_refer: bool = True  #: never follow a REFER or a redirect; only true is possible
    two_stage: bool = False
    #: the box wants the number as keys after it has answered; only false is possible
