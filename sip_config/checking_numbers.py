"""Whether the numbers of a configuration fit together: routes, caller IDs, formats, networks.

Rule: like :mod:`sip_config.checking`, of which it is a part. Formats are not reasoned about but
tried, with an example number of every country that may be called.
"""

import ipaddress
import re
from collections.abc import Iterator

import phonenumbers
from phonenumbers import PhoneNumberFormat

from sip_config.blocking import PREMIUM_TYPES, blocked_as_dialled
from sip_config.caller_id import Answers
from sip_config.config import SipConfig
from sip_config.number_format import dialled, prefixes
from sip_config.problem import Problem, Severity
from sip_config.route import Route
from sip_config.yaml_document import Path


def inbound(entry: str, path: Path) -> Iterator[Problem]:
    """Check one entry of ``security.allow_inbound_from``."""
    if entry in {"gateways", "trunks"}:
        return
    try:
        network = ipaddress.ip_network(entry)
    except ValueError:
        yield Problem(
            path=path,
            message=f"found {entry!r}, expected gateways, trunks or a network like 10.0.0.0/24",
        )
        return
    if network.prefixlen == 0:
        yield Problem(path=path, message="this lets everybody in; name the networks of the phones")


def caller_ids(config: SipConfig) -> Iterator[Problem]:
    """Every number shown must be allowed somewhere, and every trunk must have one to show."""
    ids = config.site.caller_ids
    for position, pool in enumerate(ids.pools):
        path: Path = ("caller_ids", "pools", position, "numbers")
        for index, number in enumerate(pool.numbers):
            for trunk_id in number.verified_on:
                if trunk_id != "*" and trunk_id not in config.trunks:
                    yield Problem(
                        path=(*path, index, "verified_on"),
                        message=f"there is no trunk {trunk_id!r}",
                    )
            if ids.require_answerable and number.answers is Answers.NONE:
                yield Problem(
                    path=(*path, index),
                    message="nobody answers this number when it is called back; set answers: ivr, "
                    "agents or message (or require_answerable: false where law allows it)",
                )
    if not ids.pools:
        return
    for position, (trunk_id, trunk) in enumerate(config.trunks.items()):
        fixed = bool(trunk.channels) and all(channel.line for channel in trunk.channels)
        if not fixed and not any(
            "*" in number.verified_on or trunk_id in number.verified_on
            for pool in ids.pools
            for number in pool.numbers
        ):
            yield Problem(
                path=("trunks", position),
                message="no caller ID is verified_on this trunk, so it cannot carry a call",
                severity=Severity.WARNING,
            )


def routes(config: SipConfig) -> Iterator[Problem]:
    """A route to a country that may not be called leads nowhere."""
    allowed = config.allowed_countries
    first, last = config.site.blocklists.invalid.lengths
    if first > last:
        yield Problem(path=("blocklists", "invalid", "lengths"), message="expected [min, max]")
    for position, route in enumerate(config.site.routes):
        path: Path = ("routes", position, "prefix")
        digits = route.prefix.removeprefix("+")
        countries = _countries_of(digits)
        if not route.deny and countries and not countries & allowed:
            yield Problem(
                path=path,
                message=f"{route.prefix} is {'/'.join(sorted(countries))}, which is not in "
                "blocklists.international.allow_countries; calls would be refused",
                severity=Severity.WARNING,
            )
        elif not route.deny and config.site.blocklists.premium.builtin and _is_premium(route):
            yield Problem(
                path=path,
                message=f"{route.prefix} leads to premium rate numbers only; calls would be "
                "refused (deny: true says so)",
                severity=Severity.WARNING,
            )
    if not config.site.blocklists.premium.builtin:
        yield Problem(
            path=("blocklists", "premium", "builtin"),
            message="premium rate numbers may be called, at their price",
            severity=Severity.WARNING,
        )


def _is_premium(route: Route) -> bool:
    """Return whether only premium rate numbers are known to begin as *route* does."""
    kinds = {
        kind
        for region in _countries_of(route.prefix.removeprefix("+"))
        for kind in phonenumbers.supported_types_for_region(region)
        if (example := phonenumbers.example_number_for_type(region, kind)) is not None
        and phonenumbers.format_number(example, PhoneNumberFormat.E164).startswith(route.prefix)
    }
    return bool(kinds) and kinds <= PREMIUM_TYPES


def formats(config: SipConfig) -> Iterator[Problem]:
    """What a trunk would dial for real numbers must be those numbers."""
    home = config.site.country
    for position, trunk in enumerate(config.trunks.values()):
        for country in sorted(config.allowed_countries):
            example = phonenumbers.example_number(country)
            if example is None:
                continue
            number = phonenumbers.format_number(example, PhoneNumberFormat.E164)
            for channel in trunk.channels or (None,):
                try:
                    user = dialled(number, trunk, country=home, channel=channel)
                except (re.error, IndexError) as error:
                    yield Problem(
                        path=("trunks", position, "number_rules"),
                        message=f"a replacement cannot be used: {error}",
                    )
                    break
                reason = blocked_as_dialled(
                    user,
                    number,
                    config.site.blocklists,
                    prefix=prefixes(trunk, channel),
                    home=home,
                )
                if reason is not None:
                    yield Problem(
                        path=("trunks", position, "number_rules"),
                        message=f"numbers of {country} like {number} would be dialled as {user!r} "
                        f"({reason.value}); calls would be refused",
                    )
                    break


def _countries_of(digits: str) -> set[str]:
    """Return the countries a prefix belongs to; none if it is too short to tell."""
    for length in (1, 2, 3):
        code = digits[:length]
        if len(code) == length and int(code) in phonenumbers.COUNTRY_CODE_TO_REGION_CODE:
            return set(phonenumbers.COUNTRY_CODE_TO_REGION_CODE[int(code)])
    return set()
