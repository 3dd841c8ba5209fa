"""The life of a leg in the worker, and what is due for it."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialer.call_events import OwnReason
from dialer.screening.gateway import GatewayWord
from dialer.screening.verdict import ScreeningVerdict
from dialer.telephony.commands import Originate, Purpose
from dialer.telephony.events import Answered, Detected, Ended, LegState, Provisional, Side
from dialer.telephony.leg import (
    CONFIRMATION_S,
    CORE_LOSS_S,
    MOST_WORDS,
    Confirmed,
    Deadline,
    Disconnected,
    Due,
    Fact,
    Leg,
    MediaChanged,
    Progressed,
    Trying,
    advance,
    bridged,
    deadline,
    hung_up,
    playing,
)
from dialer.telephony.reason import reason_of

ORDER = Originate(
    leg="a",
    purpose=Purpose.CALLEE,
    uri="sip:a@127.0.0.1",
    sender="<sip:b@127.0.0.1>",
    no_provisional_s=3,
    no_progress_s=12,
    ring_s=25,
    connect_limit_s=2,
)
NEW = Leg(order=ORDER, sip_call_id="x", invited_at=100.0, since=100.0)
AGENT = replace(NEW, order=replace(ORDER, purpose=Purpose.AGENT))


def after(leg: Leg, *facts: Fact, at: float = 101.0) -> Leg:
    for fact in facts:
        leg, _ = advance(leg, fact, at=at)
    return leg


@pytest.mark.parametrize(
    ("leg", "expected"),
    [
        (NEW, Deadline(103, Due.HANG_UP, OwnReason.NO_PROVISIONAL)),
        (after(NEW, Trying()), Deadline(112, Due.HANG_UP, OwnReason.NO_PROGRESS)),
        (after(NEW, Progressed(180, False)), Deadline(126, Due.HANG_UP, OwnReason.RING_TIMEOUT)),
        (after(NEW, Confirmed()), None),
        (bridged(after(NEW, Confirmed()), "b", at=102), None),
        (hung_up(NEW, OwnReason.CANCELLED, at=102), Deadline(102 + CONFIRMATION_S, Due.LET_GO)),
    ],
)
def test_what_is_due_while_a_core_is_there(leg: Leg, expected: Deadline | None) -> None:
    assert deadline(leg, core_lost_at=None) == expected


@pytest.mark.parametrize(
    ("leg", "expected"),
    [
        (
            after(NEW, Progressed(180, False)),
            Deadline(101 + CORE_LOSS_S, Due.HANG_UP, OwnReason.CANCELLED),
        ),
        (after(NEW, Confirmed()), Deadline(103, Due.ABANDON, OwnReason.ABANDONED)),
        (after(AGENT, Confirmed()), None),
        (bridged(after(NEW, Confirmed()), "b", at=102), None),
        (playing(after(NEW, Confirmed()), at=102), None),
    ],
)
def test_what_is_due_when_the_core_has_gone(leg: Leg, expected: Deadline | None) -> None:
    assert deadline(leg, core_lost_at=101.0) == expected


def test_a_callee_who_waited_before_the_core_went_is_not_asked_to_wait_again() -> None:
    waits = after(NEW, Confirmed(), at=101.0)
    assert deadline(waits, core_lost_at=110.0) == Deadline(110, Due.ABANDON, OwnReason.ABANDONED)


def test_ringing_goes_on_from_its_first_moment_however_often_it_is_said() -> None:
    leg = after(NEW, Progressed(180, False), at=101.0)
    again, told = advance(leg, Progressed(180, False), at=120.0)
    assert told is None
    assert deadline(again, core_lost_at=None) == deadline(leg, core_lost_at=None)
    _, told = advance(again, Progressed(183, True), at=121.0)
    assert told == Provisional(leg="a", status=183, early_media=True)


def test_our_own_hang_up_hides_what_the_network_calls_it() -> None:
    leg = hung_up(after(NEW, Progressed(180, False)), OwnReason.RING_TIMEOUT, at=126)
    _, told = advance(leg, Disconnected(487, 31, "x"), at=126.5)
    assert told == Ended(leg="a", by=Side.LOCAL, own_reason=OwnReason.RING_TIMEOUT)


VOICE = GatewayWord(ScreeningVerdict.HUMAN, "the gateway: AMD VOICE")
AUTOMATA = GatewayWord(ScreeningVerdict.MACHINE, "the gateway: AMD AUTOMATA")


def test_a_gateway_is_believed_if_it_was_asked_once_the_call_is_up_and_until_it_ends() -> None:
    asked = replace(NEW, order=replace(ORDER, gateway_screens=True))
    assert advance(asked, AUTOMATA, at=101)[1] is None
    up, told = advance(asked, Confirmed(gateway_tells=True), at=101)
    assert told == Answered(leg="a", screened=True)
    up, told = advance(up, VOICE, at=102)
    assert told == Detected(leg="a", verdict=VOICE.verdict, evidence=VOICE.evidence)
    assert advance(up, VOICE, at=103) == (up, None)
    talking, told = advance(bridged(up, "b", at=103), AUTOMATA, at=104)
    assert isinstance(told, Detected)
    assert talking.peer == "b"
    assert advance(hung_up(up, OwnReason.HUNG_UP, at=103), AUTOMATA, at=104)[1] is None


def test_a_gateway_that_will_not_stop_is_no_longer_listened_to() -> None:
    up = after(replace(NEW, order=replace(ORDER, gateway_screens=True)), Confirmed())
    told = after(up, *(VOICE, AUTOMATA) * MOST_WORDS)
    assert len(told.detected) == MOST_WORDS


def test_a_gateway_that_was_not_asked_or_does_not_agree_keeps_nobody_waiting() -> None:
    up, told = advance(NEW, Confirmed(gateway_tells=True), at=101)
    assert told == Answered(leg="a")
    assert advance(up, AUTOMATA, at=102) == (up, None)
    asked = replace(NEW, order=replace(ORDER, gateway_screens=True))
    assert advance(asked, Confirmed(), at=101)[1] == Answered(leg="a")


FACTS = st.one_of(
    st.just(Trying()),
    st.builds(Progressed, st.integers(180, 189), st.booleans()),
    st.just(Confirmed()),
    st.just(MediaChanged()),
    st.just(AUTOMATA),
    st.just(Disconnected(486, None, "")),
)


@given(st.lists(FACTS, max_size=12))
def test_no_order_of_facts_answers_or_ends_a_leg_twice(facts: list[Fact]) -> None:
    leg, told = NEW, []
    for fact in facts:
        before = leg
        leg, event = advance(leg, fact, at=101.0)
        told.append(type(event))
        if before.state is LegState.ENDED:
            assert (leg, event) == (before, None)
    assert told.count(Answered) <= 1
    assert told.count(Ended) <= 1
    assert (Disconnected(486, None, "") in facts) == (leg.state is LegState.ENDED)


def test_a_reason_holds_nothing_that_is_no_text():
    found = reason_of("SIP/2.0 486 zaj\udceate\0\x1b[31m\r\n\r\n")
    assert found.text == "zaj\ufffdte\ufffd\ufffd[31m"
