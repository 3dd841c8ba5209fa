"""Minutes come from events alone."""

from hypothesis import given
from hypothesis import strategies as st

from dialer.call_events import AgentAssigned, AgentLost, Connected, Disposed, Ended, EndedBy
from dialer.minutes import minutes_of
from tests.dialer.test_call import ANSWERED, BORIS, CONNECTED, EVENTS, after


def test_the_times_of_a_conversation():
    events = [*CONNECTED, Ended(after(68.1), EndedBy.CALLEE), Disposed(after(75.1), "qualified")]
    minutes = minutes_of(events)
    assert minutes.ring_s == 8.0
    assert minutes.connect_s == 0.1
    assert minutes.talk_s == minutes.audio_s == 60.0
    assert minutes.wrap_up_s == 7.0


def test_the_gap_between_two_agents_is_audio_and_no_talk():
    events = [
        *CONNECTED,
        AgentLost(after(18.1)),
        AgentAssigned(after(19), BORIS),
        Connected(after(19.1)),
        Ended(after(29.1), EndedBy.CALLEE),
    ]
    minutes = minutes_of(events)
    assert (minutes.talk_s, minutes.audio_s) == (20.0, 21.0)


def test_a_call_nobody_answered_has_no_talk_and_no_audio():
    minutes = minutes_of([*ANSWERED[:2], Ended(after(25), EndedBy.DIALER)])
    assert (minutes.ring_s, minutes.connect_s, minutes.talk_s, minutes.audio_s) == (25, None, 0, 0)


@given(st.lists(EVENTS, max_size=14))
def test_no_chain_of_events_gives_negative_minutes(events):
    minutes = minutes_of(events)
    assert minutes.talk_s >= 0 and minutes.audio_s >= 0
    assert minutes.wrap_up_s is None or minutes.wrap_up_s >= 0
