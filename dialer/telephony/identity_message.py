"""What a callee hears whom no agent could take in time: who called, and how to reach them.

The caller's name and the way to call back are what the laws of abandoned calls ask for (Ofcom,
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
        "Можете да ни се обадите на номера, който виждате. Довиждане."
    ),
    "en": (
        "This is a call from {name}. We are sorry, nobody can speak with you now. "
        "You can call us back on the number shown on your phone. Goodbye."
    ),
    "pl": (
        "To połączenie od {name}. Przepraszamy, nikt nie może teraz z Państwem rozmawiać. "
        "Można do nas oddzwonić na wyświetlony numer. Do widzenia."
    ),
    "ro": (
        "Acesta este un apel din partea {name}. Ne cerem scuze, nimeni nu poate vorbi acum cu "
        "dumneavoastră. Ne puteți suna la numărul afișat. La revedere."
    ),
}
DEFAULT: Final = "en"


class IdentityMessages:
    """The spoken messages of an installation, by name of caller and language."""

    def __init__(self, cache: Path) -> None:
        self._cache = cache
        self._ready: dict[tuple[str, str], Path] = {}

    async def prepare(self, caller_names: Iterable[str]) -> None:
        """Have the message of each caller spoken in all languages; quick when it is."""
        for name in caller_names:
            for language, text in TEXTS.items():
                if (name, language) not in self._ready:
                    self._ready[name, language] = await asyncio.to_thread(
                        spoken, text.format(name=name), language=language, cache=self._cache
                    )

    def for_placement(self, placement: Placement) -> Path | None:
        """Return the message in the callee's first language that there is, else in English.

        ``None`` when nothing has been prepared for the caller: the callee is then let go without.
        """
        for language in (*placement.languages, DEFAULT):
            key = (placement.caller_name, language.lower().partition("-")[0])
            if (path := self._ready.get(key)) is not None:
                return path
        return None
