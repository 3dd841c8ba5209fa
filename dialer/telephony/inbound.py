"""Calls that come in: whose they are, who calls, and what was dialed.

Rule: nothing in an INVITE is believed but where it came from, and that only as far as the packet
filter and the peers of the trunk file agree. What it says of numbers is passed on as text; which
person that is, and whether the number is one of ours, is looked up by the core.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final
from urllib.parse import unquote

from dialer.telephony.commands import Peer

_HEADER: Final = re.compile(r"^([A-Za-z-]{1,40})[ \t]*:[ \t]*(.*)$")
_USER: Final = re.compile(r"(?:sips?:([^@;>?\s]{1,120})@|tel:([^;>?\s]{1,120}))", re.IGNORECASE)
_NUMBER: Final = re.compile(r"\+?[0-9]{3,20}")
_SHORT: Final = {"f": "from", "t": "to", "i": "call-id"}
#: Users by which callers say that they do not want to be known (RFC 3323, section 4.1.1.3).
_NOBODY: Final = re.compile(r"anonymous|restricted|unavailable|unknown|private", re.IGNORECASE)

_Network = IPv4Network | IPv6Network


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What an INVITE says."""

    sip_call_id: str
    caller: str  #: digits, with a plus where there is one; empty: withheld
    called: tuple[str, ...]  #: likewise, the likeliest first


class Doorman:
    """Knows whose calls are let in."""

    def __init__(self, peers: Iterable[Peer] = ()) -> None:
        self._peers: list[tuple[_Network, str]] = [
            (ip_network(peer.network), peer.trunk) for peer in peers
        ]

    def trunk_at(self, source: str) -> str | None:
        """Return whose call it is that came from *source*, ``host:port``; None: nobody's.

        >>> Doorman([Peer(network="192.0.2.7/32", trunk="north")]).trunk_at("192.0.2.7:5060")
        'north'
        """
        address = _address(source)
        if address is None:
            return None
        for network, trunk in self._peers:
            if address.version == network.version and address in network:
                return trunk
        return None


def _address(source: str) -> IPv4Address | IPv6Address | None:
    host = source.rpartition(":")[0] if source.count(":") == 1 else source
    if source.startswith("["):
        host = source[1:].partition("]")[0]
    try:
        return ip_address(host)
    except ValueError:
        return None


def said_by(message: str) -> Said:
    """Return what *message*, an INVITE, says of who calls whom.

    The network's own word for the caller (P-Asserted-Identity, RFC 3325) comes before From.

    >>> said_by("INVITE sip:442079460000@x SIP/2.0\\r\\nf: <sip:+442079460123@y>;tag=1\\r\\n\\r\\n")
    Said(sip_call_id='', caller='+442079460123', called=('442079460000',))
    """
    head = message.partition("\r\n\r\n")[0][:16384]
    lines = re.sub(r"\r\n[ \t]+", " ", head).split("\r\n")
    found: dict[str, str] = {}
    for line in lines[1:]:
        if match := _HEADER.match(line):
            name = match[1].lower()
            found.setdefault(_SHORT.get(name, name), match[2].strip())
    callers = (found.get("p-asserted-identity", ""), found.get("from", ""))
    dialed = (lines[0], found.get("to", ""), found.get("diversion", ""))
    withheld = "id" in found.get("privacy", "").lower().replace(";", ",").split(",")
    numbers = [number for text in callers if (number := _number(text))]
    called = [number for text in dialed if (number := _number(text))]
    return Said(
        sip_call_id=found.get("call-id", "")[:200],
        caller="" if withheld or not numbers else numbers[0],
        called=tuple(dict.fromkeys(called)),
    )


def _number(text: str) -> str:
    """Return the number in the first SIP or tel URI of *text*; empty if it is none."""
    match = _USER.search(text)
    if match is None:
        return ""
    user = unquote(match[1] or match[2]).partition(";")[0].partition(":")[0]
    plain = re.sub(r"[-.() ]", "", user)
    if _NOBODY.search(plain) or not _NUMBER.fullmatch(plain):
        return ""
    return plain
