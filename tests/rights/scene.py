"""Decisions and calls about the people of a list, for the tests of their rights."""

from datetime import timedelta
from uuid import uuid4

from compliance.decision import screen
from compliance.loading import load
from compliance.store.decisions import record_decisions
from compliance.store.gathering import Wish, facts
from compliance.suppression import Keyring
from compliance.trail import Decided
from dialer.call_events import Answered, CallId, Connected, Ended, EndedBy, Invited
from dialer.campaign import CampaignId
from dialer.database import campaigns, events
from dialer.database.callers import Callers
from dialer.database.importing import Imported
from dialer.ports import CallRow
from leads.lead import LeadId
from leads.store.leads import load_leads
from leads.store.people import numbers_of_leads
from tests.builders import MONDAY_MORNING

BUNDLE = load()
KEYS = Keyring(active="k1", keys={"k1": b"\1" * 32})


async def decided_on(
    connection,
    imported: Imported,
    campaign: CampaignId,
    *,
    keys: Keyring = KEYS,
    now=MONDAY_MORNING,
) -> None:
    """Ask the gate about every lead of a list, and record what it says."""
    ids = [lead.lead for lead in imported.list.leads]
    rows = await load_leads(connection, ids)
    numbers = await numbers_of_leads(connection, ids)
    caller = await Callers(BUNDLE).of_campaign(connection, campaign, now=now)
    wishes = [Wish(lead=rows[lead], number=numbers[lead][0].number) for lead in ids]
    found = await facts(connection, wishes, caller=caller, bundle=BUNDLE, keyring=keys, now=now)
    await record_decisions(
        connection,
        [
            Decided(
                client_id=caller.client_id,
                campaign_id=campaign,
                person_id=rows[lead].lead.person,
                facts=found[lead],
                decision=screen(found[lead], BUNDLE, now),
                at=now,
            )
            for lead in ids
        ],
        bundle=BUNDLE,
        keyring=keys,
    )


async def spoken_to(connection, lead: LeadId, campaign: CampaignId, *, now=MONDAY_MORNING):
    """A closed attempt with a recorded call of a minute; return attempt and call."""
    row = (await load_leads(connection, [lead]))[lead]
    [number, *_] = (await numbers_of_leads(connection, [lead]))[lead]
    attempt = await connection.fetchval(
        """
        INSERT INTO attempts (lead_id, person_id, campaign_id, number_id, was_callback, opened_at,
                              permit_expires_at, closed_at, outcome)
        VALUES ($1, $2, $3, $4, false, $5, $6, $6, 'answered') RETURNING id
        """,
        lead,
        row.lead.person,
        campaign,
        number.id,
        now,
        now + timedelta(minutes=2),
    )
    call = CallId(uuid4())
    team = await campaigns.team_of(connection, campaign)
    await events.open_call(
        connection, call, attempt=attempt, team=team, trunk="t", caller_id="+441134960000", now=now
    )
    happened = [
        Invited(now, "x@example.com"),
        Answered(now + timedelta(seconds=5)),
        Connected(now + timedelta(seconds=5.2), recorded=True),
        Ended(now + timedelta(seconds=65), EndedBy.CALLEE),
    ]
    await events.append(
        connection,
        [CallRow(call=call, number=n, event=event) for n, event in enumerate(happened, start=1)],
    )
    await events.close_call(connection, call, now=now + timedelta(seconds=65))
    return attempt, call
