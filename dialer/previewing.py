"""Calls that agents start themselves: they look at a lead first, then ask for the call, or do not.

    preview   one lead at a time is set before every ready agent: call it, or pass it on
    manual    the agent chooses among the next leads of the hopper

Rule: the agent waits for the callee. From before the INVITE the call has its agent, so nobody who
answers is ever without one: these are the modes that guarantee an agent (Garante provv. 83/2014
asks for one after an abandoned call). An agent who looks at a lead still takes what is put through.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from dialer.agent import Agent, AgentState, NotNow
from dialer.asked_call import AskedCall
from dialer.call_events import AgentId
from dialer.campaign import CampaignId, Mode
from dialer.dialing import CampaignDialing
from dialer.floor import speaks
from dialer.hopper import LEASE_MARGIN
from dialer.live import LiveTeam
from dialer.ports import Candidate, Clock
from leads.lead import LeadId
from leads.phone import PhoneNumber

#: How many leads an agent of a manual campaign may choose among at a time.
CHOICES: Final = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class LeadOffer:
    """A lead that an agent may ask to be called."""

    lead: LeadId
    campaign: CampaignId
    number: PhoneNumber
    is_callback: bool
    until: datetime  #: then it goes back to the list
    may_skip: bool  #: it alone is set before the agent, who may pass it on


class Previews:
    """The leads before the agents of one team. Its methods run in the engine's inbox."""

    def __init__(
        self, live: LiveTeam, clock: Clock, dialing: Mapping[CampaignId, CampaignDialing]
    ) -> None:
        self._live = live
        self._clock = clock
        self._dialing = dialing
        self._told: dict[AgentId, tuple[LeadOffer, ...]] = {}

    def tick(self) -> None:
        """Take back what nobody looks at any more; set a lead before who has none."""
        now = self._clock.now()
        for dialing in self._dialing.values():
            for agent_id, candidate in list(dialing.on_show.items()):
                if candidate.claimed_until <= now + LEASE_MARGIN:
                    self._take_away(dialing, agent_id)
                elif not self._may_look(dialing, self._live.agents[agent_id]):
                    dialing.hopper.put_back(self._take_away(dialing, agent_id))
        for agent in self._live.agents.values():
            if agent.state is AgentState.READY and not any(self._shown_to(agent.id)):
                self._show(agent)
            if self._told.get(agent.id, ()) != (offers := self.offers(agent.id)):
                self._told[agent.id] = offers
                self._live.changed(agent.id)

    def offers(self, agent_id: AgentId) -> tuple[LeadOffer, ...]:
        """Return the leads that the agent may ask to be called, the most urgent first."""
        agent = self._live.agents[agent_id]
        if agent.state is not AgentState.READY or agent_id in self._live.promised:
            return ()
        shown = [_offer(dialing, dialing.on_show[agent_id]) for dialing in self._shown_to(agent_id)]
        chosen_from = [
            _offer(dialing, candidate)
            for dialing in self._of_mode(Mode.MANUAL)
            if self._may_look(dialing, agent)
            for candidate in self._fitting(dialing, agent)
        ]
        return tuple([*shown, *chosen_from][:CHOICES])

    def call(self, agent_id: AgentId, lead: LeadId) -> AskedCall:
        """Have *lead*, which is before the agent, called for them.

        Raises:
            NotNow: the agent is not ready.
        """
        agent, asked = self._live.agents[agent_id], AskedCall(agent_id)
        if agent.state is not AgentState.READY or agent_id in self._live.promised:
            raise NotNow("a call", agent.state)
        if (found := self._take(agent_id, lead)) is None:
            asked.denied("not_shown")
        else:
            dialing, candidate = found
            for other in list(self._shown_to(agent_id)):
                other.hopper.put_back(self._take_away(other, agent_id))
            dialing.call_for(asked, candidate)
            self._live.changed(agent_id)
        return asked

    def skip(self, agent_id: AgentId, lead: LeadId) -> None:
        """Pass on the lead before the agent, who is shown another; its turn comes again."""
        for dialing in list(self._shown_to(agent_id)):
            if dialing.on_show[agent_id].lead == lead:
                passed_on = self._take_away(dialing, agent_id)
                self._show(self._live.agents[agent_id])
                dialing.hopper.add([passed_on])

    # --- Inside ----------------------------------------------------------------------------

    def _of_mode(self, mode: Mode) -> list[CampaignDialing]:
        found = [each for each in self._dialing.values() if each.campaign.mode is mode]
        return sorted(found, key=lambda each: (-each.campaign.priority, each.campaign.id))

    def _shown_to(self, agent_id: AgentId) -> Iterator[CampaignDialing]:
        return (each for each in self._dialing.values() if agent_id in each.on_show)

    def _may_look(self, dialing: CampaignDialing, agent: Agent) -> bool:
        asks = dialing.campaign.mode in (Mode.PREVIEW, Mode.MANUAL)
        theirs = agent.id in dialing.campaign.agents and agent.state is AgentState.READY
        return asks and theirs and dialing.dials

    def _show(self, agent: Agent) -> None:
        for dialing in self._of_mode(Mode.PREVIEW):
            if not self._may_look(dialing, agent):
                continue
            if (candidate := self._next_for(dialing, agent)) is not None:
                dialing.on_show[agent.id] = candidate
                self._live.changed(agent.id)
                return

    def _next_for(self, dialing: CampaignDialing, agent: Agent) -> Candidate | None:
        now = self._clock.now()
        first = next(iter(self._fitting(dialing, agent)), None)
        if first is None:
            return None
        return dialing.hopper.take(lambda each: each.lead == first.lead, now=now)

    def _fitting(self, dialing: CampaignDialing, agent: Agent) -> list[Candidate]:
        """Return what of the hopper the agent may call: own promises first, no colleague's."""
        colleagues = {
            each.id
            for each in self._live.agents.values()
            if each.id != agent.id and each.state is not AgentState.OFFLINE
        }
        fits = [
            each
            for each in dialing.hopper
            if speaks(agent, each.languages) and each.callback_agent not in colleagues
        ]
        return sorted(fits, key=lambda each: each.callback_agent != agent.id)

    def _take(self, agent_id: AgentId, lead: LeadId) -> tuple[CampaignDialing, Candidate] | None:
        offer = next((each for each in self.offers(agent_id) if each.lead == lead), None)
        if offer is None:
            return None
        dialing = self._dialing[offer.campaign]
        if (shown := dialing.on_show.get(agent_id)) is not None and shown.lead == lead:
            return dialing, self._take_away(dialing, agent_id)
        now = self._clock.now()
        candidate = dialing.hopper.take(lambda each: each.lead == lead, now=now)
        return (dialing, candidate) if candidate is not None else None

    def _take_away(self, dialing: CampaignDialing, agent_id: AgentId) -> Candidate:
        self._live.changed(agent_id)
        return dialing.on_show.pop(agent_id)


def _offer(dialing: CampaignDialing, candidate: Candidate) -> LeadOffer:
    return LeadOffer(
        lead=candidate.lead,
        campaign=dialing.campaign.id,
        number=candidate.number,
        is_callback=candidate.is_callback,
        until=candidate.claimed_until - LEASE_MARGIN,
        may_skip=dialing.campaign.mode is Mode.PREVIEW,
    )
