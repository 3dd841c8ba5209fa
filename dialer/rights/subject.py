"""All that the house holds about one person: put together for the person, or erased.

    one transaction: suppressed, marked, rows erased ──▶ keys destroyed, files removed ──▶ receipt

With the keys go all older copies of numbers and words: in the database's log, replicas, backups.

Rule: rows first, keys and files after, and a repetition removes what a crash has left, so the same
job may always be run again. What must stay is in the receipt, with its reason.

GDPR 15 (access), 17 (erasure), 19 (recipients are told), 20 (portability).
"""

import asyncio
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from compliance.retention import Category
from compliance.store import erasing
from compliance.store.retention import retention_rules
from compliance.suppression import Keyring
from dialer.campaign import ClientId
from dialer.database import campaigns, events, house, outbox, recordings
from dialer.database.events import RecordedCall
from dialer.database.inviting import INVITATION
from dialer.database.pool import Connection
from dialer.minutes import minutes_of
from leads.lead import PersonId
from leads.phone import PhoneNumber
from leads.store import attempts, leads, lists, meetings, people, reps, subject
from leads.store.connection import vault_of

Content = dict[str, object]


class PersonInCall(ValueError):
    """The person is being called, or spoken to, at this moment."""

    def __init__(self) -> None:
        super().__init__("a call to this person is under way; erase again when it has ended")


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """Where files about people lie."""

    recordings: Path
    outbox: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """What belongs to a person, as far as one client's calls go."""

    numbers: tuple[PhoneNumber, ...]
    calls: tuple[RecordedCall, ...]
    invitations: tuple[str, ...]  #: beginnings of their files' names
    recipients: tuple[str, ...]  #: who has received data about the person


async def held(connection: Connection, person: PersonId, client: ClientId | None) -> Held:
    """Return what there is beside the rows of ``leads`` and ``compliance``."""
    own = {int(each.id) for each in await campaigns.campaigns(connection, client=client)}
    of_person = [r for r in await leads.leads_of_person(connection, person) if r.campaign in own]
    ids = [row.lead.id for row in of_person]
    dialed_at = await people.numbers_of_leads(connection, ids)
    known = await people.numbers_of_person(connection, person)
    of_leads = {number.id for several in dialed_at.values() for number in several}
    tried = (await attempts.attempts_of_people(connection, [person])).get(person, ())
    booked = await meetings.meetings_of_leads(connection, ids)
    hosts = [await reps.load_rep(connection, rep) for rep in {meeting.rep for meeting in booked}]
    clients = {each.id: each.name for each in await house.clients(connection)}
    owners = {(await lists.load_list(connection, row.list_id)).client for row in of_person}
    return Held(
        numbers=tuple(one.number for one in known if client is None or one.id in of_leads),
        calls=await events.calls_of_attempts(
            connection, [one.id for one in tried if one.campaign in own]
        ),
        invitations=tuple(f"{meeting.uid}-" for meeting in booked),
        recipients=(
            *(f"client {clients[ClientId(owner)]}" for owner in sorted(owners)),
            *sorted(f"{rep.name} <{rep.email}> (invitation)" for rep, _ in hosts),
        ),
    )


async def export_person(
    connection: Connection,
    person: PersonId,
    *,
    client: ClientId | None,
    keyring: Keyring,
    now: datetime,
) -> Content:
    """Return everything about a person, ready for JSON's writer.

    Args:
        client: Only what this controller has; None: everything.
    """
    there = await held(connection, person, client)
    decided = await erasing.export_person(
        connection, person, there.numbers, keyring=keyring, client_id=client
    )
    taped = await recordings.recordings_of(connection, [call.id for call in there.calls])
    kept = (await retention_rules(connection)).values()
    return {
        "made_at": now,
        "recipients": there.recipients,
        "clients": [
            {"client_id": each.id, "name": each.name}
            for each in await house.clients(connection)
            if client in (None, each.id)
        ],
        "kept_for": [
            {"what": KEPT[rule.category], "days": rule.days}
            for rule in kept
            if rule.category in KEPT
        ],
        **await subject.export_person(connection, person, client=client),
        "calls": [_call(call, taped.get(call.id)) for call in there.calls],
        **decided,
    }


