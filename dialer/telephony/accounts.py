"""By whom calls leave: one pjsua2 account for each trunk, and one for whatever needs no trunk.

    Configure ─▶ sockets, accounts (digest, registration, SRTP, timers) ─▶ calls leave by them
                                        └─▶ registration and OPTIONS ─▶ events about trunks

Rule: lives in the SIP thread, like everything that touches the stack. A trunk that cannot be used
is told of once, and refuses its calls with the same sentence; it never hinders the others. With
``loopback_only`` no socket is opened and no request sent beyond this machine.
"""

from collections import deque
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

import pjsua2 as pj

from dialer.telephony import events
from dialer.telephony.callbacks import (
    Account,
    AccountFact,
    Arrival,
    OptionsAnswered,
    RegistrationTold,
)
from dialer.telephony.codec_choice import in_stack
from dialer.telephony.events import Event
from dialer.telephony.sip_settings import SipRefused, SipSettings, host_of, is_loopback
from dialer.telephony.tls_trust import Untrusted, trust
from dialer.telephony.trunk_settings import Configure, FurtherHeader, Socket, TrunkAccount
from sip_config.endpoint import Protocol, TlsVersion
from sip_config.signalling import Support

_MOST_ACCOUNTS: Final = 60  #: the build allows 64
_ANSWER_WITHIN_S: Final = 4.0  #: an OPTIONS; the stack itself waits for 32 s
_FRAME_MS: Final = 10  #: of the stack's narrow-band codecs

#: Every address of the machine, and where that is when nothing may leave it.
_EVERYWHERE: Final = {"0.0.0.0": "127.0.0.1", "::": "::1"}

_KINDS: Final = {
    Protocol.UDP: pj.PJSIP_TRANSPORT_UDP,
    Protocol.TCP: pj.PJSIP_TRANSPORT_TCP,
    Protocol.TLS: pj.PJSIP_TRANSPORT_TLS,
}
_TLS_VERSIONS: Final = {TlsVersion.TLS_1_2: 0b110000, TlsVersion.TLS_1_3: 0b100000}  # pj_ssl
_TIMER: Final = {
    Support.OFF: pj.PJSUA_SIP_TIMER_INACTIVE,
    Support.OPTIONAL: pj.PJSUA_SIP_TIMER_OPTIONAL,
    Support.REQUIRED: pj.PJSUA_SIP_TIMER_REQUIRED,
}
_PRACK: Final = {
    Support.OFF: pj.PJSUA_100REL_NOT_USED,
    Support.OPTIONAL: pj.PJSUA_100REL_OPTIONAL,
    Support.REQUIRED: pj.PJSUA_100REL_MANDATORY,
}
_SRTP: Final = {
    Support.OFF: pj.PJMEDIA_SRTP_DISABLED,
    Support.OPTIONAL: pj.PJMEDIA_SRTP_OPTIONAL,
    Support.REQUIRED: pj.PJMEDIA_SRTP_MANDATORY,
}


def why(error: pj.Error) -> str:
    """Return what the stack says was wrong."""
    return f"{error.title}: {error.reason} ({error.status})"


