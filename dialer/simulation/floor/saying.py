"""What agents of a world let the dialer know during a talk: signals, given, missing, late or wrong.

    [signals]
    ready_soon_seconds = 12     "ready soon" is said so long before the end of a talk
    script = [0.5, 0.85]        a place in the script is reached after these shares of a talk
    given = 0.8                 share of talks in which anything is said
    wrong = 0.1                 share of talks in which "ready soon" is said at any moment
    late_seconds = 3            how much later it is heard
    leaving_is_said = true      who leaves after the present talk is known to

Rule: what is heard after the talk has ended is heard by nobody.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from dialer.simulation.floor.reading import Table

READY_SOON: Final = "ready soon"


@dataclass(frozen=True, slots=True, kw_only=True)
class Saying:
    """How agents of a world say how far their talks have come."""

    ready_soon_seconds: float = 0.0  #: before the end; 0: never said
    script: tuple[float, ...] = ()  #: shares of a talk at which a place is reached
    given: float = 1.0
    wrong: float = 0.0
    late_seconds: float = 0.0
    leaving_is_said: bool = True

    def said(self, talk: float, random: np.random.Generator) -> Iterator[tuple[float, str]]:
        """Yield what is heard of a talk of *talk* seconds: seconds from its beginning, and what."""
        heard = []
        if random.random() < self.given:
            heard = [(share * talk, f"place {n}") for n, share in enumerate(self.script, 1)]
            if self.ready_soon_seconds > 0.0:
                heard.append((max(0.0, talk - self.ready_soon_seconds), READY_SOON))
        if random.random() < self.wrong:
            heard.append((random.random() * talk, READY_SOON))
        for after, name in sorted(heard):
            if after + self.late_seconds < talk:
                yield after + self.late_seconds, name


def read(table: Table) -> Saying:
    """Return what a table ``[signals]`` of a world file describes."""
    script = table.numbers("script", low=0.0, high=1.0)
    found = Saying(
        ready_soon_seconds=table.number("ready_soon_seconds", 0.0, high=600.0),
        script=script,
        given=table.number("given", 1.0, high=1.0),
        wrong=table.number("wrong", 0.0, high=1.0),
        late_seconds=table.number("late_seconds", 0.0, high=600.0),
        leaving_is_said=table.switch("leaving_is_said", True),
    )
    table.finish()
    return found
