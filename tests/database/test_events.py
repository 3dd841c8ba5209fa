"""The record: append-only, and repeating what was said changes nothing."""

from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import asyncpg
import pytest

from dialer.agent import AgentState
from dialer.call_events import (
    Answered,
    CallId,
    Ended,
    EndedBy,
    Invited,
    OwnReason,
    Rang,
    Screened,
)
from dialer.database import campaigns, events, recordings
from dialer.database.callers import screening_errors
from dialer.database.pool import Connection
from dialer.database.recordings import RecordingState
from dialer.ports import AgentRow, CallRow
from dialer.screening.error_rate import BELIEVED
from dialer.screening.verdict import ScreeningVerdict
from tests.builders import MONDAY_MORNING, a_call_in, a_campaign_in, an_agent_in

SECOND = timedelta(seconds=1)
LIFE = (
    Invited(MONDAY_MORNING, "sip-1"),
    Rang(MONDAY_MORNING + SECOND, 183, True),
    Answered(MONDAY_MORNING + 9 * SECOND),
    Ended(MONDAY_MORNING + 60 * SECOND, EndedBy.DIALER, OwnReason.HUNG_UP, 200, 16),
)


def rows(call: CallId) -> list[CallRow]:
    return [CallRow(call=call, number=n, event=event) for n, event in enumerate(LIFE, start=1)]


async def test_a_call_comes_back_with_its_events_in_order(connection: Connection):
    call = await a_call_in(connection, await a_campaign_in(connection))
    await events.append(connection, rows(call))
    found = await events.call(connection, call)
    assert found is not None
    assert found.events == LIFE
    assert await events.call(connection, CallId(uuid4())) is None


async def test_appending_twice_changes_nothing_and_fills_what_is_missing(connection: Connection):
    campaign = await a_campaign_in(connection)
    call = await a_call_in(connection, campaign)
    agent = await an_agent_in(connection, await campaigns.team_of(connection, campaign))
    shift = [
        AgentRow(agent=agent, at=MONDAY_MORNING, state=AgentState.READY),
        AgentRow(agent=agent, at=MONDAY_MORNING, state=AgentState.ASSIGNED, call=call),
        AgentRow(agent=agent, at=MONDAY_MORNING, state=AgentState.READY, reason="again"),
    ]
    await events.append(connection, [*rows(call)[:2], *shift[:2]])
    await events.append(connection, [*rows(call), *shift])
    found = await events.call(connection, call)
    assert found is not None
    assert found.events == LIFE
    until = MONDAY_MORNING + SECOND
    written = await events.shifts(connection, [agent], since=MONDAY_MORNING, until=until)
    assert written == tuple(shift)
    assert (await events.last_states(connection, [agent]))[agent] == shift[-1]


async def test_what_an_engine_asks_every_few_seconds_does_not_grow_with_the_record(
    connection: Connection,
):
    campaign = await a_campaign_in(connection)
    agent = await an_agent_in(connection, await campaigns.team_of(connection, campaign))
    await connection.execute(
        """
        INSERT INTO agent_events (agent_id, at, state)
        SELECT $1, $2::timestamptz + n * interval '1 second', 'ready'
          FROM generate_series(1, 20000) AS n
        """,
        agent,
        MONDAY_MORNING,
    )
    await connection.execute("ANALYZE agent_events")
    async with connection.transaction():
        [last] = (await events.last_states(connection, [agent])).values()
        read = await connection.fetchval(
            "SELECT seq_tup_read + idx_tup_fetch FROM pg_stat_xact_user_tables "
            "WHERE relname = 'agent_events'"
        )
    assert last.at == MONDAY_MORNING + 20_000 * SECOND
    assert read == 1


@pytest.mark.parametrize("table", ["call_events", "agent_events"])
@pytest.mark.parametrize("change", ["DELETE FROM {}", "UPDATE {} SET at = at", "TRUNCATE {}"])
async def test_the_record_cannot_be_changed(connection: Connection, table: str, change: str):
    with pytest.raises(asyncpg.RestrictViolationError, match="append-only"):
        await connection.execute(change.format(table))


