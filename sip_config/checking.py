"""What the shape of a file cannot say: whether its parts fit together.

Rule: pure; every check is one function that yields problems, and all are asked. Errors are what
would fail, or be dangerous, at the first call; warnings are what somebody should look at.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Final

import phonenumbers

from sip_config import checking_numbers
from sip_config.config import SipConfig
from sip_config.endpoint import Protocol
from sip_config.problem import Problem, Severity
from sip_config.route import Policy
from sip_config.shape import nearest
from sip_config.signalling import AuthMode, Dns, Support
from sip_config.trunk import AmdMode, AnswerSupervision, Trunk, TrunkKind
from sip_config.yaml_document import Path

#: RTP ports per call: pjsip looks for a free pair from a moving place and gives up early.
PORTS_PER_CALL: Final = 8


def check(config: SipConfig, *, lab: bool = False, capacity: int | None = None) -> list[Problem]:
    """Return everything that does not fit together.

    Args:
        lab: Also refuse whatever may reach more than loopback and private addresses.
        capacity: Legs a telephony worker holds; None: not known.
    """
    found = [problem for one in CHECKS for problem in one(config)]
    if capacity is not None and _channels(config) > capacity:
        message = (
            f"{_channels(config)} channels on all trunks, but a telephony worker holds {capacity} "
            "legs, agents' included; lower limits.channels of trunks or of the file, or spread "
            "agents over several teams: each has a worker"
        )
        found.append(_warning(("trunks",), message))
    if lab:
        found += _laboratory(config)
    return found


def _unique(config: SipConfig) -> Iterator[Problem]:
    site = config.site
    named: dict[str, Sequence[str]] = {
        "transports": [transport.id for transport in site.transports],
        "route_groups": [group.id for group in site.route_groups],
    }
    for key, ids in named.items():
        yield from _twice(ids, (key,))
    yield from _twice([pool.id for pool in site.caller_ids.pools], ("caller_ids", "pools"))
    for path, trunk in _trunks(config):
        yield from _twice([channel.id for channel in trunk.channels], (*path, "channels"))


def _references(config: SipConfig) -> Iterator[Problem]:
    site = config.site
    groups = [group.id for group in site.route_groups]
    for position, group in enumerate(site.route_groups):
        path: Path = ("route_groups", position, "members")
        for index, member in enumerate(group.members):
            yield from _known(member.trunk, list(config.trunks), (*path, index), "trunk")
        yield from _twice([member.trunk for member in group.members], path)
    for position, route in enumerate(site.routes):
        path = ("routes", position)
        ways = sum((route.group is not None, route.trunk is not None, route.deny))
        if ways != 1:
            yield Problem(path=path, message="expected exactly one of group, trunk and deny: true")
        if route.group is not None:
            yield from _known(route.group, groups, (*path, "group"), "route group")
        if route.trunk is not None:
            yield from _known(route.trunk, list(config.trunks), (*path, "trunk"), "trunk")
    if not site.routes:
        yield Problem(
            path=("routes",),
            message='no route, so nothing can be called; expected e.g. {prefix: "", trunk: ID}',
        )
    for position, entry in enumerate(site.security.allow_inbound_from):
        yield from checking_numbers.inbound(entry, ("security", "allow_inbound_from", position))


def _transports(config: SipConfig) -> Iterator[Problem]:
    names = [transport.id for transport in config.site.transports]
    for position, transport in enumerate(config.site.transports):
        if (transport.tls is not None) != (transport.proto is Protocol.TLS) and transport.tls:
            yield Problem(
                path=("transports", position, "tls"), message="tls is only for proto: tls"
            )
    for path, trunk in _trunks(config):
        if trunk.transport is not None and trunk.transport not in names:
            yield from _known(trunk.transport, names, (*path, "transport"), "transport")
            continue
        chosen = config.transport_of(trunk)
        if chosen is None:
            wanted = trunk.hosts[0].uri.transport
            yield Problem(path=path, message=f"no transport with proto {wanted}; add one")
            continue
        for uri in trunk.uris:
            if uri.transport not in {None, chosen.proto.value}:
                yield Problem(
                    path=path, message=f"{uri} does not fit transport {chosen.id} ({chosen.proto})"
                )
        if chosen.bind in {"127.0.0.1", "::1"} and not all(uri.is_loopback for uri in trunk.uris):
            yield Problem(
                path=path,
                message=f"transport {chosen.id} is bound to {chosen.bind} and reaches only this "
                "machine; bind it to an address the trunk can answer to",
            )
        if (trunk.srtp or config.site.media.srtp) is not Support.OFF and (
            chosen.proto is not Protocol.TLS
        ):
            yield _warning(path, "srtp without TLS: the keys travel in the clear")


def _trunk_rules(config: SipConfig) -> Iterator[Problem]:
    for path, trunk in _trunks(config):
        auth = trunk.auth
        if auth.mode is AuthMode.DIGEST and (auth.username is None or auth.password is None):
            yield Problem(path=(*path, "auth"), message="digest needs username and password")
        if auth.mode is not AuthMode.DIGEST and auth.password is not None:
            yield _warning((*path, "auth"), "a password, but mode is not digest; it is not used")
        if trunk.register.enabled and auth.mode is not AuthMode.DIGEST:
            yield Problem(path=(*path, "register"), message="register needs auth mode digest")
        if trunk.kind is TrunkKind.GATEWAY_FXO and not trunk.channels:
            yield Problem(
                path=path, message="gateway_fxo needs channels, one entry per line: {id, line}"
            )
        yield from _habits(path, trunk)
        supervision = trunk.answer_supervision
        if supervision is AnswerSupervision.INFERRED and trunk.progress_tones is None:
            yield Problem(
                path=path, message="answer_supervision inferred needs progress_tones, a country"
            )
        if supervision is AnswerSupervision.INFERRED and trunk.amd.mode is not AmdMode.OFF:
            yield Problem(
                path=(*path, "amd"),
                message="answer_supervision inferred listens for the answer itself; set amd "
                "{mode: off}",
            )
        if supervision is AnswerSupervision.NONE:
            yield _warning(
                path, "answer_supervision none: every call counts as answered after dialling"
            )
        if trunk.dns is Dns.NONE and any(host.uri.address is None for host in trunk.hosts):
            yield Problem(path=(*path, "dns"), message="dns none needs addresses, not names")
        if (trunk.is_gateway or trunk.kind is TrunkKind.PBX) and not trunk.allow_public:
            for uri in trunk.uris:
                if uri.address is not None and not uri.is_private:
                    yield Problem(
                        path=path,
                        message=f"{uri.host} is a public address; a gateway belongs into a private "
                        "network (if it is meant: allow_public: true)",
                    )


def _habits(path: Path, trunk: Trunk) -> Iterator[Problem]:
    """Some habits cannot be met, and some of ours cannot be left off."""
    impossible = {
        "symmetric_rtp": (
            not trunk.quirks.symmetric_rtp,
            "audio is always sent where it comes from",
        ),
        "ignore_refer": (not trunk.quirks.ignore_refer, "nobody outside tells us whom to call"),
        "two_stage": (trunk.quirks.two_stage, "set the box to one-stage dialling"),
    }
    for key, (is_wrong, why) in impossible.items():
        if is_wrong:
            found = str(getattr(trunk.quirks, key)).lower()
            message = f"{found} is not possible: {why}"
            yield Problem(path=(*path, "quirks", key), message=message)


def _capacity(config: SipConfig) -> Iterator[Problem]:
    site = config.site
    for path, trunk in _trunks(config):
        limits = trunk.limits
        if limits.reserve_inbound >= limits.channels:
            yield Problem(
                path=(*path, "limits"),
                message=f"reserve_inbound {limits.reserve_inbound} leaves none of "
                f"{limits.channels} channels for calls",
            )
        if trunk.channels and limits.channels > len(trunk.channels):
            yield Problem(
                path=(*path, "limits", "channels"),
                message=f"found {limits.channels}, but only {len(trunk.channels)} entries stand "
                "under channels",
            )
    first, last = site.media.rtp_ports
    if first >= last:
        yield Problem(path=("media", "rtp_ports"), message="expected [first, last], first < last")
    calls = _channels(config)
    if last - first + 1 < PORTS_PER_CALL * calls:
        yield _warning(
            ("media", "rtp_ports"),
            f"{last - first + 1} ports for {calls} channels; expected at least "
            f"{PORTS_PER_CALL} per channel",
        )
    if site.media.jitter_ms.min > site.media.jitter_ms.max:
        yield Problem(path=("media", "jitter_ms"), message="min is larger than max")


def _groups(config: SipConfig) -> Iterator[Problem]:
    for position, group in enumerate(config.site.route_groups):
        members = [config.trunks[m.trunk] for m in group.members if m.trunk in config.trunks]
        path: Path = ("route_groups", position)
        currencies = {trunk.cost.currency for trunk in members}
        if group.policy is Policy.LEAST_COST and len(currencies) > 1:
            yield Problem(
                path=path, message=f"least_cost compares one currency; found {sorted(currencies)}"
            )
        if members and not any(trunk.enabled for trunk in members):
            yield _warning(path, "no enabled trunk in this group")


def _countries(config: SipConfig) -> Iterator[Problem]:
    site = config.site
    allowed = site.blocklists.international.allow_countries or ()
    for path, country in [
        (("country",), site.country),
        *(
            (("blocklists", "international", "allow_countries", i), c)
            for i, c in enumerate(allowed)
        ),
    ]:
        if country not in phonenumbers.SUPPORTED_REGIONS:
            hint = "; did you mean 'GB'?" if country == "UK" else ""
            yield Problem(path=path, message=f"{country!r} is no country with telephones{hint}")


def _laboratory(config: SipConfig) -> Iterator[Problem]:
    for path, trunk in _trunks(config):
        for uri in trunk.uris:
            if not uri.is_private:
                yield Problem(
                    path=path,
                    message=f"the laboratory only calls loopback and private addresses; "
                    f"found {uri.host!r}",
                )


def _channels(config: SipConfig) -> int:
    """Return how many calls the trunks may carry at the same time."""
    calls = sum(trunk.limits.channels for trunk in config.trunks.values() if trunk.enabled)
    return min(calls, config.site.limits.channels or calls)


def _trunks(config: SipConfig) -> Iterator[tuple[Path, Trunk]]:
    for position, trunk in enumerate(config.trunks.values()):
        yield ("trunks", position), trunk


def _twice(ids: Sequence[str], path: Path) -> Iterator[Problem]:
    for position, name in enumerate(ids):
        if name in ids[:position]:
            yield Problem(path=(*path, position), message=f"{name!r} stands twice")


def _known(name: str, known: Sequence[str], path: Path, what: str) -> Iterator[Problem]:
    if name not in known:
        near = nearest(name, known)
        hint = f"; did you mean {near!r}?" if near else f"; there are: {', '.join(known) or 'none'}"
        yield Problem(path=path, message=f"there is no {what} {name!r}{hint}")


def _warning(path: Path, message: str) -> Problem:
    return Problem(path=path, message=message, severity=Severity.WARNING)


CHECKS: Final[tuple[Callable[[SipConfig], Iterator[Problem]], ...]] = (
    _unique,
    _references,
    _transports,
    _trunk_rules,
    _capacity,
    _groups,
    _countries,
    checking_numbers.caller_ids,
    checking_numbers.routes,
    checking_numbers.formats,
)
