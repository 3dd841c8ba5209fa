"""What is going to happen in a shift, in the order of virtual time.

Rule: what was planned first happens first where two things fall on the same instant.
"""

import heapq
from typing import Final

#: What an entry is about: of a call the first three, of an agent the others.
OFFERED: Final = 0
ENDED: Final = 1
DEADLINE: Final = 2
TALK_ENDED: Final = 3
WRAP_UP_ENDED: Final = 4
SIGNED_IN: Final = 5
SIGNING_OFF: Final = 6
SIGNALLED: Final = 7


class Agenda:
    """Entries of instant in seconds, sequence, kind and subject; the earliest is ``entries[0]``."""

    __slots__ = ("_sequence", "entries")

    def __init__(self) -> None:
        self.entries: list[tuple[float, int, int, object]] = []
        self._sequence = 0

    def plan(self, at: float, kind: int, subject: object) -> None:
        """Let *subject* meet with *kind* at *at*."""
        self._sequence += 1
        heapq.heappush(self.entries, (at, self._sequence, kind, subject))

    def take(self) -> tuple[float, int, object]:
        """Remove the earliest entry and return its instant, kind and subject.

        Raises:
            IndexError: Nothing is planned.
        """
        at, _, kind, subject = heapq.heappop(self.entries)
        return at, kind, subject