def _call(call: RecordedCall, taped: recordings.Recording | None) -> Content:
    playable = taped is not None and taped.state is recordings.RecordingState.PLAYABLE
    return {
        "call": call.id,
        "attempt": call.attempt,
        "at": call.opened_at,
        "trunk": call.trunk,
        "talk_s": minutes_of(call.events).talk_s,
        "events": [(type(event).__name__, event.at) for event in call.events],
        "recording": {"file": taped.path, "seconds": taped.seconds, "sha256": taped.sha256}
        if taped is not None and playable
        else None,
    }


async def erase_person(
    connection: Connection,
    person: PersonId,
    *,
    client: ClientId | None,
    keyring: Keyring,
    places: Places,
    now: datetime,
) -> Content:
    """Erase a person and return the receipt. What is gone already is passed over.

    Args:
        client: Only what this controller has; None: what all have.

    Raises:
        PersonIsHeld: A legal hold is in force; nothing was changed.
        PersonInCall: A call is under way; nothing was changed.
    """
    async with connection.transaction():
        await people.lock_person(connection, person)
        if await attempts.person_is_busy(connection, person):
            raise PersonInCall
        there = await held(connection, person, client)
        decided = await erasing.erase_person(
            connection, person, there.numbers, client_id=client, keyring=keyring, now=now
        )
        gone = await subject.erase_person(connection, person, client=client, now=now)
        taped = await recordings.recordings_of(connection, [call.id for call in there.calls])
        tapes = await recordings.erase(connection, [call.id for call in there.calls])
        letters = await outbox.erase(connection, INVITATION, there.invitations, now=now)
    own_keys = {outbox.own_key(INVITATION, name) for name in letters}
    own_keys |= {recordings.own_key(call.id) for call in there.calls}
    keys = vault_of(connection).destroy({*decided.owners, *gone.owners, *own_keys})
    missing = await asyncio.to_thread(_not_there, places.recordings, taped.values())
    removed = await asyncio.to_thread(
        remove,
        [
            *(places.recordings / path for path in tapes),
            *(places.outbox / INVITATION / name for name in letters),
        ],
    )
    return {
        "at": now,
        "client": client,
        "erased": [
            {"what": what, "count": count}
            for what, count in (
                ("numbers", gone.numbers),
                ("leads", gone.leads),
                ("attempts' notes and answers", gone.attempts),
                ("rows of lists that were not accepted", gone.rows),
                ("files of recordings and invitations", removed),
                ("keys, and with them all older copies", keys),
                *decided.erased,
            )
        ],
        "stays": [
            {"what": what, "count": count, "because": why}
            for what, count, why in (
                *decided.stays,
                ("calls without words and numbers", len(there.calls), CALLS_STAY),
            )
            if count
        ],
        "files_not_found": missing,
        "recipients_to_be_told": there.recipients,
    }


#: What is kept for a time of its own, in a person's words.
KEPT: Final = {
    Category.RECORDINGS: "recordings of calls, from the call",
    Category.LEADS_NEVER_CALLED: "what a list says of somebody we may not call, from the list",
    Category.DECISION_INPUTS: "what a decision to call or not was made on, from the decision",
    Category.CONSENT_EVIDENCE: "proof of a consent, from giving it and from its last use",
}

CALLS_STAY = "GDPR 17(3)(b), (e): that and when a call took place, and how it ended"


def _not_there(directory: Path, taped: Iterable[recordings.Recording]) -> list[str]:
    """Return the recordings that could be played and are not where recordings are kept."""
    return sorted(
        each.path
        for each in taped
        if each.state is recordings.RecordingState.PLAYABLE and not (directory / each.path).exists()
    )


def remove(files: Sequence[Path]) -> int:
    """Remove *files*; return how many were there."""
    count = 0
    for file in files:
        with suppress(FileNotFoundError):
            file.unlink()
            count += 1
    return count
