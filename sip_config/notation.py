"""How numbers, countries, networks and names are written in the configuration file.

Rule: each is a string that has been looked at once, at the border; a value of one of these types
needs no further check. The messages say what was expected, since the loader prints them as they
stand.
"""

import ipaddress
import re
from collections.abc import Callable
from typing import Annotated, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator


def _written(pattern: str, expected: str) -> AfterValidator:
    shape: Final = re.compile(pattern, re.ASCII)

    def check(text: str) -> str:
        if not shape.fullmatch(text):
            raise ValueError(f"expected {expected}")
        return text

    return AfterValidator(check)


def _understood(read: Callable[[str], object], expected: str) -> AfterValidator:
    def check(text: str) -> str:
        try:
            read(text)
        except (ValueError, re.error, ZoneInfoNotFoundError, OSError):
            raise ValueError(f"expected {expected}") from None
        return text

    return AfterValidator(check)


def _header_name(name: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9!%*_+`'~.-]{1,64}", name, re.ASCII):
        raise ValueError("expected the name of a SIP header, like X-Account")
    if name.lower() in OWN_HEADERS:
        raise ValueError("this header belongs to SIP itself; expected another one")
    return name


#: Headers a configuration may not set: the stack and the identity settings do.
OWN_HEADERS: Final = frozenset(
    """
    via v from f to t call-id i cseq contact m content-length l content-type c route record-route
    max-forwards authorization proxy-authorization www-authenticate proxy-authenticate require k
    supported allow session-expires x min-se reason privacy p-asserted-identity refer-to r replaces
    p-preferred-identity remote-party-id diversion
    """.split()  # noqa: SIM905 -- forty quoted words are harder to read
)

Identifier = Annotated[
    str, _written(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}", "letters, digits, dot, hyphen, underscore")
]
E164 = Annotated[
    str,
    _written(r"\+[1-9]\d{6,14}", "a number in international form, a plus and 7 to 15 digits"),
]
Prefix = Annotated[
    str, _written(r"(\+[1-9]\d{0,14})?", 'a prefix in international form like "+44", or "" for all')
]
Digits = Annotated[str, _written(r"[0-9*#]{0,16}", "digits, * and #, 16 at most")]
Country = Annotated[str, _written(r"[A-Z]{2}", "a country as two capital letters (ISO 3166)")]
Currency = Annotated[str, _written(r"[A-Z]{3}", "a currency as three capital letters (ISO 4217)")]
Codec = Annotated[
    str, _written(r"[A-Za-z0-9.-]{1,32}/\d{4,6}(/[12])?", "a codec and its rate, like PCMA/8000")
]
TimeOfDay = Annotated[str, _written(r"([01]\d|2[0-3]):[0-5]\d|24:00", 'a time like "08:30"')]
HostName = Annotated[
    str, _written(r"[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?", "a host name or address")
]
IpAddress = Annotated[str, _understood(ipaddress.ip_address, "an IP address")]
Network = Annotated[str, _understood(ipaddress.ip_network, "a network like 10.0.0.0/24")]
Pattern = Annotated[str, _understood(re.compile, "a regular expression")]
Zone = Annotated[str, _understood(ZoneInfo, "a time zone like Europe/Sofia (IANA)")]
HeaderName = Annotated[str, AfterValidator(_header_name)]
