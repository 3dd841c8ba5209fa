"""The part of pjsua2 that the telephony worker uses, as its SWIG wrapper behaves.

pjsua2 carries no types of its own. Whatever is not here is not used outside of
``dialer/telephony/building``.
"""

from collections.abc import Iterable
from typing import SupportsInt

PJSIP_TRANSPORT_UDP: int
PJSIP_TRANSPORT_TCP: int
PJSIP_TRANSPORT_TLS: int
PJSUA_SIP_TIMER_INACTIVE: int
PJSUA_SIP_TIMER_OPTIONAL: int
PJSUA_SIP_TIMER_REQUIRED: int
PJSUA_100REL_NOT_USED: int
PJSUA_100REL_OPTIONAL: int
PJSUA_100REL_MANDATORY: int
PJMEDIA_SRTP_DISABLED: int
PJMEDIA_SRTP_OPTIONAL: int
PJMEDIA_SRTP_MANDATORY: int
PJSIP_INV_STATE_EARLY: int
PJSIP_INV_STATE_CONNECTING: int
PJSIP_INV_STATE_CONFIRMED: int
PJSIP_INV_STATE_DISCONNECTED: int
PJSIP_EVENT_RX_MSG: int
PJSIP_EVENT_TSX_STATE: int
PJSIP_REDIRECT_STOP: int
PJSIP_ROLE_UAC: int
PJSIP_ROLE_UAS: int
PJSUA_CALL_HOLD_TYPE_DEFAULT: int
PJSUA_DTMF_METHOD_RFC2833: int
PJSUA_DTMF_METHOD_SIP_INFO: int

class Error(Exception):
    status: int
    title: str
    reason: str

class UaConfig:
    threadCnt: int
    mainThreadOnly: bool
    maxCalls: int
    userAgent: str

class LogConfig:
    level: int
    consoleLevel: int
    msgLogging: int
    filename: str

class MediaConfig:
    clockRate: int
    sndClockRate: int
    audioFramePtime: int
    ptime: int
    channelCount: int
    ecTailLen: int
    noVad: bool
    hasIoqueue: bool
    threadCnt: int
    maxMediaPorts: int
    jbMinPre: int
    jbMaxPre: int
    jbMax: int
    sndAutoCloseTime: int

class EpConfig:
    uaConfig: UaConfig
    logConfig: LogConfig
    medConfig: MediaConfig

class TlsConfig:
    CaListFile: str
    CaBuf: str
    certFile: str
    privKeyFile: str
    password: str
    proto: int
    verifyServer: bool

class TransportConfig:
    port: int
    portRange: int
    boundAddress: str
    publicAddress: str
    tlsConfig: TlsConfig

class TransportInfo:
    localAddress: str
    localName: str

class CodecInfo:
    codecId: str
    priority: int

class CodecParamInfo:
    frameLen: int

class CodecParamSetting:
    frmPerPkt: int

class CodecParam:
    info: CodecParamInfo
    setting: CodecParamSetting

class AudDevManager:
    def setNullDev(self) -> None: ...

class Endpoint:
    def libCreate(self) -> None: ...
    def libInit(self, config: EpConfig) -> None: ...
    def libStart(self) -> None: ...
    def libDestroy(self, flags: int = ...) -> None: ...
    def libHandleEvents(self, longest_ms: int) -> int: ...
    def libVersion(self) -> Version: ...
    def transportCreate(self, kind: int, config: TransportConfig) -> int: ...
    def transportGetInfo(self, id: int) -> TransportInfo: ...
    def codecEnum2(self) -> Iterable[CodecInfo]: ...
    def codecGetParam(self, codec: str) -> CodecParam: ...
    def codecSetParam(self, codec: str, param: CodecParam) -> None: ...
    def codecSetPriority(self, codec: str, priority: int) -> None: ...
    def audDevManager(self) -> AudDevManager: ...

class Version:
    full: str

class SipHeader:
    hName: str
    hValue: str

class SipHeaderVector:
    def append(self, header: SipHeader) -> None: ...

class SipTxOption:
    targetUri: str
    localUri: str
    headers: SipHeaderVector

class CallSetting:
    audioCount: int
    videoCount: int
    textCount: int

class CallOpParam:
    opt: CallSetting
    statusCode: int
    txOption: SipTxOption
    def __init__(self, use_default_call_setting: bool = ...) -> None: ...

