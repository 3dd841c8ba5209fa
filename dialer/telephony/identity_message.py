"""What a callee hears whom no agent could take in time: who called, and how to reach them.

The caller's name and the number to call back are what the laws of abandoned calls ask for (Ofcom,
persistent misuse statement 2016, A1.36; 47 CFR 64.1200(a)(7)); there is no offer in it.

Rule: a message is spoken before it is needed. Making one takes the processor a while, so that
happens in :meth:`IdentityMessages.prepare`, and a placement only asks what is there.
"""

import asyncio
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from dialer.ports import Placement
from dialer.telephony.prompts import spoken

TEXTS: Final = {
    "bg": (
        "Това е обаждане от {name}. Съжаляваме, в момента никой не може да говори с вас. "
        "Можете да ни се обадите на {number}. Довиждане."
    ),
    "en": (
        "This is a call from {name}. We are sorry, nobody can speak with you now. "
        "You can call us back on {number}. Goodbye."
    ),
    "pl": (
        "To połączenie od {name}. Przepraszamy, nikt nie może teraz z Państwem rozmawiać. "
        "Można do nas oddzwonić: {number}. Do widzenia."
    ),
    "ro": (
        "Acesta este un apel din partea {name}. Ne cerem scuze, nimeni nu poate vorbi acum cu "
        "dumneavoastră. Ne puteți suna la {number}. La revedere."
    ),
}


def text_of(name: str, number: str, language: str) -> str:
    """Return the message; the digits of *number* stand apart, to be spoken one by one.

    >>> text_of("Example", "+442079460000", "en")[-50:]
    ' call us back on 4 4 2 0 7 9 4 6 0 0 0 0. Goodbye.'
    """
    return TEXTS[language].format(name=name, number=" ".join(number.lstrip("+")))


class IdentityMessages:
    """The spoken messages of an installation, by name and number of caller and language."""

    def __init__(self, cache: Path, *, otherwise: str = "en") -> None:
        """Args:
        otherwise: For callees none of whose languages is among :data:`TEXTS`.
        """
        self._cache = cache
        self._otherwise = otherwise if otherwise in TEXTS else "en"
        self._ready: dict[tuple[str, str, str], Path] = {}

    async def prepare(self, callers: Iterable[tuple[str, str]]) -> None:
        """Have the message of each caller, name and E.164 number, spoken; quick when it is."""
        for name, number in callers:
            for language in TEXTS:
                if (name, number, language) not in self._ready:
                    text = text_of(name, number, language)
                    self._ready[name, number, language] = await asyncio.to_thread(
                        spoken, text, language=language, cache=self._cache
                    )

    def for_placement(self, placement: Placement) -> Path | None:
        """Return the message in the callee's first language that there is, else the other one.

        ``None`` when nothing has been prepared for the caller: the callee is then let go without.
        """
        name, number = placement.caller_name, placement.way.taken.caller_id
        for language in (*placement.languages, self._otherwise):
            key = (name, number, language.lower().partition("-")[0])
            if (path := self._ready.get(key)) is not None:
                return path
        return None
