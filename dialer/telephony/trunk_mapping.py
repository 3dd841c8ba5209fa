"""The trunk file, as the worker needs it; and by which account an agent's phone is called.

Rule: pure. Whatever the file says that matters to SIP is decided here once; the worker does as it
is told and knows no trunk file.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from dialer.ports import Way
from dialer.screening.gateway import REQUEST
from dialer.screening.line import TonePlan
from dialer.telephony.commands import Header, LineAudio
from dialer.telephony.sip_settings import host_of
from dialer.telephony.trunk_settings import Configure, FurtherHeader, Socket, TrunkAccount
from sip_config.carrying import Taken
from sip_config.config import SipConfig
from sip_config.endpoint import Tls, Transport
from sip_config.signalling import AuthMode
from sip_config.trunk import Channel, Trunk

#: A parameter of an agent's URI, for us alone: the trunk whose account the phone is called by.
_TRUNK_PARAMETER: Final = re.compile(r";trunk=([A-Za-z0-9_.-]+)", re.ASCII)
_OURSELVES: Final = "callwright"  #: user part of our From, where nobody gave us a name


def configuration(config: SipConfig, *, worker: int = 1) -> Configure:
    """Return what worker number *worker* (from 1) is told of *config*.

    Several workers share no port: each further one listens one port higher.
    """
    used: dict[str, Transport] = {}
    accounts = []
    for trunk in config.trunks.values():
        transport = config.transport_of(trunk)
        if not trunk.enabled or transport is None:
            continue
        used[transport.id] = transport
        own = [channel for channel in trunk.channels if channel.username is not None]
        accounts += [_account(config, trunk, transport, channel) for channel in (None, *own)]
    return Configure(
        sockets=tuple(_socket(config, each, worker) for each in used.values()),
        accounts=tuple(accounts),
        codecs=tuple(config.site.media.codecs),
        ptime_ms=config.site.media.ptime_ms,
    )


def line_audio_of(tones: TonePlan | None) -> LineAudio:
    """Return what must be written of a line whose *tones* are listened for."""
    if tones is None:
        return LineAudio.NOTHING
    return LineAudio.ALL if tones.answers else LineAudio.EARLY


def headers_of(way: Way) -> tuple[Header, ...]:
    """Return the headers of an INVITE to a callee."""
    asked = (REQUEST,) if way.gateway_screens else ()
    return tuple(Header(name=name, value=value) for name, value in (*way.headers, *asked))


def account_of(accounts: Sequence[TrunkAccount], taken: Taken | None) -> str | None:
    """Return the account by which a call that has *taken* a trunk leaves; ``None``: there is none.

    >>> accounts = (TrunkAccount(id="a", trunk="a", socket="s", hosts=()),)
    >>> account_of(accounts, Taken(trunk_id="a", host="sip:h", port="1", caller_id="", pool=None))
    'a'
    """
    if taken is None:
        return None
    known = {account.id for account in accounts}
    port = f"{taken.trunk_id}:{taken.port}"
    return next((name for name in (port, taken.trunk_id) if name in known), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentWay:
    """How an agent's phone is called."""

    uri: str  #: the Request-URI
    sender: str  #: the From header's value
    account: str | None


