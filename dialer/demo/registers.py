"""Whom a demo's list may not call: registers of objections, and the client's own "never again".

Rule: pure, and invented. The real registers are handed out to subscribers alone; these hold a few
of the list's own numbers, so that screening has something to find.
"""

import random
from collections.abc import Iterable
from typing import Final

from leads.importing import AcceptedRow
from leads.phone import PhoneNumber

#: Registers by country: for people, and for companies.
REGISTERS: Final = {"GB": ("TPS", "CTPS")}
SUPPLIER: Final = "invented for the demo"
_LISTED_SHARE: Final = 0.3  #: of the numbers of a country
_SUPPRESSED_SHARE: Final = 0.03  #: of all numbers


def numbers_in(country: str, rows: Iterable[AcceptedRow]) -> list[PhoneNumber]:
    """Return the numbers of *rows* of one country, as the list gives them."""
    return [found.number for row in rows if row.country == country for found in row.numbers]


def register_file(register: str, numbers: Iterable[PhoneNumber], *, seed: int) -> bytes:
    """Return a register's file with some of *numbers* in it, the same for the same arguments.

    >>> register_file("TPS", [PhoneNumber("+442079460123")] * 50, seed=1).splitlines()[0]
    b'number'
    """
    listed = [
        n for n in numbers if random.Random(f"{seed} {register} {n}").random() < _LISTED_SHARE
    ]
    # A register that lists nobody would not be believed.
    return "\n".join(["number", *sorted({*listed, PhoneNumber("+441134960999")}), ""]).encode()


def suppressed_numbers(rows: Iterable[AcceptedRow], *, seed: int) -> list[PhoneNumber]:
    """Return the numbers of those who told the client long ago not to call again."""
    numbers = [found.number for row in rows for found in row.numbers]
    return [
        number
        for number in numbers
        if random.Random(f"{seed} suppressed {number}").random() < _SUPPRESSED_SHARE
    ]
