"""pjsua2 behind a typed border: legs, players and recorders by name, and facts in a queue.

Rules, each learnt from a crash or a stall of others:

- One thread owns everything here: it makes the stack, polls it and gives the orders.
- What callbacks have put into the queues is taken after the poll, never inside (``callbacks.py``).
- The only strong reference to a call object is in :class:`SipStack`; it is dropped after the
  callback that ended the call has returned, never inside it.
- No text stream in any offer: each has a thread whose end would be waited for in ours.
- Only narrow-band codecs: everything else would be resampled in the bridge's clock thread.
- A file ends in silence longer than it is played, so that no end-of-file event is ever under way
  when its player goes.
"""

import os
import sys
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

import pjsua2 as pj

from dialer.telephony.accounts import Accounts, why
from dialer.telephony.callbacks import Arrival, Call, ChoosyCall, NamedFact
from dialer.telephony.commands import Originate
from dialer.telephony.sip_settings import SipRefused, SipSettings

__all__ = ["SipRefused", "SipStack"]

_NO_NETWORK: Final = 3  # libDestroy: our legs have said good-bye, do not wait for anybody
_NOBODY_THERE: Final = 480
_KEY_MS: Final = 160  #: how long a key is pressed


class SipStack:
    """The stack of one worker. Ports of the bridge are named ``leg:x``, ``player:x`` and so on."""

    SILENCE: Final = "silence"  #: a port that never ends and never says anything

    def __init__(self, settings: SipSettings) -> None:
        self.settings = settings
        self.facts: deque[NamedFact] = deque()
        self._endpoint = pj.Endpoint()
        self.arrivals: deque[Arrival] = deque()
        self.let_in: Callable[[Arrival], bool] = lambda _: False  #: does a call that came in ring?
        self._rejected: list[pj.Call] = []
        self._calls: dict[str, Call] = {}
        self._files: dict[str, pj.AudioMedia] = {}
        self.accounts = Accounts(self._endpoint, settings, self.arrivals)
        self._wires: dict[str, set[tuple[str, str]]] = {}  # port -> the wires that touch it
        self.address = ""  #: host:port that SIP is spoken on, once started

    def start(self, silence: Path) -> None:
        """Start the stack; *silence* is a long silent WAV file.

        Raises:
            SipRefused: the address is taken, or the stack does not start.
        """
        try:
            self._start(silence)
        except pj.Error as error:
            raise SipRefused(
                f"the SIP stack does not start on {self.settings.bind_host}:"
                f"{self.settings.bind_port}: {why(error)}; is the port in use?"
            ) from None

    def _start(self, silence: Path) -> None:
        settings = self.settings
        with _no_banner():
            self._endpoint.libCreate()
            self._endpoint.libInit(_endpoint_config(settings))
        transport = pj.TransportConfig()
        transport.port = settings.bind_port
        transport.boundAddress = settings.bind_host
        bound = self._endpoint.transportCreate(pj.PJSIP_TRANSPORT_UDP, transport)
        self.address = self._endpoint.transportGetInfo(bound).localName
        self._endpoint.libStart()
        self._endpoint.audDevManager().setNullDev()
        for codec in self._endpoint.codecEnum2():
            wanted = codec.codecId in settings.codecs
            rank = 250 - settings.codecs.index(codec.codecId) if wanted else 0
            self._endpoint.codecSetPriority(codec.codecId, rank)
        self.accounts.by_proxy("")
        player = pj.AudioMediaPlayer()
        player.createPlayer(str(silence))
        self._files[self.SILENCE] = player

    def stop(self) -> None:
        """End everything. The process must end after it: the stack does not start twice."""
        self._files.clear()
        self._calls.clear()
        self._rejected.clear()
        with suppress(pj.Error):
            self._endpoint.libDestroy(_NO_NETWORK)

    def poll(self, longest_s: float) -> None:
        """Let the stack work: at most *longest_s* when there is nothing to do."""
        self._endpoint.libHandleEvents(int(longest_s * 1000))
        while self.arrivals:
            arrival = self.arrivals.popleft()
            if self.let_in(arrival):
                self._take_in(arrival.call)
            else:
                self._reject(arrival.call)

    def _reject(self, call: pj.Call) -> None:
        self._rejected = [old for old in self._rejected if _is_active(old)]
        prm = pj.CallOpParam()
        prm.statusCode = 403
        with suppress(pj.Error):
            call.hangup(prm)
        self._rejected.append(call)

    def _take_in(self, call: Call) -> None:
        self._calls[call.name] = call
        self.facts.extend(call.facts)  # what has happened since the callback
        call.facts = self.facts
        prm = _no_extras(pj.CallOpParam(True))
        prm.statusCode = 180
        with suppress(pj.Error):  # the caller has gone: its fact is in the queue
            call.answer(prm)

    def pick_up(self, leg: str) -> None:
        """Answer a call that came in.

        Raises:
            SipRefused: it is gone, or there is no audio in common.
        """
        if (call := self._calls.get(leg)) is None:
            raise SipRefused("the leg has ended")
        prm = _no_extras(pj.CallOpParam(True))
        prm.statusCode = 200
        try:
            call.answer(prm)
        except pj.Error as error:
            raise SipRefused(f"the call could not be answered: {why(error)}") from None

    # --- legs -------------------------------------------------------------------------------

    def place(self, order: Originate) -> str:
        """Send the INVITE and return its SIP Call-ID.

        Raises:
            SipRefused: it cannot or must not leave.
        """
        account, uri = self.accounts.of(order.account, order.outbound_proxy, order.uri)
        prm = _no_extras(pj.CallOpParam(True))
        prm.txOption.localUri = order.sender
        further = [(h.name, h.value) for h in self.accounts.headers_of(order.account)]
        for name, value in [(h.name, h.value) for h in order.headers] + further:
            sip_header = pj.SipHeader()
            sip_header.hName, sip_header.hValue = name, value
            prm.txOption.headers.append(sip_header)
        codecs = self.accounts.codecs_of(order.account)
        call = (
            Call(account, order.leg, self.facts)
            if codecs is None
            else ChoosyCall(account, order.leg, self.facts, codecs)
        )
        try:
            call.makeCall(uri, prm)
            sip_call_id = call.getInfo().callIdString
        except pj.Error as error:
            raise SipRefused(f"the INVITE could not be sent: {why(error)}") from None
        self._calls[order.leg] = call
        return sip_call_id

    def hang_up(self, leg: str, q850: int = 16) -> None:
        """Say CANCEL or BYE, whichever fits, with a Q.850 cause. Unknown legs are gone already."""
        if (call := self._calls.get(leg)) is None:
            return
        prm = pj.CallOpParam()
        prm.statusCode = _NOBODY_THERE  # only of a call that came in and was not answered
        header = pj.SipHeader()
        header.hName, header.hValue = "Reason", f"Q.850;cause={q850}"
        prm.txOption.headers.append(header)
        with suppress(pj.Error):  # gone at this very moment: its fact is in the queue
            call.hangup(prm)

    def release(self, leg: str) -> None:
        """Drop the leg's call object. Only after its :class:`Disconnected` has been taken."""
        self.unwire(f"leg:{leg}")
        self._calls.pop(leg, None)

    def send_keys(self, leg: str, digits: str, *, info: bool) -> None:
        """Send *digits* to a leg, as telephone events of RTP or in SIP INFO messages.

        Raises:
            SipRefused: the leg is gone, or the other side takes no telephone events.
        """
        if (call := self._calls.get(leg)) is None:
            raise SipRefused("the leg has ended")
        prm = pj.CallSendDtmfParam()
        prm.method = pj.PJSUA_DTMF_METHOD_SIP_INFO if info else pj.PJSUA_DTMF_METHOD_RFC2833
        prm.duration = _KEY_MS
        prm.digits = digits
        try:
            call.sendDtmf(prm)
        except pj.Error as error:
            raise SipRefused(f"the keys could not be sent: {why(error)}") from None

    def packets_received(self, leg: str) -> int | None:
        """Return how many RTP packets the leg has sent us, ``None`` without media."""
        if (call := self._calls.get(leg)) is None:
            return None
        try:
            return call.getStreamStat(0).rtcp.rxStat.pkt
        except pj.Error:
            return None

    # --- audio ------------------------------------------------------------------------------

    def open_player(self, name: str, path: Path) -> None:
        """Make the port ``player:name`` that plays *path* from its start, over and over.

        Raises:
            SipRefused: the file cannot be played.
        """
        player = pj.AudioMediaPlayer()
        try:
            player.createPlayer(str(path))
        except pj.Error as error:
            raise SipRefused(f"the file cannot be played: {why(error)}") from None
        self._files[f"player:{name}"] = player

    def open_recorder(self, name: str, path: Path) -> None:
        """Make the port ``recorder:name`` that writes what it hears, or silence, to *path*.

        Raises:
            SipRefused: the file cannot be written.
        """
        recorder = pj.AudioMediaRecorder()
        try:
            recorder.createRecorder(str(path))
        except pj.Error as error:
            raise SipRefused(f"the recording cannot be written: {why(error)}") from None
        self._files[f"recorder:{name}"] = recorder
        self.wire(self.SILENCE, f"recorder:{name}")

    def try_recorder(self, name: str, path: Path) -> bool:
        """Make the port ``recorder:name``, or return that it cannot be made."""
        with suppress(SipRefused):
            self.open_recorder(name, path)
            return True
        return False

    def close(self, port: str) -> None:
        """Close a player or recorder; what a recorder heard is in its file soon after."""
        self.unwire(port)
        self._files.pop(port, None)

    def wire(self, source: str, sink: str) -> None:
        """Let *sink* hear *source*: now, and again whenever the media of a leg has moved."""
        self._wires.setdefault(source, set()).add((source, sink))
        self._wires.setdefault(sink, set()).add((source, sink))
        self._connect(source, sink)

    def cut(self, source: str, sink: str) -> None:
        """Let *sink* no longer hear *source*."""
        for port in (source, sink):
            self._wires.get(port, set()).discard((source, sink))
        a, b = self._media(source), self._media(sink)
        if a is not None and b is not None:
            with suppress(pj.Error):
                a.stopTransmit(b)

    def unwire(self, port: str) -> None:
        """Cut every wire of *port*."""
        for source, sink in list(self._wires.get(port, ())):
            self.cut(source, sink)
        self._wires.pop(port, None)

    def rewire(self, leg: str) -> None:
        """Make the connections of a leg again, after its media came or moved."""
        for source, sink in list(self._wires.get(f"leg:{leg}", ())):
            self._connect(source, sink)

    def _connect(self, source: str, sink: str) -> None:
        a, b = self._media(source), self._media(sink)
        if a is not None and b is not None:
            with suppress(pj.Error):  # the media went: MediaChanged or Disconnected is queued
                a.startTransmit(b)

    def _media(self, port: str) -> pj.AudioMedia | None:
        kind, _, name = port.partition(":")
        if kind != "leg":
            return self._files.get(port)
        if (call := self._calls.get(name)) is None:
            return None
        try:
            return call.getAudioMedia(-1)
        except pj.Error:
            return None


