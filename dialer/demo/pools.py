"""How many agents speak what, so that every callee finds somebody to talk to.

Rule: pure. Every language of the list gets an agent, the others follow the list, and everybody
speaks two more languages, in a chain: BG-PL-RO, PL-RO-EN, RO-EN-BG. A chain of pools is nearly as
good as one pool in which everybody speaks everything (Jordan and Graves, 1995).
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Final

#: Spoken by the agents of a list without languages.
ANY: Final = "en"
#: With fewer agents for each language than this, everybody speaks all of them.
LEAST_PER_LANGUAGE: Final = 3
SPOKEN: Final = 3  #: languages an agent speaks


def agents_by_language(callees: Counter[str], agents: int) -> tuple[tuple[str, ...], ...]:
    """Return the languages of each of *agents*, the best one first.

    Args:
        callees: How many leads speak each language.
        agents: At least 1.

    >>> agents_by_language(Counter({"bg": 60, "en": 40}), 6)
    (('bg', 'en'), ('bg', 'en'), ('bg', 'en'), ('bg', 'en'), ('en', 'bg'), ('en', 'bg'))
    >>> agents_by_language(Counter({"bg": 60, "en": 30, "pl": 10}), 2)
    (('bg', 'en', 'pl'), ('en', 'pl', 'bg'))
    """
    languages = [language for language, _ in callees.most_common()] or [ANY]
    if agents < LEAST_PER_LANGUAGE * len(languages):
        return tuple(_turned(languages, place % len(languages)) for place in range(agents))
    counts = _apportioned([callees[language] for language in languages], agents)
    return tuple(
        _turned(languages, place)[:SPOKEN]
        for place, count in enumerate(counts)
        for _ in range(count)
    )


def _turned(languages: Sequence[str], by: int) -> tuple[str, ...]:
    return (*languages[by:], *languages[:by])


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
