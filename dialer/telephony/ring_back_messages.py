"""What somebody who calls us back hears when nobody is free: who called them, and what a key does.

The caller is named first in each, as whoever is called back by mistake wants to know it (Ofcom,
persistent misuse statement 2016, A1.36; 47 CFR 64.1200(b)); there is no offer in it.

Rule: a message is spoken before it is needed (:meth:`RingBackMessages.prepare`); what is not there
cannot be said, and the call then ends.
"""

import asyncio
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from dialer.ringing_in import Phrase, Words
from dialer.telephony.prompts import spoken

TEXTS: Final[dict[str, dict[Phrase, str]]] = {
    "bg": {
        Phrase.SORRY: (
            "Това е {name}. Съжаляваме, в момента никой не може да говори с вас. Довиждане."
        ),
        Phrase.CHOICE: (
            "Това е {name}. Ние ви се обадихме. В момента никой не може да говори с вас. "
            "Натиснете едно, за да ви се обадим. "
            "Натиснете две, за да не ви се обаждаме повече."
        ),
        Phrase.LEAVE_ALONE: (
            "Това е {name}. В момента никой не може да говори с вас. "
            "Натиснете две, за да не ви се обаждаме повече."
        ),
        Phrase.WILL_CALL: "Благодарим. Ще ви се обадим скоро. Довиждане.",
        Phrase.WILL_NOT_CALL: "Благодарим. Няма да ви се обаждаме повече. Довиждане.",
    },
    "en": {
        Phrase.SORRY: "This is {name}. We are sorry, nobody can speak with you now. Goodbye.",
        Phrase.CHOICE: (
            "This is {name}. We have called you. Nobody can speak with you now. "
            "Press one to be called back. Press two, and we do not call you again."
        ),
        Phrase.LEAVE_ALONE: (
            "This is {name}. Nobody can speak with you now. "
            "Press two, and we do not call you again."
        ),
        Phrase.WILL_CALL: "Thank you. We call you back soon. Goodbye.",
        Phrase.WILL_NOT_CALL: "Thank you. We do not call you again. Goodbye.",
    },
    "pl": {
        Phrase.SORRY: "Tu {name}. Przepraszamy, nikt nie może teraz rozmawiać. Do widzenia.",
        Phrase.CHOICE: (
            "Tu {name}. Dzwoniliśmy do Państwa. Nikt nie może teraz rozmawiać. "
            "Proszę nacisnąć jeden, a oddzwonimy. "
            "Proszę nacisnąć dwa, a nie będziemy więcej dzwonić."
        ),
        Phrase.LEAVE_ALONE: (
            "Tu {name}. Nikt nie może teraz rozmawiać. "
            "Proszę nacisnąć dwa, a nie będziemy więcej dzwonić."
        ),
        Phrase.WILL_CALL: "Dziękujemy. Wkrótce oddzwonimy. Do widzenia.",
        Phrase.WILL_NOT_CALL: "Dziękujemy. Nie będziemy więcej dzwonić. Do widzenia.",
    },
    "ro": {
        Phrase.SORRY: "Aici {name}. Ne cerem scuze, nimeni nu poate vorbi acum. La revedere.",
        Phrase.CHOICE: (
            "Aici {name}. V-am sunat. Nimeni nu poate vorbi acum cu dumneavoastră. "
            "Apăsați unu și vă sunăm noi. Apăsați doi și nu vă mai sunăm."
        ),
        Phrase.LEAVE_ALONE: (
            "Aici {name}. Nimeni nu poate vorbi acum. Apăsați doi și nu vă mai sunăm."
        ),
        Phrase.WILL_CALL: "Mulțumim. Vă sunăm în curând. La revedere.",
        Phrase.WILL_NOT_CALL: "Mulțumim. Nu vă mai sunăm. La revedere.",
    },
}


class RingBackMessages:
    """The spoken messages of an installation, by name of the caller and language."""

    def __init__(self, cache: Path, *, otherwise: str = "en") -> None:
        """Args:
        otherwise: For callers none of whose languages is among :data:`TEXTS`.
        """
        self._cache = cache
        self._otherwise = otherwise if otherwise in TEXTS else "en"
        self._ready: dict[tuple[str, Phrase, str], Path] = {}

    async def prepare(self, names: Iterable[str]) -> None:
        """Have all messages in each name spoken; quick when they are."""
        for name in names:
            for language, texts in TEXTS.items():
                for phrase, text in texts.items():
                    if (name, phrase, language) not in self._ready:
                        self._ready[name, phrase, language] = await asyncio.to_thread(
                            spoken, text.format(name=name), language=language, cache=self._cache
                        )

    def file_of(self, words: Words) -> Path | None:
        """Return the file that says *words* in the first language there is, ``None``: not ready."""
        for language in (*words.languages, self._otherwise):
            key = (words.caller_name, words.kind, language.lower().partition("-")[0])
            if (path := self._ready.get(key)) is not None:
                return path
        return None
