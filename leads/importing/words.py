"""Countries, languages and kinds of subject as people write them, and dates likewise.

Rule: what is not in these tables is unknown and is said to be; nothing is guessed.
"""

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from functools import lru_cache
from typing import Final
from zoneinfo import available_timezones

import phonenumbers

from leads.importing.columns import folded

#: alpha-2: languages spoken there most, alpha-3, names
_COUNTRIES: Final[Mapping[str, tuple[str, str, str]]] = {
    "AT": ("de", "AUT", "Austria|Österreich|Австрия|Austria"),
    "BE": ("nl fr", "BEL", "Belgium|België|Belgique|Белгия|Belgia"),
    "BG": ("bg", "BGR", "Bulgaria|България|Bułgaria|Bulgarien|Republic of Bulgaria"),
    "CA": ("en fr", "CAN", "Canada|Канада|Kanada"),
    "CH": ("de fr it", "CHE", "Switzerland|Schweiz|Suisse|Швейцария|Szwajcaria|Elveția"),
    "CY": ("el", "CYP", "Cyprus|Κύπρος|Кипър|Cypr|Cipru"),
    "CZ": ("cs", "CZE", "Czechia|Czech Republic|Česko|Чехия|Czechy|Cehia"),
    "DE": ("de", "DEU", "Germany|Deutschland|Германия|Niemcy|Germania"),
    "DK": ("da", "DNK", "Denmark|Danmark|Дания|Dania|Danemarca"),
    "EE": ("et", "EST", "Estonia|Eesti|Естония"),
    "ES": ("es", "ESP", "Spain|España|Испания|Hiszpania|Spania"),
    "FI": ("fi", "FIN", "Finland|Suomi|Финландия|Finlandia|Finlanda"),
    "FR": ("fr", "FRA", "France|Франция|Francja|Franța"),
    "GB": (
        "en",
        "GBR",
        "UK|United Kingdom|Great Britain|Britain|England|Scotland|Wales|Northern Ireland|"
        "Великобритания|Обединено кралство|Англия|Wielka Brytania|Zjednoczone Królestwo|Anglia|"
        "Marea Britanie|Regatul Unit",
    ),
    "GR": ("el", "GRC", "Greece|Ελλάδα|Гърция|Grecja|Grecia"),
    "HR": ("hr", "HRV", "Croatia|Hrvatska|Хърватия|Chorwacja|Croația"),
    "HU": ("hu", "HUN", "Hungary|Magyarország|Унгария|Węgry|Ungaria"),
    "IE": ("en", "IRL", "Ireland|Éire|Ирландия|Irlandia|Irlanda"),
    "IT": ("it", "ITA", "Italy|Italia|Италия|Włochy"),
    "LT": ("lt", "LTU", "Lithuania|Lietuva|Литва|Litwa|Lituania"),
    "LU": ("fr de", "LUX", "Luxembourg|Люксембург|Luksemburg|Luxemburg"),
    "LV": ("lv", "LVA", "Latvia|Latvija|Латвия|Łotwa|Letonia"),
    "MD": ("ro", "MDA", "Moldova|Молдова|Mołdawia|Republica Moldova"),
    "MK": ("mk", "MKD", "North Macedonia|Северна Македония|Macedonia Północna"),
    "MT": ("mt en", "MLT", "Malta|Малта"),
    "NL": ("nl", "NLD", "Netherlands|The Netherlands|Holland|Nederland|Нидерландия|Holandia"),
    "NO": ("no", "NOR", "Norway|Norge|Норвегия|Norwegia|Norvegia"),
    "PL": ("pl", "POL", "Poland|Polska|Полша|Polonia|Polen"),
    "PT": ("pt", "PRT", "Portugal|Португалия|Portugalia"),
    "RO": ("ro", "ROU", "Romania|România|Румъния|Rumunia|Rumänien"),
    "RS": ("sr", "SRB", "Serbia|Srbija|Сърбия"),
    "SE": ("sv", "SWE", "Sweden|Sverige|Швеция|Szwecja|Suedia"),
    "SI": ("sl", "SVN", "Slovenia|Slovenija|Словения|Słowenia"),
    "SK": ("sk", "SVK", "Slovakia|Slovensko|Словакия|Słowacja|Slovacia"),
    "TR": ("tr", "TUR", "Turkey|Türkiye|Турция|Turcja|Turcia"),
    "UA": ("uk", "UKR", "Ukraine|Україна|Украйна|Ukraina|Ucraina"),
    "US": ("en", "USA", "United States|United States of America|America|САЩ|Stany Zjednoczone|SUA"),
}
_COUNTRY_OF: Final = {
    folded(name): code
    for code, (_, alpha3, names) in _COUNTRIES.items()
    for name in (alpha3, *names.split("|"))
}

