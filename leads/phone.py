"""Telephone numbers: from any way of writing them to E.164, and back to four harmless digits.

    " 0888/12-34-56 " + BG  ──parse──▶  +359888123456  ──redact──▶  …3456

Rule: inside the program a number is a :data:`PhoneNumber`, made here and nowhere else. What is
shown in a log or an error is :func:`redact`'s answer, never the number.

E.164 is ITU-T Recommendation E.164 (11/2010). Numbering plans come from the ``phonenumbers``
library; its ``geocoder`` and ``carrier`` modules cost seconds to import and are never used.
"""

import re
import unicodedata
from enum import StrEnum
from typing import Final, NewType

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberType
from phonenumbers.timezone import time_zones_for_number

PhoneNumber = NewType("PhoneNumber", str)  #: E.164 with its plus sign, such as ``+442079460123``


class NumberKind(StrEnum):
    """What stands at the other end, as far as the numbering plan tells."""

    MOBILE = "mobile"
    FIXED = "fixed"
    FIXED_OR_MOBILE = "fixed_or_mobile"  #: the plan does not tell them apart, as in +1
    OTHER = "other"  #: freephone, premium rate, shared cost, pager ...: the gate refuses most


class NumberProblem(StrEnum):
    """Why a text is not a telephone number one could dial."""

    EMPTY = "number_missing"  #: nothing there
    NOT_A_NUMBER = "number_unreadable"  #: letters, too many signs, no digits
    ROUNDED = "number_rounded"  #: a spreadsheet turned it into 3.59E+11; the digits are gone
    NO_COUNTRY = "number_without_country"  #: local format, and nothing says of which country
    TOO_SHORT = "number_too_short"
    TOO_LONG = "number_too_long"
    NOT_IN_PLAN = "number_not_in_plan"  #: right length; the country's plan has no such number


_SENTENCES: Final = {
    NumberProblem.EMPTY: "there is no telephone number",
    NumberProblem.NOT_A_NUMBER: "this is not a telephone number",
    NumberProblem.ROUNDED: "a spreadsheet has rounded this number; format the column as text",
    NumberProblem.NO_COUNTRY: "a local number needs a country; add one, or write it as +359...",
    NumberProblem.TOO_SHORT: "the number has too few digits for its country",
    NumberProblem.TOO_LONG: "the number has too many digits for its country",
    NumberProblem.NOT_IN_PLAN: "the country's numbering plan has no such number",
}

_KINDS: Final = {
    PhoneNumberType.MOBILE: NumberKind.MOBILE,
    PhoneNumberType.FIXED_LINE: NumberKind.FIXED,
    PhoneNumberType.FIXED_LINE_OR_MOBILE: NumberKind.FIXED_OR_MOBILE,
}
_LENGTH_LIMIT: Final = 60  #: characters; longer texts hold something else than one number
_ROUNDED: Final = re.compile(r"\d[.,]?\d*[eEеЕ][+]?\d+")  # the third and fourth are Cyrillic
_EXTENSION: Final = re.compile(r"\s*(?:ext\.?|x|#|вътр\.?|wew\.?|int\.?)\s*\d{1,6}$", re.IGNORECASE)
_WRITTEN: Final = re.compile(r"[+0-9 ().\-/]+")
_E164: Final = re.compile(r"\+[1-9][0-9]{6,14}")
_FRACTION: Final = re.compile(r"(?:(?<=[0-9]{7})\.0+|\.0)$")  # of a number taken for an amount
_TRUNK_ZERO: Final = re.compile(r"\(0\)")


class InvalidPhoneNumber(ValueError):
    """The text cannot be read as a telephone number that exists.

    The message holds no more of the text than :func:`redact` shows.
    """

    def __init__(self, text: str, problem: NumberProblem) -> None:
        super().__init__(f"{redact(text)}: {_SENTENCES[problem]}")
        self.text = text
        self.problem = problem

    @property
    def sentence(self) -> str:
        """What is wrong and what to do, for a person, without any digit of the number."""
        return _SENTENCES[self.problem]


def parse(text: str, region: str | None = None) -> PhoneNumber:
    """Read *text* as a telephone number, whatever signs stand between its digits.

    Args:
        text: International (``+`` or ``00``) or, when *region* is given, local format. An
            extension at the end is dropped: a dialer cannot dial it.
        region: ISO 3166-1 alpha-2 country whose local format is meant.

    Raises:
        InvalidPhoneNumber: Nothing that exists in a numbering plan can be read.

    >>> parse("(0888) 123-456", "BG")
    '+359888123456'
    >>> parse("0044 20 7946 0123")
    '+442079460123'
    >>> parse("020 7946 0123")
    Traceback (most recent call last):
    leads.phone.InvalidPhoneNumber: …0123: a local number needs a country; add one, or write ...
    """
    written = _tidy(text)
    if not written:
        raise InvalidPhoneNumber(text, NumberProblem.EMPTY)
    if _ROUNDED.fullmatch(written):
        raise InvalidPhoneNumber(text, NumberProblem.ROUNDED)
    if not _WRITTEN.fullmatch(written):
        raise InvalidPhoneNumber(text, NumberProblem.NOT_A_NUMBER)
    if written.startswith("00") and region is None:
        written = "+" + written[2:]
    if not written.startswith("+") and region is None:
        raise InvalidPhoneNumber(text, NumberProblem.NO_COUNTRY)
    number = _understood(text, written, region)
    return PhoneNumber(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))


