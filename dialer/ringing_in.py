"""People who call us: what is heard of them, what is known of them, what they may be told.

Rule: values only. What is done with them stands in ``ring_backs.py``.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from dialer.call_events import AgentId, CallId
from dialer.campaign import CampaignId, ClientId
from leads.lead import LeadId, NumberId, PersonId
from leads.phone import PhoneNumber


@dataclass(frozen=True, slots=True, kw_only=True)
class CameIn:
    """Somebody calls one of our numbers, over a trunk that may. They hear ringing."""

    call: CallId
    at: datetime
    trunk: str
    sip_call_id: str
    caller: str  #: as the trunk writes it; empty: withheld
    called: tuple[str, ...]  #: what the trunk says was dialed, the likeliest first


@dataclass(frozen=True, slots=True)
class SaidToEnd:
    """What was to be said to who called in has been said."""

    call: CallId
    at: datetime


class Phrase(StrEnum):
    """What somebody who calls us may be told; each names the caller first."""

    SORRY = "sorry"  #: nobody can speak with you
    CHOICE = "choice"  #: nobody can; 1 to be called back, 2 to be left alone
    LEAVE_ALONE = "leave_alone"  #: nobody can; 2 to be left alone
    WILL_CALL = "will_call"  #: we call you back
    WILL_NOT_CALL = "will_not_call"  #: we do not call you again


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """Something to be said: what, in whose name, in which language."""

    kind: Phrase
    caller_name: str
    caller_id: str  #: our number, E.164
    languages: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Ringer:
    """Who calls us, as far as the record knows."""

    campaign: CampaignId
    client: ClientId
    caller_name: str  #: in whose name we called
    shown: str  #: the number of ours that was called, E.164
    numbers: tuple[PhoneNumber, ...]  #: what the caller's number may be; empty: withheld
    lead: LeadId | None = None  #: last called at that number; None: nobody we know
    person: PersonId | None = None
    number: PhoneNumber | None = None
    number_id: NumberId | None = None
    languages: tuple[str, ...] = ()
    agent: AgentId | None = None  #: who talked to them last
    obligations: tuple[str, ...] = ()  #: of the permit of the last call to them
    may_be_called: bool = False  #: the lead is still to be worked


class RingBackEnd(StrEnum):
    """What became of somebody who called us back."""

    AGENT = "agent"  #: was given to an agent
    CALL_BACK = "call_back"  #: asked to be called
    LEFT_ALONE = "left_alone"  #: asked not to be called again
    ANNOUNCED = "announced"  #: heard who we are, and asked for nothing
    HUNG_UP = "hung_up"  #: before anything was said
    TURNED_AWAY = "turned_away"  #: the number they called is none we show
    LOST = "lost"  #: our side failed meanwhile


class Receiver(Protocol):
    """The part of the telephone network that answers calls which come in. Orders are idempotent."""

    def pick_up(self, call: CallId, sorry: Words | None) -> None:
        """Answer a call; *sorry* is what ``play_identity_message`` says in it from then on."""
        ...

    def say(self, call: CallId, words: Words, *, then_hang_up: bool) -> None: ...
