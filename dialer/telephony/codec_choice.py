"""Which codecs a description of audio (SDP, RFC 4566) offers, and in which order.

Rule: pure text. Keys in RTP (telephone-event) are always left in; what is not ours to judge stays
as it was.
"""

import re
from collections.abc import Iterable, Sequence
from typing import Final

#: Payload types that need no rtpmap (RFC 3551, section 6).
_STATIC: Final = {
    "0": "pcmu/8000",
    "3": "gsm/8000",
    "4": "g723/8000",
    "8": "pcma/8000",
    "9": "g722/8000",
    "18": "g729/8000",
}
_EVENTS: Final = "telephone-event/"
_AUDIO: Final = re.compile(r"(m=audio \d+(?:/\d+)? \S+)((?: \d+)+)")
_MAPPED: Final = re.compile(r"a=rtpmap:(\d+) ([^\s/]+/\d+)")
_ATTRIBUTE: Final = re.compile(r"a=(?:rtpmap|fmtp|rtcp-fb):(\d+) ")


def known_as(codec: str) -> str:
    """Return how SDP writes *codec*.

    G.722 samples at 16 kHz and has been called 8000 by mistake ever since (RFC 3551, 4.5.2).

    >>> known_as("PCMA/8000"), known_as("PCMU/8000/1"), known_as("G722/16000/1")
    ('pcma/8000', 'pcmu/8000', 'g722/8000')
    """
    name, _, rest = codec.lower().partition("/")
    return "g722/8000" if name == "g722" else f"{name}/{rest.partition('/')[0]}"


def in_stack(codecs: Iterable[str], available: Iterable[str]) -> tuple[dict[str, str], list[str]]:
    """Return the stack's own name of each of *codecs* it has, and those it has not.

    >>> in_stack(["PCMA/8000", "G729/8000"], ["PCMU/8000/1", "PCMA/8000/1"])
    ({'PCMA/8000': 'PCMA/8000/1'}, ['G729/8000'])
    """
    by_name = {known_as(own): own for own in available}
    wanted = list(codecs)
    found = {each: by_name[known_as(each)] for each in wanted if known_as(each) in by_name}
    return found, [each for each in wanted if each not in found]


def only(sdp: str, codecs: Sequence[str]) -> str:
    r"""Return *sdp* with no audio codec but *codecs*, best first; as it is if none would be left.

    >>> offer = "v=0\r\nm=audio 4000 RTP/AVP 8 0 101\r\na=rtpmap:8 PCMA/8000\r\n" \
    ...     "a=rtpmap:0 PCMU/8000\r\na=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\n"
    >>> only(offer, ["PCMU/8000"]).split("\r\n")[1:3]
    ['m=audio 4000 RTP/AVP 0 101', 'a=rtpmap:0 PCMU/8000']
    """
    match = _AUDIO.search(sdp)
    if match is None:
        return sdp
    offered = match[2].split()
    names = _STATIC | {payload: known_as(name) for payload, name in _MAPPED.findall(sdp)}
    chosen = [p for codec in codecs for p in offered if names.get(p) == known_as(codec)]
    if not chosen:
        return sdp
    kept = [*chosen, *(p for p in offered if names.get(p, "").startswith(_EVENTS))]
    gone = set(offered) - set(kept)
    lines = sdp.replace(match[0], f"{match[1]} {' '.join(kept)}", 1).split("\r\n")
    return "\r\n".join(
        line for line in lines if not ((a := _ATTRIBUTE.match(line)) and a[1] in gone)
    )
