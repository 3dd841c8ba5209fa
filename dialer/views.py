"""What the desk and the board may see of an engine: plain values, made when asked for.

Rule: a view is a copy. Nothing that holds a view can change the engine, and a view carries a
version so that one who watches can wait for the next.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from dialer.agent import AgentState
from dialer.call import CallState
from dialer.call_events import AgentId, CallId
from dialer.campaign import CampaignId, CampaignState, Mode
from dialer.ports import Booking, Promise
from dialer.previewing import LeadOffer
from dialer.screening.verdict import ScreeningVerdict
from leads.lead import AttemptId, LeadId
from leads.phone import PhoneNumber


@dataclass(frozen=True, slots=True, kw_only=True)
class CallView:
    """The call an agent has."""

    call: CallId
    attempt: AttemptId
    lead: LeadId
    campaign: CampaignId
    number: PhoneNumber
    state: CallState
    answered_at: datetime | None
    bridged_at: datetime | None
    ended_at: datetime | None  #: for the agent: the callee hung up, or was handed over
    inbound: bool = False  #: the person has called us
    held: bool = False  #: the callee hears the hold tone
    muted: bool = False  #: the recording holds silence
    transfer: str = ""  #: the target's name; empty: none is under way
    transfer_state: str = ""  #: calling | consulting | joined
    transfer_is_blind: bool = False
    targets: tuple[str, ...] = ()  #: to whom the callee may be handed over
    key: str = ""  #: the last that the callee pressed
    listeners: tuple[str, ...] = ()  #: parts of the supervisors in the call
    screening: ScreeningVerdict | None = None  #: what screening says of it, for what that is worth


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchView:
    """What a supervisor's telephone is connected to."""

    user: int
    agent: AgentId
    part: str
    is_up: bool  #: the telephone was picked up
    call: CallId | None  #: that is being listened to


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentView:
    """An agent as the desk shows them."""

    agent: AgentId
    name: str
    state: AgentState
    since: datetime | None
    reason: str
    leg_up: bool
    wants: AgentState | None  #: where the agent goes next, if asked for
    call: CallView | None
    version: int  #: grows with every change of this agent or their call
    offers: tuple[LeadOffer, ...] = ()  #: leads the agent may ask to be called


@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignBoard:
    """One campaign on the board."""

    campaign: CampaignId
    name: str
    state: CampaignState
    mode: Mode
    calls_by_state: Mapping[str, int]
    placed: int  #: since this engine started
    answered: int
    live_answers: int  #: answered, less machines as agents marked them
    machines: int
    connected: int
    abandoned: int
    abandon_rate: float  #: 0..1, of live answers
    abandon_rate_limit: float
    answer_rate: float  #: 0..1, answered of ended
    pacing: str  #: the last decision and its reasons, as a sentence
    due: int  #: leads that may be tried now
    later: int  #: leads that will be due
    meetings: int
    callbacks: int
    ends_at: datetime | None  #: estimate; None: unknown


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentOnBoard:
    """One agent on the board."""

    agent: AgentId
    name: str
    languages: tuple[str, ...]
    state: AgentState
    since: datetime | None
    reason: str
    call_state: CallState | None
    leg_up: bool = True  #: the telephone is connected, as far as the agent is signed in
    listeners: tuple[str, ...] = ()  #: parts of those who watch the agent


@dataclass(frozen=True, slots=True, kw_only=True)
class Board:
    """A team's floor at one instant."""

    at: datetime
    team: str
    stopped: bool  #: stop-all
    draining: bool
    trouble: tuple[str, ...]  #: what hinders dialing, in words
    agents: tuple[AgentOnBoard, ...]
    agents_by_state: Mapping[str, int]
    campaigns: tuple[CampaignBoard, ...]
    version: int
    callers: int = 0  #: people who call us at this moment and have no agent yet
    called_back: int = 0  #: people who have called us since the engine started


@dataclass(frozen=True, slots=True, kw_only=True)
class Disposal:
    """What the agent recorded of a call."""

    disposition: str  #: leads.disposition.Disposition
    note: str = ""
    answers: Mapping[str, Any] = field(default_factory=dict)
    booking: Booking | None = None
    promise: Promise | None = None
