"""The life of a call."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from dialer.call import (
    Bridge,
    Call,
    CallState,
    FindAgent,
    FreeAgent,
    HangUp,
    ListenToLine,
    PlayIdentityMessage,
    WakeAt,
    advance,
    replayed,
)
from dialer.call_events import (
    AgentAssigned,
    AgentId,
    AgentLost,
    Answered,
    CallEvent,
    CallId,
    Connected,
    ConnectLimitPassed,
    Disposed,
    Ended,
    EndedBy,
    FailedOver,
    HangUpAsked,
    Invited,
    LineOpened,
    OwnReason,
    Rang,
    Screened,
    from_row,
    to_row,
)
from dialer.screening.verdict import ScreeningVerdict

START = datetime(2026, 11, 23, 10, tzinfo=UTC)
ANNA, BORIS = AgentId(1), AgentId(2)


def after(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def a_call(*events: CallEvent) -> Call:
    blank = Call(id=CallId(UUID(int=1)), connect_limit=timedelta(seconds=2))
    return replayed(blank, list(events))


ANSWERED = (Invited(after(0), "x"), Rang(after(1)), Answered(after(8)))
CONNECTED = (*ANSWERED, AgentAssigned(after(8), ANNA), Connected(after(8.1)))

TIMES = st.floats(0, 60).map(after)
EVENTS: st.SearchStrategy[CallEvent] = st.one_of(
    st.builds(Invited, TIMES, st.just("x")),
    st.builds(FailedOver, TIMES, st.just("congestion"), trunk=st.just("second")),
    st.builds(Rang, TIMES),
    st.builds(LineOpened, TIMES),
    st.builds(Answered, TIMES, st.booleans()),
    st.builds(Screened, TIMES, st.sampled_from(ScreeningVerdict), let_through=st.booleans()),
    st.builds(AgentAssigned, TIMES, st.sampled_from([ANNA, BORIS])),
    st.builds(Connected, TIMES, st.booleans()),
    st.builds(AgentLost, TIMES),
    st.builds(ConnectLimitPassed, TIMES),
    st.builds(HangUpAsked, TIMES, st.sampled_from(OwnReason)),
    st.builds(
        Ended,
        TIMES,
        st.sampled_from(EndedBy),
        st.sampled_from(OwnReason),
        st.none() | st.integers(200, 699),
        st.none() | st.integers(1, 127),
        st.sampled_from(["", "Busy Here"]),
    ),
    st.builds(Disposed, TIMES, st.just("qualified")),
)


def test_a_line_that_is_opened_rings_until_somebody_answers():
    call, commands = advance(a_call(Invited(after(0), "x")), LineOpened(after(2)))
    assert (call.state, call.ringing_at, call.opened_at) == (CallState.RINGING, after(2), after(2))
    assert commands == (ListenToLine(),)
    assert advance(call, LineOpened(after(3))) == (call, ())
    answered, commands = advance(call, Answered(after(9)))
    assert (answered.state, answered.answered_at) == (CallState.ANSWERED, after(9))
    assert commands == (FindAgent(), WakeAt(after(11)))


def test_a_line_that_opens_while_the_call_is_given_up_is_hung_up():
    call = a_call(Invited(after(0), "x"), HangUpAsked(after(1), OwnReason.REVOKED))
    assert advance(call, LineOpened(after(1.1)))[1] == (HangUp(OwnReason.REVOKED),)


def test_an_answered_call_asks_for_an_agent_and_for_a_wake_up_at_its_connect_limit():
    _, commands = advance(a_call(*ANSWERED[:2]), ANSWERED[2])
    assert commands == (FindAgent(), WakeAt(after(10)))


def test_the_identity_message_plays_when_nobody_came_within_the_limit():
    call, commands = advance(a_call(*ANSWERED), ConnectLimitPassed(after(10)))
    assert commands == (PlayIdentityMessage(),)
    assert call.abandoned


def test_an_early_wake_up_abandons_nobody():
    call, commands = advance(a_call(*ANSWERED), ConnectLimitPassed(after(9.9)))
    assert commands == () and not call.abandoned


def test_a_callee_who_hangs_up_before_the_limit_was_not_abandoned():
    call = a_call(*ANSWERED, Ended(after(9), EndedBy.CALLEE))
    assert call.state is CallState.ENDED and not call.abandoned


def test_a_call_with_an_agent_on_the_way_is_not_abandoned():
    call, commands = advance(a_call(*CONNECTED[:4]), ConnectLimitPassed(after(10)))
    assert commands == () and not call.abandoned


def test_when_the_agent_s_phone_dies_the_callee_waits_anew_and_is_not_counted_as_abandoned():
    call, commands = advance(a_call(*CONNECTED), AgentLost(after(30)))
    assert commands == (FindAgent(), WakeAt(after(40)))
    call, commands = advance(call, ConnectLimitPassed(after(40)))
    assert commands == (PlayIdentityMessage(),) and not call.abandoned


def test_the_agent_is_freed_when_the_callee_is_gone():
    _, commands = advance(a_call(*CONNECTED), Ended(after(40), EndedBy.CALLEE))
    assert commands == (FreeAgent(ANNA),)


def test_an_answer_that_crosses_our_cancel_is_hung_up_at_once():
    ringing = a_call(*ANSWERED[:2], HangUpAsked(after(7), OwnReason.CANCELLED))
    _, commands = advance(ringing, ANSWERED[2])
    assert commands == (HangUp(OwnReason.CANCELLED),)


@given(st.lists(EVENTS, max_size=14))
def test_no_order_of_events_breaks_a_promise(events):
    call, bridged_to, ended = a_call(), None, 0
    for event in events:
        before = call
        call, commands = advance(before, event)
        if before.state is CallState.ENDED:
            assert commands == ()
        if call == before:
            assert commands == ()
        for command in commands:
            if isinstance(command, Bridge):
                assert bridged_to is None, "two agents at once"
                bridged_to = command.agent
            if isinstance(command, FreeAgent):
                bridged_to = None
        if isinstance(event, AgentLost) and call != before:
            bridged_to = None
        ended += call.state is CallState.ENDED and before.state is not CallState.ENDED
        assert not (call.abandoned and call.bridged_at)
    assert ended <= 1


@given(st.lists(EVENTS, max_size=14), st.integers(0, 13))
def test_being_told_again_changes_nothing(events, again):
    call = a_call(*events)
    if events and isinstance(events[-1], FailedOver):
        return  # told again it is another try; tries are told apart before they come here
    if events and not isinstance(
        events[again % len(events)], AgentAssigned | AgentLost | Connected
    ):
        told_twice = advance(replace(call), events[-1])[0]
        assert advance(told_twice, events[-1])[0] == told_twice


@given(EVENTS)
def test_an_event_survives_the_database(event):
    assert from_row(*to_row(event)) == event