async def test_a_second_call_on_one_attempt_is_impossible(connection: Connection):
    call = await a_call_in(connection, await a_campaign_in(connection))
    found = await events.call(connection, call)
    assert found is not None
    with pytest.raises(asyncpg.UniqueViolationError, match="one_call_per_attempt"):
        await events.open_call(
            connection,
            CallId(uuid4()),
            attempt=found.attempt,
            team=found.team,
            trunk="loopback",
            caller_id="+441134960000",
            now=MONDAY_MORNING,
        )


async def test_unfinished_calls_are_those_of_the_team_that_are_not_closed(connection: Connection):
    campaign, other = await a_campaign_in(connection), await a_campaign_in(connection)
    closed, live = await a_call_in(connection, campaign), await a_call_in(connection, campaign)
    await a_call_in(connection, other)
    await events.close_call(connection, closed, now=MONDAY_MORNING)
    await events.close_call(connection, closed, now=MONDAY_MORNING + SECOND)
    team = await campaigns.team_of(connection, campaign)
    assert [each.id for each in await events.unfinished(connection, team)] == [live]
    day = await events.calls_between(
        connection, since=MONDAY_MORNING, until=MONDAY_MORNING + SECOND, team=team
    )
    assert {each.id: each.closed_at for each in day} == {closed: MONDAY_MORNING, live: None}
    found = await events.calls_of_attempts(connection, [day[0].attempt])
    assert found == (day[0],)


async def test_a_recording_is_expected_then_playable_and_stays_so(connection: Connection):
    call = await a_call_in(connection, await a_campaign_in(connection))
    for _ in range(2):
        await recordings.expect(connection, call, path="2026/11/23/a.ogg")
    [expected] = await recordings.still_expected(connection)
    assert expected.call == call
    measured = {
        "seconds": 51.02,
        "seconds_by_events": 51.0,
        "sha256": b"x" * 32,
        "size": 100,
        "available_at": MONDAY_MORNING,
    }
    await recordings.measured(connection, call, **measured)
    await recordings.failed(connection, call, problem="too late to fail")
    found = await recordings.recording(connection, call)
    assert found is not None
    assert (found.state, found.seconds, found.problem) == (RecordingState.PLAYABLE, 51.02, None)
    assert (await recordings.counted(connection))[RecordingState.PLAYABLE] == 1
    assert not await recordings.still_expected(connection)


async def test_a_recording_that_failed_says_why(connection: Connection):
    call = await a_call_in(connection, await a_campaign_in(connection))
    await recordings.expect(connection, call, path="a.ogg")
    await recordings.failed(connection, call, problem="the worker was killed")
    found = await recordings.recording(connection, call)
    assert found is not None
    assert (found.state, found.problem) == (RecordingState.FAILED, "the worker was killed")


async def test_what_screening_ended_and_what_it_let_through_is_found_again(connection: Connection):
    campaign = await a_campaign_in(connection)
    machine = Screened(
        MONDAY_MORNING + SECOND, ScreeningVerdict.MACHINE, heard_s=1.0, evidence="a tone"
    )
    sample = replace(machine, let_through=True)
    out = Ended(MONDAY_MORNING + 2 * SECOND, EndedBy.DIALER, OwnReason.SCREENED_OUT)
    by_agent = Ended(MONDAY_MORNING + 9 * SECOND, EndedBy.AGENT, OwnReason.HUNG_UP)
    lives = ((machine, out), (sample, by_agent), (machine, by_agent))
    calls = [await a_call_in(connection, campaign) for _ in lives]
    for call, life in zip(calls, lives, strict=True):
        numbered = [CallRow(call=call, number=n, event=event) for n, event in enumerate(life, 1)]
        await events.append(connection, numbered)
    attempts = await events.attempts_of_calls(connection, calls)
    found = await events.screened(connection, list(attempts.values()))
    assert found.ended == (attempts[calls[0]],)
    assert found.let_through == (attempts[calls[1]],)
    assert await screening_errors(connection, campaign, now=MONDAY_MORNING) == BELIEVED