class SipRxData:
    srcAddress: str
    wholeMsg: str
    pjRxData: SupportsInt  #: the address

class SipTransaction:
    role: int
    method: str
    statusCode: int

class TsxStateEventSrc:
    rdata: SipRxData

class TsxStateEvent:
    src: TsxStateEventSrc
    tsx: SipTransaction
    type: int

class SipEventBody:
    tsxState: TsxStateEvent

class SipEvent:
    type: int
    body: SipEventBody

class OnCallStateParam:
    e: SipEvent

class OnCallTsxStateParam:
    e: SipEvent

class OnCallMediaStateParam: ...

class OnDtmfEventParam:
    digit: str
    flags: int

class CallSendDtmfParam:
    method: int
    duration: int
    digits: str

class SdpSession:
    wholeSdp: str

class OnCallSdpCreatedParam:
    sdp: SdpSession
    remSdp: SdpSession

class OnRegStateParam:
    status: int
    code: int
    reason: str
    expiration: int

class OnSendRequestParam:
    e: SipEvent

class SendRequestParam:
    method: str
    txOption: SipTxOption

class OnCallTransferRequestParam:
    statusCode: int

class OnCallReplaceRequestParam:
    statusCode: int

class OnCallRedirectedParam: ...

class OnIncomingCallParam:
    callId: int
    rdata: SipRxData

class OnIncomingSubscribeParam:
    code: int

class AudioMedia:
    def startTransmit(self, sink: AudioMedia) -> None: ...
    def stopTransmit(self, sink: AudioMedia) -> None: ...

class AudioMediaPlayer(AudioMedia):
    def createPlayer(self, file_name: str, options: int = ...) -> None: ...

class AudioMediaRecorder(AudioMedia):
    def createRecorder(
        self, file_name: str, enc_type: int = ..., max_size: int = ..., options: int = ...
    ) -> None: ...

class CallInfo:
    state: int
    lastStatusCode: int
    lastReason: str
    callIdString: str

class RtcpStreamStat:
    pkt: int

class RtcpStat:
    rxStat: RtcpStreamStat

class StreamStat:
    rtcp: RtcpStat

class Call:
    def __init__(self, account: Account, call_id: int = ...) -> None: ...
    def makeCall(self, uri: str, param: CallOpParam) -> None: ...
    def answer(self, param: CallOpParam) -> None: ...
    def hangup(self, param: CallOpParam) -> None: ...
    def getInfo(self) -> CallInfo: ...
    def getId(self) -> int: ...
    def sendDtmf(self, param: CallSendDtmfParam) -> None: ...
    def getAudioMedia(self, index: int) -> AudioMedia: ...
    def getStreamStat(self, index: int) -> StreamStat: ...

class AuthCredInfo:
    def __init__(
        self, scheme: str, realm: str, username: str, data_type: int, data: str
    ) -> None: ...

class AuthCredInfoVector:
    def append(self, credentials: AuthCredInfo) -> None: ...

class AccountRegConfig:
    registrarUri: str
    registerOnAdd: bool
    timeoutSec: int
    retryIntervalSec: int
    firstRetryIntervalSec: int
    randomRetryIntervalSec: int

class AccountCallConfig:
    timerUse: int
    prackUse: int

class AccountSipConfig:
    proxies: StringVector
    authCreds: AuthCredInfoVector
    transportId: int

class AccountNatConfig:
    contactRewriteUse: int
    viaRewriteUse: int
    sdpNatRewriteUse: int

class AccountMediaConfig:
    transportConfig: TransportConfig
    srtpUse: int
    srtpSecureSignaling: int
    lockCodecEnabled: bool

class AccountConfig:
    idUri: str
    regConfig: AccountRegConfig
    callConfig: AccountCallConfig
    sipConfig: AccountSipConfig
    natConfig: AccountNatConfig
    mediaConfig: AccountMediaConfig

class StringVector:
    def append(self, text: str) -> None: ...

class Account:
    def create(self, config: AccountConfig, make_default: bool = ...) -> None: ...
    def modify(self, config: AccountConfig) -> None: ...
    def setRegistration(self, renew: bool) -> None: ...
    def sendRequest(self, param: SendRequestParam) -> None: ...
