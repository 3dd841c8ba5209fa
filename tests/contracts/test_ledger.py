"""What every ledger promises, in memory and in PostgreSQL."""

import asyncio
from datetime import timedelta

import pytest

from compliance.decision import Permit, Refused
from dialer.agent import AgentState
from dialer.call_events import Answered, Connected, Disposed, Ended, EndedBy, Invited
from dialer.ports import (
    AgentRow,
    CallRow,
    ClosingRefused,
    Ledger,
    NotOpened,
    Promise,
)
from leads.lead import LeadId, LeadState, RetiredBecause
from tests.contracts.grounds import (
    BOTH,
    NOW,
    TOMORROW_AT_NINE,
    Ground,
    Opened,
    a_booking,
    an_opening,
    claimed,
    opened,
    opened_for,
)

pytestmark = pytest.mark.real_time

SOON = timedelta(seconds=10)
HALF_AN_HOUR = timedelta(minutes=30)


@pytest.fixture
async def ledger(ground: Ground) -> Ledger:
    ledger = ground.ledger()
    await ledger.take_over()
    return ledger


def rows_of(call: Opened, count: int = 3) -> list[CallRow]:
    events = (
        Invited(NOW, "id@simulated"),
        Answered(NOW + SOON),
        Ended(NOW + 2 * SOON, EndedBy.CALLEE),
    )
    return [
        CallRow(call=call.call, number=number, event=event)
        for number, event in enumerate(events[:count], start=1)
    ]


def not_opened(answer: object) -> str:
    assert isinstance(answer, NotOpened), answer
    return answer.because


# --- Claims --------------------------------------------------------------------------------------


async def test_claims_made_at_the_same_time_share_no_lead(ground: Ground, ledger: Ledger):
    claims = await asyncio.gather(*(claimed(ledger, ground.campaign, 4) for _ in range(4)))
    leads = [candidate.lead for claim in claims for candidate in claim]
    assert len(leads) == len(set(leads)) == 10


async def test_a_lease_runs_out_by_itself(ground: Ground, ledger: Ledger):
    first = await claimed(ledger, ground.campaign, 10)
    assert await claimed(ledger, ground.campaign, 10, now=first[0].claimed_until - SOON) == ()
    again = await claimed(ledger, ground.campaign, 10, now=first[0].claimed_until)
    assert {candidate.lead for candidate in again} == {candidate.lead for candidate in first}


async def test_a_released_lead_can_be_claimed_at_once(ground: Ground, ledger: Ledger):
    first = await claimed(ledger, ground.campaign, 10)
    await ledger.release([candidate.lead for candidate in first[:3]])
    again = await claimed(ledger, ground.campaign, 10)
    assert {candidate.lead for candidate in again} == {candidate.lead for candidate in first[:3]}


async def test_promised_callbacks_come_first(ground: Ground, ledger: Ledger):
    call = await opened(ledger, ground)
    await close_with_promise(ledger, call, ground)
    found = await claimed(ledger, ground.campaign, 2, now=NOW + HALF_AN_HOUR)
    assert [candidate.is_callback for candidate in found] == [True, False]
    assert found[0].lead == call.candidate.lead
    assert found[0].callback_agent == ground.agents[0]


async def test_only_leads_somebody_can_talk_to_are_claimed(ground: Ground, ledger: Ledger):
    found = await claimed(ledger, ground.campaign, 10, languages=frozenset({"pl"}))
    assert [candidate.languages for candidate in found] == [("pl",), ("pl",)]
    claim = await ledger.claim(ground.campaign, count=10, languages=frozenset({"ro"}), now=NOW)
    assert (claim.candidates, claim.looked_at) == ((), 0)


async def test_what_the_gate_refuses_is_put_off_and_counted_as_looked_at(
    ground: Ground, ledger: Ledger
):
    night = NOW + timedelta(hours=10)
    claim = await ledger.claim(ground.campaign, count=10, languages=BOTH, now=night)
    assert (claim.candidates, claim.looked_at) == ((), 10)
    lead = await ground.lead(LeadId(await first_lead(ground, ledger)))
    assert lead.next_attempt_at is not None and lead.next_attempt_at > night
    again = await ledger.claim(ground.campaign, count=10, languages=BOTH, now=night)
    assert again.looked_at == 0