#: ISO 639-1: names
_LANGUAGES: Final[Mapping[str, str]] = {
    "bg": "bulgarian|български|bułgarski|bulgară|bul",
    "cs": "czech|čeština|чешки|czeski|cehă",
    "de": "german|deutsch|немски|niemiecki|germană",
    "el": "greek|ελληνικά|гръцки|grecki|greacă",
    "en": "english|английски|angielski|engleză|eng",
    "es": "spanish|español|испански|hiszpański|spaniolă",
    "fr": "french|français|френски|francuski|franceză",
    "hr": "croatian|hrvatski|хърватски|chorwacki|croată",
    "hu": "hungarian|magyar|унгарски|węgierski|maghiară",
    "it": "italian|italiano|италиански|włoski|italiană",
    "mk": "macedonian|македонски",
    "nl": "dutch|nederlands|нидерландски|niderlandzki|olandeză",
    "pl": "polish|polski|полски|poloneză|pol",
    "pt": "portuguese|português|португалски|portugalski|portugheză",
    "ro": "romanian|română|румънски|rumuński|ron|rum",
    "ru": "russian|русский|руски|rosyjski|rusă",
    "sk": "slovak|slovenčina|словашки|słowacki|slovacă",
    "sr": "serbian|srpski|сръбски|serbski|sârbă",
    "tr": "turkish|türkçe|турски|turecki|turcă",
    "uk": "ukrainian|українська|украински|ukraiński|ucraineană",
}
_LANGUAGE_OF: Final = {
    folded(name): code for code, names in _LANGUAGES.items() for name in (code, *names.split("|"))
} | {
    language: language for languages, _, _ in _COUNTRIES.values() for language in languages.split()
}

_SUBJECTS: Final[Mapping[str, str]] = {
    "consumer": (
        "consumer|b2c|c|private|private person|individual|person|natural person|household|"
        "потребител|физическо лице|фл|частно лице|"
        "konsument|osoba fizyczna|osoba prywatna|prywatny|"
        "consumator|persoană fizică|pf|particular|casnic"
    ),
    "sole_trader": (
        "sole trader|sole proprietor|self employed|freelancer|"
        "едноличен търговец|ет|самоосигуряващ се|свободна професия|"
        "jdg|jednoosobowa działalność gospodarcza|działalność gospodarcza|"
        "pfa|persoană fizică autorizată|întreprindere individuală|ii"
    ),
    "legal_person": (
        "legal person|b2b|b|company|business|corporate|organisation|organization|legal entity|"
        "ltd|limited company|plc|"
        "юридическо лице|юл|фирма|компания|дружество|еоод|оод|ад|"
        "firma|spółka|osoba prawna|sp z o o|przedsiębiorstwo|"
        "persoană juridică|pj|companie|societate|srl|sa"
    ),
}
_SUBJECT_OF: Final = {
    folded(name): subject
    for subject, names in _SUBJECTS.items()
    for name in (subject, *names.split("|"))
}


def country(text: str) -> str | None:
    """Return the ISO 3166-1 alpha-2 code of a country however it is written.

    >>> country("България"), country("uk"), country("ROU"), country("Atlantis")
    ('BG', 'GB', 'RO', None)
    """
    code = text.strip().upper()
    if code in phonenumbers.SUPPORTED_REGIONS:
        return code
    return _COUNTRY_OF.get(folded(text))


def languages_of(code: str) -> tuple[str, ...]:
    """Return the languages most people of a country speak; none if the country is not listed.

    >>> languages_of("BG")
    ('bg',)
    """
    return tuple(_COUNTRIES[code][0].split()) if code in _COUNTRIES else ()


def languages(text: str) -> tuple[tuple[str, ...], bool]:
    """Return the languages *text* names, in ISO 639-1, and whether all of it was understood.

    >>> languages("Bulgarian / EN"), languages("bg,klingon")
    ((('bg', 'en'), True), (('bg',), False))
    """
    words = [folded(word.split("-")[0]) for word in re.split(r"[,;/|+&]", text) if word.strip()]
    known = tuple(dict.fromkeys(_LANGUAGE_OF[word] for word in words if word in _LANGUAGE_OF))
    return known, all(word in _LANGUAGE_OF for word in words)


def subject(text: str) -> str | None:
    """Return consumer, sole_trader or legal_person.

    >>> subject("B2B"), subject("физическо лице"), subject("?")
    ('legal_person', 'consumer', None)
    """
    return _SUBJECT_OF.get(folded(text))


@lru_cache(maxsize=1)
def _zones() -> dict[str, str]:
    return {zone.casefold(): zone for zone in available_timezones()}


def time_zone(text: str) -> str | None:
    """Return the IANA name of a zone.

    >>> time_zone("europe/sofia"), time_zone("EET+2")
    ('Europe/Sofia', None)
    """
    return _zones().get(text.strip().casefold().replace(" ", "_"))


_ISO: Final = re.compile(r"(\d{4})[-./](\d{1,2})[-./](\d{1,2})")
_LOCAL: Final = re.compile(r"(\d{1,2})[-./ ](\d{1,2})[-./ ](\d{4})")
_YEARS: Final = range(1990, 2101)


def instant(text: str, *, day_first: bool = True) -> datetime | None:
    """Return the instant *text* names, or ``None`` for none that exists or makes sense.

    A date is its midnight; without a zone UTC is meant. Years from 1990 to 2100.

    >>> instant("05.03.2026 14:30").isoformat()
    '2026-03-05T14:30:00+00:00'
    >>> instant("31.02.2026") is None
    True
    """
    day, _, hour = text.strip().replace("T", " ", 1).removesuffix(" г.").partition(" ")
    if match := _ISO.fullmatch(day):
        year, month, date_of_month = (int(part) for part in match.groups())
    elif match := _LOCAL.fullmatch(day):
        first, second, year = (int(part) for part in match.groups())
        date_of_month, month = (first, second) if day_first else (second, first)
    else:
        return None
    try:
        at = time.fromisoformat(hour.strip().replace("Z", "+00:00")) if hour.strip() else time()
        found = datetime.combine(date(year, month, date_of_month), at)
        found = found.replace(tzinfo=UTC) if found.tzinfo is None else found
        return found.astimezone(UTC) if found.year in _YEARS else None
    except (ValueError, OverflowError):
        return None
