"""One campaign's calls under every law: on the command line, over HTTP."""

from datetime import timedelta
from uuid import uuid4

from compliance.loading import load
from dialer.call_events import Answered, CallId, Connected, Ended, EndedBy, Invited
from dialer.commands import abandonment
from dialer.database import campaigns, events
from dialer.ports import CallRow
from dialer.reporting.abandonment import under_all_laws
from leads.store.people import numbers_of_leads
from tests.builders import MONDAY_MORNING

BUNDLE = load()


async def a_call(village, *, hours_ago=1.0, connected=None, ended=60.0):
    """A closed attempt, answered; an agent comes after *connected* seconds, if ever."""
    connection = village.connection
    lead = village.imported.list.leads[0].lead
    [number, *_] = (await numbers_of_leads(connection, [lead]))[lead]
    at = MONDAY_MORNING - timedelta(hours=hours_ago)
    attempt = await connection.fetchval(
        """
        INSERT INTO attempts (lead_id, person_id, campaign_id, number_id, was_callback, opened_at,
                              permit_expires_at, closed_at, outcome)
        SELECT $1, person_id, $2, $3, false, $4::timestamptz, $4, $4 + interval '2 min', 'answered'
          FROM leads WHERE id = $1 RETURNING id
        """,
        lead,
        village.campaign,
        number.id,
        at,
    )
    call = CallId(uuid4())
    team = await campaigns.team_of(connection, village.campaign)
    await events.open_call(
        connection, call, attempt=attempt, team=team, trunk="t", caller_id="+441134960000", now=at
    )
    happened = [Invited(at, "x@example.com"), Answered(at + timedelta(seconds=5))]
    if connected is not None:
        happened.append(Connected(at + timedelta(seconds=5 + connected)))
    happened.append(Ended(at + timedelta(seconds=5 + ended), EndedBy.CALLEE))
    await events.append(
        connection,
        [CallRow(call=call, number=n, event=event) for n, event in enumerate(happened, start=1)],
    )
    await events.close_call(connection, call, now=happened[-1].at)


async def test_the_same_calls_stand_differently_under_each_law(village):
    await a_call(village, connected=0.5)
    await a_call(village, connected=2.7)  # late but in Italy
    await a_call(village, hours_ago=30, ended=6)  # nobody came; yesterday
    await a_call(village, hours_ago=24 * 40, ended=6)  # nobody came; last month
    campaign = await campaigns.campaign(village.connection, village.campaign)
    found = await under_all_laws(village.connection, campaign, bundle=BUNDLE, now=MONDAY_MORNING)
    counted = {
        profile: (law.report.abandoned, law.report.answered)
        for law in found
        for profile in law.profiles
    }
    assert counted["pl"] == counted["gb"] == (1, 2)  # 24 hours, of live answers
    assert counted["us"] == (2, 3)  # 30 days, of live answers
    assert counted["it"] == (2, 2)  # the whole campaign, of connected calls
    assert "fr-pre" not in counted  # not in force any more
    assert {law.verdict for law in found} == {"too few to judge (from 200 live answers on)"}
    italy = next(law for law in found if "it" in law.profiles)
    said = abandonment.in_words(italy)
    assert "2 of 2 connected calls of the whole campaign: 100.00%, limit 3.00%" in said
    assert "no agent within 3 s from the answer; the callee then hears comfort noise" in said
