"""``dialer trunks …``: look at a trunk file, check it, make its packet filter.

Rule: text in, text out; a problem is a message and exit code 1, never a traceback. What needs the
network is done by a probe the caller hands in.
"""

import argparse
import json
import os
import socket
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from sip_config import nft
from sip_config.config import SipConfig
from sip_config.loading import examine
from sip_config.problem import ConfigurationError
from sip_config.profiles_reading import shipped
from sip_config.reloading import diff, in_words
from sip_config.resolving import BadChain, chain, explain, shown
from sip_config.shape import nearest

FILE_VARIABLE: Final = "DIALER_SIP_CONFIG"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One result of looking at a trunk from outside."""

    trunk_id: str
    what: str  #: like ``OPTIONS sip:10.0.0.5``
    passed: bool
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """What the dialer's own settings say that the file has to fit."""

    legs: int | None = None  #: that a telephony worker holds
    audio_ports: tuple[int, int] | None = None  #: the first and last UDP port of audio


#: Looks at the enabled trunks over the network: reachability, registration, codecs, a test call.
#: The second argument is the number to call, None for no call.
Probe = Callable[[SipConfig, str | None], Iterable[Finding]]


def add_arguments(
    subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]",
    *,
    probe: Probe | None = None,
    house: Callable[[], House] = House,
) -> "argparse._SubParsersAction[argparse.ArgumentParser]":
    """Register ``trunks`` and its subcommands; each sets ``run(args) -> exit code``.

    Returns where further subcommands can be registered.

    Args:
        probe: What ``check --online`` asks; None: there is no such check.
        house: Tells what the dialer's settings say.
    """
    parser = subparsers.add_parser("trunks", help="look at and check the trunk file")
    commands = parser.add_subparsers(dest="trunks_command", required=True, metavar="COMMAND")
    command = commands.add_parser("explain", help="each value of a trunk and where it is from")
    command.add_argument("trunk", metavar="TRUNK")
    command.add_argument("--json", action="store_true", help="as JSON")
    command.set_defaults(run=_explain)
    _file_argument(command)
    command = commands.add_parser("check", help="find what is wrong with the file")
    command.add_argument("--lab", action="store_true", help="allow private addresses only")
    command.add_argument("--online", action="store_true", help="also ask the trunks themselves")
    command.add_argument("--call", metavar="NUMBER", help="with --online: place one call to it")
    command.set_defaults(run=lambda args: _check(args, probe, house()))
    _file_argument(command)
    command = commands.add_parser("nft", help="print the packet filter for nftables")
    command.add_argument("--no-lookup", action="store_true", help="do not look up host names")
    command.set_defaults(run=lambda args: _nft(args, house()))
    _file_argument(command)
    command = commands.add_parser("plan", help="what replacing the file by another would change")
    command.add_argument("new", metavar="NEW_FILE")
    command.set_defaults(run=_plan)
    _file_argument(command)
    command = commands.add_parser("profiles", help="list device and carrier profiles, or show one")
    command.add_argument("profile", metavar="PROFILE", nargs="?")
    command.set_defaults(run=_profiles)
    return commands


def _file_argument(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--sip-config",
        metavar="FILE",
        default=os.environ.get(FILE_VARIABLE),
        help=f"the trunk file (default: {FILE_VARIABLE})",
    )


def _load(
    file: str | None,
    *,
    lab: bool = False,
    with_secrets: bool = False,
    capacity: int | None = None,
) -> tuple[SipConfig, list[str]] | None:
    """Return a configuration and its warnings; None after telling what is wrong."""
    if not file:
        print(f"which file? Give --sip-config FILE or set {FILE_VARIABLE}.", file=sys.stderr)
        return None
    try:
        config, warnings = examine(file, lab=lab, with_secrets=with_secrets, capacity=capacity)
    except ConfigurationError as error:
        print(error, file=sys.stderr)
        return None
    return config, [str(warning) for warning in warnings]


def _explain(args: argparse.Namespace) -> int:
    if (loaded := _load(args.sip_config)) is None:
        return 1
    config, _ = loaded
    if args.trunk not in config.trunks:
        near = nearest(args.trunk, config.trunks)
        hint = f"did you mean {near!r}?" if near else f"there are: {', '.join(config.trunks)}"
        print(f"there is no trunk {args.trunk!r}; {hint}", file=sys.stderr)
        return 1
    rows = explain(config.trunks[args.trunk], config.layers[args.trunk])
    if args.json:
        values = [{"key": r.key, "value": r.value, "origin": r.origin} for r in rows]
        print(json.dumps(values, indent=2, default=str, ensure_ascii=False))
        return 0
    print(_table([(r.key, r.origin, _value(r.value)) for r in rows]))
    return 0


