"""Claims, attempts and their ends in PostgreSQL."""

import asyncio
import time
from datetime import timedelta
from uuid import uuid4

import pytest

from leads.callback import AFTER_UNANSWERED
from leads.disposition import Disposition
from leads.lead import LeadState, RetiredBecause
from leads.meeting import MeetingState, Verdict
from leads.qualification import qualification_from
from leads.rep import Interval
from leads.retry import RetryPlan
from leads.scripting import questionnaire_from
from leads.store import attempts, callbacks, leads, meetings, reps
from leads.store.booking import cancel_meeting, free_slots_of_client, move_meeting, record_verdict
from leads.store.cards import lead_card
from leads.store.claiming import claim, retire
from leads.store.closing import answer
from leads.store.dialing import prepare
from leads.store.ending import Booking, CampaignRules, Promise, Recorded
from leads.store.faults import LeaseLost, OutsideAvailability, PersonBusy, SlotTaken, Unfit
from tests.builders import an_agent_in
from tests.database.leads_scene import LEASE, MONDAY, Scene, a_list_of, a_number, a_scene, beside

HOUR = timedelta(hours=1)
SCRIPT = {
    "questions": [
        {"id": "owner", "kind": "yes_no", "text": "Do you own it?"},
        {"id": "bill", "kind": "number", "text": "Your bill?", "least": 0},
    ],
    "qualification": {
        "threshold": 10,
        "rules": [{"question": "bill", "at_least": 100, "points": 10, "reason": "big bill"}],
    },
}
SCRIPTED = CampaignRules(
    questionnaire=questionnaire_from(SCRIPT),
    qualification=qualification_from(SCRIPT["qualification"], questionnaire_from(SCRIPT)),
)


async def a_rep_in(scene: Scene, *, hours: int = 2):
    rep = await reps.add_rep(
        scene.connection,
        client=scene.client,
        name="Rep",
        email="rep@example.com",
        time_zone="Europe/London",
    )
    tomorrow = MONDAY + timedelta(days=1)
    await reps.add_availability(
        scene.connection, rep, [Interval(tomorrow, tomorrow + hours * HOUR)]
    )
    return rep


def a_slot(minutes: int = 0) -> Interval:
    starts_at = MONDAY + timedelta(days=1, minutes=minutes)
    return Interval(starts_at, starts_at + timedelta(minutes=30))


def a_booking(rep, minutes: int = 0) -> Recorded:
    return Recorded(
        disposition=Disposition.MEETING_BOOKED,
        agent=None,
        booking=Booking(rep=rep, slot=a_slot(minutes), uid=uuid4()),
    )


async def test_two_engines_never_hold_one_lead(database):
    async with database.acquire() as first, database.acquire() as second:
        scene = await a_scene(first)
        await scene.with_leads(100)
        async with first.transaction(), second.transaction():
            one = await scene.claimed(50)
            other = await claim(second, campaign=scene.campaign, count=80, lease=LEASE, now=MONDAY)
        assert len(one) == len(other) == 50
        ids = {claimed.row.lead.id for claimed in [*one, *other]}
        assert len(ids) == 100


async def test_a_claimed_lead_tells_which_leads_answer_as_it_does(connection):
    scene = await a_scene(connection)
    await scene.with_leads(1)
    [lead] = await scene.claimed()
    assert lead.segment == f"list {lead.row.list_id}, {lead.number.kind}, first, other hours"
    attempt = await scene.opened(lead=lead)
    await scene.closed(attempt, "no_answer")
    [again] = await scene.claimed(now=MONDAY + 5 * HOUR)
    assert again.segment == f"list {lead.row.list_id}, {lead.number.kind}, again, midday"


async def test_a_lease_ends_by_itself_or_when_it_is_given_back(connection):
    scene = await a_scene(connection)
    await scene.with_leads(1)
    [lead] = await scene.claimed()
    assert await scene.claimed() == []
    assert len(await scene.claimed(now=MONDAY + LEASE)) == 1
    await leads.release(connection, [lead.row.lead.id])
    assert len(await scene.claimed()) == 1


async def test_only_leads_with_a_language_of_the_floor_are_claimed(connection):
    scene = await a_scene(connection)
    await scene.imported(
        a_list_of(f"{a_number(1)},A,pl", f"{a_number(2)},B,en", f"{a_number(3)},C,bg / en")
    )
    claimed = await scene.claimed(10, languages=["bg", "pl"])
    assert {lead.row.name for lead in claimed} == {"A", "C"}


