"""A booked meeting: its invitation, and what the rep says afterwards.

    booked ──held──▶ held            (verdict good or poor: the lead is done)
       ├──nobody came──▶ not_held    (the lead is called again)
       └──cancelled────▶ cancelled   (likewise)

Rule: an invitation is text made from values. Its UID never changes and its SEQUENCE rises with
every change, so that calendars replace the old entry instead of adding one (RFC 5545, sections
3.8.4.7 and 3.8.7.4; RFC 5546, section 3.2). Times are UTC: no zone definition can be wrong.
"""

import unicodedata
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final, NewType
from uuid import UUID

from icalendar import Calendar, Event, vCalAddress, vText

from leads.lead import AttemptId, LeadEvent, LeadId, RetiredBecause
from leads.rep import RepId

MeetingId = NewType("MeetingId", int)
PRODUCT: Final = "-//Callwright//Meetings//EN"


class MeetingState(StrEnum):
    """Where a meeting is in its life."""

    BOOKED = "booked"  #: takes the rep's time
    CANCELLED = "cancelled"  #: will not take place; the slot is free again
    HELD = "held"
    NOT_HELD = "not_held"  #: nobody came


class Verdict(StrEnum):
    """The rep's one tap after the meeting."""

    GOOD = "good"  #: held, and worth it
    POOR = "poor"  #: held, and not what was promised
    NO_SHOW = "no_show"  #: the lead did not come
    CANCELLED = "cancelled"  #: the lead cancelled


@dataclass(frozen=True, slots=True, kw_only=True)
class VerdictMeaning:
    """What a verdict does to the meeting and to its lead."""

    state: MeetingState
    event: LeadEvent
    retired_because: RetiredBecause | None = None


VERDICTS: Final[dict[Verdict, VerdictMeaning]] = {
    Verdict.GOOD: VerdictMeaning(
        state=MeetingState.HELD,
        event=LeadEvent.MEETING_HELD,
        retired_because=RetiredBecause.MEETING_HELD,
    ),
    Verdict.POOR: VerdictMeaning(
        state=MeetingState.HELD,
        event=LeadEvent.MEETING_HELD,
        retired_because=RetiredBecause.MEETING_HELD,
    ),
    Verdict.NO_SHOW: VerdictMeaning(state=MeetingState.NOT_HELD, event=LeadEvent.MEETING_NOT_HELD),
    Verdict.CANCELLED: VerdictMeaning(
        state=MeetingState.CANCELLED, event=LeadEvent.MEETING_CANCELLED
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Meeting:
    """A time at which a rep and a lead have agreed to meet."""

    id: MeetingId
    uid: UUID  #: of the invitation; never changes
    rep: RepId
    lead: LeadId
    attempt: AttemptId  #: the attempt it was booked in
    booked_at: datetime
    starts_at: datetime
    ends_at: datetime
    sequence: int = 0  #: raised by every change
    state: MeetingState = MeetingState.BOOKED
    verdict: Verdict | None = None


class MeetingClosed(ValueError):
    """The meeting is over or cancelled and cannot be changed."""

    def __init__(self, meeting: Meeting) -> None:
        super().__init__(f"meeting {meeting.id} is {meeting.state}; only a booked one can change")
        self.meeting = meeting


def moved(meeting: Meeting, starts_at: datetime, ends_at: datetime) -> Meeting:
    """Return *meeting* at another time; its invitation replaces the old one."""
    if meeting.state is not MeetingState.BOOKED:
        raise MeetingClosed(meeting)
    return replace(meeting, starts_at=starts_at, ends_at=ends_at, sequence=meeting.sequence + 1)


def cancelled(meeting: Meeting) -> Meeting:
    """Return *meeting* as cancelled; :func:`invitation` then takes it out of calendars."""
    if meeting.state is not MeetingState.BOOKED:
        raise MeetingClosed(meeting)
    return replace(meeting, state=MeetingState.CANCELLED, sequence=meeting.sequence + 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mailbox:
    """Somebody who organises or attends."""

    email: str
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """What the invitation says, in the callee's language."""

    summary: str
    description: str = ""
    location: str = ""


def invitation(
    meeting: Meeting,
    wording: Wording,
    *,
    organizer: Mailbox,
    attendees: tuple[Mailbox, ...],
    now: datetime,
) -> str:
    """Return the iCalendar text for *meeting*: a request, or a cancellation if it is cancelled.

    Args:
        organizer: The mailbox the invitation is sent from; large mail providers refuse to show an
            invitation whose organizer is somebody else.
        attendees: Those without an e-mail address are left out.
        now: When this text is made (DTSTAMP).
    """
    gone = meeting.state is MeetingState.CANCELLED
    event = Event()
    event.add("uid", f"{meeting.uid}@callwright")
    event.add("sequence", meeting.sequence)
    event.add("dtstamp", now.astimezone(UTC))
    event.add("dtstart", meeting.starts_at.astimezone(UTC))
    event.add("dtend", meeting.ends_at.astimezone(UTC))
    event.add("status", "CANCELLED" if gone else "CONFIRMED")
    event.add("summary", _line(wording.summary))
    if wording.description:
        event.add("description", _shown(wording.description))
    if wording.location:
        event.add("location", _line(wording.location))
    event["organizer"] = _address(organizer)
    for attendee in attendees:
        if attendee.email:
            event.add("attendee", _attending(attendee), encode=False)
    calendar = Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("method", "CANCEL" if gone else "REQUEST")
    calendar.add_component(event)
    written: bytes = calendar.to_ical()
    return written.decode("utf-8")


def _address(mailbox: Mailbox) -> vCalAddress:
    address = vCalAddress("mailto:" + _line(mailbox.email))
    if mailbox.name:
        address.params["CN"] = vText(_line(mailbox.name).replace('"', "'"))
    return address


def _attending(mailbox: Mailbox) -> vCalAddress:
    address = _address(mailbox)
    address.params["ROLE"] = vText("REQ-PARTICIPANT")
    address.params["PARTSTAT"] = vText("NEEDS-ACTION")
    address.params["RSVP"] = vText("TRUE")
    return address


def _line(text: str) -> str:
    """Return *text* on one line: a line break in a name must not begin a property of its own."""
    return " ".join(_shown(text).split())


def _shown(text: str) -> str:
    """Return *text* without control characters (line breaks apart) and half characters."""
    return "".join(c for c in text if c in "\n\t" or unicodedata.category(c) not in ("Cc", "Cs"))
