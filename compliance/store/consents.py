"""Consents in PostgreSQL: headers that never change, and events that say what became of them.

Rule: a wording is stored once; evidence is known by the hash of its content. A consent whose
evidence is not there is stored all the same, without evidence, and the gate refuses it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from compliance.revocation import Heard, Revocation
from compliance.store import proofs
from compliance.store.consent_row import COLUMNS, NewConsent, StoredConsent, consent_row, stored
from leads.sealing import of_consents
from leads.store.connection import Connection, vault_of

_REFERENCE: Final = "reference"  #: what the sealed text is
_INNER: Final = frozenset({"wording_id", "reference"})  #: columns nobody is shown


async def record_consents(
    connection: Connection, consents: Sequence[NewConsent], *, now: datetime
) -> list[int]:
    """Record *consents* with their first event; return their ids in the same order."""
    if not consents:
        return []
    wordings = await proofs.store_wordings(connection, {c.wording for c in consents if c.wording})
    hashes = {c.evidence_sha256 for c in consents if c.evidence_sha256 is not None}
    await proofs.store_evidence(connection, hashes, now=now)
    references = _sealed_references(connection, consents)
    ids = await connection.fetch(
        "SELECT nextval(pg_get_serial_sequence('consents', 'id')) AS id "
        "FROM generate_series(1, $1::integer)",
        len(consents),
    )
    numbered = [(row["id"], consent) for row, consent in zip(ids, consents, strict=True)]
    await connection.copy_records_to_table(
        "consents",
        columns=COLUMNS,
        records=[
            consent_row(number, consent, wordings, reference, now)
            for (number, consent), reference in zip(numbered, references, strict=True)
        ],
    )
    await connection.copy_records_to_table(
        "consent_events",
        columns=("consent_id", "kind", "at", "recorded_at"),
        records=[(number, "given", c.given_at or now, now) for number, c in numbered],
    )
    return [number for number, _ in numbered]


def _sealed_references(
    connection: Connection, consents: Sequence[NewConsent]
) -> list[bytes | None]:
    """Return each consent's name of its evidence, which may hold the person's, sealed."""
    named = [consent for consent in consents if consent.evidence_reference]
    sealed = iter(
        vault_of(connection).seal(
            [(of_consents(c.person_id, c.client_id), c.evidence_reference) for c in named],
            _REFERENCE,
        )
    )
    return [next(sealed) if consent.evidence_reference else None for consent in consents]


async def consents_of(
    connection: Connection, people: Sequence[int], *, client_id: int, controller: str
) -> list[StoredConsent]:
    """Return the consents *people* gave to one client, oldest first, with what became of them."""
    rows = await connection.fetch(
        """
        SELECT c.*, e.withdrawn_at, e.renewed_at
          FROM consents c
          LEFT JOIN LATERAL (
               SELECT min(at) FILTER (WHERE kind IN ('withdrawn', 'refused', 'register_revoked',
                                                     'expired')) AS withdrawn_at,
                      max(at) FILTER (WHERE kind IN ('renewed', 'confirmed')) AS renewed_at
                 FROM consent_events
                WHERE consent_id = c.id) e ON true
         WHERE c.person_id = ANY($1::bigint[]) AND c.client_id = $2
         ORDER BY c.id
        """,
        people,
        client_id,
    )
    return [stored(row, controller) for row in rows]


async def withdraw_consents(
    connection: Connection, *, client_id: int, person_id: int, heard: Heard, now: datetime
) -> Revocation:
    """Record that a person takes back every consent given to a client.

    GDPR 7(3): effective at once. Returns what calls it revokes, so that ringing ones are ended.
    """
    await connection.execute(
        """
        INSERT INTO consent_events
               (consent_id, kind, at, recorded_at, agent_id, call_id, recording_second)
        SELECT id, 'withdrawn', $3, $4, $5, $6, $7
          FROM consents
         WHERE client_id = $1 AND person_id = $2
        """,
        client_id,
        person_id,
        heard.at,
        now,
        heard.agent_id,
        heard.call_id,
        heard.recording_second,
    )
    return Revocation(client_id=client_id, person_id=person_id, at=heard.at)


async def record_use(
    connection: Connection, consents: Sequence[str], *, call: UUID, now: datetime
) -> None:
    """Record that a call was made on *consents*: their proof is kept for years from here."""
    if consents:
        await connection.execute(
            """
            INSERT INTO consent_events (consent_id, kind, at, recorded_at, call_id)
            SELECT id, 'used', $2, $2, $3 FROM unnest($1::bigint[]) AS id
            """,
            [int(consent) for consent in consents],
            now,
            call,
        )


async def add_consent_event(
    connection: Connection, consent_id: int, kind: str, *, heard: Heard, now: datetime
) -> None:
    """Record what became of one consent; *kind* is one of the table's named events."""
    await connection.execute(
        """
        INSERT INTO consent_events
               (consent_id, kind, at, recorded_at, agent_id, call_id, recording_second)
        VALUES ($1, $2, $3, $4, $5, $6, $7)
        """,
        consent_id,
        kind,
        heard.at,
        now,
        heard.agent_id,
        heard.call_id,
        heard.recording_second,
    )


