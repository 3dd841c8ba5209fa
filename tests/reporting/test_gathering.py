"""The record of a campaign, read from a real database."""

from datetime import timedelta

from compliance.store.decisions import count_decisions, permitted_attempts
from dialer.agent import AgentState
from dialer.call_events import AgentAssigned, Answered, Connected, Ended, EndedBy, Invited
from dialer.campaign import CampaignId
from dialer.database import campaigns, events, recordings
from dialer.ports import AgentRow, CallRow
from dialer.reporting.gathering import record_of
from dialer.reporting.report import lines_of, report_of
from tests.builders import MONDAY_MORNING, a_call_in, a_campaign_in, an_agent_in

HOUR = timedelta(hours=1)


async def test_a_campaign_s_record_is_read_with_all_that_belongs_to_it(connection):
    campaign = await a_campaign_in(connection)
    team = await campaigns.team_of(connection, campaign)
    agent = await an_agent_in(connection, team)
    await campaigns.assign(connection, campaign, [agent])
    call = await a_call_in(connection, campaign)
    at = MONDAY_MORNING
    happened = [
        Invited(at, "id-1"),
        Answered(at + timedelta(seconds=9)),
        AgentAssigned(at + timedelta(seconds=9), agent),
        Connected(at + timedelta(seconds=9.05)),
        Ended(at + timedelta(seconds=69.05), by=EndedBy.CALLEE),
    ]
    await events.append(
        connection,
        [
            *(CallRow(call=call, number=n, event=event) for n, event in enumerate(happened, 1)),
            AgentRow(agent=agent, at=at, state=AgentState.READY),
        ],
    )
    await recordings.expect(connection, call, path="ab/cd.ogg")
    await recordings.measured(
        connection,
        call,
        seconds=60.0,
        seconds_by_events=60.0,
        sha256=b"\0" * 32,
        size=1000,
        available_at=at + timedelta(seconds=70.05),
    )
    record = await record_of(connection, campaign, since=at, until=at + HOUR)
    report = report_of(record)
    assert record.campaign == "Winter tariff"
    assert (report.attempts.placed, report.connected) == (1, 1)
    assert (report.recordings.playable, report.recordings.availability_s["p50"]) == (1, 1.0)
    assert report.agents.count == 1
    assert report.agents.occupancy == 0.0
    [line] = lines_of(record, reveal=True)
    assert (line.sip_call_id, line.recording, line.recording_s) == ("id-1", "ab/cd.ogg", 60.0)
    assert line.talk_s == 60.0


async def test_another_campaign_s_calls_are_not_ours(connection):
    ours, theirs = await a_campaign_in(connection), await a_campaign_in(connection)
    await a_call_in(connection, theirs)
    record = await record_of(connection, ours, since=MONDAY_MORNING, until=MONDAY_MORNING + HOUR)
    assert not record.attempts
    assert report_of(record).rows.total == 0


async def test_decisions_that_were_never_made_are_not_counted(connection):
    campaign = CampaignId(await a_campaign_in(connection))
    counted = await count_decisions(connection, campaign)
    assert (counted.permitted, counted.refused) == (0, {})
    assert await permitted_attempts(connection, campaign) == frozenset()
