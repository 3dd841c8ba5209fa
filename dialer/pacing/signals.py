"""What desks say about talks that go on: "ready soon", a place in the script.

    talk ──▶ (nothing said) ──▶ "questions" ──▶ "closing" ──▶ ended
                  └──────────────────┴──────────────┴──────▶ ended

A signal is an input of the talk hazard, measured from the instant it was given. It is learned,
never believed: a "ready soon" that comes late, or means nothing, is soon worth what it has been
worth; a talk without one is forecast from its age and from the silence.

Per place two lives are counted: until the talk ends *or* the next signal comes, and until the talk
ends whatever comes between.

Rule: names are any strings; the state follows from the events alone. Nothing here runs unless
``Aim.desk_signals`` is on.
"""

from collections.abc import Hashable, Iterator, Sequence
from typing import Final

import numpy as np

from dialer.pacing.hazards import AGENT_EDGES, Floats, LifeTable

#: What was said of a talk last, and how many seconds ago; None: nothing.
Signal = tuple[str, float] | None
#: The place of a talk of which nothing was said yet.
SILENT: Final = ""
#: So many talks with a signal have to have ended before it counts.
TRUSTED_AFTER: Final = 20
#: More names than this are not told apart.
NAMES_MOST: Final = 8
ENDED: Final = 0
MOVED: Final = 1


class Place:
    """Talks at one place: how they left it, and when they ended."""

    __slots__ = ("ends", "seen", "stays")

    def __init__(self) -> None:
        self.stays = LifeTable(AGENT_EDGES, 2)  #: until the end or the next signal
        self.ends = LifeTable(AGENT_EDGES, 1)  #: until the end
        self.seen = 0  #: ends


class Signals:
    """The signals of talks under way, and what they have been worth."""

    __slots__ = ("_given", "_places")

    def __init__(self) -> None:
        self._given: dict[Hashable, list[tuple[str, float]]] = {}
        self._places: dict[str, Place] = {SILENT: Place()}

    def said(self, agent: Hashable, name: str, at: float) -> None:
        """Learn that the talk of *agent* has come to a place. Repeating it changes nothing."""
        if name not in self._places:
            if len(self._places) > NAMES_MOST:
                return
            self._places[name] = Place()
        given = self._given.setdefault(agent, [])
        if not given or given[-1][0] != name:
            given.append((name, at))

    def talk_ended(self, agent: Hashable, began: float, at: float) -> None:
        """Count a talk that ended; signals from before it began say nothing of it."""
        given = [each for each in self._given.pop(agent, ()) if began <= each[1] <= at]
        path = [(SILENT, began), *given]
        for (name, since), (_, until) in zip(path, given, strict=False):
            self._places[name].stays.ended(until - since, MOVED)
        name, since = path[-1]
        self._places[name].stays.ended(at - since, ENDED)
        for name, since in path:
            place = self._places[name]
            place.ends.ended(at - since)
            place.seen += 1

    def trusted(self) -> Iterator[tuple[str, Place]]:
        """Yield the places enough is known of; none until some signal is."""
        known = [
            (name, place) for name, place in self._places.items() if place.seen >= TRUSTED_AFTER
        ]
        if len(known) > 1:
            yield from known

    def moved_to(self) -> Sequence[tuple[Place, float]]:
        """Return the places talks move to, with their shares of all moves."""
        counts = [(place, float(place.seen)) for name, place in self._places.items() if name]
        total = sum(count for _, count in counts)
        return [(place, count / total) for place, count in counts if count]


def ages_at(name: str, talk_ages: Sequence[float], signals: Sequence[Signal]) -> Floats:
    """Return since when each of the talks at place *name* has been there, in seconds."""
    return np.array(
        [
            age if signal is None else signal[1]
            for age, signal in zip(talk_ages, signals, strict=False)
            if (signal[0] if signal else SILENT) == name
        ],
        dtype=np.float64,
    )
