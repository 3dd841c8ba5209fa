"""What may be ordered of the telephone network while callee and agent talk.

Rule: orders are values without the call they are meant for; given twice they are carried out once.
A **guest** is whoever is let into a conversation and is neither its callee nor its agent: a
transfer's target, a supervisor. A guest's leg has a name that says which.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NewType
from uuid import UUID

from dialer.call_events import CallId

GuestId = NewType("GuestId", str)


class Part(StrEnum):
    """What a guest may hear, and who hears the guest."""

    LISTEN = "listen"  #: hears all, is heard by nobody
    WHISPER = "whisper"  #: hears all, is heard by the agent alone
    CONSULT = "consult"  #: speaks with the agent; the callee neither hears nor is heard
    TALK = "talk"  #: hears all, is heard by all


@dataclass(frozen=True, slots=True)
class Hold:
    """Let the callee hear the hold tone, and nobody the callee."""


@dataclass(frozen=True, slots=True)
class Resume:
    """End the hold."""


@dataclass(frozen=True, slots=True)
class MuteTape:
    """Record silence, or go on recording."""

    muted: bool


@dataclass(frozen=True, slots=True)
class SendDigits:
    """Send keys to the callee's line."""

    digits: str
    keying: str = "auto"  #: rfc2833 | info | inband | auto


@dataclass(frozen=True, slots=True)
class Join:
    """Let a guest whose leg is up into the conversation, or give the guest another part."""

    guest: GuestId
    part: Part


@dataclass(frozen=True, slots=True)
class Leave:
    """Take a guest out; the guest's leg stays up."""

    guest: GuestId


@dataclass(frozen=True, slots=True)
class HandOver:
    """Let callee and guest go on without the agent."""

    guest: GuestId
    record: bool = False  #: the recording goes on; else it holds silence from now on


@dataclass(frozen=True, slots=True)
class DropGuest:
    """Hang up a guest's leg, or stop calling it."""

    guest: GuestId


Order = Hold | Resume | MuteTape | SendDigits | Join | Leave | HandOver | DropGuest


# What becomes of guests. What becomes of the conversation is an event of its call.


@dataclass(frozen=True, slots=True)
class GuestUp:
    """A guest picked up."""

    guest: GuestId
    at: datetime


@dataclass(frozen=True, slots=True)
class GuestGone:
    """A guest's leg has ended, or never came up."""

    guest: GuestId
    at: datetime
    refused: bool = False  #: was not answered


@dataclass(frozen=True, slots=True)
class GuestJoined:
    """A guest is in a conversation, or has another part in it."""

    guest: GuestId
    call: CallId
    part: Part
    at: datetime


@dataclass(frozen=True, slots=True)
class GuestLeft:
    """A guest is no longer in it; the leg is still up, unless its end is told, too."""

    guest: GuestId
    call: CallId
    at: datetime


GuestEvent = GuestUp | GuestGone | GuestJoined | GuestLeft


def target_leg(call: CallId, number: int) -> GuestId:
    """Return the name of the leg of a call's *number*-th transfer.

    >>> target_leg(CallId(UUID(int=7)), 1)
    'target.00000000-0000-0000-0000-000000000007.1'
    """
    return GuestId(f"target.{call}.{number}")


def supervisor_leg(user: int, token: str) -> GuestId:
    """Return the name of a supervisor's leg; *token* tells one leg from the next."""
    return GuestId(f"supervisor.{user}.{token}")


def call_of_target(guest: GuestId) -> CallId | None:
    """Return the call whose transfer a leg is of.

    >>> call_of_target(target_leg(CallId(UUID(int=7)), 1)) == UUID(int=7)
    True
    """
    kind, _, rest = guest.partition(".")
    if kind != "target":
        return None
    try:
        return CallId(UUID(rest.partition(".")[0]))
    except ValueError:
        return None


def supervisor_of(guest: GuestId) -> int | None:
    """Return the user whose leg it is; ``None``: it is not a supervisor's.

    >>> supervisor_of(supervisor_leg(4, "a")), supervisor_of(GuestId("target.x.1"))
    (4, None)
    """
    kind, _, rest = guest.partition(".")
    user = rest.partition(".")[0]
    return int(user) if kind == "supervisor" and user.isdecimal() else None
