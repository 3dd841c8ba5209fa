"""Why, the waterfall, requests of persons, and what is said on the telephone, over HTTP."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from compliance.loading import load
from compliance.suppression import Keyring
from dialer.api.context import ApiContext
from dialer.database.accounts import Role
from dialer.database.pool import Pool
from tests.api.scripted import House, SettableClock
from tests.api.visiting import Visitor
from tests.builders import the_number_in

People = Callable[[Role | None], Visitor]
KEYS = Keyring(active="k1", keys={"k1": b"k" * 32})


@pytest.fixture
def context(database: Pool, house: House, clock: SettableClock, tmp_path: Path) -> ApiContext:
    return ApiContext(
        pool=database,
        clock=clock,
        desks={house.team: house.desk},
        recordings_dir=tmp_path / "recordings",
        outbox_dir=tmp_path / "outbox",
        keyring=KEYS,
        bundle=load(),
    )


@pytest.fixture
async def number(database: Pool, house: House) -> str:
    """The one number there is; its lead is in a call of the agent's."""
    async with database.acquire() as connection:
        return await the_number_in(connection)


async def close_attempts(database: Pool) -> None:
    async with database.acquire() as connection:
        await connection.execute("UPDATE attempts SET closed_at = opened_at, outcome = 'no_answer'")


async def test_why_is_told_without_the_number(visitor: People, house: House, number: str):
    told = await visitor(Role.DPO).post("/why", {"number": number})
    assert told.status == 200
    [lead] = told.json["leads"]
    assert (lead["state"], lead["campaign"]) == ("in_call", house.campaign)
    assert {gate["gate"] for gate in lead["gates"]} >= {"BASIS", "RIGHTS", "HOURS"}
    assert told.json["number"].endswith(number[-4:])
    assert number not in json.dumps(told.json)
    refused = await visitor(Role.DPO).post("/why", {"number": "nonsense"})
    assert (refused.status, refused.type) == (422, "invalid-number")


async def test_a_client_sees_only_the_own_campaigns(
    visitor: People, house: House, number: str, database: Pool
):
    own = await visitor(Role.CLIENT).post("/why", {"number": number})
    assert len(own.json["leads"]) == 1
    assert (await visitor(Role.CLIENT).get(f"/campaigns/{house.campaign}/waterfall")).status == 200
    async with database.acquire() as connection:
        await connection.execute("UPDATE campaigns SET client_id = $1", house.other_client)
        await connection.execute("UPDATE lists SET client_id = $1", house.other_client)
    other = await visitor(Role.CLIENT).post("/why", {"number": number})
    assert (other.json["known"], other.json["leads"]) == (False, [])
    assert (await visitor(Role.CLIENT).get(f"/campaigns/{house.campaign}/waterfall")).status == 404


async def test_the_waterfall_of_a_campaign_adds_up(visitor: People, house: House):
    fallen = (await visitor(Role.MANAGER).get(f"/campaigns/{house.campaign}/waterfall")).json
    left = {step["name"]: step["left"] for step in fallen["steps"]}
    assert (left["rows"], left["leads"], left["in_play"]) == (1, 1, 0)
    assert len(fallen["per_hour"]) == 7 * 24


async def test_abandoned_calls_are_shown_under_every_law_in_force(visitor: People, house: House):
    shown = await visitor(Role.CLIENT).get(f"/campaigns/{house.campaign}/abandonment")
    laws = {profile: law for law in shown.json["laws"] for profile in law["profiles"]}
    assert laws["us"]["window"] == "the last 30 days"
    assert laws["it"]["share_of"] == "connected calls"
    assert laws["bg"]["clock"] == "2 s from the answer"
    assert not laws["gb"]["judged"]


@pytest.mark.parametrize("role", [None, Role.AGENT, Role.REP])
async def test_others_are_not_told(visitor: People, number: str, role: Role | None):
    assert (await visitor(role).post("/why", {"number": number})).status in (401, 403)
    assert (await visitor(role).get("/requests")).status in (401, 403)