async def test_an_attempt_takes_the_lead_into_a_call_and_no_answer_back_to_waiting(connection):
    scene = await a_scene(connection)
    await scene.with_leads(1)
    attempt = await scene.opened()
    assert await scene.state_of(attempt.lead) is LeadState.IN_CALL
    closed = await scene.closed(attempt)
    assert closed.lead.state is LeadState.WAITING
    assert closed.lead.next_attempt_at > MONDAY + 2 * HOUR
    row = await attempts.load_attempt(connection, attempt.id)
    assert (row.outcome, row.counts, row.obligations) == ("no_answer", True, ("identify",))


async def test_closing_twice_changes_nothing_and_says_so(connection):
    scene = await a_scene(connection)
    await scene.with_leads(1)
    attempt = await scene.opened()
    first = await scene.closed(attempt)
    again = await scene.closed(attempt, "busy", now=MONDAY + HOUR)
    assert again.repeated
    assert again.lead == first.lead
    assert (await attempts.load_attempt(connection, attempt.id)).outcome == "no_answer"


async def test_a_lost_lease_opens_nothing(connection):
    scene = await a_scene(connection)
    await scene.with_leads(1)
    [lead] = await scene.claimed()
    [taken] = await scene.claimed(now=MONDAY + LEASE)
    with pytest.raises(LeaseLost):
        await scene.opened(lead=lead, now=MONDAY + LEASE)
    assert (await scene.opened(lead=taken, now=MONDAY + LEASE)).lead == lead.row.lead.id


async def test_one_person_is_called_once_at_a_time_by_whichever_campaign(connection):
    scene = await a_scene(connection)
    await scene.with_leads(1)
    other = await beside(scene, same_client=False)
    await other.imported(a_list_of(f"{a_number(0)},X,en"))
    attempt = await scene.opened()
    with pytest.raises(PersonBusy):
        await other.opened()
    await scene.closed(attempt)
    await other.opened(now=MONDAY + LEASE)


async def test_of_two_engines_opening_for_one_person_at_once_one_wins(database):
    async with database.acquire() as first, database.acquire() as second:
        scene = await a_scene(first)
        await scene.with_leads(1)
        other = await beside(scene, same_client=False)
        await other.imported(a_list_of(f"{a_number(0)},X,en"))
        rival = Scene(second, other.campaign, other.client)
        [mine], [theirs] = await scene.claimed(), await rival.claimed()
        results = await asyncio.gather(
            scene.opened(lead=mine), rival.opened(lead=theirs), return_exceptions=True
        )
        assert sorted(type(result).__name__ for result in results) == ["AttemptRow", "PersonBusy"]


async def test_a_number_found_wrong_is_dropped_and_the_last_one_retires_the_lead(connection):
    scene = await a_scene(connection)
    await scene.imported(a_list_of(f"{a_number(1)} / {a_number(2)},Ann,en"))
    first = await scene.opened()
    closed = await scene.closed(first, "invalid_number")
    assert closed.lead.state is LeadState.WAITING
    later = MONDAY + HOUR
    [lead] = await scene.claimed(now=later)
    assert lead.number.number == a_number(2)
    second = await scene.opened(lead=lead, now=later)
    closed = await scene.closed(second, "invalid_number", now=later)
    assert closed.lead.retired_because is RetiredBecause.NO_VALID_NUMBER


async def test_attempts_rotate_through_the_numbers(connection):
    scene = await a_scene(connection)
    await scene.imported(a_list_of(f"{a_number(1)} / {a_number(2)},Ann,en"))
    dialed, now = [], MONDAY
    for _ in range(3):
        [lead] = await scene.claimed(now=now)
        dialed.append(lead.number.number)
        attempt = await scene.opened(lead=lead, now=now)
        await scene.closed(attempt, "no_answer", now=now)
        now += timedelta(days=2)
    assert dialed == [a_number(1), a_number(2), a_number(1)]


async def test_attempts_are_used_up_in_the_end(connection):
    scene = await a_scene(connection)
    await scene.with_leads(1)
    rules = CampaignRules(plan=RetryPlan(attempts_limit=2))
    await scene.closed(await scene.opened(), rules=rules)
    later = MONDAY + timedelta(days=2)
    closed = await scene.closed(await scene.opened(later), rules=rules, now=later)
    assert closed.lead.retired_because is RetiredBecause.ATTEMPTS_USED_UP


