"""What the network's log is asked about the dialer."""

from dataclasses import replace

from dialer.call_line import Try
from dialer.demo.witness import witness
from tests.demo.pairs import after, answered_pair, unanswered_pair


def test_a_call_with_a_permit_is_a_call_with_a_permit():
    line, call = answered_pair()
    seen = witness([call], [line], permitted={"1"})
    assert (seen.calls_without_permit, seen.double_dials) == (0, 0)
    assert seen.network_abandon_rate == 0.0
    assert seen.connect_ms["p50"] == 50.0
    assert seen.silence_after_hello_ms["p50"] == 300.0


def test_an_attempt_the_trail_does_not_know_had_no_permit():
    line, call = answered_pair()
    assert witness([call], [line], permitted={"2"}).calls_without_permit == 1


def test_a_call_nobody_knows_had_no_permit():
    _, call = answered_pair()
    assert witness([call], [], permitted={"1"}).calls_without_permit == 1


def test_a_second_invite_on_one_permit_is_found_by_number_and_time():
    line, call = unanswered_pair()
    again = replace(call, sip_call_id="another", invited_at=after(5))
    seen = witness([call, again], [line], permitted={"1"})
    assert (seen.calls_without_permit, seen.double_dials) == (0, 1)


def test_an_invite_that_followed_one_that_failed_before_ringing_is_no_double_dial():
    line, call = unanswered_pair()
    first = Try(
        trunk="first",
        sip_call_id="another",
        invited_at=line.invited_at,
        outcome="congestion",
        sip_status=503,
        q850=None,
    )
    failed = replace(
        call, sip_call_id="another", ringing_at=None, ended_at=call.invited_at, status=503
    )
    sent_on = replace(line, earlier_tries=(first,))
    second = replace(call, invited_at=after(1))
    assert witness([failed, second], [sent_on], permitted={"1"}).double_dials == 0
    assert witness([failed, second], [line], permitted={"1"}).double_dials == 1, "not on record"
    rang = replace(failed, ringing_at=call.ringing_at)
    assert witness([rang, second], [sent_on], permitted={"1"}).double_dials == 1, "it had rung"


def test_an_invite_after_the_attempt_is_no_longer_covered_by_it():
    line, call = unanswered_pair()
    later = replace(call, sip_call_id="another", invited_at=after(60))
    seen = witness([call, later], [line], permitted={"1"})
    assert (seen.calls_without_permit, seen.double_dials) == (1, 0)


def test_a_person_who_never_heard_an_agent_was_left_alone():
    line, call = answered_pair()
    unheard = replace(call, silence_after_hello_ms=None)
    unbridged = replace(line, bridged_at=None)
    assert witness([unheard], [line], permitted={"1"}).network_abandon_rate == 1.0
    assert witness([call], [unbridged], permitted={"1"}).network_abandon_rate == 1.0


def test_who_hangs_up_before_the_connect_limit_was_not_left_alone():
    line, call = answered_pair(ended_at=after(11.5), silence_after_hello_ms=None)
    line = replace(line, bridged_at=None)
    assert witness([call], [line], permitted={"1"}).network_abandon_rate == 0.0


def test_without_a_call_there_is_nothing_to_say():
    seen = witness([], [], permitted=())
    assert seen.network_abandon_rate == 0.0
    assert seen.connect_ms == {"p50": None, "p95": None, "p99": None}
