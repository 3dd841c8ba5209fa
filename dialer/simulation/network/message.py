"""SIP messages: text in, frozen values out, and back (RFC 3261, sections 7 and 25).

Reading is loose where the network is loose (compact names, folded lines, any case, stray
blanks) and strict in size. :func:`parse` raises :class:`MalformedMessage` and nothing else,
whatever the bytes; what is well formed but wrong is :func:`fault_of`'s business, because it
can be answered.
"""

import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote

MESSAGE_BYTES_LIMIT: Final = 32_768  #: inclusive; more is dropped unread
HEADER_COUNT_LIMIT: Final = 200  #: inclusive
CSEQ_LIMIT: Final = 2**31  #: exclusive (RFC 3261, section 8.1.1.5)

_COMPACT: Final = {
    "i": "call-id",
    "m": "contact",
    "e": "content-encoding",
    "l": "content-length",
    "c": "content-type",
    "f": "from",
    "s": "subject",
    "k": "supported",
    "t": "to",
    "v": "via",
    "x": "session-expires",
}
_TOKEN: Final = re.compile(r"[A-Za-z0-9.!%*_+`'~-]+")
_REQUEST_LINE: Final = re.compile(r"(\S+) (\S+) SIP/2\.0")
_STATUS_LINE: Final = re.compile(r"SIP/2\.0 ([1-6]\d\d)(?: (.*))?")
_CSEQ: Final = re.compile(r"(\d{1,10})\s+(\S+)")
_TAG: Final = re.compile(r';\s*tag\s*=\s*([^\s;,">]+)', re.IGNORECASE)
_URI: Final = re.compile(
    r"(?P<scheme>sips?|tel):(?:(?P<user>[^@]*)@)?(?P<host>\[[^\]]*\]|[^:;?>]*)(?::(?P<port>\d{1,5}))?",
    re.IGNORECASE,
)


