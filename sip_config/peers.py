"""Who may send us requests: the trunks and gateways themselves, and the networks of the phones.

Rule: the packet filter and the program ask the same function, so they cannot disagree. An address
belongs to the trunk that names it; the sender's port is not looked at, since a NAT may change it.
"""

import ipaddress
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sip_config.config import SipConfig
from sip_config.trunk import Trunk

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


@dataclass(frozen=True, slots=True, kw_only=True)
class Peer:
    """A network requests may come from."""

    network: Network
    trunk_id: str | None  #: whose it is; None: named under ``security.allow_inbound_from``


def peers_of(config: SipConfig, known: Mapping[str, Sequence[str]]) -> list[Peer]:
    """Return who may send requests.

    Args:
        known: Host name -> addresses; a name that is missing lets nobody in.
    """
    allowed = config.site.security.allow_inbound_from
    peers = [
        Peer(network=network, trunk_id=trunk.id)
        for trunk in config.trunks.values()
        if trunk.enabled and ("gateways" if trunk.is_gateway else "trunks") in allowed
        for network in addresses_of(trunk, known)
    ]
    peers += [
        Peer(network=ipaddress.ip_network(entry), trunk_id=None)
        for entry in allowed
        if entry not in {"gateways", "trunks"}
    ]
    return peers


def peer_at(
    config: SipConfig, address: str, known: Mapping[str, Sequence[str]] | None = None
) -> Peer | None:
    """Return the peer an inbound request from *address* belongs to, None to refuse it.

    Anything that is no address belongs to nobody.
    """
    try:
        source = ipaddress.ip_address(address)
    except ValueError:
        return None
    for peer in peers_of(config, known or {}):
        if source.version == peer.network.version and source in peer.network:
            return peer
    return None


def addresses_of(trunk: Trunk, known: Mapping[str, Sequence[str]]) -> list[Network]:
    """Return the addresses of a trunk, as networks of one."""
    found: list[Network] = []
    for uri in trunk.uris:
        texts = [str(uri.address)] if uri.address is not None else known.get(uri.host, ())
        found += [ipaddress.ip_network(text) for text in texts]
    return found
