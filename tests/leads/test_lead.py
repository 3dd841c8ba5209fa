"""The life of a lead."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leads.lead import (
    DUE_STATES,
    TRANSITIONS,
    ImpossibleTransition,
    IncompleteLead,
    LeadEvent,
    LeadState,
    RetiredBecause,
    apply,
)
from tests.builders import a_lead

LATER = datetime(2026, 11, 24, 9, tzinfo=UTC)


def applied(lead, event):
    """Apply *event* with whatever the state it leads to needs."""
    target = TRANSITIONS.get((lead.state, event), LeadState.IN_CALL)
    return apply(
        lead,
        event,
        next_attempt_at=LATER if target in DUE_STATES else None,
        retired_because=RetiredBecause.WITHDRAWN if target is LeadState.RETIRED else None,
    )


@given(st.lists(st.sampled_from(LeadEvent), max_size=30))
def test_no_order_of_events_brings_a_retired_lead_back(events):
    lead = a_lead()
    for event in events:
        before = lead
        try:
            lead = applied(lead, event)
        except ImpossibleTransition:
            assert lead is before
            continue
        assert (lead.state in DUE_STATES) == (lead.next_attempt_at is not None)
        assert before.state is not LeadState.RETIRED


@given(st.sampled_from(LeadState), st.sampled_from(LeadEvent))
def test_what_is_not_in_the_table_raises_and_names_what_is(state, event):
    lead = a_lead(state=state)
    if (state, event) in TRANSITIONS:
        assert applied(lead, event).state is TRANSITIONS[state, event]
        return
    with pytest.raises(ImpossibleTransition, match=str(state)):
        applied(lead, event)


def test_every_state_but_retired_can_be_given_up():
    can = {state for state, event in TRANSITIONS if event is LeadEvent.GIVEN_UP}
    assert can == set(LeadState) - {LeadState.RETIRED}


def test_a_due_lead_without_a_time_cannot_be_made():
    with pytest.raises(IncompleteLead):
        apply(a_lead(state=LeadState.IN_CALL), LeadEvent.RETRY_PLANNED)
    with pytest.raises(IncompleteLead, match="zone"):
        replace(a_lead(), next_attempt_at=datetime(2026, 1, 1))  # noqa: DTZ001  # what is refused


def test_a_retired_lead_has_a_reason_and_no_other_has_one():
    with pytest.raises(IncompleteLead):
        apply(a_lead(), LeadEvent.GIVEN_UP)
    with pytest.raises(IncompleteLead):
        apply(a_lead(), LeadEvent.DIALED, retired_because=RetiredBecause.LANGUAGE)


def test_a_postponed_callback_keeps_its_agent_and_a_dialed_one_loses_it():
    promised = a_lead(state=LeadState.CALLBACK, callback_agent=7)
    assert apply(promised, LeadEvent.POSTPONED, next_attempt_at=LATER).callback_agent == 7
    assert apply(promised, LeadEvent.DIALED).callback_agent is None
    with pytest.raises(IncompleteLead, match="call it back"):
        replace(a_lead(), callback_agent=7)
