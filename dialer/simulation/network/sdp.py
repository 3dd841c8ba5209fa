"""Session descriptions: which codec, and where the audio goes (RFC 4566, RFC 3264).

One audio stream of G.711 is all a telephone line has; every other stream of an offer is declined.
"""

from dataclasses import dataclass
from typing import Final

from dialer.simulation.network.g711 import CODECS, PCMA, Codec
from dialer.simulation.network.loopback import Address, NotLoopback, loopback_address

#: What the other side says of its direction -> what ours then is (RFC 3264, section 6.1).
_MIRRORED: Final = {
    "a=sendonly": "recvonly",
    "a=recvonly": "sendonly",
    "a=inactive": "inactive",
}


class UnusableOffer(ValueError):
    """The description holds no audio we could exchange; the message says what is missing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """What the other side proposes for its first audio stream."""

    codec: Codec  #: the first of its codecs that we speak
    remote: Address | None  #: None while it does not want audio (on hold, port 0.0.0.0)
    direction: str  #: ours: sendrecv, sendonly, recvonly or inactive
    #: the media lines, in order; ``""`` stands for the one we take
    streams: tuple[str, ...]

    @property
    def we_send(self) -> bool:
        """Whether the other side wants to hear us, and where is known."""
        return self.remote is not None and self.direction in ("sendrecv", "sendonly")


def read(body: bytes) -> Offer:
    """Read an offer, or the answer to ours.

    Raises:
        UnusableOffer: no audio stream, no codec in common, or media that leaves this machine.
    """
    session: dict[str, str] = {}
    streams: list[tuple[str, list[str]]] = []
    for line in body.decode("utf-8", "replace").splitlines():
        kind, equals, value = line.partition("=")
        if not equals:
            continue
        if kind == "m":
            streams.append((value, []))
        elif streams:
            streams[-1][1].append(line)
        else:
            session[kind] = value
    for position, (media, attributes) in enumerate(streams):
        words = media.split()
        if len(words) < 4 or words[0] != "audio" or words[2] != "RTP/AVP" or words[1] == "0":
            continue
        connection = next((a[2:] for a in attributes if a.startswith("c=")), session.get("c", ""))
        remote = _remote(connection, words[1])
        codec = next((c for word in words[3:] for c in CODECS if word == str(c.payload_type)), None)
        if codec is None:
            raise UnusableOffer("no codec in common; PCMA and PCMU are spoken here")
        ours = next((_MIRRORED[a] for a in attributes if a in _MIRRORED), "sendrecv")
        lines = tuple("" if i == position else other for i, (other, _) in enumerate(streams))
        return Offer(codec=codec, remote=remote, direction=ours, streams=lines)
    raise UnusableOffer("no stream of audio over RTP/AVP is offered")


def _remote(connection: str, port: str) -> Address | None:
    words = connection.split()
    if len(words) != 3 or words[:2] != ["IN", "IP4"]:
        raise UnusableOffer("no IPv4 address to send audio to")
    if words[2] == "0.0.0.0":
        return None
    try:
        return loopback_address(words[2], int(port))
    except NotLoopback:
        raise UnusableOffer("the audio would leave this machine") from None
    except ValueError:
        raise UnusableOffer("no usable audio port") from None


def write(local: Address, *, answer_to: Offer | None, version: int = 1) -> bytes:
    """Return our description: the answer to an offer, or an offer of our own."""
    lines = [
        "v=0",
        f"o=- {local.port} {version} IN IP4 {local.host}",
        "s=-",
        f"c=IN IP4 {local.host}",
        "t=0 0",
    ]
    codecs = (answer_to.codec,) if answer_to else (PCMA, *(c for c in CODECS if c is not PCMA))
    for media in answer_to.streams if answer_to else ("",):
        if media:
            kind, _, rest = media.partition(" ")
            lines.append(f"m={kind} 0 {rest.partition(' ')[2]}")
            continue
        types = " ".join(str(codec.payload_type) for codec in codecs)
        lines.append(f"m=audio {local.port} RTP/AVP {types}")
        lines += [f"a=rtpmap:{codec.payload_type} {codec.name}/8000" for codec in codecs]
        lines.append("a=ptime:20")
        lines.append(f"a={answer_to.direction if answer_to else 'sendrecv'}")
    return "\r\n".join([*lines, ""]).encode()