class MalformedMessage(ValueError):
    """The bytes are no SIP message; nothing can be answered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """Headers and body; names are lower case and never compact."""

    headers: tuple[tuple[str, str], ...]
    body: bytes = b""

    def first(self, name: str) -> str:
        """Return the first value of a header, or the empty string."""
        return next((value for found, value in self.headers if found == name), "")

    def all(self, name: str) -> tuple[str, ...]:
        """Return every value of a header, in order, lists taken apart at their commas."""
        return tuple(
            part for found, value in self.headers if found == name for part in split_list(value)
        )

    @property
    def call_id(self) -> str:
        return self.first("call-id")

    @property
    def cseq(self) -> tuple[int, str]:
        """The sequence number and method; ``(-1, "")`` where they cannot be read."""
        match = _CSEQ.fullmatch(self.first("cseq"))
        return (int(match[1]), match[2]) if match else (-1, "")

    @property
    def branch(self) -> str:
        """The branch parameter of the topmost Via, or the empty string."""
        return parameter(self.all("via")[0], "branch") if self.all("via") else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request(Message):
    method: str
    uri: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Response(Message):
    status: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SipUri:
    """The parts of a ``sip:``, ``sips:`` or ``tel:`` URI that matter here."""

    user: str  #: percent-decoded, without parameters; empty where there is none
    host: str
    port: int  #: 5060 where none is given


def parse(data: bytes) -> Request | Response:
    """Read one datagram.

    Raises:
        MalformedMessage: it is no SIP message, or larger than the limits of this module.
    """
    if len(data) > MESSAGE_BYTES_LIMIT:
        raise MalformedMessage(f"{len(data)} bytes; at most {MESSAGE_BYTES_LIMIT} are read")
    head, separator, body = data.lstrip(b"\r\n").partition(b"\r\n\r\n")
    if not separator:
        head, separator, body = data.lstrip(b"\r\n").partition(b"\n\n")
    if not separator:
        raise MalformedMessage("no empty line ends the headers")
    lines = head.decode("utf-8", "replace").replace("\r\n", "\n").split("\n")
    headers = _headers(lines[1:])
    body = _cut(headers, body)
    if match := _STATUS_LINE.fullmatch(lines[0].strip()):
        return Response(headers=headers, body=body, status=int(match[1]), reason=match[2] or "")
    if (match := _REQUEST_LINE.fullmatch(lines[0])) and _TOKEN.fullmatch(match[1]):
        return Request(headers=headers, body=body, method=match[1], uri=match[2])
    raise MalformedMessage("the first line is neither a request line nor a status line of SIP/2.0")


def _headers(lines: list[str]) -> tuple[tuple[str, str], ...]:
    unfolded: list[str] = []
    for line in lines:
        if line[:1] in (" ", "\t") and unfolded:
            unfolded[-1] += " " + line.strip()
        else:
            unfolded.append(line)
    if len(unfolded) > HEADER_COUNT_LIMIT:
        raise MalformedMessage(f"{len(unfolded)} headers; at most {HEADER_COUNT_LIMIT} are read")
    headers = []
    for line in unfolded:
        name, colon, value = line.partition(":")
        name = name.strip().lower()
        if not colon or not _TOKEN.fullmatch(name):
            raise MalformedMessage("a header line has no name before a colon")
        headers.append((_COMPACT.get(name, name), value.strip()))
    return tuple(headers)


def _cut(headers: tuple[tuple[str, str], ...], body: bytes) -> bytes:
    """Return the body at its stated length (RFC 3261, section 18.3)."""
    stated = next((value for name, value in headers if name == "content-length"), None)
    if stated is None:
        return body
    if not (stated.isascii() and stated.isdigit() and len(stated) < 10):
        raise MalformedMessage("Content-Length is not a number")
    if int(stated) > len(body):
        raise MalformedMessage(f"the body has {len(body)} bytes, Content-Length states more")
    return body[: int(stated)]


def fault_of(request: Request) -> tuple[int, str] | None:
    """Say with which status a well-formed *request* has to be refused, if it has to be."""
    for name in ("via", "from", "to", "call-id", "cseq"):
        if not request.first(name):
            return 400, f"Missing {name}"
    for name in ("from", "to", "call-id", "cseq"):
        if sum(found == name for found, _ in request.headers) > 1:
            return 400, f"Repeated {name}"
    number, method = request.cseq
    if not 0 <= number < CSEQ_LIMIT or method != request.method:
        return 400, "Unusable CSeq"
    if not request.branch:
        return 400, "Via without branch"
    if not tag_of(request.first("from")):
        return 400, "From without tag"
    return None


def split_list(value: str) -> list[str]:
    """Take a header's value apart at the commas outside quotes and angle brackets.

    >>> split_list('"Doe, J" <sip:j@127.0.0.1>, <sip:a,b@127.0.0.1>')
    ['"Doe, J" <sip:j@127.0.0.1>', '<sip:a,b@127.0.0.1>']
    """
    parts, start, quoted, depth, escaped = [], 0, False, 0, False
    for position, sign in enumerate(value):
        if escaped:
            escaped = False
        elif sign == "\\" and quoted:
            escaped = True
        elif sign == '"':
            quoted = not quoted
        elif not quoted and sign in "<>":
            depth = 1 if sign == "<" else 0
        elif sign == "," and not quoted and not depth:
            parts.append(value[start:position].strip())
            start = position + 1
    parts.append(value[start:].strip())
    return [part for part in parts if part]


def parameter(value: str, name: str) -> str:
    """Return a parameter after the semicolons of *value*, or the empty string.

    >>> parameter("SIP/2.0/UDP 127.0.0.1;rport;branch=z9hG4bK7", "branch")
    'z9hG4bK7'
    """
    match = re.search(rf";\s*{name}\s*=\s*([^\s;,>]+)", value, re.IGNORECASE)
    return match[1] if match else ""


def tag_of(value: str) -> str:
    """Return the tag of a From or To header, or the empty string."""
    match = _TAG.search(value[value.rfind(">") + 1 :])
    return match[1] if match else ""


def uri_of(value: str) -> str:
    """Return the URI inside a name-addr (``"Name" <sip:a@b>;tag=1``) or a bare one."""
    unquoted = re.sub(r'"(?:\\.|[^"\\])*"', "", value)
    match = re.search(r"<([^>]*)>", unquoted)
    return match[1].strip() if match else unquoted.partition(";")[0].strip()


def read_uri(text: str) -> SipUri | None:
    """Return the parts of a URI, or None where it is none of ours.

    >>> read_uri("sip:+359888000001;phone-context=x@127.0.0.1:5070;user=phone")
    SipUri(user='+359888000001', host='127.0.0.1', port=5070)
    """
    match = _URI.match(text)
    if match is None:
        return None
    user, host = match["user"] or "", match["host"]
    if match["scheme"].lower() == "tel":
        user, host = host, ""
    port = int(match["port"] or 5060)
    if port > 65535:
        return None
    return SipUri(user=unquote(user.partition(";")[0].partition(":")[0]), host=host, port=port)


def write_response(
    request: Request,
    status: int,
    reason: str,
    *,
    source: tuple[str, int],
    to_tag: str,
    headers: tuple[tuple[str, str], ...] = (),
    body: bytes = b"",
) -> bytes:
    """Return the answer to *request* as it goes on the wire (RFC 3261, section 8.2.6)."""
    lines = [f"SIP/2.0 {status} {reason}"]
    for position, via in enumerate(request.all("via")):
        lines.append(f"Via: {_received(via, source) if position == 0 else via}")
    to = request.first("to")
    if status > 100 and not tag_of(to):
        to += f";tag={to_tag}"
    lines += [f"From: {request.first('from')}", f"To: {to}"]
    lines += [f"Call-ID: {request.call_id}", f"CSeq: {request.first('cseq')}"]
    lines += [f"{name}: {value}" for name, value in headers]
    lines += [f"Content-Length: {len(body)}", "", ""]
    return "\r\n".join(lines).encode() + body


def _received(via: str, source: tuple[str, int]) -> str:
    """Return the topmost Via with where its request really came from (RFC 3581, section 4)."""
    host, port = source
    filled = re.sub(r";\s*rport\s*(?=;|$)", f";rport={port}", via, count=1, flags=re.IGNORECASE)
    return filled if parameter(filled, "received") else f"{filled};received={host}"


def write_request(
    method: str,
    uri: str,
    *,
    headers: tuple[tuple[str, str], ...],
    body: bytes = b"",
) -> bytes:
    """Return a request as it goes on the wire."""
    lines = [f"{method} {uri} SIP/2.0", *(f"{name}: {value}" for name, value in headers)]
    return "\r\n".join([*lines, f"Content-Length: {len(body)}", "", ""]).encode() + body
