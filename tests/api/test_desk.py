"""An agent's shift over HTTP: state, card, answers, slots, disposition."""

import asyncio
from collections.abc import Callable
from datetime import timedelta

import pytest

from compliance import agent_notice
from compliance.agent_notice import TEXTS
from compliance.store import notices
from dialer.agent import AgentState
from dialer.api.context import ApiContext
from dialer.database import events
from dialer.database.accounts import Role
from dialer.ports import AgentRow, ClosingRefused
from tests.api.scripted import House
from tests.api.visiting import Visitor
from tests.builders import MONDAY_MORNING

People = Callable[[Role | None], Visitor]


@pytest.fixture
def agent(visitor: People) -> Visitor:
    return visitor(Role.AGENT)


async def test_an_agent_signs_in_gets_ready_and_pauses(agent: Visitor):
    before = await agent.get("/agents/me")
    assert (before.status, before.json["state"]) == (200, "offline")
    assert (await agent.post("/agents/me/sign-in")).json["state"] == "paused"
    assert (await agent.post("/agents/me/ready")).json["state"] == "ready"
    paused = await agent.post("/agents/me/pause", {"reason": "lunch"})
    assert (paused.json["state"], paused.json["reason"]) == ("paused", "lunch")
    assert (await agent.post("/agents/me/sign-off")).json["state"] == "offline"


async def test_a_shift_begins_when_the_notices_about_ones_own_data_are_acknowledged(
    agent: Visitor, house: House, context: ApiContext, monkeypatch: pytest.MonkeyPatch
):
    changed = {**TEXTS, "monitoring": "Supervisors listen more often from now on."}
    for module in (agent_notice, notices):
        monkeypatch.setattr(module, "TEXTS", changed)
    refused = await agent.post("/agents/me/sign-in")
    assert (refused.status, refused.type) == (409, "notice-not-acknowledged")
    assert refused.json["kinds"] == ["monitoring"]
    assert (await agent.get("/agents/me")).json["state"] == "offline"
    async with context.pool.acquire() as connection:
        allowed = [
            await notices.may_observe(connection, house.agent, kind, text=text)
            for kind, text in changed.items()
        ]
    assert allowed == [True, False]
    told = (await agent.get("/agents/me/notices")).json["notices"]
    assert [each["acknowledged_at"] is None for each in told] == [False, True]
    assert "listen more often" in told[1]["text"]
    half = await agent.post("/agents/me/notices", {"kinds": ["recording"]})
    assert (half.status, half.type) == (422, "notices")
    read = await agent.post("/agents/me/notices", {"kinds": ["recording", "monitoring"]})
    assert all(each["acknowledged_at"] for each in read.json["notices"])
    assert (await agent.post("/agents/me/sign-in")).json["state"] == "paused"


async def test_an_agent_reads_what_is_kept_about_their_own_work(
    agent: Visitor, house: House, context: ApiContext
):
    later = MONDAY_MORNING + timedelta(minutes=1)
    entered = [
        AgentRow(agent=who, at=at, state=AgentState.PAUSED, reason=reason, call=None)
        for who, at, reason in (
            (house.agent, MONDAY_MORNING - timedelta(hours=1), "lunch"),
            (house.colleague, MONDAY_MORNING - timedelta(hours=1), "meeting"),
            (house.agent, later, "ahead"),
        )
    ]
    async with context.pool.acquire() as connection:
        await events.append(connection, entered)
    kept = (await agent.get("/agents/me/data")).json
    assert [state["reason"] for state in kept["states"]] == ["lunch"]
    assert all(notice["acknowledged_at"] for notice in kept["notices"])


