"""A client's list as it really arrives, made by a seed.

    leads.csv       companies and consumers of four countries: local number formats, several
                    numbers, stray spaces, duplicates, broken cells, consent with and without proof
    evidence/*.txt  the forms the consents came by, one per batch; some are missing on purpose

    python -m dialer.simulation.example_list --rows 5000 --seed 7 --out examples/

Rule: the same arguments give the same bytes. British numbers are from the ranges Ofcom keeps for
drama, in so far as the numbering plan lets them pass for valid; the other countries keep no such
range, so theirs are valid numbers put together by chance. They are dialed by the demo alone, whose
trunk is bound to loopback in code.
"""

import argparse
import csv
import io
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Final

from dialer.simulation.example_names import COUNTRIES, Country

HEADER: Final = (
    "Phone", "Phone 2", "Company", "Contact", "Country", "City", "Language", "Type", "Source",
    "Consent file", "Consent date", "Consent wording",
)  # fmt: skip
FORMS: Final = 6  #: batches of consents per country with their form on file
_LATEST: Final = date(2026, 11, 13)  #: day of the latest consent

#: Countries a single-byte encoding can write; the list then holds these alone.
ENCODINGS: Final = {
    "utf-8-sig": ("BG", "PL", "RO", "GB"),
    "utf-8": ("BG", "PL", "RO", "GB"),
    "cp1251": ("BG",),
    "cp1250": ("PL", "RO"),
}

# Shares of all rows.
_DUPLICATES: Final = 0.04
_BROKEN: Final = 0.03
_SECOND_NUMBER: Final = 0.2
# What is there of a consent, as shares of the good rows: the first fits, the others do not.
_CONSENTS: Final = (
    ("proven", 0.655),
    ("proven_old", 0.025),  # given years ago, and still on file
    ("missing_form", 0.11),  # names a form that is not there
    ("bare", 0.07),  # a date and a wording, and nothing to prove it
    ("none", 0.12),
    ("broken_date", 0.02),
)

_BROKEN_CELLS: Final = (
    "", "", "", "n/a", "-", "няма", "brak", "8.88123E+08", "3,59887E+11", "0888 12",
    "0888 123 45678", "call the office", "07700 900123", "+44 7700 900456",
    "12345", "+999 123 456 789", "office@example.com",
)  # fmt: skip
_DRAMA: Final = (  # Ofcom's numbers for drama that the numbering plan takes for valid
    "020 7946 0", "0113 496 0", "0114 496 0", "0116 496 0", "0117 496 0", "0118 496 0",
    "0121 496 0", "0131 496 0", "0141 496 0", "0161 496 0", "0191 498 0",
    "029 2018 0", "028 9649 6",
)  # fmt: skip
_CALLING_CODES: Final = {"BG": "359", "PL": "48", "RO": "40", "GB": "44"}


@dataclass(slots=True)
class _Maker:
    """The list while it is made."""

    seed: int
    countries: tuple[Country, ...]
    chance: random.Random = field(init=False)
    used: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.chance = random.Random(self.seed)

    def one_in(self, share: float) -> bool:
        return self.chance.random() < share

    def number(self, country: Country) -> str:
        """Return a national number not used before: digits with its leading zero, if it has one."""
        while True:
            digits = self._digits(country.code)
            if digits not in self.used:
                self.used.add(digits)
                return digits

    def _digits(self, code: str) -> str:
        tail = f"{self.chance.randrange(10**7):07}"
        if code == "GB":
            return self.chance.choice(_DRAMA).replace(" ", "") + tail[:3]
        mobile = self.one_in(0.75)
        if code == "BG":
            return (
                f"08{self.chance.choice('789')}{self.chance.choice('2345678')}{tail[:6]}"
                if (mobile)
                else f"02{self.chance.choice('89')}{tail[:6]}"
            )
        if code == "PL":
            return (
                f"{self.chance.choice(('60', '66', '69', '50'))}{tail}"
                if mobile
                else (f"22{self.chance.choice('2346')}{tail[:6]}")
            )
        return f"07{self.chance.choice('2345')}{tail}"[:10] if mobile else f"0213{tail[:6]}"

    def written(self, digits: str, country: Country) -> str:
        """Return a number the way somebody typed it."""
        code = _CALLING_CODES[country.code]
        national = digits.removeprefix("0")
        way = self.chance.random()
        if way < 0.42:
            text = digits
        elif way < 0.62:
            text = _grouped(digits, country.code, self.chance.choice((" ", "-", ".", "/")))
        elif way < 0.68:
            split = 3 if country.code != "PL" else 2
            text = f"({digits[:split]}) {digits[split:]}"
        elif way < 0.86:
            text = f"+{code}{self.chance.choice(('', ' '))}{national}"
        elif way < 0.93:
            text = f"00{code}{national}"
        elif way < 0.96:
            text = national  # a spreadsheet ate the zero
        else:
            text = f"+{code} (0){national}" if digits.startswith("0") else f"+{code} {national}"
        return self._spoilt(text)

    def _spoilt(self, text: str) -> str:
        spoils = self.chance.random()
        if spoils < 0.03:
            return f" {text} "
        if spoils < 0.05:
            return text.replace(" ", "\u00a0") + "\u00a0"
        return f"'{text}" if spoils < 0.06 else text


def _grouped(digits: str, code: str, sign: str) -> str:
    first = 3 if code == "PL" else 4
    return sign.join((digits[:first], digits[first : first + 3], digits[first + 3 :]))