async def attest(
    connection: Connection,
    attestation_id: int,
    *,
    list_id: int,
    given_from: datetime,
    given_to: datetime,
) -> list[int]:
    """Let an attestation prove the consents of a list that were given within its period.

    A row without a time stamp of its own is not covered. Returns the ids of the consents covered.
    """
    rows = await connection.fetch(
        """
        UPDATE consents SET attestation_id = $1
         WHERE list_id = $2 AND evidence_sha256 IS NULL AND given_at BETWEEN $3 AND $4
        RETURNING id
        """,
        attestation_id,
        list_id,
        given_from,
        given_to,
    )
    return sorted(row["id"] for row in rows)


async def attestations_of(connection: Connection, person_id: int) -> frozenset[int]:
    """Return the attestations that cover a person's consents."""
    rows = await connection.fetch(
        "SELECT DISTINCT attestation_id FROM consents "
        "WHERE person_id = $1 AND attestation_id IS NOT NULL",
        person_id,
    )
    return frozenset(row["attestation_id"] for row in rows)


async def clients_of(connection: Connection, person_id: int) -> list[int]:
    """Return the clients a person gave consents to."""
    rows = await connection.fetch(
        "SELECT DISTINCT client_id FROM consents WHERE person_id = $1 ORDER BY 1", person_id
    )
    return [row["client_id"] for row in rows]


async def spoken_without_proof(connection: Connection) -> dict[int, UUID]:
    """Return the consents given on the telephone that nothing proves yet, with the call of each."""
    rows = await connection.fetch(
        """
        SELECT DISTINCT ON (c.id) c.id, e.call_id
          FROM consents c JOIN consent_events e ON e.consent_id = c.id
         WHERE c.method = 'voice' AND c.evidence_sha256 IS NULL AND e.call_id IS NOT NULL
         ORDER BY c.id, e.id
        """
    )
    return {row["id"]: row["call_id"] for row in rows}


async def prove(connection: Connection, consent_id: int, *, sha256: bytes, now: datetime) -> None:
    """Record that the content with this hash proves a consent that nothing proved before."""
    async with connection.transaction():
        await proofs.store_evidence(connection, [sha256], now=now)
        await connection.execute(
            "UPDATE consents SET evidence_sha256 = $2 WHERE id = $1 AND evidence_sha256 IS NULL",
            consent_id,
            sha256,
        )


async def people_of_consents(connection: Connection, consents: Sequence[int]) -> dict[int, int]:
    """Return who gave each of *consents*."""
    rows = await connection.fetch(
        "SELECT id, person_id FROM consents WHERE id = ANY($1::bigint[])", consents
    )
    return {row["id"]: row["person_id"] for row in rows}