async def test_what_does_not_fit_now_says_so_and_names_the_state(agent: Visitor):
    refused = await agent.post("/agents/me/ready")
    assert (refused.status, refused.type, refused.json["state"]) == (409, "not-now", "offline")
    assert refused.headers["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize("reason", ["", "Lunch break", "phone", "wrap_up_limit", "x" * 99])
async def test_a_pause_has_a_reason_of_the_agents_own(agent: Visitor, reason: str):
    refused = await agent.post("/agents/me/pause", {"reason": reason})
    assert (refused.status, refused.json["errors"][0]["field"]) == (422, "reason")


async def test_waiting_for_a_change_returns_as_soon_as_there_is_one(agent: Visitor, house: House):
    version = (await agent.get("/agents/me")).json["version"]
    waiting = asyncio.create_task(agent.get(f"/agents/me/changes?since={version}&wait=20"))
    await agent.post("/agents/me/sign-in")
    changed = await waiting
    assert changed.json["state"] == "paused"
    same = await agent.get(f"/agents/me/changes?since={changed.json['version']}&wait=0")
    assert same.json["version"] == changed.json["version"]


async def test_the_card_shows_lead_script_and_campaign(agent: Visitor, house: House):
    house.desk.give_call(house.agent, house.attempt, house.campaign)
    card = (await agent.get(f"/attempts/{house.attempt}")).json
    assert card["campaign"]["caller_name"] == "Example Energy"
    assert (card["lead"]["name"], card["lead"]["time_zone"]) == ("Mira Example", "Europe/Sofia")
    assert [number["dialed"] for number in card["lead"]["numbers"]] == [True]
    assert [tried["disposition"] for tried in card["history"]] == ["wrong_person"]
    assert [question["id"] for question in card["questions"]] == ["owner", "bill", "heating"]
    assert card["script"] == {
        "answers": {},
        "asked": ["owner", "heating"],
        "next": "owner",
        "complete": False,
    }


async def test_answers_are_saved_as_given_and_open_the_branch(agent: Visitor, house: House):
    house.desk.give_call(house.agent, house.attempt, house.campaign)
    address = f"/attempts/{house.attempt}/answers"
    script = (await agent.put(f"{address}/owner", {"value": True})).json
    assert (script["asked"], script["next"]) == (["owner", "bill", "heating"], "bill")
    script = (await agent.put(f"{address}/bill", {"value": 80.5})).json
    assert script["complete"]
    card = (await agent.get(f"/attempts/{house.attempt}")).json
    assert card["script"]["answers"] == {"owner": True, "bill": 80.5}
    corrected = (await agent.put(f"{address}/owner", {"value": False})).json
    assert corrected["answers"] == {"owner": False}


@pytest.mark.parametrize(("question", "value"), [("owner", "yes"), ("bill", -1), ("nothing", 1)])
async def test_an_unfit_answer_says_what_is_expected(
    agent: Visitor, house: House, question: str, value: object
):
    house.desk.give_call(house.agent, house.attempt, house.campaign)
    refused = await agent.put(f"/attempts/{house.attempt}/answers/{question}", {"value": value})
    assert (refused.status, refused.type) == (422, "answers")


async def test_nobody_sees_the_attempt_of_a_colleague(agent: Visitor, house: House):
    house.desk.give_call(house.colleague, house.attempt, house.campaign)
    for refused in (
        await agent.get(f"/attempts/{house.attempt}"),
        await agent.put(f"/attempts/{house.attempt}/answers/owner", {"value": True}),
        await agent.post(f"/attempts/{house.attempt}/disposition", {"disposition": "callback"}),
    ):
        assert (refused.status, refused.type) == (404, "not-found")


async def test_free_slots_are_those_of_the_clients_reps(agent: Visitor, house: House):
    found = (await agent.get(f"/campaigns/{house.campaign}/slots?limit=3")).json
    assert found["minutes"] == 30
    assert [rep["name"] for rep in found["reps"]] == ["Rita Rep"]
    first = MONDAY_MORNING + timedelta(days=1)
    assert found["slots"][0]["starts_at"] == first.isoformat().replace("+00:00", "Z")
    assert len(found["slots"]) == 3
    later = await agent.get(
        f"/campaigns/{house.campaign}/slots", params={"from": "2026-11-25T00:00:00Z", "days": "1"}
    )
    assert {slot["starts_at"][:10] for slot in later.json["slots"]} == {"2026-11-25"}


async def test_slots_of_a_campaign_one_does_not_work_do_not_exist(
    agent: Visitor, house: House, visitor: People
):
    supervisor = visitor(Role.SUPERVISOR)
    address = f"/campaigns/{house.campaign}"
    await supervisor.put(f"{address}/agents", {"agents": [house.colleague]})
    assert (await agent.get(f"{address}/slots")).status == 404
    assert (await supervisor.get(f"{address}/slots")).status == 200


async def test_a_disposition_carries_the_booking_with_the_campaigns_length(
    agent: Visitor, house: House
):
    house.desk.give_call(house.agent, house.attempt, house.campaign)
    assert (await agent.post("/agents/me/hang-up")).json["state"] == "wrap_up"
    starts_at = MONDAY_MORNING + timedelta(days=1)
    done = await agent.post(
        f"/attempts/{house.attempt}/disposition",
        {
            "disposition": "meeting_booked",
            "note": "prefers mornings",
            "booking": {"rep": house.rep, "starts_at": starts_at.isoformat()},
        },
    )
    assert (done.status, done.json["repeated"]) == (200, False)
    [wish] = house.desk.disposals
    assert wish.booking is not None
    assert (wish.booking.rep, wish.booking.starts_at, wish.booking.minutes) == (
        house.rep,
        starts_at,
        30,
    )


async def test_a_repeated_key_gets_the_same_answer_and_disposes_once(agent: Visitor, house: House):
    house.desk.give_call(house.agent, house.attempt, house.campaign)
    house.desk.end_call(house.agent)
    address, key = f"/attempts/{house.attempt}/disposition", {"Idempotency-Key": "k1"}
    wish = {"disposition": "not_interested"}
    first = await agent.post(address, wish, headers=key)
    again = await agent.post(address, wish, headers=key)
    assert (first.status, again.status) == (200, 200)
    assert again.json == first.json
    assert len(house.desk.disposals) == 1
    other = await agent.post(address, {"disposition": "silence"}, headers=key)
    assert (other.status, other.type) == (422, "idempotency-key")


@pytest.mark.parametrize(
    ("because", "status"), [("slot_taken", 409), ("outside_availability", 422), ("answers", 422)]
)
async def test_a_refused_closing_says_why_and_may_be_tried_again(
    agent: Visitor, house: House, because: str, status: int
):
    house.desk.give_call(house.agent, house.attempt, house.campaign)
    house.desk.end_call(house.agent)
    house.desk.refusal = ClosingRefused(because, "it does not fit")
    address, key = f"/attempts/{house.attempt}/disposition", {"Idempotency-Key": "k2"}
    refused = await agent.post(address, {"disposition": "not_interested"}, headers=key)
    assert (refused.status, refused.type) == (status, because.replace("_", "-"))
    house.desk.refusal = None
    done = await agent.post(address, {"disposition": "not_interested"}, headers=key)
    assert done.status == 200


async def test_without_an_engine_the_agent_is_told_to_come_back(
    visitor: People, house: House, context: object
):
    context.desks.clear()  # type: ignore[attr-defined]
    refused = await visitor(Role.AGENT).get("/agents/me")
    assert (refused.status, refused.type) == (503, "team-not-running")
    assert refused.headers["Retry-After"] == "1"


async def test_changes_of_an_agent_stream_as_events(agent: Visitor, house: House):
    headers = {"Authorization": f"Bearer {agent.token}"}
    async with agent.http.get("/api/v1/agents/me/events", headers=headers) as stream:
        assert stream.content_type == "text/event-stream"
        assert b'"state":"offline"' in await _event(stream, b"agent")
        await agent.post("/agents/me/sign-in")
        assert b'"state":"paused"' in await _event(stream, b"agent")


async def _event(stream, name: bytes) -> bytes:
    while True:
        block = await stream.content.readuntil(b"\n\n")
        if b"event: " + name in block:
            return block
