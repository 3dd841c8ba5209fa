"""What every ledger promises about people who call us, in memory and in PostgreSQL."""

from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest

from dialer.call_events import CallId, Received
from dialer.clock import SystemClock
from dialer.database.pool import Pool
from dialer.database.ring_backs import PostgresRingBacks, count_of_campaign
from dialer.ports import Closing, Ledger, NotOpened, Promise, Unfinished
from dialer.ring_back_ledger import RingBackLedger
from dialer.ringing_in import CameIn, RingBackEnd, Ringer
from dialer.simulation.ring_backs import Callers, MemoryRingBacks
from leads.lead import LeadState
from tests.contracts.grounds import (
    KEYS,
    NOW,
    Ground,
    MemoryGround,
    Opened,
    PostgresGround,
    opened,
)

pytestmark = pytest.mark.real_time

OURS = "+441134960000"
STRANGER = "+442079469999"


@pytest.fixture
async def ledger(ground: Ground) -> Ledger:
    ledger = ground.ledger()
    await ledger.take_over()
    return ledger


@pytest.fixture
def callers(ground: Ground) -> RingBackLedger:
    if isinstance(ground, PostgresGround):
        return PostgresRingBacks(ground.pool, ground.team, keyring=KEYS, country="GB")
    assert isinstance(ground, MemoryGround)
    return MemoryRingBacks(ground.house, SystemClock(), Callers())


def a_call(caller: str, called: str = OURS) -> CameIn:
    return CameIn(
        call=CallId(uuid4()),
        at=NOW,
        trunk="loopback",
        sip_call_id="x@outside",
        caller=caller,
        called=(called,),
    )


async def called(ledger: Ledger, ground: Ground) -> Opened:
    """Somebody an agent has talked to, and who is to be called again."""
    call = await opened(ledger, ground)
    closing = call.closing(agent=ground.agents[0], disposition="hung_up")
    await ledger.close_attempt(closing, (), now=NOW)
    return call


async def known(callers: RingBackLedger, came: CameIn) -> Ringer:
    ringer = await callers.who(came, now=NOW)
    assert ringer is not None
    return ringer


async def test_who_was_called_is_known_with_the_agent_who_talked_to_them(
    ground: Ground, ledger: Ledger, callers: RingBackLedger
):
    call = await called(ledger, ground)
    ringer = await known(callers, a_call(call.candidate.number))
    assert (ringer.lead, ringer.person) == (call.candidate.lead, call.candidate.person)
    assert (ringer.campaign, ringer.agent) == (ground.campaign, ground.agents[0])
    assert (ringer.shown, ringer.may_be_called) == (OURS, True)
    assert ringer.languages == call.candidate.languages


async def test_who_was_never_called_is_a_stranger(ground: Ground, callers: RingBackLedger):
    ringer = await known(callers, a_call(STRANGER))
    assert (ringer.lead, ringer.agent, ringer.may_be_called) == (None, None, False)
    assert ringer.numbers == (STRANGER,)
    assert isinstance(await callers.open(a_call(STRANGER), ringer, now=NOW), NotOpened)


async def test_a_number_we_never_showed_is_none_of_ours(callers: RingBackLedger):
    assert await callers.who(a_call(STRANGER, "+442079461111"), now=NOW) is None


async def test_an_attempt_of_theirs_begins_with_their_call_and_needs_no_lease(
    ground: Ground, ledger: Ledger, callers: RingBackLedger
):
    call = await called(ledger, ground)
    came = a_call(call.candidate.number)
    ringer = await known(callers, came)
    attempt = await callers.open(came, ringer, now=NOW)
    assert isinstance(attempt, Unfinished)
    assert attempt.events == (Received(NOW, "x@outside", "loopback", OURS),)
    assert (await ground.lead(call.candidate.lead)).state is LeadState.IN_CALL
    assert await callers.open(came, ringer, now=NOW) == attempt, "asked again"
    assert [each.call for each in await ledger.unfinished()] == [came.call]
    another = replace(came, call=CallId(uuid4()))
    refused = await callers.open(another, ringer, now=NOW)
    assert isinstance(refused, NotOpened) and refused.because == "person_busy"


@pytest.mark.parametrize(
    ("disposition", "promise", "state"),
    [
        ("callback", Promise(due_at=NOW + timedelta(minutes=2)), LeadState.CALLBACK),
        ("do_not_call", None, LeadState.RETIRED),
    ],
)
async def test_what_a_key_asks_for_closes_the_attempt(
    ground: Ground,
    ledger: Ledger,
    callers: RingBackLedger,
    disposition: str,
    promise: Promise | None,
    state: LeadState,
):
    call = await called(ledger, ground)
    came = a_call(call.candidate.number)
    attempt = await callers.open(came, await known(callers, came), now=NOW)
    assert isinstance(attempt, Unfinished)
    closing = Closing(
        call=came.call,
        attempt=attempt.attempt,
        outcome="rang_back",
        counts=False,
        disposition=disposition,
        promise=promise,
    )
    await ledger.close_attempt(closing, (), now=NOW)
    assert (await ground.lead(call.candidate.lead)).state is state
    assert list(await ledger.unfinished()) == []
    again = await callers.open(came, await known(callers, came), now=NOW)
    assert isinstance(again, NotOpened) and again.because == "repeated"


async def test_every_caller_is_counted_by_the_first_word_of_their_end(
    ground: Ground, database: Pool, ledger: Ledger, callers: RingBackLedger
):
    call = await called(ledger, ground)
    ends = (RingBackEnd.ANNOUNCED, RingBackEnd.HUNG_UP)
    for end in ends:
        came = a_call(call.candidate.number)
        for _ in range(2):
            await callers.who(came, now=NOW)
        await callers.ended(came.call, end, now=NOW)
        await callers.ended(came.call, RingBackEnd.AGENT, now=NOW)
    await callers.who(a_call(call.candidate.number), now=NOW)
    await callers.forget(now=NOW)
    if isinstance(ground, PostgresGround):
        async with ground.pool.acquire() as connection:
            counted = await count_of_campaign(connection, ground.campaign)
        assert counted == {"announced": 1, "hung_up": 1, "lost": 1}
    else:
        assert isinstance(callers, MemoryRingBacks)
        assert sorted(str(end) for end in callers.callers.ends.values()) == [
            "announced",
            "hung_up",
            "lost",
        ]


async def test_a_stranger_who_asks_for_it_is_suppressed_for_the_client(
    postgres_ground: PostgresGround,
):
    ground = postgres_ground
    ledger = ground.ledger()
    await ledger.take_over()
    await called(ledger, ground)  # so that our number has been shown
    callers = PostgresRingBacks(ground.pool, ground.team, keyring=KEYS, country="GB")
    came = a_call("02079469999")
    ringer = await known(callers, came)
    assert (ringer.lead, ringer.numbers[0]) == (None, "+442079469999")
    await callers.leave_alone(came, ringer, now=NOW)
    await callers.leave_alone(came, ringer, now=NOW)
    async with ground.pool.acquire() as connection:
        count = await connection.fetchval("SELECT count(*) FROM suppressions WHERE reach='number'")
    assert count == 1
