"""The dialer's record against the network's log: every lie is found, and no truth called one."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialer.demo.agreement import OUTCOMES, compare, possible_outcomes
from dialer.demo.network_log import UnreadableNetworkLog, network_calls
from dialer.simulation.network.behaviour import ANSWERED, Fate
from tests.demo.pairs import NUMBER, after, answered_pair, unanswered_pair


def kinds(line, call) -> list[str]:
    return [difference.what for difference in compare([line], [call]).differences]


def test_two_true_accounts_agree():
    pairs = [answered_pair(1), unanswered_pair(2)]
    found = compare([line for line, _ in pairs], [call for _, call in pairs])
    assert found.holds
    assert found.matched == 2
    assert found.apart_ms["invited at"]["max"] == 4.0


def test_an_attempt_that_was_never_placed_needs_no_counterpart():
    line, _ = unanswered_pair()
    assert compare([replace(line, sip_call_id=None, invited_at=None)], []).holds


def test_a_call_only_one_of_them_knows_is_a_difference():
    line, call = answered_pair()
    [ours] = compare([line], []).differences
    [theirs] = compare([], [call]).differences
    assert ours.what == "a call the network never saw"
    assert theirs.what == "a call the dialer does not know"


def test_a_call_id_used_twice_is_a_difference():
    line, call = unanswered_pair()
    assert [d.what for d in compare([line], [call, call]).differences] == [
        "one Call-ID twice in the network's log"
    ]
    assert not compare([line, line], [call]).holds


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"number": "+441134960999"}, "number"),
        ({"answered_at": None, "fate": Fate.NO_ANSWER}, "answered at"),
        ({"ended_by": "caller"}, "ended by"),
        ({"ringing_at": after(2.4)}, "ringing at"),
        ({"ended_at": after(71)}, "ended at"),
    ],
)
def test_each_lie_is_found(change, what):
    line, call = answered_pair(**change)
    assert what in kinds(line, call)


def test_an_outcome_that_does_not_fit_the_fate_is_found():
    line, call = unanswered_pair(fate=Fate.BUSY, status=486)
    assert kinds(line, call) == ["outcome"]


def test_a_silent_network_learns_of_the_end_later():
    line, call = unanswered_pair(
        fate=Fate.NETWORK_SILENCE, ringing_at=None, ended_at=after(40), ended_by="network"
    )
    line = replace(line, ringing_at=None, outcome="trunk_down", ended_by="dialer")
    assert not kinds(line, call)


@given(st.floats(0, 249), st.booleans())
def test_what_lies_within_the_tolerance_agrees(milliseconds, early):
    line, call = answered_pair()
    by = timedelta(milliseconds=-milliseconds if early else milliseconds)
    assert compare([line], [replace(call, ringing_at=after(2) + by)]).holds


def test_every_fate_has_outcomes_that_fit():
    for fate in Fate:
        _, call = unanswered_pair(fate=fate)
        assert possible_outcomes(call)
        assert fate in ANSWERED or fate in OUTCOMES


def test_a_difference_is_told_without_the_number():
    line, call = answered_pair(ended_by="caller")
    [difference] = compare([line], [call]).differences
    assert NUMBER not in difference.sentence()
    assert "…0123" in difference.sentence()


def test_a_line_of_the_log_that_cannot_be_read_is_named():
    with pytest.raises(UnreadableNetworkLog, match="line 2"):
        list(network_calls([json.dumps(_written()), "{}"]))


def test_the_log_is_read_as_it_was_written():
    [call] = network_calls([json.dumps(_written())])
    assert call.is_person
    assert call.answered_at == after(10)


def _written() -> dict[str, object]:
    return {
        "sip_call_id": "x",
        "number": NUMBER,
        "invited_at": "2026-11-23T10:00:00.000Z",
        "ringing_at": None,
        "answered_at": "2026-11-23T10:00:10.000Z",
        "ended_at": None,
        "ended_by": None,
        "fate": "talks",
        "kind": "person",
        "status": 200,
        "silence_after_hello_ms": None,
        "rtp_bytes_in": 0,
        "rtp_bytes_out": 0,
    }
