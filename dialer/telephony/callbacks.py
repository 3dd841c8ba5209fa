"""What pjsua2 calls: plain values are copied into a queue, and that is all.

Rule: a callback never calls what changes the stack. Rejecting an INVITE inside its own callback
ends the process; whatever must follow is done by the SIP thread after the poll. The one exception
is the answer to an INFO, which can be given nowhere else (``answering_info.py``).
"""

import time
from collections import deque
from dataclasses import dataclass
from uuid import uuid4

import pjsua2 as pj

from dialer.screening.gateway import is_word, tells_who_answers, word_of
from dialer.telephony.answering_info import answer_info
from dialer.telephony.codec_choice import only
from dialer.telephony.leg import (
    Confirmed,
    Disconnected,
    Fact,
    KeyPressed,
    MediaChanged,
    Progressed,
    Trying,
)
from dialer.telephony.reason import has_media, reason_of

_STILL_PRESSED = 1  # PJMEDIA_STREAM_DTMF_IS_UPDATE: the wrapper has no name for it


@dataclass(frozen=True, slots=True)
class NamedFact:
    """What SIP says of a leg, and when it said so (CLOCK_MONOTONIC seconds)."""

    leg: str
    at: float
    fact: Fact


class Call(pj.Call):
    """One leg; knows its name and where facts go, and nothing else."""

    def __init__(
        self, account: pj.Account, name: str, facts: deque[NamedFact], call_id: int = -1
    ) -> None:
        super().__init__(account, call_id)
        self.name = name
        self.facts = facts
        self._gateway_tells = False

    def tell(self, fact: Fact) -> None:
        self.facts.append(NamedFact(self.name, time.monotonic(), fact))

    def onCallTsxState(self, prm: pj.OnCallTsxStateParam) -> None:
        state = prm.e.body.tsxState
        tsx = state.tsx
        if tsx.role == pj.PJSIP_ROLE_UAS and tsx.method == "INFO":
            if state.type == pj.PJSIP_EVENT_RX_MSG:
                self._take_info(state.src.rdata)
            return
        if tsx.role != pj.PJSIP_ROLE_UAC or tsx.method != "INVITE":
            return
        if tsx.statusCode == 100:
            self.tell(Trying())
        elif 100 < tsx.statusCode < 200:
            message = state.src.rdata.wholeMsg
            self._gateway_tells |= tells_who_answers(message)
            self.tell(Progressed(tsx.statusCode, has_media(message)))

    def onCallState(self, prm: pj.OnCallStateParam) -> None:
        info = self.getInfo()
        if info.state == pj.PJSIP_INV_STATE_CONNECTING:
            state = prm.e.body.tsxState
            if state.type == pj.PJSIP_EVENT_RX_MSG:
                self._gateway_tells |= tells_who_answers(state.src.rdata.wholeMsg)
        elif info.state == pj.PJSIP_INV_STATE_CONFIRMED:
            self.tell(Confirmed(self._gateway_tells))
        elif info.state == pj.PJSIP_INV_STATE_DISCONNECTED:
            message = ""
            if prm.e.body.tsxState.type == pj.PJSIP_EVENT_RX_MSG:
                message = prm.e.body.tsxState.src.rdata.wholeMsg
            why = reason_of(message)
            status = why.status or info.lastStatusCode
            self.tell(Disconnected(status, why.q850, why.text, why.retry_after_s))

    def _take_info(self, request: pj.SipRxData) -> None:
        message = request.wholeMsg
        if is_word(message):
            answer_info(request)
        if (word := word_of(message)) is not None:
            self.tell(word)

    def onCallMediaState(self, prm: pj.OnCallMediaStateParam) -> None:
        self.tell(MediaChanged())

    def onDtmfEvent(self, prm: pj.OnDtmfEventParam) -> None:  # in a thread of the media
        if not prm.flags & _STILL_PRESSED:
            self.tell(KeyPressed(prm.digit))

    def onCallTransferRequest(self, prm: pj.OnCallTransferRequestParam) -> None:
        prm.statusCode = 403  # nobody outside tells us whom to call

    def onCallReplaceRequest(self, prm: pj.OnCallReplaceRequestParam) -> None:
        prm.statusCode = 403

    def onCallRedirected(self, prm: pj.OnCallRedirectedParam) -> int:
        return pj.PJSIP_REDIRECT_STOP


class ChoosyCall(Call):
    """A leg that offers and takes some of the stack's codecs only."""

    def __init__(
        self, account: pj.Account, name: str, facts: deque[NamedFact], codecs: tuple[str, ...]
    ) -> None:
        super().__init__(account, name, facts)
        self.codecs = codecs

    def onCallSdpCreated(self, prm: pj.OnCallSdpCreatedParam) -> None:
        prm.sdp.wholeSdp = only(prm.sdp.wholeSdp, self.codecs)


@dataclass(frozen=True, slots=True)
class RegistrationTold:
    """What a registrar said, or that nobody did."""

    account: str
    at: float
    status: int  #: 0: the request was not sent
    reason: str
    expires_s: int


@dataclass(frozen=True, slots=True)
class OptionsAnswered:
    """A host has answered an OPTIONS."""

    account: str
    at: float
    status: int
    source: str  #: where the answer came from, host:port


AccountFact = RegistrationTold | OptionsAnswered


@dataclass(frozen=True, slots=True)
class Arrival:
    """An INVITE that has come; it is let in or turned away after the callback."""

    call: Call
    source: str  #: host:port
    message: str


class Account(pj.Account):
    """Whoever calls us is looked at after the callback."""

    def __init__(
        self, arrivals: deque[Arrival], name: str = "", facts: deque[AccountFact] | None = None
    ) -> None:
        super().__init__()
        self.arrivals = arrivals
        self.name = name
        self.facts: deque[AccountFact] = deque() if facts is None else facts

    def onRegState(self, prm: pj.OnRegStateParam) -> None:
        status = prm.code if prm.status == 0 or prm.code >= 200 else 0
        told = RegistrationTold(self.name, time.monotonic(), status, prm.reason, prm.expiration)
        self.facts.append(told)

    def onSendRequest(self, prm: pj.OnSendRequestParam) -> None:
        state = prm.e.body.tsxState
        if state.type == pj.PJSIP_EVENT_RX_MSG and state.tsx.statusCode >= 200:
            source = state.src.rdata.srcAddress
            self.facts.append(
                OptionsAnswered(self.name, time.monotonic(), state.tsx.statusCode, source)
            )

    def onIncomingCall(self, prm: pj.OnIncomingCallParam) -> None:
        call = Call(self, f"call.{uuid4()}", deque(), prm.callId)
        self.arrivals.append(Arrival(call, prm.rdata.srcAddress, prm.rdata.wholeMsg))

    def onIncomingSubscribe(self, prm: pj.OnIncomingSubscribeParam) -> None:
        prm.code = 403
