"""The packet filter that belongs to a configuration, as text for nftables.

Rule: pure; the text is made from the configuration and from nothing else. It guards our signalling
and audio ports only and accepts everything else, so it stands beside a firewall that exists. The
first guard against scanners has to be here: a refusal sent by a SIP stack is repeated until it is
acknowledged, which a scanner never does.
"""

import ipaddress
from collections.abc import Iterable, Mapping, Sequence

from sip_config.config import SipConfig
from sip_config.endpoint import Protocol
from sip_config.peers import Network, addresses_of, peers_of

TABLE = "callwright"


def generate(config: SipConfig, addresses: Mapping[str, Sequence[str]] | None = None) -> str:
    """Return the rules, to be loaded with ``nft -f``.

    Args:
        addresses: Host name -> addresses, for trunks whose hosts are names. A packet filter knows
            no names; names without addresses are listed in a comment and get no way in.
    """
    known = addresses or {}
    peers = _collapsed(peer.network for peer in peers_of(config, known))
    media = _media(config, known)
    lines = [
        "# Packet filter of a Callwright dialer. Made from its trunk file; do not edit.",
        "# Check: nft -c -f FILE     Load: nft -f FILE     Remove: nft delete table inet " + TABLE,
        *(
            f"# No address known for {name}; its calls cannot come in."
            for name in sorted(
                set(names(config)) - {name for name, found in known.items() if found}
            )
        ),
        *_unfixed(config),
        f"table inet {TABLE}",
        f"delete table inet {TABLE}",
        f"table inet {TABLE} {{",
        *_set("peers4", "ipv4_addr", [n for n in peers if n.version == 4]),
        *_set("peers6", "ipv6_addr", [n for n in peers if n.version == 6]),
        *_set("media4", "ipv4_addr", [n for n in media or () if n.version == 4]),
        *_set("media6", "ipv6_addr", [n for n in media or () if n.version == 6]),
        *_flood_set("flood4", "ipv4_addr"),
        *_flood_set("flood6", "ipv6_addr"),
        "    chain input {",
        "        type filter hook input priority filter; policy accept;",
        '        iif "lo" accept',
        *_signalling(config),
        *_audio(config, everybody=media is None),
        "    }",
        "}",
    ]
    return "\n".join(lines) + "\n"


def names(config: SipConfig) -> list[str]:
    """Return the host names whose addresses :func:`generate` needs, sorted."""
    found = {
        uri.host
        for trunk in config.trunks.values()
        if trunk.enabled
        for uri in trunk.uris
        if uri.address is None
    }
    return sorted(found)


def _media(config: SipConfig, known: Mapping[str, Sequence[str]]) -> list[Network] | None:
    """Return who may send audio; None: anybody, since one carrier's networks are unknown."""
    found = [
        ipaddress.ip_network(entry)
        for entry in config.site.security.allow_inbound_from
        if entry not in {"gateways", "trunks"}
    ]
    for trunk in config.trunks.values():
        if not trunk.enabled:
            continue
        if trunk.media_networks:
            found += [ipaddress.ip_network(network) for network in trunk.media_networks]
        elif all(uri.is_private for uri in trunk.uris):
            found += addresses_of(trunk, known)  # a box in our own network sends its audio itself
        else:
            return None
    return _collapsed(found)


def _collapsed(networks: Iterable[Network]) -> list[Network]:
    """Return *networks* without overlaps, which sets of intervals refuse."""
    every = list(networks)
    v4 = [n for n in every if isinstance(n, ipaddress.IPv4Network)]
    v6 = [n for n in every if isinstance(n, ipaddress.IPv6Network)]
    return [*ipaddress.collapse_addresses(v4), *ipaddress.collapse_addresses(v6)]


def _set(name: str, kind: str, networks: Sequence[Network]) -> list[str]:
    elements = ", ".join(
        str(n.network_address) if n.num_addresses == 1 else str(n) for n in networks
    )
    inner = [f"        elements = {{ {elements} }}"] if elements else []
    return [f"    set {name} {{", f"        type {kind}; flags interval;", *inner, "    }"]


def _flood_set(name: str, kind: str) -> list[str]:
    return [
        f"    set {name} {{",
        f"        type {kind}; flags dynamic,timeout; timeout 10s; size 65535;",
        "    }",
    ]


def _signalling(config: SipConfig) -> list[str]:
    """Return the rules of our signalling ports: known peers at a bounded rate, nobody else."""
    rate = config.site.security.invites_per_second
    over = f"limit rate over {rate}/second burst {2 * rate} packets"
    lines: list[str] = []
    for layer, ports in _ports(config).items():
        match = f"{layer} dport {{ {', '.join(map(str, ports))} }}"
        lines += [
            f"        {match} ip saddr @peers4 update @flood4 {{ ip saddr {over} }} drop",
            f"        {match} ip6 saddr @peers6 update @flood6 {{ ip6 saddr {over} }} drop",
            f"        {match} ip saddr @peers4 accept",
            f"        {match} ip6 saddr @peers6 accept",
            f"        {match} ct state established accept",
            f"        {match} counter drop",
        ]
    return lines


def _audio(config: SipConfig, *, everybody: bool) -> list[str]:
    first, last = config.site.media.rtp_ports
    match = f"udp dport {first}-{last}"
    if everybody:
        note = "# Some audio may come from anywhere; media_networks of all trunks close this."
        return [f"        {note}", f"        {match} accept"]
    return [
        f"        {match} ip saddr @media4 accept",
        f"        {match} ip6 saddr @media6 accept",
        f"        {match} counter drop",
    ]


def _ports(config: SipConfig) -> dict[str, list[int]]:
    """Return layer -> our fixed signalling ports on it."""
    found: dict[str, set[int]] = {}
    for transport in config.site.transports:
        if transport.port:
            layer = "udp" if transport.proto is Protocol.UDP else "tcp"
            found.setdefault(layer, set()).add(transport.port)
    return {layer: sorted(ports) for layer, ports in sorted(found.items())}


def _unfixed(config: SipConfig) -> list[str]:
    return [
        f"# Transport {transport.id} has no fixed port and is not guarded; give it one."
        for transport in config.site.transports
        if not transport.port
    ]