async def test_a_promised_callback_is_kept_by_the_agent_who_promised_it(connection):
    scene = await a_scene(connection)
    team = await connection.fetchval("SELECT team_id FROM campaigns WHERE id = $1", scene.campaign)
    agent = await an_agent_in(connection, team)
    await scene.with_leads(3)
    attempt = await scene.opened()
    due_at = MONDAY + HOUR
    recorded = Recorded(
        disposition=Disposition.CALLBACK,
        agent=agent,
        promise=Promise(due_at=due_at, personal=True),
    )
    closed = await scene.closed(attempt, "answered", recorded=recorded)
    assert (closed.lead.state, closed.lead.callback_agent) == (LeadState.CALLBACK, agent)
    claimed = await scene.claimed(3, now=due_at)
    assert claimed[0].is_callback
    assert claimed[0].row.lead.callback_agent == agent
    kept = await scene.opened(lead=claimed[0], now=due_at)
    said_no = Recorded(disposition=Disposition.NOT_INTERESTED, agent=agent)
    await scene.closed(kept, "answered", recorded=said_no, now=due_at)
    assert await callbacks.open_promise(connection, attempt.lead) is None
    assert await connection.fetchval("SELECT settled_as FROM callbacks") == "kept"


async def test_an_unanswered_callback_stays_a_callback_until_it_is_given_up(connection):
    scene = await a_scene(connection)
    await scene.with_leads(1)
    attempt = await scene.opened()
    now = MONDAY + HOUR
    recorded = Recorded(disposition=Disposition.CALLBACK, agent=None, promise=Promise(due_at=now))
    await scene.closed(attempt, "answered", recorded=recorded)
    states = []
    for delay in (*AFTER_UNANSWERED, timedelta(0)):
        closed = await scene.closed(await scene.opened(now), "no_answer", now=now)
        states.append(closed.lead.state)
        now += delay
    assert states == [LeadState.CALLBACK] * len(AFTER_UNANSWERED) + [LeadState.WAITING]
    assert await connection.fetchval("SELECT settled_as FROM callbacks") == "given_up"


async def test_a_meeting_lead_and_disposition_are_one_transaction(connection):
    scene = await a_scene(connection)
    await scene.with_leads(2)
    rep = await a_rep_in(scene)
    first, second = await scene.opened(), await scene.opened()
    booked = await scene.closed(first, "answered", recorded=a_booking(rep))
    assert booked.lead.state is LeadState.BOOKED
    assert booked.meeting.sequence == 0
    with pytest.raises(SlotTaken):
        await scene.closed(second, "answered", recorded=a_booking(rep, minutes=15))
    assert await scene.state_of(second.lead) is LeadState.IN_CALL
    assert (await attempts.load_attempt(connection, second.id)).closed_at is None
    with pytest.raises(OutsideAvailability):
        await scene.closed(second, "answered", recorded=a_booking(rep, minutes=-60))
    await scene.closed(second, "answered", recorded=a_booking(rep, minutes=30))


async def test_of_two_agents_booking_one_slot_at_once_one_gets_it(database):
    async with database.acquire() as first, database.acquire() as second:
        scene = await a_scene(first)
        await scene.with_leads(2)
        rep = await a_rep_in(scene)
        mine, theirs = await scene.opened(), await scene.opened()
        rival = Scene(second, scene.campaign, scene.client)
        results = await asyncio.gather(
            scene.closed(mine, "answered", recorded=a_booking(rep)),
            rival.closed(theirs, "answered", recorded=a_booking(rep)),
            return_exceptions=True,
        )
        assert sorted(type(result).__name__ for result in results) == [
            "ClosedAttempt",
            "SlotTaken",
        ]


async def test_booked_slots_are_no_longer_offered(connection):
    scene = await a_scene(connection)
    await scene.with_leads(1)
    rep = await a_rep_in(scene)

    async def offered():
        free = await free_slots_of_client(
            connection, scene.client, minutes=30, now=MONDAY, horizon=timedelta(days=7)
        )
        return [one.slot for one in free]

    assert a_slot() in await offered()
    await scene.closed(await scene.opened(), "answered", recorded=a_booking(rep))
    assert [slot.starts_at for slot in await offered()] == [
        a_slot(30).starts_at,
        a_slot(60).starts_at,
        a_slot(90).starts_at,
    ]


