"""How a number is written for one trunk: style, then rules, then prefixes.

Rule: pure text. What comes out is checked again by :mod:`sip_config.blocking` before it is called.
"""

import re

import phonenumbers

from sip_config.signalling import NumberStyle
from sip_config.trunk import Channel, Trunk


def formatted(e164: str, style: NumberStyle, *, country: str) -> str:
    """Return *e164* in a style; ``country`` is where national numbers belong.

    >>> formatted("+442079460123", NumberStyle.NATIONAL, country="GB")
    '02079460123'
    >>> formatted("+40212345678", NumberStyle.NATIONAL, country="GB")
    '0040212345678'
    >>> formatted("+442079460123", NumberStyle.E164, country="GB")
    '442079460123'
    """
    digits = e164.removeprefix("+")
    match style:
        case NumberStyle.E164_PLUS | NumberStyle.CUSTOM:
            return f"+{digits}"
        case NumberStyle.E164:
            return digits
        case NumberStyle.INTERNATIONAL_00:
            return f"00{digits}"
        case NumberStyle.NATIONAL:
            return _national(digits, country) or f"00{digits}"


def dialled(e164: str, trunk: Trunk, *, country: str, channel: Channel | None = None) -> str:
    """Return the user part of the request-URI by which *trunk* calls *e164*.

    A plus stands first or not at all, so it goes when digits are put before the number.
    """
    text = formatted(e164, trunk.number_format.called, country=country)
    for rule in trunk.number_rules:
        text = re.sub(rule.match, rule.replace, text)
    before = prefixes(trunk, channel)
    return f"{before}{text.removeprefix('+')}" if before else text


def prefixes(trunk: Trunk, channel: Channel | None = None) -> str:
    """Return the digits that stand before every number on this trunk and port."""
    return f"{channel.prefix if channel else ''}{trunk.tech_prefix}"


def _national(digits: str, country: str) -> str | None:
    """Return the number as dialled within *country*, None if it belongs elsewhere."""
    try:
        number = phonenumbers.parse(f"+{digits}", None)
    except phonenumbers.NumberParseException:
        return None
    if number.country_code != phonenumbers.country_code_for_region(country):
        return None
    written = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.NATIONAL)
    return re.sub(r"\D", "", written)
