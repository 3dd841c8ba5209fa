"""The address of a SIP peer, as it stands in a configuration file.

Rule: only what a trunk needs. ``sip:`` or ``sips:``, a host, an optional port and transport; no
user part, no other parameters, nothing that could smuggle a header into a request (RFC 3261,
section 19.1).
"""

import ipaddress
import re
from typing import Any, Final

from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema

_SHAPE: Final = re.compile(
    r"(?P<scheme>sips?):"
    r"(?P<host>\[[0-9a-fA-F:.]+\]|[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?)"
    r"(?::(?P<port>\d{1,5}))?"
    r"(?:;transport=(?P<transport>udp|tcp|tls))?",
    re.ASCII,
)

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class SipUri(str):
    """A checked peer address; a string that knows its parts.

    >>> uri = SipUri("sip:127.0.0.1:5060;transport=tcp")
    >>> uri.host, uri.port, uri.transport, uri.is_loopback
    ('127.0.0.1', 5060, 'tcp', True)
    >>> SipUri("sips:sip.example.net").transport
    'tls'
    >>> SipUri("sip:somebody@192.0.2.1")
    Traceback (most recent call last):
    ValueError: 'sip:somebody@192.0.2.1' is not a peer address; expected sip:HOST[:PORT]...
    """

    __slots__ = ()

    def __new__(cls, text: str) -> "SipUri":
        match = _SHAPE.fullmatch(text)
        if match is None or not 0 <= int(match["port"] or 0) <= 65535 or match["port"] == "0":
            raise ValueError(
                f"{text!r} is not a peer address; expected sip:HOST[:PORT][;transport=udp|tcp|tls] "
                "without a user part"
            )
        if match["host"].startswith("["):
            ipaddress.IPv6Address(match["host"][1:-1])
        return super().__new__(cls, text)

    @classmethod
    def __get_pydantic_core_schema__(
        cls,
        source: Any,  # Any: the protocol is pydantic's
        handler: GetCoreSchemaHandler,
    ) -> CoreSchema:
        return core_schema.no_info_after_validator_function(cls, core_schema.str_schema())

    @property
    def host(self) -> str:
        """Host name or address, an IPv6 address without its brackets."""
        return self._part("host").strip("[]")

    @property
    def port(self) -> int | None:
        """The port, None if not given."""
        return int(text) if (text := self._part("port")) else None

    @property
    def transport(self) -> str | None:
        """``udp``, ``tcp`` or ``tls``; None if the address leaves it to the trunk."""
        return "tls" if self._part("scheme") == "sips" else self._part("transport") or None

    @property
    def address(self) -> Address | None:
        """The host as an address, None if it is a name."""
        try:
            return ipaddress.ip_address(self.host)
        except ValueError:
            return None

    @property
    def is_loopback(self) -> bool:
        """Whether this certainly stays on this machine. A name never counts, whatever it means."""
        return self.address is not None and self.address.is_loopback

    @property
    def is_private(self) -> bool:
        """Whether this is certainly a loopback or private address (RFC 1918, RFC 4193)."""
        return self.address is not None and any(
            self.address in network
            for network in PRIVATE_NETWORKS
            if network.version == self.address.version
        )

    def _part(self, name: str) -> str:
        match = _SHAPE.fullmatch(self)
        return (match[name] or "") if match else ""


#: What a laboratory may talk to. Documentation ranges are not in it: they are routed nowhere.
PRIVATE_NETWORKS: Final = tuple(
    ipaddress.ip_network(text)
    for text in (
        "127.0.0.0/8",
        "10.0.0.0/8",
        "172.16.0.0/12",
        "192.168.0.0/16",
        "169.254.0.0/16",
        "::1/128",
        "fc00::/7",
        "fe80::/10",
    )
)