async def first_lead(ground: Ground, ledger: Ledger) -> int:
    """A lead of the first campaign, whatever the time."""
    next_week = NOW + timedelta(days=7)
    [candidate] = await claimed(ledger, ground.campaign, 1, now=next_week)
    await ledger.release([candidate.lead])
    return int(candidate.lead)


# --- Opening -------------------------------------------------------------------------------------


async def test_a_permit_names_the_attempt_that_was_opened(ground: Ground, ledger: Ledger):
    call = await opened(ledger, ground)
    assert await ground.attempts() == (1, 1)
    assert (await ground.lead(call.candidate.lead)).state is LeadState.IN_CALL
    [unfinished] = await ledger.unfinished()
    assert (unfinished.call, unfinished.attempt) == (call.call, call.attempt)
    assert (unfinished.lead, unfinished.number) == (call.candidate.lead, call.candidate.number)
    assert unfinished.languages == call.candidate.languages
    assert unfinished.events == ()


async def test_an_engine_that_never_took_over_opens_nothing(ground: Ground, ledger: Ledger):
    [candidate] = await claimed(ledger, ground.campaign)
    stranger = ground.ledger()
    assert await claimed(stranger, ground.campaign) == ()
    assert not_opened(await stranger.open_attempt(an_opening(candidate), now=NOW)) == "superseded"
    assert await ground.attempts() == (0, 0)


async def test_an_engine_whose_place_was_taken_opens_nothing_and_the_new_one_does(
    ground: Ground, ledger: Ledger
):
    [first] = await claimed(ledger, ground.campaign)
    successor = ground.ledger()
    await successor.take_over()
    assert not_opened(await ledger.open_attempt(an_opening(first), now=NOW)) == "superseded"
    assert await claimed(ledger, ground.campaign, 10) == ()
    await opened(successor, ground)
    assert await ground.attempts() == (1, 1)


async def test_who_takes_over_finds_the_leads_free_that_the_one_before_had_claimed(
    ground: Ground, ledger: Ledger
):
    mine = await claimed(ledger, ground.campaign, 10)
    successor = ground.ledger()
    await successor.take_over()
    theirs = await claimed(successor, ground.campaign, 10)
    assert {each.lead for each in theirs} == {each.lead for each in mine}


async def test_after_stop_all_nothing_is_opened(ground: Ground, ledger: Ledger):
    [candidate] = await claimed(ledger, ground.campaign)
    await ground.stop_all()
    assert not_opened(await ledger.open_attempt(an_opening(candidate), now=NOW)) == "stopped"
    assert (await ledger.team()).stopped


async def test_a_paused_campaign_opens_nothing(ground: Ground, ledger: Ledger):
    [candidate] = await claimed(ledger, ground.campaign)
    await ground.pause(ground.campaign)
    assert not_opened(await ledger.open_attempt(an_opening(candidate), now=NOW)) == "not_running"


async def test_without_the_lease_nothing_is_opened(ground: Ground, ledger: Ledger):
    [candidate] = await claimed(ledger, ground.campaign)
    late = candidate.claimed_until
    assert not_opened(await ledger.open_attempt(an_opening(candidate), now=late)) == "lease_lost"
    await claimed(ledger, ground.campaign, 10, now=late)
    answer = await ledger.open_attempt(an_opening(candidate), now=late + SOON)
    assert not_opened(answer) == "lease_lost"
    assert await ground.attempts() == (0, 0)


async def test_a_lead_is_opened_once_however_often_it_is_asked_for(ground: Ground, ledger: Ledger):
    [candidate] = await claimed(ledger, ground.campaign)
    answers = await asyncio.gather(
        *(ledger.open_attempt(an_opening(candidate), now=NOW) for _ in range(5))
    )
    assert sum(isinstance(answer, Permit) for answer in answers) == 1
    assert await ground.attempts() == (1, 1)