async def test_a_verdict_flows_back_to_the_lead_and_may_be_given_twice(connection):
    scene = await a_scene(connection)
    await scene.with_leads(2)
    rep = await a_rep_in(scene)
    good = await scene.closed(await scene.opened(), "answered", recorded=a_booking(rep))
    missed = await scene.closed(await scene.opened(), "answered", recorded=a_booking(rep, 30))
    after = {"call_again_at": MONDAY + timedelta(days=3), "now": MONDAY + timedelta(days=2)}
    meeting, lead = await record_verdict(connection, good.meeting.id, Verdict.GOOD, **after)
    assert (meeting.state, lead.state) == (MeetingState.HELD, LeadState.RETIRED)
    assert (await record_verdict(connection, good.meeting.id, Verdict.GOOD, **after))[0] == meeting
    with pytest.raises(Unfit):
        await record_verdict(connection, good.meeting.id, Verdict.POOR, **after)
    meeting, lead = await record_verdict(connection, missed.meeting.id, Verdict.NO_SHOW, **after)
    assert (meeting.state, lead.state) == (MeetingState.NOT_HELD, LeadState.WAITING)


async def test_a_meeting_moves_to_a_free_slot_and_a_cancelled_one_frees_its_own(connection):
    scene = await a_scene(connection)
    await scene.with_leads(1)
    rep = await a_rep_in(scene)
    booked = await scene.closed(await scene.opened(), "answered", recorded=a_booking(rep))
    moved = await move_meeting(connection, booked.meeting.id, a_slot(45), now=MONDAY)
    assert (moved.uid, moved.sequence) == (booked.meeting.uid, 1)
    gone, lead = await cancel_meeting(
        connection,
        moved.id,
        call_again_at=MONDAY + HOUR,
        now=MONDAY,
        wants_other_time=True,
    )
    assert (gone.state, gone.sequence) == (MeetingState.CANCELLED, 2)
    assert lead.state is LeadState.CALLBACK
    with pytest.raises(Unfit):
        await move_meeting(connection, moved.id, a_slot(45), now=MONDAY)


async def test_answers_are_judged_and_unfit_ones_change_nothing(connection):
    scene = await a_scene(connection)
    await scene.with_leads(1)
    attempt = await scene.opened()
    await answer(connection, attempt.id, SCRIPTED.questionnaire, {"owner": True}, now=MONDAY)
    wrong = Recorded(disposition=Disposition.QUALIFIED, agent=None, answers={"bill": "much"})
    with pytest.raises(Unfit, match="bill"):
        await scene.closed(attempt, "answered", recorded=wrong, rules=SCRIPTED)
    right = Recorded(
        disposition=Disposition.QUALIFIED, agent=None, note="keen", answers={"bill": 120}
    )
    closed = await scene.closed(attempt, "answered", recorded=right, rules=SCRIPTED)
    assert closed.judgement.qualified
    assert closed.judgement.reasons == ("big bill",)
    card = await lead_card(connection, attempt.lead)
    assert card.answers == {"owner": True, "bill": 120}
    assert [(past.disposition, past.note) for past in card.tries] == [
        (Disposition.QUALIFIED, "keen")
    ]
    with pytest.raises(Unfit):
        await answer(connection, attempt.id, SCRIPTED.questionnaire, {"owner": True}, now=MONDAY)


async def test_a_lead_retired_while_its_call_goes_on_stays_retired(connection):
    scene = await a_scene(connection)
    await scene.with_leads(1)
    attempt = await scene.opened()
    await retire(connection, [attempt.lead], RetiredBecause.DO_NOT_CALL, now=MONDAY)
    closed = await scene.closed(attempt)
    assert closed.lead.retired_because is RetiredBecause.DO_NOT_CALL
    promised = Recorded(
        disposition=Disposition.CALLBACK, agent=None, promise=Promise(due_at=MONDAY + HOUR)
    )
    assert (await scene.closed(attempt, recorded=promised)).repeated


