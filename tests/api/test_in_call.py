"""Within a call, and listening to it: the API by role."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from dialer.call_events import (
    AgentAssigned,
    CallId,
    Connected,
    Ended,
    EndedBy,
    HandedOver,
    SupervisorJoined,
    SupervisorLeft,
)
from dialer.database import accounts, campaigns, events
from dialer.database.accounts import Role
from dialer.database.pool import Pool
from dialer.ports import CallRow
from dialer.team import TeamId
from tests.api.scripted import House
from tests.api.visiting import Visitor
from tests.builders import MONDAY_MORNING

Visit = Callable[[Role | None], Visitor]


def in_talk(house: House) -> None:
    house.desk.give_call(house.agent, house.attempt, house.campaign, targets=("Sales",))


async def test_an_agent_holds_mutes_and_sends_keys(house: House, visitor: Visit):
    agent = visitor(Role.AGENT)
    refused = await agent.post("/agents/me/call/act", {"act": "hold"})
    assert (refused.status, refused.type) == (409, "not-now")
    in_talk(house)
    held = await agent.post("/agents/me/call/act", {"act": "hold"})
    assert held.json["call"]["held"] is True
    muted = await agent.post("/agents/me/call/act", {"act": "mute"})
    assert muted.json["call"]["muted"] is True
    assert (await agent.post("/agents/me/call/keys", {"digits": "42#"})).status == 200
    assert house.desk.acts == ["hold", "mute", "42#"]
    assert (await agent.post("/agents/me/call/keys", {"digits": "call home"})).status == 422
    assert (await agent.post("/agents/me/call/act", {"act": "dial"})).status == 422


async def test_an_agent_hands_over_to_named_targets_and_to_nobody_else(
    house: House, visitor: Visit
):
    agent = visitor(Role.AGENT)
    in_talk(house)
    for stranger in ("sip:anybody@example.com", "+447700900999", "Nobody"):
        refused = await agent.post("/agents/me/call/transfer", {"target": stranger})
        assert (refused.status, refused.type) == (422, "unknown-target")
    asked = await agent.post("/agents/me/call/transfer", {"target": "Sales"})
    call = asked.json["call"]
    assert (call["transfer"], call["transfer_state"], call["held"]) == ("Sales", "consulting", True)
    joined = await agent.post("/agents/me/call/act", {"act": "join"})
    assert joined.json["call"]["transfer_state"] == "joined"
    left = await agent.post("/agents/me/call/act", {"act": "complete"})
    assert left.json["state"] == "wrap_up"


async def test_a_manager_sets_who_takes_calls_over(house: House, visitor: Visit, database: Pool):
    manager = visitor(Role.MANAGER)
    known = (await manager.get(f"/campaigns/{house.campaign}")).json
    assert known["transfer_targets"] == []
    wish = {
        "client": known["client"],
        "team": known["team"],
        "name": known["name"],
        "purpose": known["purpose"],
        "caller_id": known["caller_id"],
        "caller_name": known["caller_name"],
        "transfer_targets": [{"name": "Sales", "to": "+442079460001"}],
    }
    changed = await manager.put(f"/campaigns/{house.campaign}", wish)
    assert changed.json["transfer_targets"] == wish["transfer_targets"]
    async with database.acquire() as connection:
        [target] = (await campaigns.campaign(connection, house.campaign)).transfer_targets
    assert (target.name, target.to) == ("Sales", "+442079460001")
    for bad in ({"name": "Sales", "to": "the sales desk"}, {"name": "S", "to": "sip:a b@c"}):
        refused = await manager.put(
            f"/campaigns/{house.campaign}", {**wish, "transfer_targets": [bad]}
        )
        assert refused.status == 422
    twice = {**wish, "transfer_targets": wish["transfer_targets"] * 2}
    assert (await manager.put(f"/campaigns/{house.campaign}", twice)).status == 422


def a_watch(house: House, **changes: object) -> dict[str, object]:
    return {"agent": house.agent, "phone": "sip:me@127.0.0.1", "purpose": "coaching", **changes}


async def test_a_supervisor_listens_barges_takes_over_and_leaves(house: House, visitor: Visit):
    supervisor = visitor(Role.SUPERVISOR)
    in_talk(house)
    watching = await supervisor.put("/supervision", a_watch(house))
    assert watching.json["watching"]["part"] == "listen"
    barging = await supervisor.put("/supervision", a_watch(house, part="barge", phone=""))
    assert barging.json["watching"]["part"] == "barge"
    assert [wish.part.value for wish in house.desk.wishes] == ["listen", "talk"]
    assert (await supervisor.post("/supervision/take-over")).status == 200
    assert (await supervisor.ask("DELETE", "/supervision")).status == 204
    assert (await supervisor.get("/supervision")).json == {"watching": None}
    late = await supervisor.post("/supervision/take-over")
    assert (late.status, late.type) == (409, "not-now")
    for senseless in (a_watch(house, purpose=""), a_watch(house, phone="my phone"), {}):
        assert (await supervisor.put("/supervision", senseless)).status == 422


@pytest.mark.parametrize("role", [Role.AGENT, Role.REP, Role.DPO])
async def test_nobody_else_listens(house: House, visitor: Visit, role: Role):
    assert (await visitor(role).put("/supervision", a_watch(house))).status == 403
    assert (await visitor(role).get("/supervision/agents")).status == 403


async def test_a_clients_auditor_listens_and_does_no_more(
    house: House, visitor: Visit, database: Pool
):
    auditor = visitor(Role.CLIENT)
    names = [each["name"] for each in (await auditor.get("/supervision/agents")).json]
    assert names == ["Anna", "Boris"]
    assert (await auditor.put("/supervision", a_watch(house))).status == 200
    assert house.desk.wishes[0].client == house.client
    refused = await auditor.put("/supervision", a_watch(house, part="whisper"))
    assert (refused.status, refused.type) == (403, "may-only-listen")
    assert (await auditor.post("/supervision/take-over")).status == 403
    async with database.acquire() as connection:
        await campaigns.assign(connection, house.campaign, [house.colleague])
    assert (await auditor.put("/supervision", a_watch(house))).status == 404


async def test_nobody_listens_to_an_agent_who_has_not_acknowledged_the_notice(
    house: House, visitor: Visit
):
    supervisor = visitor(Role.SUPERVISOR)
    refused = await supervisor.put("/supervision", a_watch(house, agent=house.colleague))
    assert (refused.status, refused.type) == (409, "notice-not-acknowledged")
    assert house.desk.wishes == []


async def test_an_agent_sees_who_listened_when_and_why(
    house: House, visitor: Visit, database: Pool
):
    [supervisor] = [
        user for user in await _users(database) if user.login == house.logins[Role.SUPERVISOR]
    ]
    await _a_supervised_call(database, house, supervisor.id)
    [taken, barged, listened] = (await visitor(Role.AGENT).get("/agents/me/accesses")).json
    assert [each["part"] for each in (listened, barged, taken)] == ["listen", "barge", "take_over"]
    assert {each["by"] for each in (listened, barged, taken)} == {supervisor.login}
    assert listened["purpose"] == "coaching" and listened["ended_at"] == barged["began_at"]
    kept = (await visitor(Role.AGENT).get("/agents/me/data")).json
    assert kept["accesses"] == [taken, barged, listened]
    theirs = await visitor(Role.DPO).get(f"/agents/{house.agent}/accesses")
    assert len(theirs.json) == 3
    assert (await visitor(Role.DPO).get(f"/agents/{house.colleague}/accesses")).json == []
    assert (await visitor(Role.SUPERVISOR).get(f"/agents/{house.agent}/accesses")).status == 403


async def _users(database: Pool):
    async with database.acquire() as connection:
        return await accounts.users(connection)


async def _a_supervised_call(database: Pool, house: House, user: int) -> None:
    call = house.desk.give_call(house.agent, house.attempt, house.campaign)

    def at(seconds: float):
        return MONDAY_MORNING + timedelta(seconds=seconds)

    happened = (
        AgentAssigned(at(1), house.agent),
        Connected(at(2)),
        SupervisorJoined(at(3), user, "listen", "coaching"),
        SupervisorJoined(at(9), user, "talk", "coaching"),
        HandedOver(at(12), f"supervisor.{user}.a"),
        SupervisorLeft(at(13), user),
        Ended(at(20), EndedBy.CALLEE),
    )
    async with database.acquire() as connection:
        await events.open_call(
            connection,
            CallId(call.call),
            attempt=house.attempt,
            team=TeamId(house.team),
            trunk="lab",
            caller_id="+442079460000",
            now=at(0),
        )
        rows = [
            CallRow(call=call.call, number=number, event=event)
            for number, event in enumerate(happened, start=1)
        ]
        await events.append(connection, rows)