async def test_a_person_on_two_lists_is_called_once_at_a_time(ground: Ground, ledger: Ledger):
    first = await claimed(ledger, ground.campaign, 10)
    [other] = await claimed(ledger, ground.second_campaign)
    same = next(candidate for candidate in first if candidate.person == other.person)
    answers = await asyncio.gather(
        *(ledger.open_attempt(an_opening(each), now=NOW) for each in (same, other))
    )
    refused = [answer for answer in answers if not isinstance(answer, Permit)]
    assert [not_opened(answer) for answer in refused] == ["person_busy"]
    assert await ground.attempts() == (1, 1)


async def test_a_refusal_at_the_last_moment_puts_the_lead_off(ground: Ground, ledger: Ledger):
    evening = NOW + timedelta(hours=5, minutes=59)  # the hours of Bulgaria end at 20:00
    [candidate] = await claimed(ledger, ground.campaign, now=evening)
    answer = await ledger.open_attempt(an_opening(candidate), now=evening + timedelta(minutes=1))
    assert isinstance(answer, Refused)
    lead = await ground.lead(candidate.lead)
    assert lead.state is LeadState.WAITING
    assert lead.next_attempt_at == answer.defer_until
    assert await ground.attempts() == (0, 0)


# --- The record ----------------------------------------------------------------------------------


async def test_rows_appended_twice_are_there_once(ground: Ground, ledger: Ledger):
    call = await opened(ledger, ground)
    agent = ground.agents[0]
    rows = [*rows_of(call), AgentRow(agent=agent, at=NOW, state=AgentState.PAUSED, reason="lunch")]
    await ledger.append(rows[:2])
    await ledger.append(rows)
    await ledger.append(rows)
    assert await ground.events_of(call.call) == tuple(row.event for row in rows_of(call))
    assert await ground.states_of(agent) == (rows[3],)


async def test_the_team_comes_with_what_the_record_last_said_of_each_agent(
    ground: Ground, ledger: Ledger
):
    call = await opened(ledger, ground)
    first, second = ground.agents
    last = AgentRow(agent=first, at=NOW + SOON, state=AgentState.WRAP_UP, call=call.call)
    await ledger.append([AgentRow(agent=first, at=NOW, state=AgentState.READY), last])
    members = {member.id: member for member in (await ledger.team()).agents}
    assert members[first].last_state is AgentState.WRAP_UP
    assert (members[first].last_since, members[first].last_call) == (last.at, call.call)
    assert members[second].last_state is AgentState.OFFLINE


async def test_unfinished_returns_exactly_what_is_open_with_its_events(
    ground: Ground, ledger: Ledger
):
    assert list(await ledger.unfinished()) == []
    calls = [await opened(ledger, ground) for _ in range(3)]
    await ledger.append([row for call in calls for row in rows_of(call, 2)])
    await ledger.close_attempt(calls[1].closing(outcome="no_answer"), (), now=NOW)
    found = {each.call: each for each in await ledger.unfinished()}
    assert set(found) == {calls[0].call, calls[2].call}
    assert found[calls[0].call].events == tuple(row.event for row in rows_of(calls[0], 2))


# --- Closing -------------------------------------------------------------------------------------


async def close_with_promise(ledger: Ledger, call: Opened, ground: Ground) -> None:
    promise = Promise(due_at=NOW + HALF_AN_HOUR, personal=True)
    closing = call.closing(agent=ground.agents[0], disposition="callback", promise=promise)
    closed = await ledger.close_attempt(closing, (), now=NOW + SOON)
    assert closed.lead_state == LeadState.CALLBACK


async def test_an_unanswered_attempt_is_tried_again_later(ground: Ground, ledger: Ledger):
    call = await opened(ledger, ground)
    closed = await ledger.close_attempt(call.closing(outcome="no_answer"), rows_of(call), now=NOW)
    lead = await ground.lead(call.candidate.lead)
    assert closed.lead_state == lead.state == LeadState.WAITING
    assert lead.next_attempt_at is not None and lead.next_attempt_at > NOW
    assert len(await ground.events_of(call.call)) == 3
    assert list(await ledger.unfinished()) == []