def asked_about(text: str, region: str | None = None) -> PhoneNumber:
    """Return the number somebody asks about, or wants never to be called.

    E.164 is taken as it is, whatever a numbering plan says of it: plans change, and to know or
    suppress a number nobody has does no harm, but to refuse one that somebody has would.

    >>> asked_about("+447700900123")
    '+447700900123'

    Raises:
        InvalidPhoneNumber: It is neither E.164 nor a number that can be read in *region*.
    """
    tidy = re.sub(r"[ ()./-]", "", text)
    return PhoneNumber(tidy) if _E164.fullmatch(tidy) else parse(text, region)


def _tidy(text: str) -> str:
    """Return *text* without what spreadsheets and people put around a number."""
    shown = "".join(" " if character.isspace() else character for character in text)
    kept = "".join(
        c for c in unicodedata.normalize("NFKC", shown) if unicodedata.category(c) != "Cf"
    )
    kept = kept.translate(_DASHES).strip(" '\"`\u2019,;:=")  # ="0888" keeps its nought
    kept = _FRACTION.sub("", kept.removeprefix("tel:")).strip()
    return _EXTENSION.sub("", _TRUNK_ZERO.sub("", kept)).strip()


_DASHES: Final = str.maketrans(dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2212", "-"))


def _understood(text: str, written: str, region: str | None) -> phonenumbers.PhoneNumber:
    if len(written) > _LENGTH_LIMIT:
        raise InvalidPhoneNumber(text, NumberProblem.TOO_LONG)
    try:
        number = phonenumbers.parse(written, region.upper() if region else None)
    except NumberParseException as fault:
        problem = _FAULTS.get(fault.error_type, NumberProblem.NOT_A_NUMBER)
        raise InvalidPhoneNumber(text, problem) from None
    if phonenumbers.is_valid_number(number):
        return number
    possible = phonenumbers.is_possible_number_with_reason(number)
    raise InvalidPhoneNumber(text, _LENGTHS.get(possible, NumberProblem.NOT_IN_PLAN))


_FAULTS: Final = {
    NumberParseException.INVALID_COUNTRY_CODE: NumberProblem.NO_COUNTRY,
    NumberParseException.TOO_SHORT_AFTER_IDD: NumberProblem.TOO_SHORT,
    NumberParseException.TOO_SHORT_NSN: NumberProblem.TOO_SHORT,
    NumberParseException.TOO_LONG: NumberProblem.TOO_LONG,
}
_LENGTHS: Final = {
    phonenumbers.ValidationResult.TOO_SHORT: NumberProblem.TOO_SHORT,
    phonenumbers.ValidationResult.IS_POSSIBLE_LOCAL_ONLY: NumberProblem.TOO_SHORT,  # no area code
    phonenumbers.ValidationResult.TOO_LONG: NumberProblem.TOO_LONG,
}


def redact(text: str) -> str:
    """Return what of a telephone number may be shown: its last four digits, if it is long enough.

    >>> redact("+442079460123"), redact("112"), redact("")
    ('…0123', '…', '…')
    """
    digits = re.sub(r"[^0-9]", "", text)
    return "…" + digits[-4:] if len(digits) >= 8 else "…"


def kind(number: PhoneNumber) -> NumberKind:
    """Return what kind of line the numbering plan gives *number* to.

    >>> kind(PhoneNumber("+442079460123"))
    <NumberKind.FIXED: 'fixed'>
    """
    return _KINDS.get(phonenumbers.number_type(_read(number)), NumberKind.OTHER)


def region(number: PhoneNumber) -> str | None:
    """Return the ISO 3166-1 alpha-2 country *number* belongs to, or ``None`` for none or many.

    >>> region(PhoneNumber("+442079460123"))
    'GB'
    """
    code = phonenumbers.region_code_for_number(_read(number))
    return code if code and code.isalpha() else None


def time_zones(number: PhoneNumber) -> tuple[str, ...]:
    """Return every IANA zone the callee may be in, by the number alone; none if unknown.

    A mobile number of a large country gives many: all of them must be awake.

    >>> time_zones(PhoneNumber("+359888123456"))
    ('Europe/Sofia',)
    """
    zones = time_zones_for_number(_read(number))
    return tuple(zone for zone in zones if zone != "Etc/Unknown")


def _read(number: PhoneNumber) -> phonenumbers.PhoneNumber:
    return phonenumbers.parse(number, None)
