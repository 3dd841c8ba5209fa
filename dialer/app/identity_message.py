"""What an abandoned callee hears: who called, and that nobody was free.

Rule: spoken beforehand, one file per campaign, number and language, so that nothing is made while a
callee waits. 47 CFR 64.1200(a)(7)(i)(A) asks for name and number; there is no offer in it.
"""

import asyncio
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from dialer.ports import Placement
from dialer.telephony.prompts import spoken

_TEXTS: Final = {
    "en": "Hello. This was a call from {name}. We are sorry that nobody was free to speak to "
    "you. You can reach us at {number}.",
    "bg": "Здравейте. Обаждането беше от {name}. Съжаляваме, че нямаше свободен служител. "
    "Можете да ни намерите на {number}.",
    "pl": "Dzień dobry. Dzwoniła firma {name}. Przepraszamy, że nikt nie mógł z Państwem "
    "rozmawiać. Nasz numer to {number}.",
    "ro": "Bună ziua. Ați fost apelat de {name}. Ne pare rău că nimeni nu a fost liber să vă "
    "vorbească. Ne găsiți la {number}.",
}
LANGUAGES: Final = frozenset(_TEXTS)  #: in which the message can be spoken


def text_of(name: str, number: str, language: str) -> str:
    """Return the message; digits are set apart so that they are spoken one by one.

    >>> text_of("Example", "+442079460000", "en")[:42]
    'Hello. This was a call from Example. We ar'
    """
    return _TEXTS[language].format(name=name, number=" ".join(number.lstrip("+")))


class IdentityMessages:
    """The files of the messages, made once and kept."""

    def __init__(self, cache: Path, *, fallback: str) -> None:
        """Args:
        fallback: Language of callees whose own is not among :data:`LANGUAGES`.
        """
        self._cache = cache
        self._fallback = fallback if fallback in LANGUAGES else "en"
        self._files: dict[tuple[str, str, str], Path] = {}

    async def prepare(self, name: str, number: str, languages: Iterable[str]) -> None:
        """Have the messages of a campaign ready in *languages* and the fallback."""
        for language in sorted({*languages, self._fallback} & LANGUAGES):
            key = (name, number, language)
            if key not in self._files:
                text = text_of(*key)
                self._files[key] = await asyncio.to_thread(
                    spoken, text, language=language, cache=self._cache
                )

    def file_for(self, placement: Placement) -> Path | None:
        """Return the message for a callee, or ``None`` if it was not prepared."""
        wanted = [language for language in placement.languages if language in LANGUAGES]
        for language in (*wanted, self._fallback):
            key = (placement.caller_name, placement.way.taken.caller_id, language)
            if key in self._files:
                return self._files[key]
        return None