def rows(count: int, seed: int, codes: Sequence[str]) -> Iterator[tuple[str, ...]]:
    """Yield *count* rows below the header, the same for the same arguments."""
    maker = _Maker(seed, tuple(COUNTRIES[code] for code in codes))
    weights = [country.share for country in maker.countries]
    earlier: list[tuple[str, Country, tuple[str, ...]]] = []
    for _ in range(count):
        fate = maker.chance.random()
        if fate < _DUPLICATES and len(earlier) > 20:
            digits, country, row = maker.chance.choice(earlier)
            yield (maker.written(digits, country), "", *row[2:])
            continue
        [country] = maker.chance.choices(maker.countries, weights)
        if fate < _DUPLICATES + _BROKEN:
            yield (maker.chance.choice(_BROKEN_CELLS), "", *_subject(maker, country))
            continue
        digits = maker.number(country)
        first = maker.written(digits, country)
        second = ""
        if maker.one_in(_SECOND_NUMBER):
            second = maker.written(maker.number(country), country)
            if maker.one_in(0.2):
                first, second = f"{first} ; {second}", ""
        row = (first, second, *_subject(maker, country))
        earlier.append((digits, country, row))
        yield row


def _subject(maker: _Maker, country: Country) -> tuple[str, ...]:
    """Return the cells behind the numbers."""
    kind = maker.chance.choices((0, 1, 2), (0.5, 0.12, 0.38))[0]
    firm = maker.chance.choice(country.firms)
    last = maker.chance.choice(country.last)
    initial = maker.chance.choice(country.first)
    company, name = "", f"{initial} {last}"
    if kind == 1:
        company, name = f"{country.trader} {last}", ""
    elif kind == 2:
        trade, legal = maker.chance.choice(country.trades), maker.chance.choice(country.legal)
        company, name = f"{firm} {trade} {legal}", (initial if maker.one_in(0.3) else "")
    if maker.one_in(0.03):
        name = f"  {name} "
    third_party = maker.one_in(0.02)
    return (
        company,
        name,
        country.code if maker.one_in(0.9) else maker.chance.choice(country.names),
        maker.chance.choice(country.cities) if maker.one_in(0.25) else "",
        maker.chance.choice(country.languages) if maker.one_in(0.03) else "",
        country.kinds[kind] if maker.one_in(0.55) or kind else "",
        "third_party" if third_party else "",
        *_consent(maker, country),
    )


def _consent(maker: _Maker, country: Country) -> tuple[str, str, str]:
    kinds, weights = zip(*_CONSENTS, strict=True)
    [kind] = maker.chance.choices(kinds, weights)
    form = f"{country.code.lower()}{maker.chance.randint(1, FORMS)}.txt"
    given = _LATEST - timedelta(days=maker.chance.randint(0, 400))
    wording = country.wording if maker.one_in(0.3) else ""
    if kind == "none":
        return ("", "", "")
    if kind == "missing_form":
        form = f"{country.code.lower()}{maker.chance.randint(FORMS + 1, FORMS + 2)}.txt"
    if kind == "bare":
        form, wording = "", country.wording
    if kind == "proven_old":
        given -= timedelta(days=365 * 6)
    if kind == "broken_date":
        return (form, maker.chance.choice(("31.02.2026", "2026", "yes", "00.00.0000")), wording)
    return (form, _date(maker, given), wording)


def _date(maker: _Maker, day: date) -> str:
    return f"{day.day}.{day.month}.{day.year}" if maker.one_in(0.7) else day.isoformat()


def list_bytes(count: int, seed: int, encoding: str = "utf-8-sig") -> bytes:
    """Return the file."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=";", lineterminator="\n")
    writer.writerow(HEADER)
    writer.writerows(rows(count, seed, ENCODINGS[encoding]))
    written = text.getvalue()
    if encoding == "cp1250":  # spreadsheets write the cedilla where the comma below is missing
        written = written.translate(str.maketrans("ȘșȚț", "ŞşŢţ"))
    return written.encode(encoding, "ignore")


def evidence(codes: Sequence[str]) -> dict[str, str]:
    """Return the forms on file: name -> text."""
    found = {}
    for code in codes:
        country = COUNTRIES[code]
        for number in range(1, FORMS + 1):
            name = f"{code.lower()}{number}.txt"
            found[name] = (
                f"Form {code}-{number}, https://forms.example.com/{code.lower()}/{number}\n"
                "Controller: Example Energy. Purpose: sales.energy. Channel: live telephone call.\n"
                f"Shown to the person, who ticked the box: {country.statement}\n"
                "Kept with the submission: time, address of the sender, version of the form.\n"
            )
    return found


def write(out: Path, *, count: int, seed: int, encoding: str = "utf-8-sig") -> Path:
    """Write the list and its evidence below *out*; return the list's path."""
    folder = out / "evidence"
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in evidence(ENCODINGS[encoding]).items():
        (folder / name).write_text(text, encoding="utf-8")
    path = out / "leads.csv"
    path.write_bytes(list_bytes(count, seed, encoding))
    return path


def main(arguments: Sequence[str] | None = None) -> int:
    """Write what the command line asks for."""
    parser = argparse.ArgumentParser(prog="dialer.simulation.example_list", description=__doc__)
    parser.add_argument("--rows", type=int, default=5000)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--out", type=Path, default=Path("examples"))
    parser.add_argument("--encoding", choices=sorted(ENCODINGS), default="utf-8-sig")
    asked = parser.parse_args(arguments)
    if asked.rows < 1:
        parser.error(f"--rows {asked.rows}: expected at least 1")
    path = write(asked.out, count=asked.rows, seed=asked.seed, encoding=asked.encoding)
    print(f"{path}: {asked.rows} rows, {path.stat().st_size:,} bytes")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
