"""Numbers nobody may call: emergency, premium rate, other countries, impossible ones.

Rule: asked twice for every call. First about the number, then about the user part of the final
request-URI, because prefixes and rules stand between the two: what is dialled must still end in
the number that was permitted, and must reach no emergency service. Nothing switches that off.

Sources: ITU-T E.164 (lengths); emergency and number types: the numbering plans in ``phonenumbers``.
"""

import re
from collections.abc import Iterable
from enum import StrEnum
from typing import Final

import phonenumbers
from phonenumbers import PhoneNumberType, shortnumberinfo

from sip_config.route import Blocklists

#: Emergency numbers of the world, as dialled. The plans know more; this is what never depends on
#: them.
EMERGENCY_NUMBERS: Final = frozenset(
    """
    000 060 061 066 08 100 101 102 103 104 105 107 108 110 111 112 113 114 115 116 117 118 119 120
    122 123 124 125 127 128 129 130 131 132 133 140 141 143 144 150 151 155 158 160 166 171 180 190
    191 192 193 194 195 197 198 199 901 902 903 911 912 913 917 919 933 977 985 987 990 991 992 993
    994 995 996 997 998 999
    """.split()  # noqa: SIM905 -- a hundred quoted numbers are harder to read
)

#: Types of numbers that cost more than a call.
PREMIUM_TYPES: Final = frozenset({PhoneNumberType.PREMIUM_RATE, PhoneNumberType.SHARED_COST})

#: No subscriber number is shorter; everything shorter is a service.
FEWEST_DIGITS_DIALLED: Final = 7


class Blocked(StrEnum):
    """Why a number is not called."""

    EMERGENCY = "emergency"
    PREMIUM = "premium"
    COUNTRY = "country_not_allowed"
    INVALID = "invalid_number"
    ALTERED = "number_altered"  #: what would be dialled is not the number that was asked for


def blocked(number: str, lists: Blocklists, *, countries: Iterable[str]) -> Blocked | None:
    """Return why *number* (E.164) may not be called, None if it may.

    >>> blocked("+449098790123", Blocklists(), countries={"GB"})
    <Blocked.PREMIUM: 'premium'>
    >>> blocked("+442079460123", Blocklists(), countries={"GB"}) is None
    True
    """
    digits = number.removeprefix("+")
    if _is_emergency(digits, lists):
        return Blocked.EMERGENCY
    fewest, most = lists.invalid.lengths
    if not re.fullmatch(r"\+[1-9]\d+", number, re.ASCII) or not fewest <= len(digits) <= most:
        return Blocked.INVALID
    try:
        parsed = phonenumbers.parse(number, None)
    except phonenumbers.NumberParseException:
        return Blocked.INVALID
    if any(prefix and number.startswith(prefix) for prefix in lists.premium.extra_prefixes):
        return Blocked.PREMIUM
    if lists.premium.builtin and phonenumbers.number_type(parsed) in PREMIUM_TYPES:
        return Blocked.PREMIUM
    if not _regions(parsed) & set(countries):
        return Blocked.COUNTRY
    if lists.invalid.use_phonenumbers and not phonenumbers.is_valid_number(parsed):
        return Blocked.INVALID
    return None


def blocked_as_dialled(
    user: str, number: str, lists: Blocklists, *, prefix: str, home: str
) -> Blocked | None:
    """Return why *user*, the user part made for *number*, may not be called; None if it may.

    Args:
        prefix: Digits the trunk and port put first; they are no part of the number.
        home: The country whose exchange understands the digits.

    >>> blocked_as_dialled("999", "+442079460123", Blocklists(), prefix="", home="GB")
    <Blocked.EMERGENCY: 'emergency'>
    >>> blocked_as_dialled("02079460124", "+442079460123", Blocklists(), prefix="", home="GB")
    <Blocked.ALTERED: 'number_altered'>
    """
    rest = user.removeprefix(prefix)
    if not re.fullmatch(r"\+?[0-9*#]+", user, re.ASCII):
        return Blocked.ALTERED
    digits = rest.removeprefix("+")
    for candidate in (digits, user.removeprefix("+")):
        if _is_emergency(candidate, lists):
            return Blocked.EMERGENCY
    if not rest.startswith("+") and shortnumberinfo.connects_to_emergency_number(digits, home):
        return Blocked.EMERGENCY
    if len(digits) < FEWEST_DIGITS_DIALLED or not digits.endswith(_significant(number)):
        return Blocked.ALTERED
    return None


def _is_emergency(digits: str, lists: Blocklists) -> bool:
    """Whether *digits*, or what follows a digit for an outside line, is an emergency number."""
    known = EMERGENCY_NUMBERS | set(lists.emergency.extra)
    return digits in known or (digits[:1] in {"0", "9"} and digits[1:] in known)


def _regions(parsed: phonenumbers.PhoneNumber) -> set[str]:
    """Return the countries a number belongs to: one, or all that share its code if unsure."""
    region = phonenumbers.region_code_for_number(parsed)
    if region is not None:
        return {region}
    main = phonenumbers.region_code_for_country_code(parsed.country_code or 0)
    return {main} - {"ZZ", "001"}


def _significant(number: str) -> str:
    """Return the digits of *number* behind its country code, leading zeros kept."""
    try:
        parsed = phonenumbers.parse(number, None)
    except phonenumbers.NumberParseException:
        return number.removeprefix("+")
    return phonenumbers.national_significant_number(parsed)