def agent_way(sip_uri: str, accounts: Sequence[TrunkAccount], *, sender: str) -> AgentWay:
    """Return how the phone at *sip_uri* is called.

    By the account of the trunk that the URI names (``;trunk=ID``, which is not sent); else by the
    first whose host and port are the phone's; else by none. An account with a user name shows it,
    because a telephone system that asks for a password finds out by the From whom to ask.

    Args:
        sender: The From of a call by no account, or by one without a user name.

    >>> pbx = TrunkAccount(id="pbx", trunk="pbx", socket="s", hosts=("sip:127.0.0.1:5060",),
    ...                    username="dialer", password="x")
    >>> agent_way("sip:anna@127.0.0.1:5060", [pbx], sender="<sip:us@127.0.0.1>")
    AgentWay(uri='sip:anna@127.0.0.1:5060', sender='<sip:dialer@127.0.0.1:5060>', account='pbx')
    >>> agent_way("sip:anna@127.0.0.9;trunk=pbx", [pbx], sender="<sip:us@127.0.0.1>").uri
    'sip:anna@127.0.0.9'
    """
    named = _TRUNK_PARAMETER.search(sip_uri)
    uri = _TRUNK_PARAMETER.sub("", sip_uri)
    if named is not None:
        account = next((each for each in accounts if each.trunk == named[1]), None)
        name: str | None = named[1]  # the worker says that there is none
    else:
        account = _by_host(uri, accounts)
        name = account.id if account else None
    if account is None or not account.username:
        return AgentWay(uri=uri, sender=sender, account=name)
    host = account.hosts[0].partition(":")[2].partition(";")[0]
    return AgentWay(uri=uri, sender=f"<sip:{account.username}@{host}>", account=name)


def _by_host(uri: str, accounts: Sequence[TrunkAccount]) -> TrunkAccount | None:
    place = _place(uri)
    return next((each for each in accounts if place in map(_place, each.hosts)), None)


def _place(uri: str) -> tuple[str, str]:
    """Return host and port of a SIP URI; 5060 is the port of one that names none."""
    host = host_of(uri)
    after = uri.partition(":")[2].rpartition("@")[2].partition(";")[0].removeprefix(host)
    return host, after.removeprefix(":") or "5060"


def _socket(config: SipConfig, transport: Transport, worker: int) -> Socket:
    tls = transport.tls or Tls()
    return Socket(
        id=transport.id,
        proto=transport.proto,
        bind=transport.bind,
        port=transport.port + worker - 1 if transport.port else 0,
        public_address=transport.public_address,
        tls_min=tls.min,
        tls_ca=tls.ca,
        tls_verify=tls.verify_server,
        certificate=tls.certificate,
        private_key=tls.private_key,
        key_password=config.known_secrets.reveal(tls.key_password),
    )


def _account(
    config: SipConfig, trunk: Trunk, transport: Transport, channel: Channel | None
) -> TrunkAccount:
    digest = trunk.auth.mode is AuthMode.DIGEST
    own = channel is not None and channel.username is not None
    username = channel.username if channel and own else trunk.auth.username if digest else None
    password = channel.password if channel and own else trunk.auth.password if digest else None
    retry, register = trunk.register.retry_s, trunk.register
    hosts = tuple(str(host.uri) for host in trunk.hosts)
    if channel is not None and channel.uri is not None:
        hosts = (str(channel.uri),)
    return TrunkAccount(
        id=trunk.id if channel is None else f"{trunk.id}:{channel.id}",
        trunk=trunk.id,
        socket=transport.id,
        hosts=hosts,
        outbound_proxy=str(trunk.outbound_proxy) if trunk.outbound_proxy else None,
        username=username or "",
        password=config.known_secrets.reveal(password),
        realm=trunk.auth.realm,
        registrar=str(register.registrar or hosts[0]) if register.enabled else None,
        expires_s=register.expires_s,
        first_retry_s=retry[0],
        retry_s=retry[-1],
        headers=tuple(_headers(config, trunk)),
        codecs=tuple(trunk.codecs or ()),
        srtp=trunk.srtp or config.site.media.srtp,
        session_timer=trunk.session_timer,
        prack=trunk.prack,
        dtmf=trunk.dtmf,
        reinvites=not trunk.quirks.no_reinvite,
        rewrite_contact=trunk.quirks.rewrite_contact,
        options_s=None if channel is not None else trunk.health.options_s,
    )


def _headers(config: SipConfig, trunk: Trunk) -> Iterator[FurtherHeader]:
    if (name := config.site.security.user_agent) != "":
        yield FurtherHeader(name="User-Agent", value=name)
    for each in trunk.headers:
        yield FurtherHeader(name=each.name, value=config.known_secrets.reveal(each.value))
