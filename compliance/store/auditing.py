"""The trail looked at as a whole: checkpoints taken, every chain verified, evidence packed.

Rule: nothing here writes to the database.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)

from compliance.profile import Bundle
from compliance.store.attestations import attestations_in_full, consents_with_proof
from compliance.store.consents import attestations_of
from compliance.store.decisions import chain_heads, decisions_about, entries_of
from compliance.store.marks import marks_in_words
from compliance.store.registers import snapshots_for
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
    bundle: Bundle,
    keyring: Keyring,
) -> dict[str, object]:
    """Return what an authority asks for about calls to *number* in a period.

    Decisions with their place in the chain, the rules they were made by, the registers' files they
    can have been made on, consents with wording and evidence hashes, the statements that attest
    them, what the person asked for, suppressions. The number is shown with its last digits only.
    """
    person = await person_of(connection, number)
    decided = (
        []
        if person is None
        else await decisions_about(connection, person, keyring=keyring, limit=100_000)
    )
    decisions = [
        one
        for one in map(_decision, reversed(decided))
        if since <= datetime.fromisoformat(one["entry"]["at"]) < until
    ]
    attested = set() if person is None else await attestations_of(connection, person)
    return {
        "number": redact(number),
        "since": since.isoformat(),
        "until": until.isoformat(),
        "suppressions": await suppressions_in_words(connection, [number], keyring=keyring),
        "consents": [] if person is None else await consents_with_proof(connection, person),
        "attestations": await attestations_in_full(connection, attested),
        "requests_and_states": [] if person is None else await marks_in_words(connection, person),
        "decisions": decisions,
        "rules": _rules(decisions, bundle),
        "registers": await snapshots_for(connection, since=since, until=until),
    }


def _decision(one: Entry) -> dict[str, Any]:
    return {
        "client": one.client_id,
        "number": one.number,
        "previous": one.previous.hex(),
        "hash": one.hash.hex(),
        "entry": json.loads(one.entry),
    }


def _rules(decisions: Iterable[dict[str, Any]], bundle: Bundle) -> list[dict[str, object]]:
    """Return the profiles that *decisions* were made by, word for word, with their sources.

    The text is missing where the profile has changed since; its hash then says which one it was.
    """
    used = {(p["id"], p["sha256"]) for one in decisions for p in one["entry"]["profiles"]}
    return [
        {
            "profile": name,
            "sha256": sha256,
            "text": bundle.texts.get(sha256),
            "sources": bundle.sources_of(sha256),
        }
        for name, sha256 in sorted(used)
    ]
