"""The numbers add up, whatever happened, and say what they claim to say."""

from hypothesis import given
from hypothesis import strategies as st

from dialer.agent import AgentState
from dialer.call_events import AgentId, Answered, Invited, Received
from dialer.ports import AgentRow
from dialer.reporting.percentiles import percentile
from dialer.reporting.record import Decisions, Rows
from dialer.reporting.report import lines_of, report_of
from dialer.reporting.shift import shift_time
from tests.reporting.calls import (
    MORNING,
    a_record,
    a_tape,
    abandoned,
    after,
    talked,
    tried,
    unanswered,
)

OUTCOMES = ("answered", "no_answer", "busy", "congestion", None)
EVENTS = st.sampled_from([[], unanswered(), abandoned(), talked(), [Invited(MORNING, "x")]])
DISPOSITIONS = st.sampled_from([None, "answering_machine", "callback", "meeting_booked", "hung_up"])


@st.composite
def attempts(draw: st.DrawFn) -> list[object]:
    count = draw(st.integers(0, 12))
    return [
        tried(
            number + 1,
            draw(EVENTS),
            outcome=draw(st.sampled_from(OUTCOMES)),
            abandoned=draw(st.booleans()),
            disposition=draw(DISPOSITIONS),
            qualified=draw(st.sampled_from([None, True, False])),
            taped=draw(st.sampled_from([None, a_tape(), a_tape(state="failed")])),
        )
        for number in range(count)
    ]


@given(attempts(), st.integers(0, 50), st.dictionaries(st.sampled_from("ABC"), st.integers(0, 9)))
def test_the_numbers_add_up_whatever_happened(made, permitted, refused):
    decisions = Decisions(permitted=permitted, refused=refused)
    report = report_of(a_record(attempts=tuple(made), decisions=decisions))
    assert sum(report.attempts.outcomes.values()) == report.attempts.placed
    assert report.attempts.placed + report.attempts.not_placed == len(made)
    assert report.gate.asked == report.gate.permitted + sum(report.gate.refused.values())
    assert report.answered == report.machines + report.live_answers
    assert report.connected <= report.answered <= report.attempts.placed
    assert 0 <= report.recordings.playable <= report.recordings.expected
    assert report.as_dict()["attempts"]["placed"] == report.attempts.placed


def test_an_attempt_that_never_left_the_house_is_permitted_and_not_placed():
    report = report_of(a_record(attempts=(tried(1), tried(2, unanswered()))))
    assert (report.attempts.placed, report.attempts.not_placed) == (1, 1)
    assert report.attempts.outcomes == {"no_answer": 1}


def test_who_called_us_was_not_dialed_and_uses_up_nothing():
    came = [Received(after(0), "r", "pbx"), Answered(after(1)), *talked()[3:]]
    record = a_record(
        attempts=(tried(1, came, outcome="rang_back", disposition="meeting_booked"),),
        ring_backs={"agent": 1},
    )
    report = report_of(record)
    assert (report.attempts.placed, report.attempts.not_placed, report.answered) == (0, 0, 0)
    assert (report.ring_backs, report.dispositions) == ({"agent": 1}, {"meeting_booked": 1})
    assert lines_of(record, reveal=False)[0].direction == "inbound"


def test_the_abandon_rate_is_of_people_alone_as_agents_told_them_from_machines():
    record = a_record(
        attempts=(
            *(tried(n, talked(), outcome="answered") for n in range(1, 9)),
            tried(9, abandoned(), outcome="answered", abandoned=True),
            tried(10, talked(), outcome="answered", disposition="answering_machine"),
        )
    )
    report = report_of(record)
    assert (report.answered, report.machines, report.live_answers) == (10, 1, 9)
    assert (report.abandoned, report.abandon_rate) == (1, round(1 / 9, 5))


def test_a_recording_that_never_came_is_missed():
    report = report_of(
        a_record(
            attempts=(
                tried(1, talked(), outcome="answered", taped=a_tape(available_s=71.05)),
                tried(2, talked(), outcome="answered"),
            )
        )
    )
    assert (report.recordings.expected, report.recordings.playable) == (2, 1)
    assert report.recordings.availability_s == {"p50": 1.0, "p95": 1.0}


def test_connecting_takes_from_the_answer_to_the_bridge():
    made = tuple(
        tried(n, talked(connect_s=s), outcome="answered") for n, s in enumerate((0.1, 0.3), 1)
    )
    assert report_of(a_record(attempts=made)).connect_ms["p50"] == 200.0


def test_a_campaign_without_a_call_has_a_report_too():
    report = report_of(a_record(rows=Rows(total=3, accepted=1, rejected=1, duplicates=1)))
    assert report.rows.total == 3
    assert report.abandon_rate == 0.0
    assert report.connect_ms == {"p50": None, "p95": None, "p99": None}


def test_one_lead_is_qualified_once():
    twice = (tried(1, qualified=True, lead=5), tried(2, qualified=True, lead=5))
    assert report_of(a_record(attempts=twice)).leads_qualified == 1


def test_lines_show_numbers_only_when_asked_to():
    record = a_record(attempts=(tried(7, unanswered()),))
    assert lines_of(record, reveal=True)[0].number == "+441134960007"
    assert lines_of(record, reveal=False)[0].number == "…0007"


def row(agent: int, seconds: float, state: AgentState) -> AgentRow:
    return AgentRow(agent=AgentId(agent), at=after(seconds), state=state)


def test_a_break_is_no_working_time_and_the_last_state_lasts_until_the_end():
    spent = shift_time(
        [
            row(1, 0, AgentState.READY),
            row(2, 0, AgentState.PAUSED),
            row(1, 10, AgentState.TALKING),
            row(1, 40, AgentState.WRAP_UP),
            row(1, 50, AgentState.READY),
        ],
        until=after(100),
    )
    assert (spent.working, spent.busy) == (100, 40)
    assert (spent.occupancy, spent.talk_share) == (0.4, 0.3)


def test_nobody_at_work_is_not_busy():
    spent = shift_time([row(1, 0, AgentState.OFFLINE)], until=after(50))
    assert (spent.occupancy, spent.talk_share, spent.seconds) == (0.0, 0.0, {})


@given(st.lists(st.floats(0, 1e6), min_size=1), st.floats(0, 1))
def test_a_percentile_lies_within_what_was_measured(values, share):
    found = percentile(values, share)
    assert found is not None
    assert min(values) <= found <= max(values)