async def test_closing_again_changes_nothing_and_says_so(ground: Ground, ledger: Ledger):
    call = await opened(ledger, ground)
    interested = call.closing(agent=ground.agents[0], disposition="not_interested")
    first = await ledger.close_attempt(interested, (), now=NOW)
    other = call.closing(
        agent=ground.agents[1], disposition="meeting_booked", booking=a_booking(ground)
    )
    again = await ledger.close_attempt(other, rows_of(call), now=NOW)
    assert (first.repeated, again.repeated) == (False, True)
    assert again.lead_state == LeadState.RETIRED
    assert (await ground.lead(call.candidate.lead)).retired_because is RetiredBecause.NOT_INTERESTED
    assert await ground.meetings() == 0
    assert await ground.events_of(call.call) == ()


async def test_a_booked_meeting_has_a_name_and_the_lead_is_booked(ground: Ground, ledger: Ledger):
    call = await opened(ledger, ground)
    closing = call.closing(
        agent=ground.agents[0], disposition="meeting_booked", booking=a_booking(ground)
    )
    closed = await ledger.close_attempt(closing, (), now=NOW)
    assert (closed.lead_state, bool(closed.meeting_uid)) == (LeadState.BOOKED, True)
    assert await ground.meetings() == 1


async def test_of_two_agents_who_book_one_slot_at_once_one_gets_it_and_the_other_keeps_the_call(
    ground: Ground, ledger: Ledger
):
    calls = [await opened(ledger, ground) for _ in range(2)]
    closings = [
        call.closing(agent=agent, disposition="meeting_booked", booking=a_booking(ground))
        for call, agent in zip(calls, ground.agents, strict=True)
    ]
    results = await asyncio.gather(
        *(
            ledger.close_attempt(closing, rows_of(call), now=NOW)
            for call, closing in zip(calls, closings, strict=True)
        ),
        return_exceptions=True,
    )
    [refused] = [found for found in results if isinstance(found, BaseException)]
    assert isinstance(refused, ClosingRefused) and refused.because == "slot_taken"
    loser = calls[results.index(refused)]
    assert await ground.meetings() == 1
    assert (await ground.lead(loser.candidate.lead)).state is LeadState.IN_CALL
    assert await ground.events_of(loser.call) == ()
    assert [each.call for each in await ledger.unfinished()] == [loser.call]
    later = a_booking(ground, TOMORROW_AT_NINE + HALF_AN_HOUR)
    again = loser.closing(agent=ground.agents[0], disposition="meeting_booked", booking=later)
    assert (await ledger.close_attempt(again, (), now=NOW)).lead_state == LeadState.BOOKED


@pytest.mark.parametrize(
    ("wish", "because"),
    [
        ({"disposition": "meeting_booked"}, "booking"),
        ({"disposition": "callback"}, "promise"),
        ({"disposition": "callback", "promise": Promise(due_at=NOW - SOON)}, "promise"),
        ({"disposition": "splendid"}, "disposition"),
        ({"disposition": "qualified", "promise": Promise(due_at=NOW + SOON)}, "promise"),
    ],
)
async def test_what_does_not_fit_is_refused_whole(
    ground: Ground, ledger: Ledger, wish: dict[str, object], because: str
):
    call = await opened(ledger, ground)
    with pytest.raises(ClosingRefused) as refused:
        closing = call.closing(agent=ground.agents[0], **wish)
        await ledger.close_attempt(closing, rows_of(call), now=NOW)
    assert refused.value.because == because
    assert await ground.events_of(call.call) == ()
    assert [each.call for each in await ledger.unfinished()] == [call.call]


