"""What persons ask for: received, carried out, closed with a receipt.

    objection    marked and suppressed at once
    restriction  marked at once
    erasure      nobody calls from receipt on; carried out when asked to
    withdrawal   no request with a due date: effective at once, GDPR 7(3)

Rule: what stops calls is effective in the transaction that receives it, and engines are told.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from compliance.revocation import Heard
from compliance.store.consents import withdraw_consents
from compliance.store.marks import MarkKind, add_mark
from compliance.store.requests import add_request, close_request, load_request
from compliance.store.suppressions import add_suppressions
from compliance.subject_request import RequestKind, Result, SubjectRequest, received
from compliance.suppression import Keyring, Reach, Why
from compliance.writing import canonical, plain
from dialer.campaign import ClientId
from dialer.database import campaigns
from dialer.database.pool import Connection
from dialer.rights.revoking import announce
from dialer.rights.subject import Content, Places, erase_person, export_person
from leads.lead import PersonId
from leads.phone import PhoneNumber
from leads.store import leads, people
from leads.store.details import Detail


class CannotFulfil(ValueError):
    """A request cannot be carried out as it stands; the message says why and what to do."""

    def __init__(self, because: str, detail: str) -> None:
        super().__init__(detail)
        self.because = because


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """What carrying out a request needs of the installation."""

    keyring: Keyring
    places: Places


async def receive(
    connection: Connection,
    kind: RequestKind,
    *,
    client: ClientId,
    person: PersonId | None,
    keyring: Keyring,
    heard: Heard,
    now: datetime,
) -> tuple[int, SubjectRequest]:
    """Put a request into the inbox and do at once what cannot wait; return it with its number.

    Args:
        person: None: not identified yet; nothing can be stopped for somebody unknown.
    """
    request = received(kind, client_id=client, person_id=person, at=heard.at)
    async with connection.transaction():
        number = await add_request(connection, request)
        if person is not None:
            if kind is RequestKind.OBJECTION:
                await object_to_calls(
                    connection, person, client=client, keyring=keyring, heard=heard, now=now
                )
            elif kind in (RequestKind.RESTRICTION, RequestKind.ERASURE):
                await _marked(connection, MarkKind.RESTRICTION, person, client, heard, now)
    return number, request


async def object_to_calls(
    connection: Connection,
    person: PersonId,
    *,
    client: ClientId | None,
    keyring: Keyring,
    heard: Heard,
    now: datetime,
) -> int:
    """Record an objection, GDPR 21(2), and suppress the person's numbers; return how many."""
    async with connection.transaction():
        await _marked(connection, MarkKind.OBJECTION, person, client, heard, now)
        numbers = [n.number for n in await people.numbers_of_person(connection, person)]
        await add_suppressions(
            connection,
            numbers,
            client_id=client,
            reach=Reach.PERSON,
            why=Why.OBJECTION,
            keyring=keyring,
            now=now,
            call_id=heard.call_id,
        )
    return len(numbers)


async def withdraw(
    connection: Connection, person: PersonId, *, client: ClientId, heard: Heard, now: datetime
) -> None:
    """Record that a person takes back every consent given to a client."""
    async with connection.transaction():
        await withdraw_consents(
            connection, client_id=client, person_id=person, heard=heard, now=now
        )
        await announce(connection, person)


async def suppress(
    connection: Connection,
    numbers: Sequence[PhoneNumber],
    *,
    client: ClientId | None,
    reach: Reach,
    why: Why,
    keyring: Keyring,
    now: datetime,
    until: datetime | None = None,
) -> tuple[int, frozenset[PersonId]]:
    """Suppress *numbers*, and with reach ``person`` all numbers of whoever has one of them.

    Returns how many numbers are on the list by this, and whose they are.
    """
    async with connection.transaction():
        owners = await people.owners(connection, numbers)
        persons = frozenset(owner.person for owner in owners.values())
        wanted = set(numbers)
        if reach is Reach.PERSON:
            for person in sorted(persons):
                known = await people.numbers_of_person(connection, person)
                wanted |= {each.number for each in known}
        await add_suppressions(
            connection,
            wanted,
            client_id=client,
            reach=reach,
            why=why,
            keyring=keyring,
            now=now,
            until=None if why is Why.OBJECTION else until,
        )
        for person in sorted(persons):
            await announce(connection, person)
    return len(wanted), persons


async def rectify(
    connection: Connection,
    person: PersonId,
    corrected: Mapping[Detail, str],
    *,
    client: ClientId | None,
) -> int:
    """Correct what the lists say about a person, GDPR 16; return for how many leads."""
    own = {int(each.id) for each in await campaigns.campaigns(connection, client=client)}
    rows = [r for r in await leads.leads_of_person(connection, person) if r.campaign in own]
    await leads.rectify(connection, [row.lead.id for row in rows], corrected)
    return len(rows)


async def fulfil(
    connection: Connection,
    number: int,
    house: House,
    *,
    corrected: Mapping[Detail, str] | None = None,
    now: datetime,
) -> Content:
    """Carry out an open request and close it; return what came of it.

    For access and portability that is the export, and the receipt on file holds its hash alone.

    Raises:
        CannotFulfil: There is no such open request, or something is missing.
        PersonIsHeld, PersonInCall: As :func:`dialer.rights.subject.erase_person`.
    """
    request = await load_request(connection, number)
    if request is None or request.closed_at is not None:
        raise CannotFulfil("unknown_request", f"there is no open request {number}")
    if request.person_id is None:
        raise CannotFulfil("not_identified", "the person has not been identified yet")
    person, client = PersonId(request.person_id), ClientId(request.client_id)
    match request.kind:
        case RequestKind.ACCESS | RequestKind.PORTABILITY:
            content = await export_person(
                connection, person, client=client, keyring=house.keyring, now=now
            )
            digest = sha256(canonical(plain(content)).encode()).hexdigest()
            receipt: Content = {"at": now, "export_sha256": digest}
        case RequestKind.ERASURE:
            content = receipt = await erase_person(
                connection,
                person,
                client=client,
                keyring=house.keyring,
                places=house.places,
                now=now,
            )
        case RequestKind.RECTIFICATION:
            if not corrected:
                raise CannotFulfil("nothing_to_correct", "say what is to be corrected, and how")
            count = await rectify(connection, person, corrected, client=client)
            content = receipt = {"at": now, "corrected": sorted(corrected), "leads": count}
        case RequestKind.OBJECTION | RequestKind.RESTRICTION:
            content = receipt = {"at": now, "in_force_since": request.received_at}
    text = json.dumps(plain(receipt), ensure_ascii=False)
    await close_request(connection, number, Result.DONE, receipt=text, now=now)
    return content


async def _marked(
    connection: Connection,
    kind: MarkKind,
    person: PersonId,
    client: ClientId | None,
    heard: Heard,
    now: datetime,
) -> None:
    await add_mark(connection, kind, person_id=person, client_id=client, heard=heard, now=now)
    await announce(connection, person)