@contextmanager
def _no_banner() -> Iterator[None]:
    """Keep what the stack prints before its log can be set up off our standard output."""
    sys.stdout.flush()
    kept, nowhere = os.dup(1), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    try:
        yield
    finally:
        os.dup2(kept, 1)
        os.close(kept)
        os.close(nowhere)


def _no_extras(prm: pj.CallOpParam) -> pj.CallOpParam:
    prm.opt.audioCount = 1
    prm.opt.videoCount = 0
    prm.opt.textCount = 0
    return prm


def _is_active(call: pj.Call) -> bool:
    try:
        return call.getInfo().state != pj.PJSIP_INV_STATE_DISCONNECTED
    except pj.Error:
        return False


def _endpoint_config(settings: SipSettings) -> pj.EpConfig:
    config = pj.EpConfig()
    config.uaConfig.threadCnt = 0  # we poll; see the rules above
    config.uaConfig.mainThreadOnly = False
    config.uaConfig.maxCalls = settings.max_calls
    config.uaConfig.userAgent = ""
    config.logConfig.level = 4 if settings.sip_log else 0
    config.logConfig.consoleLevel = 0
    config.logConfig.msgLogging = 1 if settings.sip_log else 0
    config.logConfig.filename = settings.sip_log or ""
    media = config.medConfig
    media.clockRate = media.sndClockRate = 8000
    media.audioFramePtime = media.ptime = 20
    media.channelCount = 1
    media.ecTailLen = 0
    media.noVad = True
    media.hasIoqueue = True
    media.threadCnt = 1
    media.jbMinPre, media.jbMaxPre = settings.jitter_ms
    media.jbMax = settings.jitter_ms[1] * 5 // 4  # what the stack takes for its own figures
    media.sndAutoCloseTime = -1  # the bridge's clock never stops
    return config
