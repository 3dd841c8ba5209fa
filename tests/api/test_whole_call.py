"""One call from "ready" to the invitation: HTTP in front, engine, gate and PostgreSQL behind.

Only the telephone network is simulated.
"""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from aiohttp.test_utils import TestClient, TestServer
from icalendar import Calendar

from dialer import pacing
from dialer.api.application import application
from dialer.api.context import ApiContext
from dialer.call_events import CallId
from dialer.carriage import Carriage
from dialer.clock import SystemClock
from dialer.database import accounts, campaigns
from dialer.database.accounts import TokenKind, UserId
from dialer.database.pool import Pool
from dialer.desk import TeamDesk
from dialer.engine import Engine
from dialer.simulation.lab_trunks import write_lab_trunks
from dialer.simulation.telephony import Fate, SimulatedTelephony
from leads.store.connection import vault_of
from sip_config.lines import opening
from sip_config.loading import load as load_trunks
from tests.api.scripted import SCRIPT
from tests.api.visiting import Answer, Visitor
from tests.contracts.grounds import NOW, TOMORROW_AT_NINE, PostgresGround

ANSWERED = Fate(rings_after=timedelta(seconds=0.1), answered_after=timedelta(seconds=0.3))


@pytest.fixture
async def ground(database: Pool) -> PostgresGround:
    ground = await PostgresGround.furnished(database)
    async with database.acquire() as connection:
        await campaigns.assign(connection, ground.campaign, ground.agents)
        await connection.execute(
            "UPDATE campaigns SET mode = 'progressive', questionnaire = $1 WHERE id = $2",
            SCRIPT,
            ground.campaign,
        )
        await connection.execute("UPDATE agents SET languages = '{bg,pl}'")
    return ground


@pytest.fixture
async def agent(ground: PostgresGround, database: Pool, tmp_path: Path) -> AsyncIterator[Visitor]:
    """The first agent, with a bearer token, before a running engine."""
    file = write_lab_trunks(
        tmp_path / "trunks.yaml", "127.0.0.1", 5070, country="BG", countries=["BG"]
    )
    trunks = load_trunks(file, lab=True)
    clock = SystemClock(NOW - SystemClock().now())
    engine = Engine(
        ledger=ground.ledger(),
        telephony=SimulatedTelephony(clock, lambda placement: ANSWERED),
        clock=clock,
        pacer=lambda campaign: pacing.Pacer(pacing.Aim(mode=pacing.Mode(campaign.mode.value))),
        carriage=Carriage(trunks, opening(trunks, clock.now()), seed=7),
        new_call_id=lambda: CallId(uuid4()),
    )
    context = ApiContext(
        pool=database,
        clock=clock,
        desks={ground.team: TeamDesk(engine)},
        recordings_dir=tmp_path,
    )
    running = asyncio.create_task(engine.run())
    async with TestClient(TestServer(application(context))) as http:
        async with database.acquire() as connection:
            user = await connection.fetchval(
                "SELECT user_id FROM agents WHERE id = $1", ground.agents[0]
            )
            token = await accounts.create_token(
                connection, UserId(user), TokenKind.BEARER, now=NOW, life=timedelta(hours=1)
            )
        yield Visitor(http, token)
    running.cancel()
    await asyncio.wait([running])


async def until(agent: Visitor, state: str) -> Answer:
    """Wait by long polls until the agent is in *state*."""
    version = 0
    async with asyncio.timeout(20):
        while True:
            now = await agent.get(f"/agents/me/changes?since={version}&wait=10")
            if now.status == 200 and now.json["state"] == state:
                return now
            version = now.json.get("version", 0)
            if now.status == 503:
                await asyncio.sleep(int(now.headers["Retry-After"]))


