"""Who hears whom in a conversation of more than two, and what of it is on the tape.

                     callee   agent   guest who talks   listens   whispers   is consulted
    callee hears        -       x            x             -          -            -
    agent hears         x       -            x             -          x            x
    guest hears         x       x            x             x          x       the agent alone

Rule: pure. :func:`wires` is the whole truth about a conversation; whatever changes, the worker
cuts the wires that are no longer in it and makes those that are new. A callee on hold is heard by
nobody and hears the hold tone. On the tape is what the callee says and what is said to the callee,
so neither a whisper, nor a consultation, nor anything said while the callee is on hold.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import permutations
from typing import Final

from dialer.in_call import Part

HOLD_TONE: Final = "hold tone"  #: a source
AGENTS_TRACK: Final = "agent's track"  #: sinks: the two tracks of the tape
CALLEES_TRACK: Final = "callee's track"

Wire = tuple[str, str]  #: source and sink: a leg's name, or one of the above


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversation:
    """A callee and who is with them."""

    callee: str
    peer: str | None = None  #: the agent, or who took the call over
    guests: tuple[tuple[str, Part], ...] = ()
    held: bool = False
    deserted: bool = False  #: the agent's leg died; the hold tone plays until another comes
    muted: bool = False  #: the tape holds silence

    def part_of(self, guest: str) -> Part | None:
        """Return the part of *guest*; ``None``: is not there."""
        return dict(self.guests).get(guest)

    def joined(self, guest: str, part: Part) -> "Conversation":
        """Return the conversation with *guest* in it."""
        return replace(self, guests=(*self.without(guest).guests, (guest, part)))

    def without(self, guest: str) -> "Conversation":
        """Return the conversation without *guest*."""
        return replace(self, guests=tuple(each for each in self.guests if each[0] != guest))

    def bridged(self, peer: str) -> "Conversation":
        """Return the conversation when *peer* talks with the callee; what was, is over."""
        return replace(self.without(peer), peer=peer, held=False, deserted=False, muted=False)

    def parted(self, *, deserted: bool = False) -> "Conversation":
        """Return the conversation without an agent."""
        return replace(self, peer=None, held=False, deserted=deserted)


def wires(talk: Conversation) -> frozenset[Wire]:
    """Return everything that must be connected, as pairs of source and sink.

    >>> talk = Conversation(callee="c", peer="a", guests=(("s", Part.WHISPER),))
    >>> sorted(wires(talk) - wires(talk.without("s")))
    [('a', 's'), ('c', 's'), ('s', 'a')]
    """
    return frozenset(_wires(talk))


def _wires(talk: Conversation) -> Iterator[Wire]:
    guests = {part: [name for name, theirs in talk.guests if theirs is part] for part in Part}
    said_to_callee = [*([talk.peer] if talk.peer else []), *guests[Part.TALK]]
    alone = talk.deserted and not said_to_callee
    if talk.held or alone:
        yield HOLD_TONE, talk.callee
    together = said_to_callee if talk.held else [talk.callee, *said_to_callee]
    yield from permutations(together, 2)
    for listener in (*guests[Part.LISTEN], *guests[Part.WHISPER]):
        for source in together:
            yield source, listener
    if talk.peer is not None:
        for whisperer in guests[Part.WHISPER]:
            yield whisperer, talk.peer
        for consulted in guests[Part.CONSULT]:
            yield consulted, talk.peer
            yield talk.peer, consulted
    if not talk.held and not talk.muted:
        yield talk.callee, CALLEES_TRACK
        for source in said_to_callee:
            yield source, AGENTS_TRACK
