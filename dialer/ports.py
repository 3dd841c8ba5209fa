"""The dialer's edges: everything it needs from the world, and nothing it does not.

    Clock       what time it is, and to be woken
    Telephony   orders go out and return at once; what became of them comes back as events
    Ledger      what must be true after a crash

An edge is a port only where two implementations really exist: one for the telephone network and
PostgreSQL, one in memory for tests on virtual time. Both pass the tests of ``tests/contracts``.
"""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final, Protocol

from compliance.decision import Permit, Refused
from dialer.agent import AgentState
from dialer.call_events import AgentId, CallEvent, CallId, OwnReason
from dialer.campaign import CampaignId
from dialer.in_call import GuestEvent, GuestId, Order
from dialer.ringing_in import CameIn, Receiver, SaidToEnd
from dialer.screening.line import TonePlan
from dialer.screening.verdict import Mode
from dialer.team import Team
from dialer.trunk_events import TrunkEvent
from leads.lead import AttemptId, LeadId, NumberId, PersonId
from leads.phone import PhoneNumber
from sip_config.carrying import Taken

# --- Clock -----------------------------------------------------------------------------------


class Wake(Protocol):
    """A call that is planned and may be called off."""

    def cancel(self) -> None: ...


class Clock(Protocol):
    """The only source of time."""

    def now(self) -> datetime:
        """Return the present instant, aware, in UTC."""
        ...

    def wake_at(self, at: datetime, call: Callable[[], None]) -> Wake:
        """Call *call* from the event loop at *at*, or soon if that has passed."""
        ...

    async def sleep(self, duration: timedelta) -> None: ...


# --- Telephony -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """How a call leaves the building, as ``sip_config.routing`` chose it."""

    taken: Taken  #: trunk, host, gateway port and caller ID that the call occupies
    request_uri: str
    sender: str  #: the From header's value
    headers: tuple[tuple[str, str], ...] = ()
    outbound_proxy: str | None = None
    no_provisional: timedelta = timedelta(seconds=3)  #: without any answer to the INVITE
    no_progress: timedelta = timedelta(seconds=12)  #: with a 100 and nothing more
    screening: Mode | None = None  #: how we tell people from machines; ``None``: not at all
    gateway_screens: bool = False  #: the gateway is asked to tell them apart
    tones: TonePlan | None = None  #: what is listened for until the answer; ``None``: nothing


@dataclass(frozen=True, slots=True, kw_only=True)
class Placement:
    """One call to be placed: what the permit allows, and by which way."""

    call: CallId
    permit: Permit
    number: PhoneNumber
    way: Way
    caller_name: str  #: said by the identity message
    ring_limit: timedelta
    connect_limit: timedelta
    languages: tuple[str, ...] = ()  #: of the callee; the identity message speaks the first
    trial: int = 1  #: which INVITE of the permit this is; a later one only after all before ended


@dataclass(frozen=True, slots=True)
class CallHeard:
    """Something happened to a call."""

    call: CallId
    event: CallEvent
    trial: int = 1  #: the INVITE it happened to, as :attr:`Placement.trial` has it
    agent: AgentId | None = None  #: with ``Connected``: whom the callee hears


@dataclass(frozen=True, slots=True)
class AgentLegUp:
    agent: AgentId
    at: datetime


@dataclass(frozen=True, slots=True)
class AgentLegLost:
    agent: AgentId
    at: datetime
    why: str = ""  #: for people; empty: it was hung up


@dataclass(frozen=True, slots=True)
class WorkerLost:
    """The telephony worker is gone, and every leg with it unless it comes back with them."""

    at: datetime


@dataclass(frozen=True, slots=True)
class Bridge:
    """A callee and an agent who hear each other."""

    agent: AgentId
    since: datetime


@dataclass(frozen=True, slots=True)
class Stock:
    """What the worker has at this instant: the answer to :meth:`Telephony.take_stock`.

    Everything that happened before has been told before.
    """

    at: datetime
    calls: frozenset[CallId]
    agents: frozenset[AgentId]  #: legs that are up
    bridged: Mapping[CallId, Bridge] = field(default_factory=dict)
    guests: Mapping[GuestId, bool] = field(default_factory=dict)  #: all, and whether they are up


@dataclass(frozen=True, slots=True, kw_only=True)
class AudioReady:
    """Both sides of a recorded call lie on disk, not yet merged."""

    call: CallId
    agent_audio: str
    callee_audio: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AudioLost:
    """A call is not recorded, or from here on no longer; it goes on."""

    call: CallId
    why: str
    at: datetime


TelephonyEvent = (
    CallHeard
    | AgentLegUp
    | AgentLegLost
    | WorkerLost
    | Stock
    | AudioReady
    | AudioLost
    | TrunkEvent
    | GuestEvent
    | CameIn
    | SaidToEnd
)


@dataclass(frozen=True, slots=True)
class Heard:
    """One event with its number, to be acknowledged once what it meant is durable."""

    number: int  #: ascending; 0 needs no acknowledgement
    event: TelephonyEvent


class Telephony(Receiver, Protocol):
    """The telephone network as the engine sees it. Orders are idempotent."""

    def place(self, placement: Placement) -> None: ...
    def bridge(self, call: CallId, agent: AgentId, *, record: bool) -> None: ...
    def play_identity_message(self, call: CallId) -> None: ...
    def hang_up(self, call: CallId, because: OwnReason) -> None: ...
    def call_agent(self, agent: AgentId, sip_uri: str, way: Way | None = None) -> None: ...
    def release_agent(self, agent: AgentId) -> None: ...
    def in_call(self, call: CallId, order: Order) -> None: ...
    def call_guest(self, guest: GuestId, sip_uri: str, way: Way | None = None) -> None: ...
    def drop_guest(self, guest: GuestId) -> None: ...
    def take_stock(self) -> None: ...
    def acknowledge(self, number: int) -> None: ...
    def events(self) -> AsyncIterator[Heard]: ...


