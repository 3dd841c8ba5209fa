"""What only a real database can show: races over several connections, and its death."""

import asyncio
import signal
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from compliance.decision import Permit
from dialer.call_events import CallId, Connected, Ended, EndedBy
from dialer.campaign import CampaignId, CampaignState
from dialer.database import campaigns, outbox, recordings
from dialer.database.launcher import Cluster, ClusterOptions
from dialer.database.ledger import PostgresLedger
from dialer.database.migrating import migrate
from dialer.database.pool import CONNECTION_ERRORS, Pool, connected, open_pool
from dialer.database.recordings import RecordingState
from dialer.ports import (
    Booking,
    CallRow,
    ClosingRefused,
    LedgerUnavailable,
    NotOpened,
    Opening,
)
from leads.store.vault import Vault
from tests.builders import a_setup_in, a_team_in
from tests.contracts.grounds import (
    BOTH,
    NOW,
    PURPOSE,
    TOMORROW_AT_NINE,
    PostgresGround,
    a_booking,
    a_number,
    an_opening,
    claimed,
    opened,
)

pytestmark = pytest.mark.real_time


@pytest.fixture
async def ground(postgres_ground: PostgresGround) -> PostgresGround:
    return postgres_ground


@pytest.fixture
async def ledger(ground: PostgresGround) -> PostgresLedger:
    ledger = ground.ledger()
    await ledger.take_over()
    return ledger


# --- Races ---------------------------------------------------------------------------------------


async def of_another_team(ground: PostgresGround) -> tuple[PostgresLedger, CampaignId]:
    """A ledger of a second team, which calls the person of the first lead, too."""
    async with ground.pool.acquire() as connection:
        team = await a_team_in(connection)
        setup = await a_setup_in(connection, team=team, purpose=PURPOSE)
        campaign = await campaigns.create_campaign(connection, setup)
        await campaigns.set_state(connection, campaign, CampaignState.RUNNING)
    await ground.import_rows(campaign, [(a_number(0), "bg")])
    there = replace_team(ground, team)
    await there.take_over()
    return there, campaign


def replace_team(ground: PostgresGround, team: int) -> PostgresLedger:
    ledger = ground.ledger()
    ledger._team = team  # type: ignore[assignment]
    return ledger


@pytest.mark.parametrize("attempt", range(5))
async def test_two_teams_that_dial_one_person_at_the_same_instant_open_one_attempt(
    ground: PostgresGround, ledger: PostgresLedger, attempt: int
):
    theirs, campaign = await of_another_team(ground)
    [other] = await claimed(theirs, campaign)
    mine = await claimed(ledger, ground.campaign, 10)
    same = next(candidate for candidate in mine if candidate.person == other.person)
    answers = await asyncio.gather(
        ledger.open_attempt(an_opening(same), now=NOW),
        theirs.open_attempt(an_opening(other), now=NOW),
    )
    kinds = {type(answer) for answer in answers}
    assert kinds == {Permit, NotOpened}
    assert await ground.attempts() == (1, 1)
    async with ground.pool.acquire() as connection:  # the consent called on says so
        used = await connection.fetchval("SELECT count(*) FROM consent_events WHERE kind = 'used'")
    assert used == 1


async def held_back(
    ground: PostgresGround, ledger: PostgresLedger, opening: Opening, meanwhile: str
) -> tuple[asyncio.Task[object], AsyncIterator[None]]:
    """An opening that has done everything but commit, and what lets it go on."""

    async def hold() -> AsyncIterator[None]:
        async with ground.pool.acquire() as connection, connection.transaction():
            await connection.execute(f"LOCK TABLE {meanwhile} IN EXCLUSIVE MODE")
            yield

    held = hold()
    await anext(held)
    task = asyncio.create_task(ledger.open_attempt(opening, now=NOW))
    await until_somebody_waits(ground)
    return task, held


async def until_somebody_waits(ground: PostgresGround) -> None:
    async with asyncio.timeout(10), ground.pool.acquire() as connection:
        waiting = 0
        while not waiting:
            waiting = await connection.fetchval(
                "SELECT count(*) FROM pg_stat_activity "
                "WHERE wait_event_type = 'Lock' AND datname = current_database()"
            )


async def let_go(held: AsyncIterator[None]) -> None:
    assert [each async for each in held] == []