async def test_a_meeting_outside_the_reps_times_is_refused(ground: Ground, ledger: Ledger):
    call = await opened(ledger, ground)
    at_night = a_booking(ground, TOMORROW_AT_NINE + timedelta(hours=12))
    closing = call.closing(agent=ground.agents[0], disposition="meeting_booked", booking=at_night)
    with pytest.raises(ClosingRefused) as refused:
        await ledger.close_attempt(closing, (), now=NOW)
    assert refused.value.because == "outside_availability"
    assert await ground.meetings() == 0


async def test_a_promise_nobody_answers_stays_a_promise(ground: Ground, ledger: Ledger):
    call = await opened(ledger, ground)
    await close_with_promise(ledger, call, ground)
    due = NOW + HALF_AN_HOUR
    again = await opened(ledger, ground, now=due)
    assert again.candidate.lead == call.candidate.lead
    closed = await ledger.close_attempt(again.closing(outcome="no_answer"), (), now=due)
    lead = await ground.lead(call.candidate.lead)
    assert closed.lead_state == lead.state == LeadState.CALLBACK
    assert lead.next_attempt_at is not None and lead.next_attempt_at > due
    assert lead.callback_agent == ground.agents[0]


async def test_a_promise_kept_in_vain_too_often_is_given_up(ground: Ground, ledger: Ledger):
    call = await opened(ledger, ground)
    await close_with_promise(ledger, call, ground)
    at, tries = NOW + HALF_AN_HOUR, 0
    while (await ground.lead(call.candidate.lead)).state is LeadState.CALLBACK:
        at = (await ground.lead(call.candidate.lead)).next_attempt_at or at
        found = await claimed(ledger, ground.campaign, 10, now=at)
        for again in [each for each in found if each.lead == call.candidate.lead]:
            tries += 1
            once_more = await opened_for(ledger, again, now=at)
            await ledger.close_attempt(once_more.closing(outcome="no_answer"), (), now=at)
    assert tries == 4
    assert (await ground.lead(call.candidate.lead)).state is LeadState.WAITING


async def test_who_asks_one_client_not_to_be_called_is_retired_there_and_not_elsewhere(
    ground: Ground, ledger: Ledger
):
    candidates = await claimed(ledger, ground.campaign, 10)
    [other] = await claimed(ledger, ground.second_campaign)
    same = next(candidate for candidate in candidates if candidate.person == other.person)
    call = await opened_for(ledger, same)
    closing = call.closing(agent=ground.agents[0], disposition="do_not_call")
    closed = await ledger.close_attempt(closing, (), now=NOW)
    assert closed.lead_state == LeadState.RETIRED
    assert (await ground.lead(same.lead)).retired_because is RetiredBecause.DO_NOT_CALL
    assert isinstance(await ledger.open_attempt(an_opening(other), now=NOW), Permit)


async def test_the_supply_says_what_is_due_what_comes_later_and_what_is_under_way(
    ground: Ground, ledger: Ledger
):
    calls = [await opened(ledger, ground) for _ in range(2)]
    await close_with_promise(ledger, calls[0], ground)
    await claimed(ledger, ground.campaign, 3)
    supply = await ledger.supply(ground.campaign, now=NOW)
    assert (supply.due, supply.later, supply.in_call) == (5, 1, 1)
    assert supply.next_due_at == NOW + HALF_AN_HOUR


async def test_the_disposition_is_in_the_chain_of_the_call_it_closes(
    ground: Ground, ledger: Ledger
):
    call = await opened(ledger, ground)
    await ledger.append(rows_of(call))
    disposed = CallRow(call=call.call, number=4, event=Disposed(NOW + 3 * SOON, "qualified"))
    closing = call.closing(agent=ground.agents[0], disposition="qualified")
    await ledger.close_attempt(closing, [disposed], now=NOW + 3 * SOON)
    assert (await ground.events_of(call.call))[-1] == disposed.event


async def test_a_recorded_connection_is_kept_with_its_recording_flag(
    ground: Ground, ledger: Ledger
):
    call = await opened(ledger, ground)
    connected = CallRow(call=call.call, number=1, event=Connected(NOW, recorded=True))
    await ledger.append([connected])
    assert await ground.events_of(call.call) == (Connected(NOW, recorded=True),)