# --- Ledger ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A lead that passed a first check and is leased to this engine."""

    lead: LeadId
    person: PersonId
    campaign: CampaignId
    number: PhoneNumber
    number_id: NumberId
    languages: tuple[str, ...]
    claimed_until: datetime
    segment: str = ""  #: of leads that answer alike
    is_callback: bool = False
    callback_agent: AgentId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """What a look into the list gave."""

    candidates: tuple[Candidate, ...]
    looked_at: int  #: leads claimed, refused ones included; 0: nothing is due now
    superseded: bool = False  #: another engine has taken the team over; nothing is claimed


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """The wish to open an attempt for *candidate* as *call*."""

    call: CallId
    candidate: Candidate
    way: Way


SUPERSEDED: Final = "superseded"  #: why an engine whose place another has taken opens nothing


@dataclass(frozen=True, slots=True, kw_only=True)
class NotOpened:
    """No attempt was opened, and the gate was not even asked: the world moved on."""

    because: str  #: superseded | stopped | not_running | lease_lost | person_busy


@dataclass(frozen=True, slots=True, kw_only=True)
class CallRow:
    """One event of a call, to be appended to its chain."""

    call: CallId
    number: int
    event: CallEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentRow:
    """One state an agent entered."""

    agent: AgentId
    at: datetime
    state: AgentState
    reason: str = ""
    call: CallId | None = None


Row = CallRow | AgentRow


@dataclass(frozen=True, slots=True, kw_only=True)
class Booking:
    """A meeting asked for by the agent."""

    rep: int
    starts_at: datetime
    minutes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Promise:
    """A callback promised by the agent."""

    due_at: datetime
    personal: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Closing:
    """The end of an attempt: disposition, lead, meeting and callback in one transaction."""

    call: CallId
    attempt: AttemptId
    outcome: str  #: sip_config.causes.Outcome
    counts: bool = True  #: counts for the person's caps
    abandoned: bool = False
    agent: AgentId | None = None
    disposition: str | None = None  #: leads.disposition.Disposition; None: nobody talked
    note: str = ""
    answers: Mapping[str, Any] = field(default_factory=dict)
    booking: Booking | None = None
    promise: Promise | None = None
    goes_on: bool = False  #: the call does, without the agent; its end is yet to come


@dataclass(frozen=True, slots=True, kw_only=True)
class Closed:
    """What closing did."""

    lead_state: str
    qualified: bool | None = None
    meeting_uid: str | None = None
    repeated: bool = False  #: the attempt was closed before; nothing was changed


class ClosingRefused(Exception):
    """The closing does not fit what the database knows; nothing was changed."""

    def __init__(self, because: str, detail: str) -> None:
        super().__init__(detail)
        self.because = because  #: stable code: slot_taken | outside_availability | answers ...


class LedgerUnavailable(Exception):
    """The database does not answer; trying again later may help."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unfinished:
    """A call whose attempt is open: all that is needed to go on with it."""

    call: CallId
    attempt: AttemptId
    lead: LeadId
    person: PersonId
    campaign: CampaignId
    number: PhoneNumber
    languages: tuple[str, ...]
    callback_agent: AgentId | None
    obligations: tuple[str, ...]
    opened_at: datetime
    events: tuple[CallEvent, ...]
    taken: Taken | None = None  #: what the call occupies, as far as the record knows


@dataclass(frozen=True, slots=True, kw_only=True)
class Supply:
    """What is left of a campaign's leads at one instant."""

    due: int  #: may be tried now
    later: int  #: will be due at some time
    next_due_at: datetime | None
    in_call: int


class Ledger(Protocol):
    """What must be true after a crash, for one team.

    Every method is one transaction, or reads only, and raises :class:`LedgerUnavailable` when
    the database does not answer; whether it was carried out is then unknown, so that every
    method may be repeated.
    """

    async def take_over(self) -> None:
        """Become the team's only engine: predecessors' leases end, they claim and open no more."""
        ...

    async def team(self) -> Team: ...
    async def claim(
        self,
        campaign: CampaignId,
        *,
        count: int,
        languages: frozenset[str],
        now: datetime,
    ) -> Claim:
        """Lease up to *count* due leads, promised callbacks first, and ask the gate of each.

        Only leads that speak one of *languages*, or whose language is unknown. Refused leads
        are put off or retired, as the gate says, and are not among the candidates.
        """
        ...

    async def release(self, leads: Sequence[LeadId]) -> None: ...
    async def open_attempt(
        self, opening: Opening, *, now: datetime
    ) -> Permit | Refused | NotOpened: ...
    async def append(self, rows: Sequence[Row]) -> None:
        """Append *rows*; those that are there already are passed over."""

    async def close_attempt(
        self, closing: Closing, rows: Sequence[Row], *, now: datetime
    ) -> Closed:
        """Close the attempt and append *rows*, all or nothing.

        Raises:
            ClosingRefused: the closing does not fit; nothing was changed.
        """
        ...

    async def unfinished(self) -> Sequence[Unfinished]: ...
    async def supply(self, campaign: CampaignId, *, now: datetime) -> Supply: ...