async def test_a_permit_is_given_only_after_the_commit(
    ground: PostgresGround, ledger: PostgresLedger
):
    [candidate] = await claimed(ledger, ground.campaign)
    task, held = await held_back(ground, ledger, an_opening(candidate), "decision_inputs")
    assert not task.done()
    assert await ground.attempts() == (0, 0)
    await let_go(held)
    assert isinstance(await task, Permit)
    assert await ground.attempts() == (1, 1)


async def test_who_takes_over_finds_what_was_being_opened_at_that_moment(
    ground: PostgresGround, ledger: PostgresLedger
):
    [candidate] = await claimed(ledger, ground.campaign)
    opening = an_opening(candidate)
    task, held = await held_back(ground, ledger, opening, "decision_inputs")
    successor = ground.ledger()

    async def succeed() -> list[CallId]:
        await successor.take_over()
        return [each.call for each in await successor.unfinished()]

    found = asyncio.create_task(succeed())
    await let_go(held)
    assert isinstance(await task, Permit)
    assert await found == [opening.call]


async def test_the_unfinished_are_told_only_when_no_opening_is_under_way(
    ground: PostgresGround, ledger: PostgresLedger
):
    """An engine that lost the answer asks this; "not there" must then stay true."""
    [candidate] = await claimed(ledger, ground.campaign)
    opening = an_opening(candidate)
    task, held = await held_back(ground, ledger, opening, "decision_inputs")
    found = asyncio.create_task(ledger.unfinished())
    await let_go(held)
    assert isinstance(await task, Permit)
    assert [each.call for each in await found] == [opening.call]


# --- One commit ----------------------------------------------------------------------------------


async def test_the_invitation_is_promised_in_the_commit_that_books_the_meeting(
    ground: PostgresGround, ledger: PostgresLedger
):
    first, second = [await opened(ledger, ground) for _ in range(2)]
    booking = a_booking(ground)
    booked = first.closing(agent=ground.agents[0], disposition="meeting_booked", booking=booking)
    closed = await ledger.close_attempt(booked, (), now=NOW)
    async with ground.pool.acquire() as connection:
        assert await outbox.undelivered(connection) == 1
        name = await connection.fetchval("SELECT file_name FROM outbox")
    assert str(closed.meeting_uid) in name
    taken = second.closing(agent=ground.agents[1], disposition="meeting_booked", booking=booking)
    with pytest.raises(ClosingRefused):
        await ledger.close_attempt(taken, (), now=NOW)
    async with ground.pool.acquire() as connection:
        assert await outbox.undelivered(connection) == 1


async def test_a_wish_not_to_be_called_is_a_suppression_the_gate_obeys(
    ground: PostgresGround, ledger: PostgresLedger
):
    call = await opened(ledger, ground)
    wish = call.closing(agent=ground.agents[0], disposition="do_not_call")
    await ledger.close_attempt(wish, (), now=NOW)
    assert await ground.one("SELECT count(*) FROM suppressions") == (1,)
    async with ground.pool.acquire() as connection:  # as if somebody had made a mistake
        await connection.execute(
            "UPDATE leads SET state = 'waiting', retired_because = NULL, next_attempt_at = $2 "
            "WHERE id = $1",
            call.candidate.lead,
            NOW,
        )
    next_week = NOW + timedelta(days=7)
    claim = await ledger.claim(ground.campaign, count=100, languages=BOTH, now=next_week)
    assert call.candidate.lead not in {candidate.lead for candidate in claim.candidates}
    assert claim.looked_at == len(claim.candidates) + 1
    [code] = await ground.one("SELECT primary_code FROM decisions ORDER BY number DESC LIMIT 1")
    assert code == "SUPPRESSED_INTERNAL"


async def test_a_recording_is_expected_from_the_moment_of_the_bridge(
    ground: PostgresGround, ledger: PostgresLedger
):
    call = await opened(ledger, ground)
    connected = CallRow(call=call.call, number=1, event=Connected(NOW, recorded=True))
    for _ in range(2):
        await ledger.append([connected])
    async with ground.pool.acquire() as connection:
        found = await recordings.recording(connection, call.call)
    assert found is not None and found.state is RecordingState.EXPECTED


