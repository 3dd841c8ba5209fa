"""A campaign's answered calls, read again and again while the campaign runs."""

from datetime import datetime, timedelta

import pytest

from compliance import loading
from dialer.call_events import Answered, Ended, EndedBy
from dialer.campaign import CampaignId
from dialer.database import events
from dialer.database.answers import Answers, definitions_of
from dialer.database.callers import HourOfAnswers, answers_since
from dialer.database.pool import Connection
from dialer.ports import CallRow
from leads.lead import AttemptId
from leads.store import attempts
from tests.builders import MONDAY_MORNING, a_call_in, a_campaign_in

DAY = timedelta(days=1)


async def an_answered_call(connection: Connection, campaign: CampaignId, at: datetime) -> AttemptId:
    """A call that was answered and abandoned; its attempt is still open."""
    call = await a_call_in(connection, campaign, opened_at=at)
    ended = Ended(at + timedelta(seconds=9), EndedBy.CALLEE)
    chain = (Answered(at + timedelta(seconds=5)), ended)
    rows = [CallRow(call=call, number=n, event=event) for n, event in enumerate(chain, start=1)]
    await events.append(connection, rows)
    found = await events.call(connection, call)
    assert found is not None
    return found.attempt


async def close(connection: Connection, attempt: AttemptId, at: datetime) -> None:
    await attempts.end_attempt(
        connection, attempt, outcome="answered", abandoned=True, counts=True, closed_at=at
    )


def counted(answers: Answers, now: datetime) -> int:
    definitions = definitions_of(loading.load(), controller="c", campaign="1")
    return max(report.live for report in answers.reports(definitions, now=now).values())


async def test_what_is_closed_late_is_counted_and_what_is_old_is_not_read_again(
    connection: Connection, monkeypatch: pytest.MonkeyPatch
):
    campaign = await a_campaign_in(connection)
    old = [await an_answered_call(connection, campaign, MONDAY_MORNING) for _ in range(20)]
    today = MONDAY_MORNING + 7 * DAY
    late = await an_answered_call(connection, campaign, today)
    last = await an_answered_call(connection, campaign, today + timedelta(hours=1))
    for attempt in (*old, last):
        await close(connection, attempt, today + timedelta(hours=1))
    answers = Answers(campaign)
    await answers.update(connection)
    assert counted(answers, today + timedelta(hours=2)) == 21

    await close(connection, late, today + timedelta(hours=2))
    asked: list[datetime] = []
    answered_since = attempts.answered_since

    async def noted(connection: Connection, campaign: int, *, since: datetime):
        asked.append(since)
        return await answered_since(connection, campaign, since=since)

    monkeypatch.setattr(attempts, "answered_since", noted)
    await answers.update(connection)
    assert counted(answers, today + timedelta(hours=2)) == 22
    assert asked[0] > MONDAY_MORNING + 5 * DAY


async def test_what_a_day_begun_within_an_hour_has_seen_belongs_to_that_day(
    connection: Connection,
):
    campaign = await a_campaign_in(connection)
    begins = MONDAY_MORNING.replace(hour=18, minute=30)  # midnight in India
    for minutes in (-10, 10, 20, 40):
        at = begins + timedelta(minutes=minutes)
        await close(connection, await an_answered_call(connection, campaign, at), at + DAY)
    assert await answers_since(connection, campaign, since=begins) == (
        HourOfAnswers(at=begins, live=2, abandoned=2),
        HourOfAnswers(at=begins + timedelta(minutes=30), live=1, abandoned=1),
    )
