"""A screened call: the agent is kept back until it is known who is there, and never for longer."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from dialer.call import (
    Bridge,
    Call,
    CallState,
    FindAgent,
    FreeAgent,
    HangUp,
    WakeAt,
    advance,
    replayed,
)
from dialer.call_events import (
    AgentAssigned,
    AgentId,
    Answered,
    CallEvent,
    CallId,
    Connected,
    Ended,
    EndedBy,
    Invited,
    OwnReason,
    Screened,
    from_row,
    to_row,
)
from dialer.ending import is_screened_out, meaning_of
from dialer.screened_calls import SAMPLE, is_sampled
from dialer.screening.verdict import ScreeningVerdict
from sip_config.causes import Outcome

START = datetime(2026, 11, 23, 10, tzinfo=UTC)
ANNA = AgentId(1)


def after(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def a_call(*events: CallEvent) -> Call:
    blank = Call(id=CallId(UUID(int=1)), connect_limit=timedelta(seconds=2))
    return replayed(blank, list(events))


ANSWERED = (Invited(after(0), "x"), Answered(after(8), screened=True))
KEPT_BACK = (*ANSWERED, AgentAssigned(after(8), ANNA))


def test_an_agent_is_reserved_at_once_and_hears_the_call_when_it_is_a_person():
    before = a_call(Invited(after(0), "x"))
    answered, commands = advance(before, ANSWERED[1])
    assert commands == (FindAgent(), WakeAt(after(10)))
    kept, commands = advance(answered, KEPT_BACK[2])
    assert kept.agent_reserved
    assert commands == ()
    for verdict in (ScreeningVerdict.HUMAN, ScreeningVerdict.UNSURE, ScreeningVerdict.SILENCE):
        call, commands = advance(kept, Screened(after(9), verdict))
        assert commands == (Bridge(ANNA),)
        assert not call.screening


@pytest.mark.parametrize(
    "verdict", [ScreeningVerdict.MACHINE, ScreeningVerdict.FAX, ScreeningVerdict.SIT]
)
def test_where_nobody_is_there_the_call_ends_and_the_agent_is_free(verdict: ScreeningVerdict):
    call, commands = advance(a_call(*KEPT_BACK), Screened(after(9), verdict))
    assert commands == (HangUp(OwnReason.SCREENED_OUT),)
    over, commands = advance(call, Ended(after(9.1), EndedBy.DIALER, OwnReason.SCREENED_OUT))
    assert commands == (FreeAgent(ANNA),)
    assert is_screened_out(over)
    assert meaning_of(over).outcome is Outcome.ANSWERED
    assert not over.abandoned


def test_a_sampled_machine_is_heard_by_the_agent():
    told = Screened(after(9), ScreeningVerdict.MACHINE, let_through=True)
    call, commands = advance(a_call(*KEPT_BACK), told)
    assert commands == (Bridge(ANNA),)
    assert call.screened == told


def test_what_is_found_after_the_bridge_is_a_hint_and_ends_nothing():
    talking = a_call(*KEPT_BACK, Screened(after(9), ScreeningVerdict.UNSURE), Connected(after(9.1)))
    call, commands = advance(talking, Screened(after(14), ScreeningVerdict.MACHINE))
    assert commands == ()
    assert call.state is CallState.CONNECTED
    assert call.screened is not None
    assert call.screened.verdict is ScreeningVerdict.MACHINE
    assert not is_screened_out(call)


def test_an_agent_who_comes_after_the_verdict_is_bridged_at_once():
    known = a_call(*ANSWERED, Screened(after(9), ScreeningVerdict.HUMAN))
    assert advance(known, AgentAssigned(after(9.5), ANNA))[1] == (Bridge(ANNA),)


def test_a_call_that_is_not_screened_takes_a_verdict_as_a_hint():
    plain = a_call(Invited(after(0), "x"), Answered(after(8)))
    assert advance(plain, Screened(after(9), ScreeningVerdict.MACHINE))[1] == ()


def test_a_verdict_is_on_record_as_it_was_said():
    told = Screened(after(9), ScreeningVerdict.SIT, heard_s=1.2, evidence="950, 1400, 1800 Hz")
    assert from_row(*to_row(told)) == told
    assert from_row(*to_row(ANSWERED[1])) == ANSWERED[1]
    assert to_row(Answered(after(8)))[2] == {}


def test_about_one_in_twenty_is_sampled_and_always_the_same():
    calls = [CallId(UUID(int=number)) for number in range(2000)]
    drawn = [is_sampled(call) for call in calls]
    assert drawn == [is_sampled(call) for call in calls]
    assert 0.7 * SAMPLE < sum(drawn) / len(drawn) < 1.3 * SAMPLE
