"""What the leads' tables tell pages, reports and a core that starts again."""

from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest

from leads.disposition import Disposition
from leads.importing import Reason
from leads.lead import AttemptId, LeadId, ListId, PersonId, RetiredBecause
from leads.meeting import MeetingId
from leads.questionnaire import Questionnaire
from leads.rep import Interval, RepId
from leads.store import (
    attempts,
    callbacks,
    dispositions,
    leads,
    lists,
    meetings,
    people,
    reps,
)
from leads.store.closing import checked_answers
from leads.store.ending import Booking, CampaignRules, Promise, Recorded
from leads.store.faults import LeaseLost, Unfit, UnknownRow
from tests.builders import a_user_in, an_agent_in
from tests.database.leads_scene import MONDAY, a_list_of, a_number, a_scene, beside

HOUR = timedelta(hours=1)


async def test_a_core_that_starts_again_finds_the_attempts_that_are_open(connection):
    scene = await a_scene(connection)
    await scene.with_leads(2)
    first, second = await scene.opened(), await scene.opened()
    await scene.closed(first)
    assert [one.id for one in await attempts.open_attempts(connection, [scene.campaign])] == [
        second.id
    ]
    assert await attempts.open_attempts(connection, [scene.campaign + 1]) == ()


async def test_promises_are_listed_for_their_agent_and_their_leads(connection):
    scene = await a_scene(connection)
    team = await connection.fetchval("SELECT team_id FROM campaigns WHERE id = $1", scene.campaign)
    agent = await an_agent_in(connection, team)
    await scene.with_leads(1)
    attempt = await scene.opened()
    promised = Recorded(
        disposition=Disposition.CALLBACK,
        agent=agent,
        promise=Promise(due_at=MONDAY + HOUR, personal=True),
    )
    await scene.closed(attempt, "answered", recorded=promised)
    [mine] = await callbacks.promises_of_agent(connection, agent, until=MONDAY + 2 * HOUR)
    assert mine.due_at == MONDAY + HOUR
    assert await callbacks.promises_of_agent(connection, agent, until=MONDAY) == ()
    assert (await callbacks.open_promises(connection, [attempt.lead])) == {attempt.lead: mine}
    recorded = await dispositions.codes(connection, [attempt.id])
    assert recorded == {attempt.id: Disposition.CALLBACK}


async def test_a_clients_lists_say_how_many_rows_failed_and_why(connection):
    scene = await a_scene(connection)
    imported = await scene.imported(a_list_of(f"{a_number(1)},Ann,en", "n/a,Bob,en"))
    [row] = await lists.lists_of_client(connection, scene.client)
    assert (row.id, row.columns) == (imported.list_id, ("phone", "name", "languages"))
    assert await lists.reasons_of(connection, [row.id]) == {Reason.NUMBER_UNREADABLE: 1}


async def test_a_number_leads_to_its_person_and_their_leads(connection):
    scene = await a_scene(connection)
    [lead] = (await scene.with_leads(1)).leads
    assert await people.person_of(connection, a_number(0)) == lead.person
    assert await people.person_of(connection, a_number(9)) is None
    [row] = await leads.leads_of_person(connection, lead.person)
    assert row.lead.id == lead.lead
    assert list(await leads.load_leads(connection, [lead.lead, LeadId(999)])) == [lead.lead]


async def test_a_rep_sees_meetings_and_takes_availability_back(connection):
    scene = await a_scene(connection)
    user = await a_user_in(connection)
    rep = await reps.add_rep(
        connection,
        client=scene.client,
        name="Rep",
        email="rep@example.com",
        time_zone="Europe/London",
        languages=["pl"],
        user=user,
    )
    assert (await reps.rep_of_user(connection, user)).id == rep
    await reps.add_availability(
        connection,
        rep,
        [Interval(MONDAY + day * 24 * HOUR, MONDAY + (day * 24 + 2) * HOUR) for day in (1, 2)],
    )
    await scene.with_leads(1)
    tomorrow = MONDAY + 24 * HOUR
    booking = Booking(rep=rep, slot=Interval(tomorrow, tomorrow + HOUR), uid=uuid4())
    recorded = Recorded(disposition=Disposition.MEETING_BOOKED, agent=None, booking=booking)
    booked = await scene.closed(await scene.opened(), "answered", recorded=recorded)
    span = {"from_": MONDAY, "until": MONDAY + 72 * HOUR}
    assert await meetings.meetings_of_rep(connection, rep, **span) == (booked.meeting,)
    await reps.clear_availability(connection, rep, **span)
    assert await reps.availability(connection, [rep], **span) == {rep: []}


async def test_a_rep_of_another_client_is_not_booked(connection):
    scene = await a_scene(connection)
    other = await beside(scene, same_client=False)
    rep = await reps.add_rep(
        connection, client=other.client, name="Rep", email="r@example.com", time_zone="UTC"
    )
    await scene.with_leads(1)
    slot = Interval(MONDAY + HOUR, MONDAY + 2 * HOUR)
    recorded = Recorded(
        disposition=Disposition.MEETING_BOOKED,
        agent=None,
        booking=Booking(rep=rep, slot=slot, uid=uuid4()),
    )
    with pytest.raises(Unfit, match="another client"):
        await scene.closed(await scene.opened(), "answered", recorded=recorded)


async def test_a_lead_whose_numbers_another_campaign_erased_retires_when_claimed(connection):
    scene = await a_scene(connection)
    [lead] = (await scene.with_leads(1)).leads
    await people.erase_numbers(connection, lead.person)
    assert await scene.claimed() == []
    row = await leads.load_lead(connection, lead.lead)
    assert row.lead.retired_because is RetiredBecause.NO_VALID_NUMBER


async def test_a_lead_of_somebody_else_is_not_opened(connection):
    scene = await a_scene(connection)
    await scene.with_leads(2)
    mine, other = await scene.claimed(2)
    wrong = replace(mine.row.lead, person=other.row.lead.person)
    mixed = replace(mine, row=replace(mine.row, lead=wrong))
    with pytest.raises(LeaseLost, match="not about person"):
        await scene.opened(lead=mixed)


async def test_what_is_not_there_is_said_to_be_unknown(connection):
    for load in (
        leads.load_lead(connection, LeadId(9)),
        attempts.load_attempt(connection, AttemptId(9)),
        lists.load_list(connection, ListId(9)),
        meetings.load_meeting(connection, MeetingId(9)),
        reps.load_rep(connection, RepId(9)),
        people.lock_person(connection, PersonId(9)),
    ):
        with pytest.raises(UnknownRow, match=r"no .* 9"):
            await load


def test_an_answer_to_no_question_is_refused():
    with pytest.raises(Unfit, match="no question 'x'"):
        checked_answers(Questionnaire(opening={}, questions=()), {"x": 1})
    assert CampaignRules().questionnaire.questions == ()
