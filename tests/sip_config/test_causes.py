"""What the network's endings mean."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sip_config.causes import FACTS, OWN, CauseRule, Ending, Outcome, OwnReason, Retry, outcome_of

RINGING = {"provisional_seen": True, "ringing_seen": True, "seconds": 12.0}
TRYING = {"provisional_seen": True, "seconds": 0.6}


@pytest.mark.parametrize(
    ("outcome", "ending"),
    [
        (Outcome.ANSWERED, Ending(sip_status=200, answered=True, **RINGING)),
        (Outcome.BUSY, Ending(sip_status=486, **TRYING)),
        (Outcome.BUSY, Ending(sip_status=600, **TRYING)),
        (Outcome.BUSY, Ending(sip_status=480, q850=17, **TRYING)),
        (Outcome.NO_ANSWER, Ending(sip_status=480, **RINGING)),
        (Outcome.NO_ANSWER, Ending(sip_status=408, **RINGING)),
        (Outcome.NO_ANSWER, Ending(sip_status=487, **RINGING)),
        (Outcome.NO_ANSWER, Ending(sip_status=480, q850=19, **TRYING)),
        (Outcome.NO_ANSWER, Ending(sip_status=504, q850=102, **RINGING)),
        (Outcome.UNAVAILABLE, Ending(sip_status=480, **TRYING)),
        (Outcome.UNAVAILABLE, Ending(sip_status=410, q850=20, **TRYING)),
        (Outcome.INVALID_NUMBER, Ending(sip_status=404, **TRYING)),
        (Outcome.INVALID_NUMBER, Ending(sip_status=404, q850=1, **TRYING)),
        (Outcome.INVALID_NUMBER, Ending(sip_status=503, q850=28, **TRYING)),
        (Outcome.INVALID_NUMBER, Ending(sip_status=484, q850=16, **TRYING)),
        (Outcome.REJECTED, Ending(sip_status=603, **RINGING)),
        (Outcome.REJECTED, Ending(sip_status=607, **TRYING)),
        (Outcome.REJECTED, Ending(sip_status=403, q850=21, **RINGING)),
        (Outcome.BLOCKED_CALLER_ID, Ending(sip_status=403, **TRYING)),
        (Outcome.BLOCKED_CALLER_ID, Ending(sip_status=608, **TRYING)),
        (
            Outcome.BLOCKED_CALLER_ID,
            Ending(sip_status=603, q850=21, reason_text="Network Blocked", **TRYING),
        ),
        (Outcome.CONGESTION, Ending(sip_status=503, **TRYING)),
        (Outcome.CONGESTION, Ending(sip_status=503, q850=34, retry_after_seconds=5, **TRYING)),
        (Outcome.CONGESTION, Ending(sip_status=480, q850=34, **TRYING)),
        (Outcome.CONGESTION, Ending(sip_status=408, **TRYING)),
        (Outcome.CONGESTION, Ending(sip_status=599, **TRYING)),
        (Outcome.TRUNK_AUTH, Ending(sip_status=407, **TRYING)),
        (Outcome.TRUNK_AUTH, Ending(sip_status=403, seconds=0.05)),
        (Outcome.REJECTED, Ending(sip_status=403, q850=21, seconds=0.05)),
        (Outcome.TRUNK_AUTH, Ending(sip_status=403, seconds=0.05)),
        (Outcome.TRUNK_RATE, Ending(sip_status=429, **TRYING)),
        (Outcome.TRUNK_RATE, Ending(sip_status=503, retry_after_seconds=5, **TRYING)),
        (
            Outcome.TRUNK_RATE,
            Ending(sip_status=503, q850=34, reason_text="Trunk CPS limit exceeded", **TRYING),
        ),
        (Outcome.TRUNK_RATE, Ending(sip_status=503, q850=42, retry_after_seconds=1, **TRYING)),
        (Outcome.TRUNK_DOWN, Ending(sip_status=408, seconds=32.0)),
        (Outcome.TRUNK_DOWN, Ending(sip_status=503, q850=38, **TRYING)),
        (Outcome.MEDIA, Ending(sip_status=488, **TRYING)),
        (Outcome.MEDIA, Ending(sip_status=500, q850=88, **TRYING)),
        (Outcome.PROTOCOL, Ending(sip_status=481, **TRYING)),
        (Outcome.PROTOCOL, Ending(sip_status=302, **TRYING)),
        (Outcome.PROTOCOL, Ending(sip_status=500, q850=111, **TRYING)),
        (Outcome.LOST, Ending()),
        (Outcome.LOST, Ending(sip_status=183, **TRYING)),
    ],
)
def test_every_kind_of_ending_has_its_outcome(outcome, ending):
    assert outcome_of(ending) is outcome


@pytest.mark.parametrize(
    ("reason", "outcome"),
    [
        (OwnReason.NO_PROVISIONAL, Outcome.TRUNK_DOWN),
        (OwnReason.NO_PROGRESS, Outcome.CONGESTION),
        (OwnReason.RING_TIMEOUT, Outcome.NO_ANSWER),
        (OwnReason.CANCELLED, Outcome.CANCELLED),
        (OwnReason.SHUTDOWN, Outcome.CANCELLED),
        (OwnReason.TRANSPORT, Outcome.TRUNK_DOWN),
        (OwnReason.WORKER_LOST, Outcome.LOST),
        (OwnReason.HEARD_BUSY, Outcome.BUSY),
        (OwnReason.HEARD_CONGESTION, Outcome.CONGESTION),
        (OwnReason.HEARD_REFUSED, Outcome.UNAVAILABLE),
    ],
)
def test_why_we_hung_up_counts_and_not_the_487_it_caused(reason, outcome):
    assert outcome_of(Ending(sip_status=487, q850=31, own_reason=reason, **RINGING)) is outcome


def test_an_answered_call_stays_answered_whatever_ended_it():
    ending = Ending(answered=True, own_reason=OwnReason.SHUTDOWN, sip_status=200)
    assert outcome_of(ending, [CauseRule(outcome=Outcome.MEDIA)]) is Outcome.ANSWERED


def test_a_gateway_without_a_free_line_is_not_a_busy_callee():
    rules = [CauseRule(sip=486, max_ms=150, no_18x=True, outcome=Outcome.CONGESTION)]
    assert outcome_of(Ending(sip_status=486, seconds=0.15), rules) is Outcome.CONGESTION
    assert outcome_of(Ending(sip_status=486, seconds=0.16), rules) is Outcome.BUSY
    rang = Ending(sip_status=486, seconds=0.1, ringing_seen=True)
    assert outcome_of(rang, rules) is Outcome.BUSY


def test_a_trunks_rule_comes_before_the_networks_own_cause():
    rules = [CauseRule(sip=503, reason_text="cps", outcome=Outcome.TRUNK_RATE)]
    ending = Ending(sip_status=503, q850=41, reason_text="Max CPS")
    assert outcome_of(ending, rules) is Outcome.TRUNK_RATE
    other = [CauseRule(q850=41, outcome=Outcome.UNAVAILABLE)]
    assert outcome_of(Ending(sip_status=503, q850=41), other) is Outcome.UNAVAILABLE


def test_a_rule_sees_our_own_endings_only_when_it_names_the_reason():
    ending = Ending(sip_status=487, own_reason=OwnReason.NO_PROGRESS, provisional_seen=True)
    anything = CauseRule(sip=487, outcome=Outcome.BUSY)
    named = CauseRule(own_reason=OwnReason.NO_PROGRESS, outcome=Outcome.UNAVAILABLE)
    assert outcome_of(ending, [anything]) is Outcome.CONGESTION
    assert outcome_of(ending, [anything, named]) is Outcome.UNAVAILABLE


ENDINGS = st.builds(
    Ending,
    sip_status=st.none() | st.integers(-10, 1000),
    q850=st.none() | st.integers(-1, 300),
    reason_text=st.text(max_size=30) | st.sampled_from(["CPS", "rate limit", "Network Blocked"]),
    provisional_seen=st.booleans(),
    ringing_seen=st.booleans(),
    seconds=st.floats(allow_nan=True),
    retry_after_seconds=st.none() | st.floats(),
    own_reason=st.sampled_from(OwnReason),
    answered=st.booleans(),
)
RULES = st.lists(
    st.builds(
        CauseRule,
        outcome=st.sampled_from(Outcome),
        sip=st.none() | st.integers(300, 699),
        reason_text=st.none() | st.text(max_size=5),
        no_18x=st.booleans(),
        own_reason=st.sampled_from(OwnReason),
    ),
    max_size=3,
)


@given(ENDINGS, RULES)
def test_every_ending_has_an_outcome(ending, rules):
    assert outcome_of(ending, rules) in FACTS


@given(ENDINGS)
def test_only_a_200_makes_a_call_answered(ending):
    if outcome_of(ending) is Outcome.ANSWERED:
        status = ending.sip_status or 0
        assert ending.answered or 200 <= status < 300


def test_every_outcome_has_facts_and_every_own_reason_an_outcome():
    assert set(FACTS) == set(Outcome)
    assert set(OWN) == set(OwnReason) - {OwnReason.NONE}


def test_a_number_that_does_not_exist_is_asked_of_one_more_trunk_and_never_tried_again():
    facts = FACTS[Outcome.INVALID_NUMBER]
    assert facts.fails_over and facts.fail_over_limit == 1
    assert not facts.retryable
    assert FACTS[Outcome.BUSY].retry is Retry.MINUTES
    assert not FACTS[Outcome.BUSY].fails_over


def test_a_line_that_a_box_had_opened_and_closes_again_was_not_answered():
    assert outcome_of(Ending(opened=True, ringing_seen=True)) is Outcome.NO_ANSWER
    assert outcome_of(Ending(opened=True, ringing_seen=True, q850=17)) is Outcome.BUSY
