"""A team: the agents who share a floor, and the campaigns they work.

Rule: one engine runs one team, and nobody else touches its calls and agents.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import NewType

from dialer.agent import AgentState
from dialer.call_events import AgentId, CallId
from dialer.campaign import Campaign

TeamId = NewType("TeamId", int)


@dataclass(frozen=True, slots=True, kw_only=True)
class TeamAgent:
    """One agent of the team, and what the record last said of them."""

    id: AgentId
    name: str
    languages: frozenset[str]  #: ISO 639-1
    sip_uri: str
    last_state: AgentState = AgentState.OFFLINE
    last_reason: str = ""
    last_since: datetime | None = None
    last_call: CallId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Team:
    """A team as the database describes it at one instant."""

    id: TeamId
    name: str
    agents: tuple[TeamAgent, ...]
    campaigns: tuple[Campaign, ...]
    stopped: bool = False  #: the stop-all switch is on
