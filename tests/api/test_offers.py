"""Leads an agent looks at before the call: the API."""

from collections.abc import Callable
from datetime import timedelta

from dialer.agent import AgentState
from dialer.asked_call import NotCalled
from dialer.database.accounts import Role
from dialer.previewing import LeadOffer
from leads.lead import LeadId
from leads.phone import PhoneNumber
from tests.api.scripted import House
from tests.api.visiting import Visitor
from tests.builders import MONDAY_MORNING

Visit = Callable[[Role | None], Visitor]


def offered(house: House, *leads: int, may_skip: bool = True) -> None:
    """Set leads before the agent."""
    offers = tuple(
        LeadOffer(
            lead=LeadId(lead),
            campaign=house.campaign,
            number=PhoneNumber("+447700900001"),
            is_callback=False,
            until=MONDAY_MORNING + timedelta(minutes=2),
            may_skip=may_skip,
        )
        for lead in leads
    )
    house.desk.put(house.agent, state=AgentState.READY, since=MONDAY_MORNING, offers=offers)


async def test_an_agent_looks_at_the_lead_before_them_and_at_no_other(house: House, visitor: Visit):
    agent = visitor(Role.AGENT)
    offered(house, 1)
    [offer] = (await agent.get("/agents/me")).json["offers"]
    assert (offer["lead"], offer["may_skip"]) == (1, True)
    card = await agent.get("/agents/me/offers/1")
    assert card.json["lead"]["name"] == "Mira Example"
    assert card.json["history"][0]["note"] == "The owner is there in the mornings."
    assert (await agent.get("/agents/me/offers/2")).status == 404
    assert (await visitor(Role.MANAGER).get("/agents/me/offers/1")).status == 403
    assert (await visitor(None).get("/agents/me/offers/1")).status == 401


async def test_an_agent_asks_for_the_call_or_passes_the_lead_on(house: House, visitor: Visit):
    agent = visitor(Role.AGENT)
    offered(house, 1, 2)
    passed_on = await agent.post("/agents/me/offers/2/skip")
    assert [each["lead"] for each in passed_on.json["offers"]] == [1]
    called = await agent.post("/agents/me/offers/1/call")
    assert (called.json["state"], called.json["offers"]) == ("assigned", [])
    gone = await agent.post("/agents/me/offers/1/call")
    assert (gone.status, gone.type) == (409, "not-called")
    assert gone.json["because"] == "not_shown"


async def test_a_refusal_of_the_gate_names_its_reasons(house: House, visitor: Visit):
    agent = visitor(Role.AGENT)
    offered(house, 1)
    house.desk.refusal = NotCalled("refused", rules=("SUPPRESSED_PERSON",))
    refused = await agent.post("/agents/me/offers/1/call")
    assert (refused.status, refused.type) == (409, "not-called")
    assert refused.json["rules"] == ["SUPPRESSED_PERSON"]
    assert "SUPPRESSED_PERSON" in refused.json["detail"]
