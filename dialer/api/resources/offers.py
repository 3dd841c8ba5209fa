"""Leads an agent looks at before the call, in preview and manual campaigns: ``/agents/me/offers``.

Rule: an agent sees the leads that are before them and no other, and asks; the gate decides.
"""

from typing import Any

from dialer.api.card_parts import OfferCard
from dialer.api.cards import offer_card
from dialer.api.desk import Desk
from dialer.api.operation import Asked, operation
from dialer.api.problem import not_found
from dialer.api.reach import AGENTS, desk_of
from dialer.api.resources.agents import AgentNow, shown
from dialer.call_events import AgentId
from dialer.previewing import LeadOffer
from leads.lead import LeadId


@operation("GET", "/agents/me/offers/{lead:int}", roles=AGENTS)
async def look(asked: Asked[None, None]) -> OfferCard:
    """Return a lead that is before you, with all that happened to it."""
    agent, desk = await desk_of(asked)
    offer = _own_offer(asked, agent, desk)
    async with asked.connection() as connection:
        return await offer_card(connection, offer, now=asked.context.clock.now())


@operation("POST", "/agents/me/offers/{lead:int}/call", roles=AGENTS)
async def call(asked: Asked[None, None]) -> AgentNow:
    """Call a lead that is before you.

    Every gate is asked, as for any other call; `not-called` names the reasons. Once it is yours,
    `hang-up` gives it up while it rings.
    """
    agent, desk = await desk_of(asked)
    await desk.call_lead(agent, LeadId(asked.number("lead")))
    return shown(desk.view(agent), asked.context.clock.now())


@operation("POST", "/agents/me/offers/{lead:int}/skip", roles=AGENTS)
async def skip(asked: Asked[None, None]) -> AgentNow:
    """Pass on the lead before you, in a preview campaign; another is shown, if there is one."""
    agent, desk = await desk_of(asked)
    await desk.skip_lead(agent, LeadId(asked.number("lead")))
    return shown(desk.view(agent), asked.context.clock.now())


def _own_offer(asked: Asked[Any, Any], agent: AgentId, desk: Desk) -> LeadOffer:
    lead = asked.number("lead")
    for offer in desk.view(agent).offers:
        if offer.lead == lead:
            return offer
    raise not_found(f"lead {lead} is not before you; it may have gone back to the list")
