"""A house is set up over HTTP, from an empty one to a campaign with a list and free times."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from dialer.database.accounts import Role
from dialer.database.pool import Pool
from tests.api.scripted import House
from tests.api.test_resources import LIST, a_wish
from tests.api.visiting import Visitor
from tests.builders import MONDAY_MORNING, a_user_in

People = Callable[[Role | None], Visitor]
TOMORROW = MONDAY_MORNING + timedelta(days=1)


def instant(hours: float) -> str:
    return (TOMORROW + timedelta(hours=hours)).isoformat()


def offered(*times: tuple[float, float], until: float = 24) -> dict[str, object]:
    stretches = [{"starts_at": instant(a), "ends_at": instant(b)} for a, b in times]
    return {"from": instant(0), "until": instant(until), "times": stretches}


def a_rep(client: int, **changes: object) -> dict[str, object]:
    return {
        "client": client,
        "name": "Petar Georgiev",
        "email": "petar@example.com",
        "time_zone": "europe/sofia",
        **changes,
    }


@pytest.fixture
def manager(visitor: People) -> Visitor:
    return visitor(Role.MANAGER)


async def test_a_campaign_with_a_list_and_free_times_is_set_up_from_nothing(
    manager: Visitor, house: House, database: Pool
):
    async with database.acquire() as connection:
        await a_user_in(connection, Role.AGENT, login="mila", display_name="Mila")
    client = (await manager.post("/clients", {"name": "New Client"})).json["id"]
    team = (await manager.post("/teams", {"name": "south"})).json["id"]
    wish = {"login": "Mila", "name": "Mila", "languages": ["bg", "en"], "phone": "sip:mila@pbx"}
    agent = await manager.post(f"/teams/{team}/agents", wish)
    assert (agent.status, agent.json["languages"]) == (201, ["bg", "en"])
    assert house.desk.refreshed == 1
    rep = await manager.post("/reps", a_rep(client))
    assert (rep.status, rep.json["time_zone"]) == (201, "Europe/Sofia")
    await manager.put(f"/reps/{rep.json['id']}/availability", offered((0, 1)))
    campaign = (await manager.post("/campaigns", a_wish(house, client=client, team=team))).json
    assigned = await manager.put(
        f"/campaigns/{campaign['id']}/agents", {"agents": [agent.json["id"]]}
    )
    assert assigned.json["agents"] == [agent.json["id"]]
    slots = await manager.get(f"/campaigns/{campaign['id']}/slots")
    assert [slot["rep"] for slot in slots.json["slots"]] == [rep.json["id"]] * 2
    imported = await manager.ask(
        "POST",
        f"/lists?campaign={campaign['id']}",
        data=LIST.encode(),
        headers={"Content-Type": "text/csv"},
    )
    assert (imported.status, imported.json["accepted"]) == (201, 2)


async def test_availability_is_replaced_for_a_stretch_of_time(manager: Visitor, house: House):
    address = f"/reps/{house.rep}/availability"
    asked = {"from": instant(0), "until": instant(24)}
    assert len((await manager.get(address, params=asked)).json) == 1
    put = await manager.put(address, offered((9, 10), (1, 2), (1, 2)))
    assert [time["starts_at"][11:16] for time in put.json] == ["09:00", "17:00"]
    assert (await manager.get(address, params=asked)).json == put.json
    later = {"from": instant(24), "until": instant(48)}
    assert len((await manager.get(address, params=later)).json) == 1  # left as it was
    for unfit in (offered((2, 1)), offered((1, 25))):
        assert (await manager.put(address, unfit)).type == "invalid"
    assert (await manager.get(address, params=asked)).json == put.json
    assert (await manager.put(address, offered())).json == []


async def test_a_time_that_reaches_into_what_is_replaced_is_cut_there(
    manager: Visitor, house: House
):
    address = f"/reps/{house.rep}/availability"
    await manager.put(address, offered((1, 10)))
    away = {"from": instant(4), "until": instant(6), "times": []}
    assert (await manager.put(address, away)).json == []
    left = (await manager.get(address, params={"from": instant(0), "until": instant(24)})).json
    assert [(one["starts_at"][11:16], one["ends_at"][11:16]) for one in left] == [
        ("09:00", "12:00"),
        ("14:00", "18:00"),
    ]
    for backwards in (instant(3), instant(4)):
        wish = {**away, "until": backwards}
        assert (await manager.put(address, wish)).type == "invalid"


async def test_a_rep_offers_the_own_time_alone(visitor: People, house: House):
    rep, manager = visitor(Role.REP), visitor(Role.MANAGER)
    assert (await rep.put(f"/reps/{house.rep}/availability", offered((1, 2)))).status == 200
    other = (await manager.post("/reps", a_rep(house.client))).json["id"]
    strange = (await manager.post("/reps", a_rep(house.other_client))).json["id"]
    for number in (other, strange, 999):
        assert (await rep.put(f"/reps/{number}/availability", offered())).status == 404
    of_client = (await visitor(Role.CLIENT).get("/reps")).json
    assert {each["id"] for each in of_client} == {house.rep, other}


async def test_what_does_not_fit_is_said_and_nothing_is_made(
    manager: Visitor, house: House, visitor: People
):
    [team] = (await manager.get("/teams")).json
    refusals = [
        ("/clients", {"name": "Other Company"}, 409, "client-names-are-unique"),
        ("/clients", {"name": ""}, 422, "invalid"),
        ("/teams", {"name": team["name"]}, 409, "team-names-are-unique"),
        ("/reps", a_rep(999), 404, "not-found"),
        ("/reps", a_rep(house.client, time_zone="Mars/Base"), 422, "invalid"),
        ("/reps", a_rep(house.client, email="nobody"), 422, "invalid"),
        ("/reps", a_rep(house.client, login=house.logins[Role.AGENT]), 422, "not-a-rep"),
        ("/reps", a_rep(house.client, login=house.logins[Role.REP]), 409, "rep-already"),
    ]
    agent = {"name": "Mila", "languages": ["bg"], "phone": "sip:mila@pbx"}
    for login, status, type_ in (
        ("nobody", 422, "not-an-agent"),
        (house.logins[Role.MANAGER], 422, "not-an-agent"),
        (house.logins[Role.AGENT], 409, "one-agent-per-user"),
    ):
        refusals.append((f"/teams/{house.team}/agents", {**agent, "login": login}, status, type_))
    refusals.append(("/teams/999/agents", {**agent, "login": "nobody"}, 404, "not-found"))
    for path, wish, status, type_ in refusals:
        answer = await manager.post(path, wish)
        assert (answer.status, answer.type) == (status, type_), path
    assert (await visitor(Role.SUPERVISOR).post("/clients", {"name": "X"})).status == 403
    assert len((await manager.get("/reps")).json) == 1
