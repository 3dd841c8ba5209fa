"""The life of an agent's shift."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialer.agent import (
    WITH_CALL,
    Agent,
    AgentEvent,
    AgentState,
    Assigned,
    Bridged,
    CallGone,
    CallLeg,
    Free,
    LegLost,
    LegUp,
    NotNow,
    PauseAsked,
    ReadyAsked,
    ReleaseLeg,
    ReturnCall,
    SignedIn,
    SignedOff,
    WrappedUp,
    advance,
    longest_idle,
)
from dialer.call_events import AgentId, CallId

START = datetime(2026, 11, 23, 10, tzinfo=UTC)
CALL = CallId(UUID(int=7))


def an_agent(*events: AgentEvent, number: int = 1) -> Agent:
    agent = Agent(id=AgentId(number), languages=frozenset({"en"}))
    for event in events:
        agent, _ = advance(agent, event)
    return agent


READY = (SignedIn(START), LegUp(START), ReadyAsked(START))
TALKING = (*READY, Assigned(START, CALL), Bridged(START))
WRAPPING = (*TALKING, CallGone(START, was_heard=True))

EVENTS: st.SearchStrategy[AgentEvent] = st.one_of(
    *(
        st.just(kind(START))
        for kind in (SignedIn, SignedOff, LegUp, LegLost, ReadyAsked, Bridged, WrappedUp)
    ),
    st.just(PauseAsked(START, "lunch")),
    st.just(Assigned(START, CALL)),
    st.builds(CallGone, st.just(START), was_heard=st.booleans()),
)


def test_signing_in_calls_the_agent_s_phone_and_ready_waits_for_it():
    agent, commands = advance(an_agent(), SignedIn(START))
    assert commands == (CallLeg(),) and agent.state is AgentState.PAUSED
    agent, _ = advance(agent, ReadyAsked(START))
    assert agent.state is AgentState.PAUSED
    agent, commands = advance(agent, LegUp(START))
    assert agent.state is AgentState.READY and commands == (Free(),)


def test_a_pause_asked_in_a_call_begins_after_it():
    agent = an_agent(*TALKING, PauseAsked(START, "lunch"))
    assert agent.state is AgentState.TALKING
    agent = an_agent(*TALKING, PauseAsked(START, "lunch"), CallGone(START, was_heard=True))
    agent, commands = advance(agent, WrappedUp(START))
    assert (agent.state, agent.reason, commands) == (AgentState.PAUSED, "lunch", ())


def test_signing_off_is_not_possible_while_talking_and_waits_for_the_wrap_up():
    with pytest.raises(NotNow, match="sign off is not possible while talking"):
        advance(an_agent(*TALKING), SignedOff(START))
    agent, commands = advance(an_agent(*WRAPPING, SignedOff(START)), WrappedUp(START))
    assert agent.state is AgentState.OFFLINE and commands == (ReleaseLeg(),)


def test_a_phone_that_dies_in_a_talk_returns_the_call_and_is_called_again():
    agent, commands = advance(an_agent(*TALKING), LegLost(START))
    assert agent.state is AgentState.WRAP_UP
    assert commands == (ReturnCall(CALL), CallLeg())


def test_a_ready_agent_whose_phone_died_is_ready_again_when_it_is_back():
    agent, commands = advance(an_agent(*READY), LegLost(START))
    assert agent.state is AgentState.PAUSED and commands == (CallLeg(),)
    agent, commands = advance(agent, LegUp(START))
    assert agent.state is AgentState.READY and commands == (Free(),)


def test_an_agent_who_never_heard_the_callee_has_nothing_to_record():
    agent, commands = advance(an_agent(*TALKING[:4]), CallGone(START, was_heard=False))
    assert agent.state is AgentState.READY and commands == (Free(),)


@given(st.lists(EVENTS, max_size=20))
def test_no_order_of_events_makes_an_agent_ready_without_a_phone_or_lose_a_call(events):
    agent = an_agent()
    for event in events:
        try:
            after, commands = advance(agent, event)
        except NotNow:
            continue
        assert (after.state in WITH_CALL) == (after.call is not None)
        assert after.leg_up or after.state is not AgentState.READY
        if Free() in commands:
            assert after.state is AgentState.READY
        agent = after


def test_the_longest_idle_fitting_agent_is_chosen():
    later = START + timedelta(seconds=5)
    fresh = an_agent(SignedIn(START), LegUp(START), ReadyAsked(later), number=1)
    old = an_agent(*READY, number=2)
    busy = an_agent(*TALKING, number=3)
    assert longest_idle([fresh, old, busy], lambda agent: True) is old
    assert longest_idle([fresh, old, busy], lambda agent: agent is not old) is fresh
    assert longest_idle([busy], lambda agent: True) is None


def test_a_phone_that_is_not_answered_in_the_wrap_up_is_called_again():
    wrapping = Agent(
        id=AgentId(1),
        languages=frozenset({"en"}),
        state=AgentState.WRAP_UP,
        since=START,
        call=CALL,
        leg_up=True,
    )
    without_leg, commands = advance(wrapping, LegLost(START))
    assert commands == (CallLeg(),)
    assert advance(without_leg, LegLost(START)) == (without_leg, (CallLeg(),))