async def test_an_objection_ends_the_calls_that_ring_and_stands_in_the_inbox(
    visitor: People, house: House, number: str
):
    officer = visitor(Role.DPO)
    wish = {"number": number, "kind": "objection", "client": house.client}
    received = await officer.post("/requests", wish)
    assert (received.status, received.json["calls_ended"]) == (201, 1)
    assert len(house.desk.revoked) == 1
    [one] = (await officer.get("/requests")).json
    assert (one["id"], one["kind"], one["overdue"]) == (received.json["id"], "objection", False)
    told = json.dumps((await officer.post("/why", {"number": number})).json)
    assert "OBJECTION_ART21" in told
    done = await officer.post(f"/requests/{one['id']}/fulfil", {})
    assert "in_force_since" in done.json
    assert (await officer.get("/requests")).json == []
    assert (await officer.post(f"/requests/{one['id']}/fulfil", {})).status == 404


async def test_a_withdrawal_ends_the_calls_that_ring(visitor: People, house: House, number: str):
    wish = {"number": number, "client": house.client}
    done = await visitor(Role.MANAGER).post("/withdrawals", wish)
    assert (done.status, done.json) == (201, {"calls_ended": 1})
    stranger = {"number": "+447700900999", "client": house.client}
    assert (await visitor(Role.MANAGER).post("/withdrawals", stranger)).status == 404


async def test_a_request_is_extended_once_and_refused_with_a_reason(
    visitor: People, house: House, number: str
):
    officer = visitor(Role.DPO)
    wish = {"number": number, "kind": "access", "client": house.client}
    request = (await officer.post("/requests", wish)).json["id"]
    longer = await officer.post(f"/requests/{request}/extend", {"because": "many recordings"})
    assert longer.json["extended_because"] == "many recordings"
    again = await officer.post(f"/requests/{request}/extend", {"because": "more"})
    assert (again.status, again.type) == (409, "impossible-extension")
    refused = await officer.post(f"/requests/{request}/refuse", {"because": "not the person"})
    assert refused.status == 204
    assert (await officer.post(f"/requests/{request}/refuse", {"because": "x"})).status == 404
    late = {**wish, "received_at": "2030-01-01T00:00:00Z"}
    assert (await officer.post("/requests", late)).status == 422
    unknown = {**wish, "client": 999}
    assert (await officer.post("/requests", unknown)).status == 404


async def test_an_export_and_an_erasure_wait_for_the_call_and_for_no_hold(
    visitor: People, house: House, number: str, database: Pool
):
    officer, wish = visitor(Role.DPO), {"number": number}
    content = (await officer.post("/people/export", wish)).json
    assert content["numbers"] == [number]
    busy = await officer.post("/people/erase", wish)
    assert (busy.status, busy.type) == (409, "person-in-call")
    await close_attempts(database)
    hold = (await officer.post("/holds", {**wish, "because": "claim 7"})).json["id"]
    held = await officer.post("/people/erase", wish)
    assert (held.status, held.type) == (409, "person-held")
    assert (await officer.ask("DELETE", f"/holds/{hold}")).status == 204
    assert (await officer.ask("DELETE", f"/holds/{hold}")).status == 404
    erased = await officer.post("/people/erase", wish)
    assert {"what": "numbers", "count": 1} in erased.json["erased"]
    assert (await officer.post("/people/export", wish)).status == 404
    assert (await visitor(Role.MANAGER).post("/people/erase", wish)).status == 403


@pytest.mark.parametrize("what", ["consent", "withdrawal", "objection", "recording_consent"])
async def test_what_is_said_in_a_call_is_recorded_with_the_second_of_the_recording(
    visitor: People, house: House, database: Pool, what: str
):
    agent = visitor(Role.AGENT)
    said = await agent.post(f"/attempts/{house.attempt}/said", {"what": what})
    assert said.status == 404  # no call of theirs
    house.desk.give_call(house.agent, house.attempt, house.campaign)
    said = await agent.post(f"/attempts/{house.attempt}/said", {"what": what, "second": 12.5})
    assert (said.status, said.json["second"]) == (201, 12.5)
    async with database.acquire() as connection:
        rows = await connection.fetch(
            "SELECT recording_second FROM person_marks "
            "UNION ALL SELECT recording_second FROM consent_events"
        )
    heard = [row["recording_second"] for row in rows if row["recording_second"] is not None]
    assert heard == ([] if what == "withdrawal" else [12.5])