async def test_a_call_becomes_a_meeting_with_an_invitation(
    agent: Visitor, ground: PostgresGround, database: Pool
):
    await until(agent, "offline")
    await agent.post("/agents/me/notices", {"kinds": ["recording", "monitoring"]})
    await agent.post("/agents/me/sign-in")
    await agent.post("/agents/me/ready")
    call = (await until(agent, "talking")).json["call"]
    card = (await agent.get(f"/attempts/{call['attempt']}")).json
    assert card["lead"]["state"] == "in_call"
    assert card["lead"]["numbers"][0]["number"] == call["number"]
    script = (await agent.put(f"/attempts/{call['attempt']}/answers/owner", {"value": False})).json
    assert script["complete"]
    early = await agent.post(
        f"/attempts/{call['attempt']}/disposition", {"disposition": "not_interested"}
    )
    assert (early.status, early.type) == (409, "not-now")
    await agent.post("/agents/me/pause", {"reason": "lunch"})
    await agent.post("/agents/me/hang-up")
    await until(agent, "wrap_up")
    [slot, *_] = (await agent.get(f"/campaigns/{ground.campaign}/slots?limit=1")).json["slots"]
    wish = {
        "disposition": "meeting_booked",
        "booking": {"rep": slot["rep"], "starts_at": slot["starts_at"]},
    }
    done = await agent.post(f"/attempts/{call['attempt']}/disposition", wish)
    assert (done.status, done.json["lead_state"]) == (200, "booked")
    assert (await until(agent, "paused")).json["reason"] == "lunch"
    again = await agent.post(f"/attempts/{call['attempt']}/disposition", wish)
    assert (again.status, again.json["repeated"]) == (200, True)
    async with database.acquire() as connection:
        sealed = await connection.fetchval("SELECT sealed FROM outbox")
        content = vault_of(connection).unseal_one(sealed, "content")
    [event] = Calendar.from_ical(content).walk("VEVENT")
    assert event["DTSTART"].dt == TOMORROW_AT_NINE
    assert call["number"] in str(event["DESCRIPTION"]).splitlines()
    assert str(event["UID"]).startswith(done.json["meeting_uid"])


async def test_a_promised_call_and_a_wrong_answer_reach_the_tables(
    agent: Visitor, ground: PostgresGround
):
    await until(agent, "offline")
    await agent.post("/agents/me/notices", {"kinds": ["recording", "monitoring"]})
    await agent.post("/agents/me/sign-in")
    await agent.post("/agents/me/ready")
    call = (await until(agent, "talking")).json["call"]
    await agent.post("/agents/me/pause", {"reason": "lunch"})
    await agent.post("/agents/me/hang-up")
    await until(agent, "wrap_up")
    address = f"/attempts/{call['attempt']}/disposition"
    due = (NOW + timedelta(hours=3)).isoformat()
    for wish, type_ in (
        ({"disposition": "callback"}, "promise"),
        ({"disposition": "qualified", "answers": {"owner": "maybe"}}, "answers"),
        ({"disposition": "callback", "callback": {"due_at": "2026-01-01T00:00:00Z"}}, "promise"),
    ):
        refused = await agent.post(address, wish)
        assert (refused.status, refused.type) == (422, type_), refused.json
    done = await agent.post(
        address, {"disposition": "callback", "callback": {"due_at": due, "personal": True}}
    )
    assert done.json["lead_state"] == "callback"
    [promise] = (await agent.get("/callbacks")).json
    assert promise["lead"] == call["lead"]


async def test_a_callee_is_handed_over_and_the_agent_goes_on(
    agent: Visitor, ground: PostgresGround, database: Pool
):
    async with database.acquire() as connection:
        await connection.execute(
            "UPDATE campaigns SET transfer_targets = $1 WHERE id = $2",
            [{"name": "Sales", "to": "sip:sales@127.0.0.1"}],
            ground.campaign,
        )
    await until(agent, "offline")
    await agent.post("/agents/me/notices", {"kinds": ["recording", "monitoring"]})
    await agent.post("/agents/me/sign-in")
    await agent.post("/agents/me/ready")
    call = (await until(agent, "talking")).json["call"]
    async with asyncio.timeout(20):  # the engine reads campaigns now and then: no event
        while (await agent.get("/agents/me")).json["call"]["targets"] != ["Sales"]:  # noqa: ASYNC110
            await asyncio.sleep(0.2)
    await agent.post("/agents/me/pause", {"reason": "lunch"})
    address = f"/attempts/{call['attempt']}/disposition"
    asked = await agent.post("/agents/me/call/transfer", {"target": "Sales", "blind": True})
    assert asked.json["call"]["transfer_state"] == "calling"
    wrapping = await until(agent, "wrap_up")
    assert wrapping.json["call"]["ended_at"] is not None
    done = await agent.post(address, {"disposition": "hot_transfer"})
    assert (done.status, done.json["lead_state"]) == (200, "retired"), done.json
    assert (await until(agent, "paused")).json["call"] is None
    async with database.acquire() as connection:
        kinds = await connection.fetch(
            "SELECT kind FROM call_events WHERE call_id = $1 ORDER BY number", UUID(call["id"])
        )
        goes_on = await connection.fetchval(
            "SELECT closed_at IS NULL FROM calls WHERE id = $1", UUID(call["id"])
        )
    assert [row["kind"] for row in kinds][-5:] == [
        "transfer_asked",
        "held",
        "target_answered",
        "handed_over",
        "disposed",
    ]
    assert goes_on
