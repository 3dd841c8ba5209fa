"""What a gateway says of who answered: AudioCodes' X-Detect, in SIP.

    INVITE  ──▶            X-Detect: Request=AMD,CPT,FAX
            ◀── 18x, 200   X-Detect: Response=AMD,CPT     what it can detect; no header: nothing
            ◀── INFO       Content-Type: application/x-detect
                           Type= AMD
                           SubType= AUTOMATA

As AudioCodes' manuals have it: Mediant 1000B Gateway & E-SBC User's Manual 7.2 and Mediant 4000
SBC User's Manual, "Event Detection and Notification using X-Detect Header" (types, subtypes and
messages), "SIT Event Detection" and "Detecting Answering Machine Beeps". They write the same names
in several ways (``Type=``, ``Type=·``, ``Type·=·``; ``Voice`` and ``VOICE``), so all are read.

Rule: only what the manuals name is understood, and nothing that is sent can do harm: whatever else
comes is passed over.
"""

import re
from dataclasses import dataclass
from typing import Final

from dialer.screening.verdict import ScreeningVerdict

#: The header by which a gateway is asked to detect and tell.
REQUEST: Final = ("X-Detect", "Request=AMD,CPT,FAX")

_DETECTS: Final = re.compile(
    r"^X-Detect[ \t]*:[ \t]*Response[ \t]*=([^\r\n]{1,200})", re.IGNORECASE | re.MULTILINE
)
_BODY: Final = re.compile(
    r"^(?:Content-Type|c)[ \t]*:[ \t]*application/x-detect[ \t]*(?:;|\r?$)",
    re.IGNORECASE | re.MULTILINE,
)
_PAIR: Final = re.compile(r"\b(TYPE|SUBTYPE)[ \t]*=[ \t]*\"?([A-Z0-9-]{1,40})")
_SIT: Final = re.compile(r"SIT(?:-(?:NC|IC|VC|RO|IO)[0-9]?)?")
_HEAD: Final = 16384  #: characters of a message that are looked at
_LONGEST_BODY: Final = 1024

_VERDICTS: Final = {
    ("AMD", "VOICE"): ScreeningVerdict.HUMAN,
    ("AMD", "AUTOMATA"): ScreeningVerdict.MACHINE,
    ("AMD", "AUTOMATIC"): ScreeningVerdict.MACHINE,  # as older manuals call it
    ("AMD", "BEEP"): ScreeningVerdict.MACHINE,
    ("AMD", "BEEP-END"): ScreeningVerdict.MACHINE,
    ("AMD", "SILENT"): ScreeningVerdict.SILENCE,
    ("AMD", "SILENCE"): ScreeningVerdict.SILENCE,
    ("AMD", "UNKNOWN"): ScreeningVerdict.UNSURE,
    ("CPT", "BEEP"): ScreeningVerdict.MACHINE,
    ("FAX", "CED"): ScreeningVerdict.FAX,
    ("FAX", "MODEM"): ScreeningVerdict.FAX,
}


@dataclass(frozen=True, slots=True)
class GatewayWord:
    """What a gateway has told, and what that means."""

    verdict: ScreeningVerdict
    evidence: str


def tells_who_answers(message: str) -> bool:
    """Return whether an answer to our INVITE says that machines will be told from people.

    >>> tells_who_answers("SIP/2.0 200 OK\\r\\nX-Detect: Response=AMD,CPT\\r\\n\\r\\n")
    True
    >>> tells_who_answers("SIP/2.0 200 OK\\r\\nX-Detect: Response=CPT\\r\\n\\r\\n")
    False
    """
    head, _ = _parts(message)
    return any("AMD" in re.split(r"[^A-Z0-9-]+", types.upper()) for types in _DETECTS.findall(head))


def is_word(message: str) -> bool:
    """Return whether a message's content is X-Detect's, be it understood or not."""
    return _BODY.search(_parts(message)[0]) is not None


def word_of(message: str) -> GatewayWord | None:
    """Return what an INFO tells; ``None``: nothing that is understood.

    >>> word_of("INFO sip:x SIP/2.0\\r\\nContent-Type: application/x-detect\\r\\n\\r\\n"
    ...         "Type= AMD\\r\\nSubType= AUTOMATA\\r\\n")
    GatewayWord(verdict=<ScreeningVerdict.MACHINE: 'machine'>, evidence='the gateway: AMD AUTOMATA')
    """
    if not is_word(message):
        return None
    _, body = _parts(message)
    kind, word = "", None
    for name, value in _PAIR.findall(body.upper()):
        if name == "TYPE":
            kind = value
        elif (verdict := _meaning(kind, value)) is not None:
            word = GatewayWord(verdict, f"the gateway: {kind} {value}")
    return word


def _meaning(kind: str, subtype: str) -> ScreeningVerdict | None:
    if kind == "CPT" and _SIT.fullmatch(subtype):
        return ScreeningVerdict.SIT
    return _VERDICTS.get((kind, subtype))


def _parts(message: str) -> tuple[str, str]:
    """Return headers and body of a message, no more of either than can be of use."""
    head, _, body = message.partition("\r\n\r\n")
    return head[:_HEAD], body[:_LONGEST_BODY]
