"""What the last SIP message of a leg says about its end.

A carrier's Reason header (RFC 3326) often knows more than the status beside it: a 503 with Q.850
cause 34 is a full trunk, the same 503 with cause 1 is a number that does not exist.
"""

import re
from dataclasses import dataclass
from typing import Final

_STATUS: Final = re.compile(r"SIP/2\.0 ([1-6]\d\d)(?: ([^\r\n]{0,200}))?")
_REASON: Final = re.compile(r"^Reason[ \t]*:[ \t]*([^\r\n]{1,500})", re.IGNORECASE | re.MULTILINE)
_CAUSE: Final = re.compile(r"Q\.850[^,]*?;\s*cause\s*=\s*(\d{1,3})(?!\d)", re.IGNORECASE)
_TEXT: Final = re.compile(r";\s*text\s*=\s*(?:\"([^\"]{0,200})\"|([^\s;,]{1,200}))", re.IGNORECASE)
_RETRY_AFTER: Final = re.compile(
    r"^Retry-After[ \t]*:[ \t]*(\d{1,6})", re.IGNORECASE | re.MULTILINE
)
_DIGITS: Final = re.compile(r"\+?\d{5,}")


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a leg ended, in the network's words."""

    status: int | None  #: of a final answer; ``None``: it was a request, the BYE
    q850: int | None  #: 1..127
    text: str  #: of the Reason header, else the reason phrase; longer runs of digits taken out
    retry_after_s: float | None = None  #: how long the answer asks us to wait (RFC 3261, 20.33)


def reason_of(message: str) -> Reason:
    """Return what *message*, the final answer or the BYE, says about the end.

    >>> reason_of("SIP/2.0 503 Unavailable\\r\\nReason: Q.850;cause=34;text=full\\r\\n\\r\\n")
    Reason(status=503, q850=34, text='full', retry_after_s=None)
    >>> reason_of("SIP/2.0 503 Busy\\r\\nRetry-After: 5 (full)\\r\\n\\r\\n")
    Reason(status=503, q850=None, text='Busy', retry_after_s=5.0)
    >>> reason_of("BYE sip:x SIP/2.0\\r\\nReason: SIP;cause=200\\r\\n\\r\\n")
    Reason(status=None, q850=None, text='', retry_after_s=None)
    """
    head = message.partition("\r\n\r\n")[0][:16384]
    cause, text = None, ""
    for value in _REASON.findall(head):
        if cause is None and (found := _CAUSE.search(value)) and 1 <= int(found[1]) <= 127:
            cause = int(found[1])
        if not text and (found := _TEXT.search(value)):
            text = found[1] or found[2] or ""
    if (answer := _STATUS.match(head)) and not text:
        text = answer[2] or ""
    status = int(answer[1]) if answer else None
    wait = _RETRY_AFTER.search(head) if answer else None
    return Reason(
        status=status,
        q850=cause,
        text=_DIGITS.sub("…", _printable(text.strip())),
        retry_after_s=float(wait[1]) if wait else None,
    )


def _printable(text: str) -> str:
    """Return *text* with a mark for what no text may hold: a carrier may send any byte."""
    return "".join(sign if sign.isprintable() else "\N{REPLACEMENT CHARACTER}" for sign in text)


def has_media(message: str) -> bool:
    """Return whether *message* offers or answers audio: early media, in a provisional answer."""
    body = message.partition("\r\n\r\n")[2]
    return re.search(r"^m=audio [1-9]", body, re.MULTILINE) is not None
