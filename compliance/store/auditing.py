"""The trail looked at as a whole: checkpoints taken, every chain verified, evidence packed.

Rule: nothing here writes to the database.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)

from compliance.store.consents import consents_in_words
from compliance.store.decisions import chain_heads, decisions_about, entries_of
from compliance.store.marks import marks_in_words
from compliance.store.replaying import altered_inputs
from compliance.store.suppressions import suppressions_in_words
from compliance.suppression import Keyring
from compliance.trail import Entry
from compliance.verifying import Checkpoint, Fault, FaultKind, signed, verify
from leads.phone import PhoneNumber, redact
from leads.store.connection import Connection
from leads.store.people import person_of


@dataclass(frozen=True, slots=True, kw_only=True)
class TrailReport:
    """What a verification found."""

    entries: int
    checkpoints: int
    faults: tuple[Fault, ...]

    @property
    def intact(self) -> bool:
        return not self.faults


async def take_checkpoints(
    connection: Connection, key: Ed25519PrivateKey, *, now: datetime
) -> list[Checkpoint]:
    """Return a signed checkpoint of every chain as it ends now."""
    heads = await chain_heads(connection)
    return [
        signed(client, number, head, now, key) for client, (number, head) in sorted(heads.items())
    ]


async def verify_trail(
    connection: Connection,
    checkpoints: Sequence[Checkpoint] = (),
    key: Ed25519PublicKey | None = None,
) -> TrailReport:
    """Verify every client's chain against itself, its end and its checkpoints."""
    faults: list[Fault] = []
    count = 0
    heads = await chain_heads(connection)
    for client in sorted({*heads, *(point.client_id for point in checkpoints)}):
        entries = [entry async for entry in entries_of(connection, client)]
        count += len(entries)
        own = [point for point in checkpoints if point.client_id == client]
        faults += verify(entries, own, key)
        faults += _end(client, entries, heads.get(client))
        faults += await altered_inputs(connection, client)
    return TrailReport(entries=count, checkpoints=len(checkpoints), faults=tuple(faults))


def _end(client: int, entries: Sequence[Entry], head: tuple[int, bytes] | None) -> list[Fault]:
    """Return a fault when the chain does not end where its own record says."""
    length = entries[-1].number if entries else 0
    if head is None or (head[0] == length and (not entries or entries[-1].hash == head[1])):
        return []
    detail = f"the chain has {length} entries, its record says {head[0]}"
    return [Fault(client_id=client, number=length + 1, kind=FaultKind.MISSING, detail=detail)]


async def evidence_pack(
    connection: Connection,
    number: PhoneNumber,
    *,
    since: datetime,
    until: datetime,
    keyring: Keyring,
) -> dict[str, object]:
    """Return what an authority asks for about calls to *number* in a period.

    Decisions with their place in the chain, consents with wording and evidence hashes, what the
    person asked for, suppressions. The number itself is shown with its last digits only.
    """
    person = await person_of(connection, number)
    pack: dict[str, object] = {
        "number": redact(number),
        "since": since.isoformat(),
        "until": until.isoformat(),
        "suppressions": await suppressions_in_words(connection, [number], keyring=keyring),
        "consents": [],
        "requests_and_states": [],
        "decisions": [],
    }
    if person is None:
        return pack
    decided = await decisions_about(connection, person, keyring=keyring, limit=100_000)
    pack["consents"] = await consents_in_words(connection, person)
    pack["requests_and_states"] = await marks_in_words(connection, person)
    pack["decisions"] = [
        {
            "client": one.client_id,
            "number": one.number,
            "previous": one.previous.hex(),
            "hash": one.hash.hex(),
            "entry": json.loads(one.entry),
        }
        for one in reversed(decided)
        if since <= datetime.fromisoformat(json.loads(one.entry)["at"]) < until
    ]
    return pack
