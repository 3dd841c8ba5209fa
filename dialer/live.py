"""The team as its engine holds it: agents, calls, and the one way to change either.

Rule: every change goes through :meth:`LiveTeam.agent_event` or :meth:`LiveTeam.call_event`,
which ask the pure life (``agent.py``, ``call.py``), put what changed into the record, and
return what must now be done. Carrying it out is the engine's work.
"""

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from dialer import agent as agents
from dialer import call as calls
from dialer.agent import Agent, AgentState
from dialer.call import Call
from dialer.call_events import AgentId, CallEvent, CallId, Connected, HandedOver, Invited
from dialer.campaign import Campaign, CampaignId, CampaignState
from dialer.floor import ANY_LANGUAGE, QueuedCall, pool_of
from dialer.on_record import invited_by
from dialer.ports import AgentRow, Way
from dialer.team import Team, TeamAgent
from dialer.watching import Watch
from dialer.writing import Chain, Happened, Writer
from leads.lead import AttemptId, LeadId, PersonId
from leads.phone import PhoneNumber

#: The gate's note that a conversation may not be recorded.
RECORDING_OFF: Final = "RECORDING_OFF_UNTIL_CONSENT"


@dataclass(slots=True, kw_only=True)
class LiveCall:
    """A call whose attempt is open, with what the engine must remember of it."""

    call: Call
    attempt: AttemptId
    lead: LeadId
    person: PersonId
    campaign: CampaignId
    number: PhoneNumber
    languages: tuple[str, ...]
    opened_at: datetime
    segment: str = ""  #: of leads that answer alike
    preferred: AgentId | None = None  #: who promised the callback
    asked_by: AgentId | None = None  #: who looked at the lead and asked for the call
    obligations: tuple[str, ...] = ()  #: of the permit
    way: Way | None = None  #: what it occupies; None: not known, after a restart
    tried_hosts: frozenset[tuple[str, str]] = frozenset()  #: trunk and host of INVITEs that failed
    chain: Chain = field(default_factory=Chain)  #: what is on record of it
    closing: bool = False  #: the closing is on its way to the database
    tried: set[AgentId] = field(default_factory=set)  #: agents it could not be bridged to


class LiveTeam:
    """Agents and calls of one team."""

    def __init__(self, writer: Writer, watch: Watch) -> None:
        self._writer = writer
        self._watch = watch
        self.team: Team | None = None
        self.agents: dict[AgentId, Agent] = {}
        self.calls: dict[CallId, LiveCall] = {}
        self.members: dict[AgentId, TeamAgent] = {}
        self.campaigns: dict[CampaignId, Campaign] = {}
        self.promised: set[AgentId] = set()  #: who asked for a call that is being opened

    def settle(self, team: Team) -> None:
        """Take the team as the database now describes it."""
        self.team = team
        here = {campaign.id: campaign for campaign in team.campaigns}
        gone = {
            campaign.id: replace(campaign, state=CampaignState.PAUSED)
            for campaign in self.campaigns.values()
            if campaign.id not in here
        }
        self.campaigns = here | gone  # live calls of a campaign that went elsewhere finish here
        self.members = {member.id: member for member in team.agents}
        for member in team.agents:
            known = self.agents.get(member.id)
            if known is None:
                self.agents[member.id] = Agent(id=member.id, languages=member.languages)
            elif known.languages != member.languages:
                self.agents[member.id] = replace(known, languages=member.languages)

    def restore(self, agent: Agent, at: datetime) -> None:
        """Take an agent as a restart found them; what differs from the record is recorded."""
        member = self.members[agent.id]
        self.agents[agent.id] = agent
        if (agent.state, agent.call) != (member.last_state, member.last_call):
            self._writer.append(
                AgentRow(
                    agent=agent.id, at=at, state=agent.state, reason=agent.reason, call=agent.call
                )
            )
        self.changed(agent.id)

    def agent_event(
        self, agent_id: AgentId, event: agents.AgentEvent
    ) -> tuple[Agent, Agent, tuple[agents.Command, ...]]:
        """Change an agent; return them before and after, and what must now be done.

        Raises:
            NotNow: what was asked does not fit.
        """
        before = self.agents[agent_id]
        after, commands = agents.advance(before, event)
        self.agents[agent_id] = after
        if (after.state, after.reason, after.call) != (before.state, before.reason, before.call):
            self._writer.append(
                AgentRow(
                    agent=agent_id,
                    at=event.at,
                    state=after.state,
                    reason=after.reason,
                    call=after.call,
                )
            )
        if after != before:
            self.changed(agent_id)
        return before, after, commands

    def call_event(
        self, live: LiveCall, event: CallEvent, *, record: bool = True
    ) -> tuple[Call, tuple[calls.Command, ...]]:
        """Change a call; return it as it was before, and what must now be done.

        With ``record=False`` the event is on record already.
        """
        if isinstance(event, Connected):
            event = replace(event, recorded=self.records(live))
        elif isinstance(event, Invited) and live.way is not None:
            event = invited_by(event, live.way.taken)
        transfer = live.call.talk.transfer
        if isinstance(event, HandedOver) and transfer and transfer.guest == event.guest:
            event = replace(event, to=transfer.target)
        before = live.call
        live.call, commands = calls.advance(before, event)
        if live.call != before:
            if record:
                self._writer.append(Happened(live.call.id, live.chain, event))
            if live.call.agent:
                self.changed(live.call.agent)
            self.changed(None)
        return before, commands

    def changed(self, agent_id: AgentId | None) -> None:
        """Tell those who watch an agent, or the board (``None``)."""
        if agent_id is not None:
            self._watch.bump(agent_id)
        self._watch.bump("board")

    def records(self, live: LiveCall) -> bool:
        """Return whether the conversation is to be recorded."""
        return self.campaigns[live.campaign].recording and RECORDING_OFF not in live.obligations

    def in_wrap_up(self, call: CallId) -> Agent | None:
        """Return the agent who has yet to record what came of *call*."""
        return next(
            (
                agent
                for agent in self.agents.values()
                if agent.state is AgentState.WRAP_UP and agent.call == call
            ),
            None,
        )

    def spoken(self, campaign: Campaign) -> frozenset[str]:
        """Return the languages of the campaign's agents who are signed in."""
        return frozenset(
            language
            for agent in self.agents.values()
            if agent.id in campaign.agents and agent.state is not AgentState.OFFLINE
            for language in agent.languages
        )

    def queued(self) -> list[QueuedCall]:
        """Return the live calls of all campaigns, by the queue they are in."""
        spoken = {each.id: self.spoken(each) for each in self.campaigns.values()}
        return [
            QueuedCall(
                campaign=live.campaign,
                pool=pool_of(live.languages, spoken[live.campaign]) or ANY_LANGUAGE,
                call=live.call,
                placed_at=live.opened_at,
            )
            for live in self.calls.values()
            # Who rings in is sure of an agent, and so is whom an agent has asked for.
            if live.call.waits_for_agent or not (live.call.inbound or live.call.agent_reserved)
        ]
