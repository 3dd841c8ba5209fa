"""Public holidays: law, as the installed holiday library knows it.

Rule: the library's version is part of every decision's record, because an older calendar would
call on a holiday (Poland made 24 December one in 2025).
"""

from datetime import date
from functools import lru_cache
from importlib.metadata import version
from typing import Final

import holidays

LIBRARY_VERSION: Final = version("holidays")


def knows_country(code: str) -> bool:
    """Whether the library has a calendar for the ISO 3166-1 *code*."""
    return code in holidays.list_supported_countries()


@lru_cache(maxsize=1024)
def _of_year(code: str, subdivision: str | None, year: int) -> frozenset[date]:
    if subdivision is not None and subdivision not in _subdivisions(code):
        subdivision = None
    return frozenset(holidays.country_holidays(code, subdiv=subdivision, years=year))


@lru_cache(maxsize=256)
def _subdivisions(code: str) -> frozenset[str]:
    return frozenset(holidays.list_supported_countries().get(code, ()))


def is_holiday(code: str, subdivision: str | None, day: date) -> bool:
    """Whether *day* is a public holiday; in *subdivision* too, if the library knows it.

    >>> is_holiday("DE", "BY", date(2026, 6, 4)), is_holiday("DE", "HH", date(2026, 6, 4))
    (True, False)
    """
    return day in _of_year(code, subdivision, day.year)
