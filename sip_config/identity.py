"""How a call introduces us: From, and the headers that carry the caller ID beside it.

Rule: pure text. Sources: RFC 3261, section 20.20 (From); RFC 3325 (P-Asserted-Identity,
P-Preferred-Identity); RFC 3323 (Privacy); RFC 5806 (Diversion).
"""

from dataclasses import dataclass
from typing import Final

from sip_config.number_format import formatted
from sip_config.signalling import FromUser, IdentityHeader, Privacy
from sip_config.trunk import Channel, Trunk

HEADER_NAMES: Final[dict[IdentityHeader, str]] = {
    IdentityHeader.PAI: "P-Asserted-Identity",
    IdentityHeader.PPI: "P-Preferred-Identity",
    IdentityHeader.RPID: "Remote-Party-ID",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Presentation:
    """What the callee's network is told about us."""

    from_uri: str  #: value of the From header, display name included
    headers: tuple[tuple[str, str], ...]  #: name and value, in order


def presentation(
    trunk: Trunk,
    caller_id: str,
    *,
    domain: str,
    country: str,
    channel: Channel | None = None,
) -> Presentation:
    """Return how *trunk* shows *caller_id* (E.164).

    Args:
        domain: Host part where the trunk names none: the host that is called, with its port.
    """
    identity = trunk.identity
    shown = formatted(caller_id, trunk.number_format.caller, country=country)
    username = (channel.username if channel else None) or trunk.auth.username
    user = username if identity.from_user is FromUser.USERNAME and username else shown
    host = identity.from_domain or domain
    headers = [
        (HEADER_NAMES[header], _identity(header, shown, host, identity.privacy))
        for header in identity.headers
    ]
    if identity.privacy is Privacy.ID:
        headers.append(("Privacy", "id"))
    if identity.diversion is not None:
        diverted = formatted(identity.diversion, trunk.number_format.caller, country=country)
        headers.append(("Diversion", f"<sip:{diverted}@{host}>;reason=unconditional"))
    return Presentation(
        from_uri=f"{_display(identity.display)}<sip:{user}@{host}>", headers=tuple(headers)
    )


def _identity(header: IdentityHeader, shown: str, host: str, privacy: Privacy) -> str:
    if header is IdentityHeader.RPID:
        hidden = "full" if privacy is Privacy.ID else "off"
        return f"<sip:{shown}@{host}>;party=calling;privacy={hidden};screen=yes"
    return f"<sip:{shown}@{host}>"


def _display(name: str) -> str:
    """Return *name* as a quoted string with a space, or nothing."""
    if not name:
        return ""
    escaped = name.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}" '