class Accounts:
    """The accounts of one stack."""

    def __init__(
        self, endpoint: pj.Endpoint, settings: SipSettings, arrivals: deque[Arrival]
    ) -> None:
        self._endpoint = endpoint
        self._settings = settings
        self._arrivals = arrivals
        self._facts: deque[AccountFact] = deque()
        self._by_proxy: dict[str, Account] = {}
        self._by_name: dict[str, Account] = {}
        self._wanted: dict[str, TrunkAccount] = {}
        self._configured = Configure(codecs=())
        self._sockets: dict[str, tuple[Socket, int]] = {}
        self._faults: dict[str, str] = {}  # account -> why it cannot be used
        self._asked: dict[str, tuple[str, float]] = {}  # account -> host, OPTIONS sent at
        self._ask_at: dict[tuple[str, str], float] = {}  # account, host -> next OPTIONS at
        self._told: dict[tuple[str, str], Event] = {}  # the last of each kind, for a new core

    # --- Calls ------------------------------------------------------------------------------

    def of(self, name: str | None, proxy: str | None, uri: str) -> tuple[Account, str]:
        """Return the account a call leaves by, and the URI to call.

        Raises:
            SipRefused: there is none, or it must not call there.
        """
        if name is None:
            self._stay_here(proxy or uri)
            return self.by_proxy(proxy or ""), uri
        if (account := self._by_name.get(name)) is None:
            reason = self._faults.get(name, "the trunk file has none of that name, enabled")
            raise SipRefused(f"trunk {name} cannot be used: {reason}")
        wanted = self._wanted[name]
        self._stay_here(wanted.outbound_proxy or uri)
        return account, self._addressed(wanted, uri)

    def headers_of(self, name: str | None) -> tuple[FurtherHeader, ...]:
        """Return what every INVITE by this account carries besides."""
        wanted = self._wanted.get(name or "")
        return wanted.headers if wanted else ()

    def codecs_of(self, name: str | None) -> tuple[str, ...] | None:
        """Return what a call by this account may offer; ``None``: all that is switched on."""
        wanted = self._wanted.get(name or "")
        own = (wanted.codecs if wanted else ()) or self._configured.codecs
        return own if own and set(own) != set(self._all_codecs()) else None

    def _stay_here(self, uri: str) -> None:
        if self._settings.loopback_only and not is_loopback(host_of(uri)):
            raise SipRefused("the destination is not on this machine and loopback_only is set")

    def _addressed(self, wanted: TrunkAccount, uri: str) -> str:
        """Return *uri* with the transport of the account's socket, if it names none."""
        proto = self._sockets[wanted.socket][0].proto
        if proto is Protocol.UDP or uri.startswith("sips:") or ";transport=" in uri:
            return uri
        return f"{uri};transport={proto.value}"

    def by_proxy(self, proxy: str) -> Account:
        """Return the account whose INVITEs leave by *proxy*; empty: straight to the callee."""
        if proxy in self._by_proxy:
            return self._by_proxy[proxy]
        account = self._made("", self._config(f"sip:callwright@{self._local()}", proxy))
        self._by_proxy[proxy] = account
        return account

    # --- The trunk file ---------------------------------------------------------------------

    def configure(self, wish: Configure, now: float) -> Iterator[Event]:
        """Make sockets and accounts as wished; yield what is wrong, and what is known already."""
        first = self._configured.accounts == () and not self._by_name
        self._configured = wish
        self._faults = {}
        yield from self._codecs(wish)
        for name in self._wanted.keys() - {account.id for account in wish.accounts}:
            self._retire(name)
        for account in wish.accounts:
            try:
                self._adopt(account, wish, now)
            except (SipRefused, Untrusted) as error:
                self._faults[account.id] = str(error)
            except pj.Error as error:
                self._faults[account.id] = why(error)
            if (fault := self._faults.get(account.id)) is not None:
                yield events.TrunkFault(trunk=account.trunk, why=fault)
        if not first:
            yield from list(self._told.values())

    def _adopt(self, wanted: TrunkAccount, wish: Configure, now: float) -> None:
        for uri in (*wanted.hosts, *wanted.next_hops):
            self._stay_here(uri)
        socket = next((each for each in wish.sockets if each.id == wanted.socket), None)
        if socket is None:
            raise SipRefused(f"there is no socket {wanted.socket}")
        bound = self._socket(socket)
        if (account := self._by_name.get(wanted.id)) is None:
            self._by_name[wanted.id] = self._made(wanted.id, self._trunk_config(wanted, bound))
        elif self._wanted[wanted.id] != wanted:
            account.modify(self._trunk_config(wanted, bound))
        self._wanted[wanted.id] = wanted
        for host in wanted.hosts:
            if wanted.options_s is not None:
                self._ask_at.setdefault((wanted.id, host), now)

    def _retire(self, name: str) -> None:
        """Place no more calls by an account; those that are up go on, so it is not deleted."""
        self._ask_at = {key: at for key, at in self._ask_at.items() if key[0] != name}
        self._asked.pop(name, None)
        self._told = {key: event for key, event in self._told.items() if key[0] != name}
        wanted, account = self._wanted.pop(name), self._by_name.pop(name)
        self._by_proxy[f"retired:{name}"] = account  # a strong reference for its calls
        if wanted.registrar is not None:
            account.setRegistration(False)

    def _socket(self, wanted: Socket) -> int:
        """Return the stack's number of a socket, opened if it is not yet."""
        if self._settings.loopback_only and wanted.bind in _EVERYWHERE:
            wanted = replace(wanted, bind=_EVERYWHERE[wanted.bind])
        known = self._sockets.get(wanted.id)
        if known is not None and known[0] == wanted:
            return known[1]
        if self._settings.loopback_only and not is_loopback(wanted.bind):
            raise SipRefused(
                f"socket {wanted.id} is bound to {wanted.bind} and only this machine may be "
                "reached; bind it to 127.0.0.1"
            )
        config = pj.TransportConfig()
        config.port = wanted.port
        config.boundAddress = wanted.bind
        config.publicAddress = wanted.public_address or ""
        if wanted.proto is Protocol.TLS:
            self._secure(config.tlsConfig, wanted)
        try:
            bound = self._endpoint.transportCreate(_KINDS[wanted.proto], config)
        except pj.Error as error:
            raise SipRefused(
                f"socket {wanted.id} cannot be opened on {wanted.bind}:{wanted.port} "
                f"({wanted.proto}): {why(error)}; is the port in use?"
            ) from None
        self._sockets[wanted.id] = (wanted, bound)
        return bound

    def _secure(self, tls: pj.TlsConfig, wanted: Socket) -> None:
        tls.proto = _TLS_VERSIONS[wanted.tls_min]
        tls.verifyServer = wanted.tls_verify
        if wanted.tls_verify:
            tls.CaBuf = trust(wanted.tls_ca)
        tls.certFile = wanted.certificate or ""
        tls.privKeyFile = wanted.private_key or ""
        tls.password = wanted.key_password

    def _codecs(self, wish: Configure) -> Iterator[Event]:
        available = [info.codecId for info in self._endpoint.codecEnum2()]
        found, _ = in_stack(self._all_codecs(), available)
        if not found:
            return
        ranked = list(found.values())
        for codec in available:
            rank = 250 - ranked.index(codec) if codec in ranked else 0
            self._endpoint.codecSetPriority(codec, rank)
        for codec in ranked:
            param = self._endpoint.codecGetParam(codec)
            param.setting.frmPerPkt = max(1, wish.ptime_ms // _FRAME_MS)
            self._endpoint.codecSetParam(codec, param)
        for account in wish.accounts:
            _, lacking = in_stack(account.codecs or wish.codecs, available)
            if lacking:
                known = ", ".join(sorted(available))
                told = f"this build of the SIP stack has no {', '.join(lacking)}; it has {known}"
                yield events.TrunkFault(trunk=account.trunk, why=told)

    def _all_codecs(self) -> tuple[str, ...]:
        """Return every codec any account may offer, the best first."""
        wish = self._configured
        every = [*wish.codecs, *(codec for each in wish.accounts for codec in each.codecs)]
        return tuple(dict.fromkeys(every))

    # --- What the trunks say ----------------------------------------------------------------

    def tend(self, now: float) -> Iterator[tuple[float, Event]]:
        """Send the OPTIONS that are due; yield what was said and what was not."""
        while self._facts:
            fact = self._facts.popleft()
            for event in self._heard(fact):
                yield fact.at, event
        for name, (host, sent_at) in list(self._asked.items()):
            if now - sent_at >= _ANSWER_WITHIN_S:
                del self._asked[name]
                yield now, self._silent(name, host)
        for (name, host), at in list(self._ask_at.items()):
            if at > now or name in self._asked:
                continue  # one host of an account at a time: an answer does not say whose it is
            wanted = self._wanted[name]
            self._ask_at[name, host] = now + max(_ANSWER_WITHIN_S, wanted.options_s or 0.0)
            if self._ask(wanted, host):
                self._asked[name] = (host, now)
            else:
                yield now, self._silent(name, host)

    def _ask(self, wanted: TrunkAccount, host: str) -> bool:
        prm = pj.SendRequestParam()
        prm.method = "OPTIONS"
        prm.txOption.targetUri = self._addressed(wanted, host)
        try:
            self._by_name[wanted.id].sendRequest(prm)
        except pj.Error:
            return False
        return True

    def _silent(self, name: str, host: str) -> Event:
        wanted = self._wanted.get(name)
        event = events.TrunkUnreachable(trunk=wanted.trunk if wanted else name, host=host)
        self._told[name, host] = event
        return event

    def _heard(self, fact: AccountFact) -> Iterator[Event]:
        if (wanted := self._wanted.get(fact.account)) is None:
            return
        match fact:
            case OptionsAnswered(status=status, source=source):
                host, _ = self._asked.get(fact.account, ("", 0.0))
                if not host or not _may_be(source, host):
                    return  # too late: it has counted as silent
                del self._asked[fact.account]
                told = events.TrunkReachable(trunk=wanted.trunk, host=host, status=status)
                self._told[fact.account, host] = told
                yield told
            case RegistrationTold(status=200, expires_s=expires_s) if expires_s > 0:
                registered = events.TrunkRegistered(trunk=wanted.trunk, expires_s=expires_s)
                self._told[fact.account, "registration"] = registered
                yield registered
            case RegistrationTold(status=status, reason=reason):
                refused = events.TrunkNotRegistered(
                    trunk=wanted.trunk, status=status or None, reason=reason
                )
                self._told[fact.account, "registration"] = refused
                yield refused

    # --- Making them ------------------------------------------------------------------------

    def _made(self, name: str, config: pj.AccountConfig) -> Account:
        if len(self._by_proxy) + len(self._by_name) >= _MOST_ACCOUNTS:
            raise SipRefused(f"more than {_MOST_ACCOUNTS} trunks and proxies in one worker")
        account = Account(self._arrivals, name, self._facts)
        try:
            account.create(config, not self._by_proxy)
        except pj.Error as error:
            raise SipRefused(f"the account cannot be made: {why(error)}") from None
        return account

    def _local(self) -> str:
        return str(self._endpoint.transportGetInfo(0).localName)

    def _config(self, id_uri: str, proxy: str) -> pj.AccountConfig:
        settings = self._settings
        config = pj.AccountConfig()
        config.idUri = id_uri
        if proxy:
            loose = proxy if ";lr" in proxy else f"{proxy};lr"
            config.sipConfig.proxies.append(f"<{loose}>")
        config.natConfig.contactRewriteUse = 0
        config.natConfig.viaRewriteUse = 0
        config.natConfig.sdpNatRewriteUse = 0
        config.mediaConfig.transportConfig.boundAddress = settings.bind_host
        config.mediaConfig.transportConfig.port = settings.rtp_first
        config.mediaConfig.transportConfig.portRange = settings.rtp_count
        return config

    def _trunk_config(self, wanted: TrunkAccount, bound: int) -> pj.AccountConfig:
        socket = self._sockets[wanted.socket][0]
        where = wanted.hosts[0].partition(":")[2].partition(";")[0]
        proxy = self._addressed(wanted, wanted.outbound_proxy) if wanted.outbound_proxy else ""
        config = self._config(f"sip:{wanted.username or 'callwright'}@{where}", proxy)
        config.sipConfig.transportId = bound
        if wanted.username:
            credentials = pj.AuthCredInfo(
                "digest", wanted.realm, wanted.username, 0, wanted.password
            )
            config.sipConfig.authCreds.append(credentials)
        if wanted.registrar is not None:
            config.regConfig.registrarUri = self._addressed(wanted, wanted.registrar)
            config.regConfig.timeoutSec = wanted.expires_s
            config.regConfig.firstRetryIntervalSec = wanted.first_retry_s
            config.regConfig.retryIntervalSec = wanted.retry_s
            config.natConfig.contactRewriteUse = int(wanted.rewrite_contact)
        config.callConfig.timerUse = _TIMER[wanted.session_timer]
        config.callConfig.prackUse = _PRACK[wanted.prack]
        config.mediaConfig.srtpUse = _SRTP[wanted.srtp]
        config.mediaConfig.srtpSecureSignaling = 0  # the trunk file's checks warn of it
        config.mediaConfig.lockCodecEnabled = wanted.reinvites
        config.mediaConfig.transportConfig.boundAddress = socket.bind
        config.mediaConfig.transportConfig.publicAddress = socket.public_address or ""
        return config


def _may_be(source: str, host: str) -> bool:
    """Return whether an answer from *source* may be that of the SIP URI *host*.

    >>> _may_be("127.0.0.1:5060", "sip:127.0.0.1:5060"), _may_be("127.0.0.1:5060", "sip:127.0.0.2")
    (True, False)
    """
    named = host_of(host)
    return not named.replace(".", "").isdigit() or source.rpartition(":")[0] == named
