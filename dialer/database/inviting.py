"""Invitations to meetings: made from the rows, promised to the outbox.

Rule: runs in the transaction that books, moves or cancels the meeting, so that an invitation leaves
for exactly what was committed. Each change of a meeting has a file name of its own.
"""

from datetime import datetime
from typing import Final

from dialer.database import outbox
from dialer.database.campaigns import CampaignSetup
from dialer.database.pool import Connection
from leads.meeting import Mailbox, Meeting, Wording, invitation
from leads.phone import PhoneNumber
from leads.sealing import of_lead
from leads.store import attempts, leads, people, reps

INVITATION: Final = "invitation"  #: the kind in the outbox


async def invitation_of(
    connection: Connection,
    meeting: Meeting,
    setup: CampaignSetup,
    *,
    organizer: str,
    now: datetime,
) -> str:
    """Return the iCalendar text for *meeting* of a campaign."""
    rep, _ = await reps.load_rep(connection, meeting.rep)
    row = await leads.load_lead(connection, meeting.lead)
    guest = (Mailbox(email=row.email, name=row.name),) if row.email else ()
    who = ", ".join(filter(None, (row.name, row.company)))
    lines = filter(None, (who, *await _reached_at(connection, meeting)))
    return invitation(
        meeting,
        Wording(
            summary=f"{setup.caller_name}: {row.company or row.name}".strip(": "),
            description="\n".join(lines),
        ),
        organizer=Mailbox(email=organizer),
        attendees=(Mailbox(email=rep.email, name=rep.name), *guest),
        now=now,
    )


async def _reached_at(connection: Connection, meeting: Meeting) -> tuple[PhoneNumber, ...]:
    """Return the number the meeting was agreed at: a rep may have to call; none once erased."""
    called = await attempts.numbers_of_attempts(connection, [meeting.attempt])
    known = await people.numbers_by_id(connection, list(called.values()))
    return tuple(known.values())


async def invite(
    connection: Connection,
    meeting: Meeting,
    setup: CampaignSetup,
    *,
    organizer: str,
    now: datetime,
) -> None:
    """Promise the invitation for *meeting* as it now is to the outbox."""
    await outbox.add(
        connection,
        kind=INVITATION,
        file_name=f"{meeting.uid}-{meeting.sequence}.ics",
        content=await invitation_of(connection, meeting, setup, organizer=organizer, now=now),
        owner=of_lead(meeting.lead),
        now=now,
    )
