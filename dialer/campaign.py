"""What a campaign is to the dialer: whose, in which mode, within which limits.

    draft ──▶ running ◀──▶ paused
                 │            │
                 └──▶ finished ◀─┘      (running again only by a person's decision)

Rule: only a running campaign dials. Pausing stops new calls and lets live ones finish.
"""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Final, NewType

from dialer.call_events import AgentId

CampaignId = NewType("CampaignId", int)
ClientId = NewType("ClientId", int)


class CampaignState(StrEnum):
    """Whether a campaign dials."""

    DRAFT = "draft"  #: being set up
    RUNNING = "running"  #: dials
    PAUSED = "paused"  #: no new calls; live calls finish
    FINISHED = "finished"  #: nothing left to dial, or ended by hand


class Mode(StrEnum):
    """How calls are placed for agents."""

    MANUAL = "manual"  #: the agent dials
    PREVIEW = "preview"  #: the agent sees the lead, then asks for the call
    PROGRESSIVE = "progressive"  #: one call for one ready agent
    PREDICTIVE = "predictive"  #: more calls than ready agents, within the abandon limit


class AbandonWindow(StrEnum):
    """Over what the abandon rate has to hold, at every instant once enough people answered."""

    DAY = "day"  #: each calendar day, where the caller ID is at home
    ROLLING_DAY = "rolling_day"  #: the last 24 hours
    THIRTY_DAYS = "thirty_days"  #: successive periods of 30 days (47 CFR 64.1200(a)(7))
    CAMPAIGN = "campaign"  #: everything since its first call


MOVES: Final[dict[CampaignState, frozenset[CampaignState]]] = {
    CampaignState.DRAFT: frozenset({CampaignState.RUNNING, CampaignState.FINISHED}),
    CampaignState.RUNNING: frozenset({CampaignState.PAUSED, CampaignState.FINISHED}),
    CampaignState.PAUSED: frozenset({CampaignState.RUNNING, CampaignState.FINISHED}),
    CampaignState.FINISHED: frozenset({CampaignState.RUNNING}),
}


class ImpossibleMove(Exception):
    """A campaign cannot go from its state to the one asked for."""

    def __init__(self, found: CampaignState, asked: CampaignState) -> None:
        possible = ", ".join(sorted(MOVES[found]))
        super().__init__(f"a {found} campaign cannot become {asked}; possible: {possible}")
        self.found = found
        self.asked = asked


def move(found: CampaignState, asked: CampaignState) -> CampaignState:
    """Return *asked* if a campaign in state *found* may go there.

    Raises:
        ImpossibleMove: it may not.
    """
    if asked not in MOVES[found]:
        raise ImpossibleMove(found, asked)
    return asked


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferTarget:
    """Somebody of the client's to whom agents may hand callees over, and nobody else."""

    name: str
    to: str  #: a SIP URI, or a number in E.164


@dataclass(frozen=True, slots=True, kw_only=True)
class Campaign:
    """One campaign's settings, as an engine needs them."""

    id: CampaignId
    client: ClientId
    name: str
    state: CampaignState
    mode: Mode
    caller_id: str  #: E.164
    caller_name: str  #: said by the identity message
    purpose: str = ""
    sector: str = ""
    abandon_rate_limit: float = 0.03  #: 0..0.5, inclusive
    abandon_window: AbandonWindow = AbandonWindow.DAY
    hard_stop: bool = False  #: above the limit nothing is dialed, not even call by call
    talk_share_target: float | None = None  #: 0..1: abandon as little as that talk share allows
    expected_talk: timedelta = timedelta(seconds=100)  #: on average, until talks were observed
    expected_wrap_up: timedelta = timedelta(seconds=15)  #: likewise
    connect_limit: timedelta = timedelta(seconds=2)
    ring_limit: timedelta = timedelta(seconds=25)
    wrap_up_limit: timedelta = timedelta(minutes=2)
    recording: bool = True
    priority: int = 0  #: higher first
    share: float = 1.0  #: weight among campaigns of equal priority
    meeting_minutes: int = 30
    agents: frozenset[AgentId] = frozenset()
    transfer_targets: tuple[TransferTarget, ...] = ()

    @property
    def dials(self) -> bool:
        return self.state is CampaignState.RUNNING
