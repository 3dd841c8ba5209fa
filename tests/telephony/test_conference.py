"""Who hears whom: the table of the module, and what is never on a tape."""

from itertools import product

import pytest

from dialer.in_call import Part
from dialer.telephony.conference import (
    AGENTS_TRACK,
    CALLEES_TRACK,
    HOLD_TONE,
    Conversation,
    wires,
)

C, A, G = "callee", "agent", "guest"


def heard_by(talk: Conversation, sink: str) -> set[str]:
    return {source for source, to in wires(talk) if to == sink}


def a_talk(part: Part | None = None, **changes: object) -> Conversation:
    guests = ((G, part),) if part else ()
    values: dict[str, object] = {"callee": C, "peer": A, "guests": guests, **changes}
    return Conversation(**values)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("part", "callee", "agent", "guest", "taped"),
    [
        (None, {A}, {C}, set(), {A}),
        (Part.LISTEN, {A}, {C}, {C, A}, {A}),
        (Part.WHISPER, {A}, {C, G}, {C, A}, {A}),
        (Part.CONSULT, {A}, {C, G}, {A}, {A}),
        (Part.TALK, {A, G}, {C, G}, {C, A}, {A, G}),
    ],
)
def test_everybody_hears_whom_they_should(
    part: Part | None, callee: set[str], agent: set[str], guest: set[str], taped: set[str]
):
    talk = a_talk(part)
    assert heard_by(talk, C) == callee
    assert heard_by(talk, A) == agent
    assert heard_by(talk, G) == guest
    assert heard_by(talk, AGENTS_TRACK) == taped
    assert heard_by(talk, CALLEES_TRACK) == {C}


@pytest.mark.parametrize("part", [None, *Part])
def test_a_callee_on_hold_hears_the_tone_and_is_heard_by_nobody(part: Part | None):
    talk = a_talk(part, held=True)
    assert heard_by(talk, C) == {HOLD_TONE}
    assert not any(source == C for source, _ in wires(talk))
    assert not heard_by(talk, AGENTS_TRACK) | heard_by(talk, CALLEES_TRACK)


@pytest.mark.parametrize("part", [None, *Part])
def test_a_muted_tape_holds_silence_and_changes_nothing_that_is_heard(part: Part | None):
    talk, muted = a_talk(part), a_talk(part, muted=True)
    tracks = {AGENTS_TRACK, CALLEES_TRACK}
    assert {wire for wire in wires(talk) if wire[1] not in tracks} == wires(muted)


def test_nobody_hears_themselves_and_only_the_callee_the_tone():
    for part, held, deserted in product([None, *Part], [False, True], [False, True]):
        found = wires(a_talk(part, held=held, deserted=deserted))
        assert not any(source == sink for source, sink in found)
        assert {sink for source, sink in found if source == HOLD_TONE} <= {C}


def test_a_deserted_callee_hears_the_tone_unless_a_guest_talks_with_them():
    deserted = a_talk(Part.LISTEN).parted(deserted=True)
    assert heard_by(deserted, C) == {HOLD_TONE}
    assert heard_by(a_talk(Part.TALK).parted(deserted=True), C) == {G}
    assert heard_by(a_talk().parted(), C) == set()


def test_who_takes_the_call_over_is_a_guest_no_longer():
    taken = a_talk(Part.TALK, held=True, muted=True).bridged(G)
    assert (taken.peer, taken.guests, taken.held, taken.muted) == (G, (), False, False)
