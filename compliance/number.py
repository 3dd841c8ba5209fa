"""What the law needs to know about a telephone number before it is dialled.

Rule: short-number tables are asked before validity, because validity calls 112 just "invalid".
Zones from the number library are a hint only; :mod:`compliance.jurisdiction` decides whether to
trust them. Carrier tables are never used: they are wrong after porting.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import phonenumbers
from phonenumbers import PhoneNumberFormat, PhoneNumberType
from phonenumbers import timezone as number_zones

NON_GEOGRAPHIC: Final = "001"  #: the library's region of international freephone and the like

_TYPE_NAMES: Final = {
    value: name for name, value in vars(PhoneNumberType).items() if name.isupper()
}
_FORBIDDEN: Final = frozenset(
    {"TOLL_FREE", "PREMIUM_RATE", "SHARED_COST", "PAGER", "UAN", "VOICEMAIL"}
)
_LONGEST: Final = 250  #: characters; the library itself reads no more


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberFacts:
    """One number as the library reads it."""

    problem: str | None  #: the code that denies, or None
    e164: str = ""
    country: str | None = None  #: ISO 3166-1; None when unknown or not geographic
    kind: str = "UNKNOWN"  #: the library's name of the number type
    zones: tuple[str, ...] = ()  #: candidate IANA zones

    @property
    def single_zone(self) -> str | None:
        return self.zones[0] if len(self.zones) == 1 else None


@lru_cache(maxsize=4096)
def examine(raw: str, region: str | None) -> NumberFacts:
    """Return what is known about *raw*, a number as dialled from *region*.

    >>> examine("112", "BG").problem
    'NUMBER_EMERGENCY'
    >>> examine("+48 700 123 456", None).problem
    'NUMBER_CLASS_FORBIDDEN'
    >>> examine("501 234 567", None).problem
    'NUMBER_MALFORMED'
    """
    text = raw.strip()
    if not text or len(text) > _LONGEST:
        return NumberFacts(problem="NUMBER_MALFORMED")
    if region and not text.startswith("+") and phonenumbers.is_emergency_number(text, region):
        return NumberFacts(problem="NUMBER_EMERGENCY")
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return NumberFacts(problem="NUMBER_MALFORMED")
    if not phonenumbers.is_valid_number(number):
        short = phonenumbers.is_valid_short_number(number)
        return NumberFacts(problem="NUMBER_SHORT_CODE" if short else "NUMBER_INVALID")
    return _valid(number)


def _valid(number: phonenumbers.PhoneNumber) -> NumberFacts:
    country = phonenumbers.region_code_for_number(number)
    kind = _TYPE_NAMES.get(phonenumbers.number_type(number), "UNKNOWN")
    geographic = country is not None and country != NON_GEOGRAPHIC
    zones = tuple(number_zones.time_zones_for_number(number))
    return NumberFacts(
        problem=None if geographic and kind not in _FORBIDDEN else "NUMBER_CLASS_FORBIDDEN",
        e164=phonenumbers.format_number(number, PhoneNumberFormat.E164),
        country=country if geographic else None,
        kind=kind,
        zones=() if zones == (number_zones.UNKNOWN_TIMEZONE,) else zones,
    )
