"""Meetings and their invitations."""

from datetime import UTC, datetime, timedelta, timezone
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from icalendar import Calendar

from leads.lead import TRANSITIONS, AttemptId, LeadId, LeadState
from leads.meeting import (
    VERDICTS,
    Mailbox,
    Meeting,
    MeetingClosed,
    MeetingId,
    Verdict,
    Wording,
    cancelled,
    invitation,
    moved,
)
from leads.rep import RepId

NOW = datetime(2026, 11, 23, 10, tzinfo=UTC)


def a_meeting(**changes) -> Meeting:
    defaults = {
        "id": MeetingId(1),
        "uid": UUID("01890000-0000-7000-8000-000000000001"),
        "rep": RepId(1),
        "lead": LeadId(1),
        "attempt": AttemptId(1),
        "booked_at": NOW,
        "starts_at": datetime(2026, 11, 24, 11, tzinfo=timezone(timedelta(hours=2))),
        "ends_at": datetime(2026, 11, 24, 11, 30, tzinfo=timezone(timedelta(hours=2))),
    }
    return Meeting(**{**defaults, **changes})


def an_invitation(meeting: Meeting, **wording: str) -> str:
    return invitation(
        meeting,
        Wording(**{"summary": "Среща", **wording}),
        organizer=Mailbox(email="dialer@example.com", name="Example Energy"),
        attendees=(
            Mailbox(email="rep@example.com", name="Мария Иванова"),
            Mailbox(email="", name="Without an address"),
        ),
        now=NOW,
    )


def test_an_invitation_is_a_request_in_utc_with_a_stable_uid():
    text = an_invitation(a_meeting(), description="Line one\nLine two")
    [event] = Calendar.from_ical(text).walk("VEVENT")
    assert Calendar.from_ical(text)["METHOD"] == "REQUEST"
    assert event["UID"] == "01890000-0000-7000-8000-000000000001@callwright"
    assert "DTSTART:20261124T090000Z" in text
    assert event["SEQUENCE"] == 0
    assert str(event["ORGANIZER"]) == "mailto:dialer@example.com"
    assert str(event["ATTENDEE"]) == "mailto:rep@example.com"
    assert str(event["DESCRIPTION"]) == "Line one\nLine two"
    assert all(len(line.encode()) <= 75 for line in text.split("\r\n"))


def test_a_move_keeps_the_uid_and_raises_the_sequence():
    meeting = moved(a_meeting(), NOW + timedelta(days=2), NOW + timedelta(days=2, minutes=30))
    text = an_invitation(meeting)
    assert "SEQUENCE:1" in text
    assert f"UID:{meeting.uid}@callwright" in text


def test_a_cancellation_takes_the_entry_away():
    text = an_invitation(cancelled(a_meeting()))
    assert "METHOD:CANCEL" in text
    assert "STATUS:CANCELLED" in text
    with pytest.raises(MeetingClosed, match="cancelled"):
        moved(cancelled(a_meeting()), NOW, NOW + timedelta(minutes=30))


@given(st.text(max_size=60), st.text(max_size=60))
def test_no_text_breaks_out_of_its_property(summary, name):
    text = invitation(
        a_meeting(),
        Wording(summary=summary),
        organizer=Mailbox(email="dialer@example.com", name=name),
        attendees=(Mailbox(email="rep@example.com", name=name),),
        now=NOW,
    )
    [event] = Calendar.from_ical(text).walk("VEVENT")
    known = {"UID", "SEQUENCE", "DTSTAMP", "DTSTART", "DTEND", "STATUS", "SUMMARY", "ORGANIZER"}
    assert set(event) == known | {"ATTENDEE"}


def test_every_verdict_has_a_place_to_take_the_lead_to():
    assert set(VERDICTS) == set(Verdict)
    for meaning in VERDICTS.values():
        target = TRANSITIONS[LeadState.BOOKED, meaning.event]
        assert (target is LeadState.RETIRED) == (meaning.retired_because is not None)