async def test_do_not_call_asks_for_a_suppression(connection):
    scene = await a_scene(connection)
    await scene.with_leads(1)
    recorded = Recorded(disposition=Disposition.DO_NOT_CALL, agent=None)
    closed = await scene.closed(await scene.opened(), "answered", recorded=recorded)
    assert closed.suppresses
    assert closed.lead.retired_because is RetiredBecause.DO_NOT_CALL


async def test_a_deferred_lead_is_due_later_and_a_deferred_callback_stays_promised(connection):
    scene = await a_scene(connection)
    await scene.with_leads(2)
    attempt = await scene.opened()
    recorded = Recorded(
        disposition=Disposition.CALLBACK, agent=None, promise=Promise(due_at=MONDAY + HOUR)
    )
    await scene.closed(attempt, "answered", recorded=recorded)
    claimed = await scene.claimed(5, now=MONDAY + HOUR)
    until = {lead.row.lead.id: MONDAY + 5 * HOUR for lead in claimed}
    assert await leads.postpone(connection, until) == set(until)
    assert await scene.claimed(5, now=MONDAY + 4 * HOUR) == []
    assert [lead.is_callback for lead in await scene.claimed(5, now=MONDAY + 5 * HOUR)] == [
        True,
        False,
    ]


async def test_the_board_counts_what_is_due_now_and_later(connection):
    scene = await a_scene(connection)
    await scene.with_leads(5)
    await scene.closed(await scene.opened(), "busy")
    await scene.opened()
    await scene.claimed(1)
    counts = await leads.count_leads(connection, scene.campaign, now=MONDAY)
    assert (counts.due, counts.claimed, counts.later) == (2, 1, 1)
    assert counts.by_state[LeadState.IN_CALL] == 1
    assert counts.next_due_at == MONDAY + timedelta(minutes=21)
    assert counts.due_per_hour == {MONDAY: 4}


async def test_a_promise_without_a_time_or_a_meeting_without_a_slot_is_refused(connection):
    scene = await a_scene(connection)
    await scene.with_leads(1)
    attempt = await scene.opened()
    for code in (Disposition.CALLBACK, Disposition.MEETING_BOOKED):
        with pytest.raises(Unfit):
            await scene.closed(attempt, recorded=Recorded(disposition=code, agent=None))
    past = Recorded(
        disposition=Disposition.CALLBACK, agent=None, promise=Promise(due_at=MONDAY - HOUR)
    )
    with pytest.raises(Unfit, match="past"):
        await scene.closed(attempt, recorded=past)


async def test_the_history_of_a_person_spans_clients(connection):
    scene = await a_scene(connection)
    [first] = (await scene.with_leads(1)).leads
    other = await beside(scene, same_client=False)
    await other.imported(a_list_of(f"{a_number(0)},X,en"))
    await scene.closed(await scene.opened(), "answered", abandoned=True)
    await other.closed(await other.opened(), "busy", counts=False)
    history = (await attempts.attempts_of_people(connection, [first.person]))[first.person]
    assert [(one.outcome, one.abandoned, one.counts) for one in history] == [
        ("answered", True, True),
        ("busy", False, False),
    ]
    assert (await attempts.count_outcomes(connection, scene.campaign)) == {"answered": 1}
    assert await meetings.meetings_of_leads(connection, [first.lead]) == ()


async def test_preparing_and_refusing_in_one_transaction_leaves_the_lead_due(connection):
    scene = await a_scene(connection)
    await scene.with_leads(1)
    [lead] = await scene.claimed()
    async with connection.transaction():
        prepared = await prepare(
            connection,
            lead=lead.row.lead.id,
            person=lead.row.lead.person,
            number=lead.number.id,
            claimed_until=lead.claimed_until,
            now=MONDAY,
        )
        await leads.postpone(connection, {prepared.row.lead.id: MONDAY + HOUR})
    assert await scene.state_of(lead.row.lead.id) is LeadState.WAITING


@pytest.mark.benchmark
async def test_how_many_claims_a_second(connection):
    scene = await a_scene(connection)
    rows = "".join(f"+359888{place:06},Person {place}\n" for place in range(10_000))
    await scene.imported(("phone,name\n" + rows).encode())
    began, claims = time.monotonic(), 200
    for _ in range(claims):
        await scene.claimed(20)
    took = time.monotonic() - began
    print(f'{{"benchmark": "claims", "leads_each": 20, "per_second": {claims / took:.0f}}}')