def _check(args: argparse.Namespace, probe: Probe | None, house: House) -> int:
    loaded = _load(args.sip_config, lab=args.lab, with_secrets=True, capacity=house.legs)
    if loaded is None:
        return 1
    config, warnings = loaded
    warnings += _other_ports(config, house)
    for warning in warnings:
        print(warning, file=sys.stderr)
    rows = [("trunk", "kind", "profile", "verified", "channels", "cps", "")]
    rows += [
        (
            trunk.id,
            trunk.kind.value,
            trunk.profile or "-",
            trunk.verified.value,
            str(trunk.limits.channels),
            f"{trunk.limits.cps:g}",
            "" if trunk.enabled else "disabled",
        )
        for trunk in config.trunks.values()
    ]
    print(_table(rows))
    print(f"{config.file}: {len(config.trunks)} trunks, {len(warnings)} warnings, no errors")
    return _online(config, args.call, probe) if args.online else 0


def _online(config: SipConfig, number: str | None, probe: Probe | None) -> int:
    if probe is None:
        print("the telephony part is not available here; nothing was asked", file=sys.stderr)
        return 1
    findings = list(probe(config, number))
    for one in findings:
        detail = f": {one.detail}" if one.detail else ""
        print(f"{'passed' if one.passed else 'FAILED'}  {one.trunk_id}  {one.what}{detail}")
    return 0 if all(one.passed for one in findings) else 1


def _other_ports(config: SipConfig, house: House) -> list[str]:
    """Return what is wrong when file and settings name different ports for audio."""
    ports = config.site.media.rtp_ports
    if house.audio_ports in {None, ports}:
        return []
    used = "{} to {}".format(*house.audio_ports or ())
    return [
        f"{config.file}: warning: media.rtp_ports: found {ports[0]} to {ports[1]}, but the "
        f"dialer's settings rtp_port_first and rtp_port_last say {used}; make them equal, or the "
        "packet filter guards other ports than audio uses"
    ]


def _nft(args: argparse.Namespace, house: House) -> int:
    if (loaded := _load(args.sip_config)) is None:
        return 1
    config, _ = loaded
    for warning in _other_ports(config, house):
        print(warning, file=sys.stderr)
    addresses = {} if args.no_lookup else {name: _addresses(name) for name in nft.names(config)}
    print(nft.generate(config, addresses), end="")
    return 0


def _addresses(name: str) -> list[str]:
    """Return the addresses of a host name; none if it has none now."""
    try:
        found = socket.getaddrinfo(name, None, type=socket.SOCK_DGRAM)
    except OSError:
        return []
    return sorted({str(address[0]) for *_, address in found})


def _plan(args: argparse.Namespace) -> int:
    old, new = _load(args.sip_config), _load(args.new)
    if old is None or new is None:
        return 1
    print("\n".join(in_words(diff(old[0], new[0]))))
    return 0


def _profiles(args: argparse.Namespace) -> int:
    profiles = shipped()
    if args.profile is None:
        rows = [("profile", "verified", "for", "ports")]
        rows += [
            (p.id, p.facts.verified.value, p.facts.title, p.facts.ports) for p in profiles.values()
        ]
        print(_table(rows))
        return 0
    try:
        links = chain(args.profile, profiles)
    except BadChain as error:
        print(error, file=sys.stderr)
        return 1
    facts = links[-1].facts
    print(f"{args.profile}: {facts.title}; {facts.ports}; verified: {facts.verified.value}")
    for link in reversed(links):
        print(f"\nfrom {link.id}:")
        for key, value in link.settings.items():
            print(f"  {key}: {_value(value)}")
        print("".join(f"  note: {note}\n" for note in link.facts.notes), end="")
        print("".join(f"  set: {advice}\n" for advice in link.facts.set_on_box), end="")
    return 0


def _value(value: object) -> str:
    plain = shown(value)
    return (
        plain
        if isinstance(plain, str) and plain
        else json.dumps(plain, ensure_ascii=False, default=str)
    )


def _table(rows: Sequence[tuple[str, ...]]) -> str:
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    )
