"""Which single-byte encoding a text is in, told by its words.

    header words we know ─▶ decides   else ─▶ the reading whose words look most like words

Rule: only the encodings of the countries meant are tried. In a right reading words are of one
script, their further letters are those of the languages written in that encoding, and no signs
stand inside them; each of these is worth points, and the best reading wins. Alike readings fall
back to the countries of the telephone numbers, then to the order given.

General-purpose detectors were tried and take Central European names for Western ones.
"""

import re
from collections import Counter
from typing import Final

import phonenumbers

from leads.importing.columns import recognised
from leads.importing.result import ImportOptions

#: Single-byte encodings of spreadsheets, by country; elsewhere that of Western Europe.
_ENCODINGS: Final = {
    **dict.fromkeys(("BG", "RS", "MK", "UA", "BY", "RU"), "cp1251"),
    **dict.fromkeys(("PL", "RO", "CZ", "SK", "HU", "SI", "HR", "BA", "AL", "MD"), "cp1250"),
    **dict.fromkeys(("GR", "CY"), "cp1253"),
    "TR": "cp1254",
    **dict.fromkeys(("EE", "LV", "LT"), "cp1257"),
}
_WESTERN: Final = "cp1252"
_EVERYWHERE: Final = ("cp1251", "cp1250", _WESTERN)

#: Letters beyond ASCII by encoding: usual ones, worth a point, and rare ones, worth a little.
_LETTERS: Final = {
    "cp1250": ("ąćęłńóśźżăâîşţáéíöüčďěňřšťúůýž", "őűôäćđŕĺľëç"),
    "cp1252": ("àâçéèêëîïôùûüáíñóúäößåøæòì", "ãõœÿýþðšž"),
    "cp1254": ("çğıöşüâîûéİ", "àèêëáíñóúäßåøæ"),
    "cp1257": ("āčēģīķļņšūžąęėįųõäöü", "óśźćłń"),
}
_SCRIPTS: Final = {
    "cp1251": re.compile(r"[\u0400-\u04ff]+"),
    "cp1253": re.compile(r"[\u0370-\u03ff]+"),
}
_WORD: Final = re.compile(r"[^\W\d_]+")
_SIGN_AT_LETTER: Final = re.compile(
    r"[A-Za-z][ªº¹²³¼½¾¿¡£¥¦¬¯±´¶·¸×÷˘˙˛]|[ªº¹²³¼½¾¿¡£¥¦¬¯±´¶·¸×÷˘˙˛][A-Za-z]"
)
_CALLED: Final = re.compile(rb"(?<!\d)(?:\+|00)(\d{1,3})")
_SAMPLE: Final = 32 * 1024  #: bytes of lines beyond ASCII that are looked at


def candidate_encodings(options: ImportOptions) -> tuple[str, ...]:
    """Return the single-byte encodings a file may be in by what is known of it, likeliest first.

    >>> candidate_encodings(ImportOptions(default_country="BG"))
    ('cp1251',)
    >>> candidate_encodings(ImportOptions(countries=("PL", "GB")))
    ('cp1250', 'cp1252')
    >>> candidate_encodings(ImportOptions())
    ('cp1251', 'cp1250', 'cp1252')
    """
    countries = [options.default_country, *options.countries]
    named = [_ENCODINGS.get(country.upper(), _WESTERN) for country in countries if country]
    return tuple(dict.fromkeys(named)) or _EVERYWHERE


def ranked_encodings(content: bytes, options: ImportOptions) -> list[str]:
    """Return the candidate encodings, the one whose reading of *content* is best first."""
    candidates = list(candidate_encodings(options))
    if len(candidates) == 1:
        return candidates
    telling = _telling(content)
    called = _called(content)
    return sorted(
        candidates,
        key=lambda encoding: (
            -_known_columns(content, encoding),
            -round(_likeness(telling.decode(encoding, "replace"), encoding), 1),
            -called[encoding],
            candidates.index(encoding),
        ),
    )


def _known_columns(content: bytes, encoding: str) -> int:
    """Return how many columns of the header are words we know, if it is read in *encoding*."""
    header = content.lstrip().splitlines()[0][:10_000].decode(encoding, "replace")
    return sum(recognised(name) is not None for name in re.split(r"[,;\t|]", header))


def _called(content: bytes) -> Counter[str]:
    """Return how many international numbers belong to countries of each encoding."""
    called: Counter[str] = Counter()
    for digits in _CALLED.findall(content[: 4 * _SAMPLE]):
        for length in (1, 2, 3):
            regions = phonenumbers.COUNTRY_CODE_TO_REGION_CODE.get(int(digits[:length]))
            if regions:
                called[_ENCODINGS.get(regions[0], _WESTERN)] += 1
                break
    return called


def _telling(content: bytes) -> bytes:
    """Return lines that hold more than ASCII: those a guess can be made from."""
    telling: list[bytes] = []
    size = 0
    for line in content.splitlines():
        if not line.isascii():
            telling.append(line[:2000])
            size += len(telling[-1])
            if size >= _SAMPLE:
                break
    return b"\n".join(telling)


def _likeness(text: str, encoding: str) -> float:
    """Return how much *text* looks like words of the languages written in *encoding*."""
    words = [word for word in _WORD.findall(text) if not word.isascii()]
    points = -2.0 * len(_SIGN_AT_LETTER.findall(text)) - 3.0 * text.count("\ufffd")
    script = _SCRIPTS.get(encoding)
    if script is not None:
        return points + sum(1.0 if script.fullmatch(word) else -2.0 for word in words)
    usual, rare = _LETTERS.get(encoding, _LETTERS["cp1252"])
    return points + sum(_latin_likeness(word, usual, rare) for word in words)


def _latin_likeness(word: str, usual: str, rare: str) -> float:
    further = [letter for letter in word if not letter.isascii()]
    if len(word) >= 3 and len(further) * 5 > len(word) * 3:
        return -2.0  # hardly a Latin letter in it: another script, misread
    points = 0.0
    for letter in further:
        lower = letter.casefold()
        points += 1.0 if lower in usual else 0.2 if lower in rare else -1.0
    if not (word.isupper() or word[1:].islower() or len(word) == 1):
        points -= 1.0  # a capital in the middle
    return points
