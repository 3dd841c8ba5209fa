"""What happens within a conversation: transfers, and what the record makes of it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import get_args
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from dialer import talk as talks
from dialer.call import Call, CallState, FindAgent, FreeAgent, InCall, advance, replayed
from dialer.call_events import (
    AgentAssigned,
    AgentId,
    AgentLost,
    Answered,
    CallEvent,
    CallId,
    Connected,
    DigitHeard,
    DigitsSent,
    Disposed,
    Ended,
    EndedBy,
    HandedOver,
    Held,
    InCallEvent,
    Resumed,
    SupervisorJoined,
    SupervisorLeft,
    TapeMuted,
    TargetAnswered,
    TargetJoined,
    TransferAsked,
    TransferEnded,
    from_row,
    to_row,
)
from dialer.in_call import DropGuest, GuestId, HandOver, Hold, Join, Part, Resume
from dialer.minutes import minutes_of

START = datetime(2026, 11, 23, 10, tzinfo=UTC)
GUEST = GuestId("target.00000000-0000-0000-0000-000000000001.1")


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


BEGIN: list[CallEvent] = [
    Answered(at(0)),
    AgentAssigned(at(0), AgentId(1)),
    Connected(at(1)),
]
ASKED = TransferAsked(at(10), "sales", GUEST)


def a_call(*events: CallEvent) -> Call:
    blank = Call(id=CallId(UUID(int=1)), connect_limit=timedelta(seconds=2))
    return replayed(blank, [*BEGIN, *events])


def orders_of(call: Call, event: CallEvent) -> list[object]:
    _, commands = advance(call, event)
    return [command.order for command in commands if isinstance(command, InCall)]


def test_a_consulted_target_is_brought_in_and_left_with_the_callee():
    call = a_call()
    assert orders_of(call, ASKED) == [Hold()]
    call = a_call(ASKED, Held(at(10)))
    assert orders_of(call, TargetAnswered(at(14))) == [Join(GUEST, Part.CONSULT)]
    call = a_call(ASKED, Held(at(10)), TargetAnswered(at(14)))
    assert orders_of(call, TargetJoined(at(30))) == [Resume()]
    call, commands = advance(call, HandedOver(at(31), GUEST, to="sales"))
    assert commands == (FreeAgent(AgentId(1)),)
    assert (call.state, call.is_over_for_agent) == (CallState.CONNECTED, True)
    assert call.talk.target_joined_at == at(31)


def test_a_blind_transfer_is_handed_over_when_the_target_answers_and_not_before():
    call = a_call(replace(ASKED, blind=True))
    assert call.agent_reserved
    assert orders_of(call, TargetAnswered(at(14))) == [HandOver(GUEST)]


def test_a_callee_whose_transfer_fails_comes_back_to_the_agent():
    call = a_call(ASKED, Held(at(10)))
    ended = TransferEnded(at(40), "refused")
    assert orders_of(call, ended) == [DropGuest(GUEST), Resume()]
    again = TransferAsked(at(50), "sales", GUEST[:-1] + "2")
    after = a_call(ASKED, Held(at(10)), ended, Resumed(at(40)), again)
    assert after.talk.transfer is not None and after.talk.transfers == 2


def test_a_callee_whose_agent_is_lost_goes_on_with_the_target_or_to_another_agent():
    three = a_call(ASKED, TargetAnswered(at(14)), TargetJoined(at(20)))
    after, commands = advance(three, AgentLost(at(25)))
    assert commands == (InCall(HandOver(GUEST)),) and not after.waits_for_agent
    consulting = a_call(ASKED, Held(at(10)), TargetAnswered(at(14)))
    after, commands = advance(consulting, AgentLost(at(25)))
    assert commands[0] == InCall(DropGuest(GUEST)) and isinstance(commands[1], FindAgent)
    assert after.waits_for_agent and not after.talk.held


def test_a_call_that_was_handed_over_is_disposed_of_before_it_ends():
    handed = a_call(ASKED, TargetAnswered(at(14)), HandedOver(at(20), GUEST, to="sales"))
    disposed, _ = advance(handed, Disposed(at(30), "hot_transfer"))
    assert disposed.disposed is not None and disposed.ended is None
    ended, commands = advance(disposed, Ended(at(300), EndedBy.CALLEE))
    assert ended.state is CallState.ENDED and commands == (InCall(DropGuest(GUEST)),)


def test_talk_goes_on_after_a_hand_over_and_holds_are_shown_apart():
    events = [
        *BEGIN,
        Held(at(11)),
        Resumed(at(21)),
        ASKED,
        Held(at(30)),
        TargetAnswered(at(34)),
        TargetJoined(at(40)),
        Resumed(at(40)),
        HandedOver(at(50), GUEST, to="sales"),
        Disposed(at(65), "hot_transfer"),
        Ended(at(101), EndedBy.CALLEE),
    ]
    minutes = minutes_of(events)
    assert (minutes.talk_s, minutes.hold_s, minutes.wrap_up_s) == (100.0, 20.0, 15.0)


def test_every_access_of_a_supervisor_is_an_event_with_its_purpose():
    joined = SupervisorJoined(at(5), 7, "listen", "coaching")
    call = a_call(joined, SupervisorJoined(at(9), 7, "talk", "coaching"))
    assert call.talk.supervisors == {7: "talk"}
    assert from_row(*to_row(joined)) == joined
    assert a_call(joined, SupervisorLeft(at(20), 7)).talk.supervisors == {}


def test_what_is_said_again_changes_nothing():
    for event in (Held(at(5)), TapeMuted(at(5), True), DigitHeard(at(5), "4"), ASKED):
        call = a_call(event)
        assert advance(call, event) == (call, ()), event


MOMENTS = st.integers(0, 90).map(at)
ANY_EVENT = st.one_of(
    st.builds(Held, MOMENTS),
    st.builds(Resumed, MOMENTS),
    st.builds(TapeMuted, MOMENTS, st.booleans()),
    st.builds(DigitHeard, MOMENTS, st.sampled_from("0123456789*#")),
    st.builds(DigitsSent, MOMENTS, st.integers(1, 4)),
    st.builds(TransferAsked, MOMENTS, st.just("sales"), st.just(GUEST), st.booleans()),
    st.builds(TargetAnswered, MOMENTS),
    st.builds(TargetJoined, MOMENTS),
    st.builds(TransferEnded, MOMENTS, st.sampled_from(["cancelled", "gone"])),
    st.builds(HandedOver, MOMENTS, st.just(GUEST)),
    st.builds(SupervisorJoined, MOMENTS, st.just(7), st.sampled_from(["listen", "talk"])),
    st.builds(SupervisorLeft, MOMENTS, st.just(7)),
    st.builds(AgentLost, MOMENTS),
    st.builds(AgentAssigned, MOMENTS, st.just(AgentId(2))),
    st.builds(Connected, MOMENTS),
    st.builds(Disposed, MOMENTS, st.just("hot_transfer")),
    st.builds(Ended, MOMENTS, st.just(EndedBy.CALLEE)),
)


def test_the_events_thrown_in_any_order_are_all_there_are():
    thrown = {Held, Resumed, TapeMuted, DigitHeard, DigitsSent, TransferAsked, TargetAnswered}
    thrown |= {TargetJoined, TransferEnded, HandedOver, SupervisorJoined, SupervisorLeft}
    assert thrown == set(get_args(InCallEvent))


@given(st.lists(ANY_EVENT, max_size=30))
def test_in_whatever_order_things_happen_nobody_is_left_alone(events: list[CallEvent]):
    call = a_call(*events)
    talk = call.talk
    if call.state is CallState.CONNECTED:
        assert call.agent_reserved or talk.handed_over or talk.talks_with
    if talk.handed_over is not None:
        assert not call.agent_reserved and not talk.held
    assert not (call.disposed and not call.is_over_for_agent)
    assert talks.standing(talk) == () or talk.transfer is not None
    for event in events:
        assert from_row(*to_row(event)) == event