async def consents_in_words(
    connection: Connection, person_id: int, *, client_id: int | None = None
) -> list[dict[str, object]]:
    """Return everything on file about a person's consents, wording included, for an export.

    Args:
        client_id: Only those given to this client; None: to whomever.
    """
    rows = await connection.fetch(
        """
        SELECT c.id, c.client_id, c.purposes, c.channels, c.automated, c.method, c.given_at,
               c.recorded_at, c.reference, c.evidence_sha256, c.wording_id, c.attestation_id
          FROM consents c
         WHERE c.person_id = $1 AND ($2::bigint IS NULL OR c.client_id = $2)
         ORDER BY c.id
        """,
        person_id,
        client_id,
    )
    events = await connection.fetch(
        """
        SELECT consent_id, kind, at, call_id, recording_second
          FROM consent_events
         WHERE consent_id = ANY($1::bigint[])
         ORDER BY at, id
        """,
        [row["id"] for row in rows],
    )
    texts = await proofs.wordings(connection, [row["wording_id"] for row in rows])
    references = vault_of(connection).unseal([row["reference"] for row in rows], _REFERENCE)
    return [
        {
            **{name: value for name, value in row.items() if name not in _INNER},
            "evidence_reference": reference or "",
            "wording": texts.get(row["wording_id"]),
            "events": [dict(e) for e in events if e["consent_id"] == row["id"]],
        }
        for row, reference in zip(rows, references, strict=True)
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptEvidence:
    """A consent whose evidence is stored."""

    consent: int
    person_id: int
    since: datetime  #: when it was given, or renewed


async def evidence_before(connection: Connection, cutoff: datetime) -> list[KeptEvidence]:
    """Return the consents with evidence that were given, and last renewed, before *cutoff*."""
    rows = await connection.fetch(
        """
        SELECT c.id, c.person_id, greatest(c.given_at, c.recorded_at, e.latest) AS since
          FROM consents c
          LEFT JOIN LATERAL (SELECT max(at) AS latest
                               FROM consent_events
                              WHERE consent_id = c.id) e ON true
         WHERE c.evidence_sha256 IS NOT NULL
           AND greatest(c.given_at, c.recorded_at, e.latest) < $1
         ORDER BY c.id
        """,
        cutoff,
    )
    return [
        KeptEvidence(consent=row["id"], person_id=row["person_id"], since=row["since"])
        for row in rows
    ]


async def drop_evidence(connection: Connection, consents: Sequence[int]) -> list[bytes]:
    """Let consents go without their evidence; return the hashes that nothing refers to any more."""
    async with connection.transaction():
        dropped = await connection.fetch(
            """
            UPDATE consents AS old
               SET evidence_sha256 = NULL, reference = NULL
              FROM consents AS before
             WHERE old.id = ANY($1::bigint[]) AND before.id = old.id
            RETURNING before.evidence_sha256 AS sha256
            """,
            consents,
        )
        hashes = {bytes(row["sha256"]) for row in dropped if row["sha256"] is not None}
        kept = await connection.fetch(
            "SELECT evidence_sha256 AS sha256 FROM consents "
            "WHERE evidence_sha256 = ANY($1::bytea[])",
            list(hashes),
        )
        gone = sorted(hashes - {bytes(row["sha256"]) for row in kept})
        await proofs.drop_evidence(connection, gone)
    return gone


async def forget_references(
    connection: Connection, person_id: int, *, client_id: int | None = None
) -> tuple[int, int]:
    """Erase the names of evidence from a person's consents; return how many, and how many stay.

    A reference is what a client wrote and may hold a name; the hash of the evidence stays.

    Args:
        client_id: Only of consents given to this client; None: to whomever.
    """
    rows = await connection.fetch(
        """
        UPDATE consents SET reference = NULL
         WHERE person_id = $1 AND ($2::bigint IS NULL OR client_id = $2)
           AND reference IS NOT NULL
        RETURNING id
        """,
        person_id,
        client_id,
    )
    stay = await connection.fetchval(
        "SELECT count(*) FROM consents "
        "WHERE person_id = $1 AND ($2::bigint IS NULL OR client_id = $2)",
        person_id,
        client_id,
    )
    return len(rows), int(stay)
