"""Whose calls a worker lets in: the addresses of the trunks, host names looked up now.

Rule: the packet filter and the worker are made from the same function of the trunk file
(:func:`sip_config.peers.peers_of`), so they cannot disagree. Agents' phones never call in.
"""

import asyncio
import socket
from functools import partial

from dialer.telephony.commands import Peer
from sip_config.config import SipConfig
from sip_config.nft import names
from sip_config.peers import peers_of


async def peers_of_trunks(config: SipConfig) -> tuple[Peer, ...]:
    """Return the networks whose calls ring, each with its trunk."""
    wanted = sorted(names(config))
    found = await asyncio.gather(*(asyncio.to_thread(partial(_addresses, name)) for name in wanted))
    known = dict(zip(wanted, found, strict=True))
    return tuple(
        Peer(network=str(peer.network), trunk=peer.trunk_id)
        for peer in peers_of(config, known)
        if peer.trunk_id is not None
    )


def _addresses(name: str) -> list[str]:
    """Return the addresses of a host name; none if it has none now."""
    try:
        found = socket.getaddrinfo(name, None, type=socket.SOCK_DGRAM)
    except OSError:
        return []
    return sorted({str(address[0]) for *_, address in found})