async def test_whatever_a_far_end_says_at_the_end_of_a_call_goes_on_record(
    ground: PostgresGround, ledger: PostgresLedger
):
    call = await opened(ledger, ground)
    said = Ended(NOW, EndedBy.CALLEE, sip_status=486, reason_text="zaj\udceate\0")
    await ledger.append([CallRow(call=call.call, number=1, event=said)])
    [found] = await ground.events_of(call.call)
    assert found == replace(said, reason_text="zaj\ufffdte\ufffd")


@pytest.mark.parametrize(
    "wish",
    [
        {"disposition": "not_interested", "note": "half a sign: \ud800"},
        {"disposition": "not_interested", "answers": {"nothing": "of the script"}},
        {
            "disposition": "meeting_booked",
            "booking": Booking(rep=2**70, starts_at=TOMORROW_AT_NINE, minutes=30),
        },
        {
            "disposition": "meeting_booked",
            "booking": Booking(rep=999, starts_at=TOMORROW_AT_NINE, minutes=30),
        },
        {
            "disposition": "meeting_booked",
            "booking": Booking(rep=1, starts_at=TOMORROW_AT_NINE, minutes=-5),
        },
    ],
)
async def test_what_the_database_cannot_store_is_refused_and_is_no_outage(
    ground: PostgresGround, ledger: PostgresLedger, wish: dict[str, object]
):
    call = await opened(ledger, ground)
    with pytest.raises(ClosingRefused):
        closing = call.closing(agent=ground.agents[0], **wish)
        await ledger.close_attempt(closing, (), now=NOW)
    assert [each.call for each in await ledger.unfinished()] == [call.call]
    plain = call.closing(agent=ground.agents[0], disposition="not_interested")
    assert not (await ledger.close_attempt(plain, (), now=NOW)).repeated


# --- The database dies ---------------------------------------------------------------------------


@pytest.fixture
async def mortal(tmp_path: Path) -> AsyncIterator[Cluster]:
    """A PostgreSQL of this test's own, that may be killed."""
    options = ClusterOptions(shared_buffers_mib=16)
    async with Cluster(tmp_path / "pg", sockets=tmp_path / "s", options=options) as cluster:
        yield cluster


@pytest.fixture
async def mortal_pool(mortal: Cluster) -> AsyncIterator[Pool]:
    async with connected(mortal.dsn()) as connection:
        await migrate(connection, now=NOW)
    pool = await open_pool(
        mortal.dsn(), vault=Vault.in_memory(), application="tests", connections=4
    )
    yield pool
    pool.terminate()


async def test_a_killed_database_is_unavailable_and_afterwards_remembers_everything(
    mortal: Cluster, mortal_pool: Pool
):
    ground = await PostgresGround.furnished(mortal_pool)
    ledger = ground.ledger()
    await ledger.take_over()
    candidates = await claimed(ledger, ground.campaign, 5)
    first = an_opening(candidates[0])
    assert isinstance(await ledger.open_attempt(first, now=NOW), Permit)
    in_flight, held = await held_back(ground, ledger, an_opening(candidates[1]), "decision_inputs")
    mortal.child.send(signal.SIGKILL)
    await mortal.child.wait_until_ended()
    with pytest.raises(LedgerUnavailable):
        await in_flight
    with pytest.raises(CONNECTION_ERRORS):
        await let_go(held)
    for ask in (
        ledger.take_over(),
        ledger.team(),
        ledger.claim(ground.campaign, count=1, languages=BOTH, now=NOW),
        ledger.release([candidates[2].lead]),
        ledger.open_attempt(an_opening(candidates[2]), now=NOW),
        ledger.append([CallRow(call=first.call, number=1, event=Connected(NOW))]),
        ledger.unfinished(),
        ledger.supply(ground.campaign, now=NOW),
    ):
        with pytest.raises(LedgerUnavailable):
            await ask
    await mortal.start()
    assert [each.call for each in await ledger.unfinished()] == [first.call]
    assert await ground.attempts() == (1, 1)
    third = await ledger.open_attempt(an_opening(candidates[2]), now=NOW)
    assert isinstance(third, Permit)
    closing = replace((await opened(ledger, ground)).closing(), outcome="no_answer")
    assert (await ledger.close_attempt(closing, (), now=NOW)).lead_state == "waiting"
