"""How many agents speak what, so that every callee finds somebody to talk to.

Rule: pure. Every language of the list gets an agent; the others follow the list, and every second
agent speaks a second language, as people in call centres do.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Final

#: Spoken by agents of a floor without languages of its own.
ANY: Final = "en"


def agents_by_language(callees: Counter[str], agents: int) -> tuple[tuple[str, ...], ...]:
    """Return the languages of each of *agents*, the best one first.

    Args:
        callees: How many leads speak each language.
        agents: At least 1; with fewer agents than languages everybody speaks all of them.

    >>> agents_by_language(Counter({"bg": 60, "en": 30, "pl": 10}), 5)
    (('bg',), ('bg', 'en'), ('bg',), ('en', 'bg'), ('pl',))
    >>> agents_by_language(Counter({"bg": 60, "en": 30, "pl": 10}), 2)
    (('bg', 'en', 'pl'), ('en', 'pl', 'bg'))
    """
    languages = [language for language, _ in callees.most_common()] or [ANY]
    if agents < len(languages):
        return tuple(_turned(languages, place) for place in range(agents))
    counts = _apportioned([callees[language] for language in languages], agents)
    best = [
        language for language, count in zip(languages, counts, strict=True) for _ in range(count)
    ]
    return tuple(
        (language, _second(languages, language))
        if place % 2 and len(languages) > 1
        else (language,)
        for place, language in enumerate(best)
    )


def _turned(languages: Sequence[str], by: int) -> tuple[str, ...]:
    return (*languages[by:], *languages[:by])


def _second(languages: Sequence[str], first: str) -> str:
    """Return the most wanted language but *first*."""
    return next(language for language in languages if language != first)


def _apportioned(weights: Sequence[int], seats: int) -> list[int]:
    """Give each of *weights* one of *seats*, and the rest to whoever has fewest for its weight.

    (The method of Jefferson, in which each further seat goes to the largest weight per seat.)
    """
    counts = [1] * len(weights)
    for _ in range(seats - len(weights)):
        quotients = [weight / (count + 1) for weight, count in zip(weights, counts, strict=True)]
        counts[quotients.index(max(quotients))] += 1
    return counts


def languages_counted(leads: Iterable[tuple[str, ...]]) -> Counter[str]:
    """Count the first language of each lead that has one."""
    return Counter(languages[0] for languages in leads if languages)
