"""Attestations: a controller's signed statement for a whole list, audited by a sample.

Rule: an attestation proves a consent only while no audited row of its sample has failed. It is
never a bare "yes": each row still needs its own time, and the statement its wording and form.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from compliance.attestation import Attestation, draw_sample
from compliance.store.consents import attest, consents_in_words, people_of_consents
from compliance.store.proofs import store_wording, wordings
from leads.store.connection import Connection


async def record_attestation(
    connection: Connection, attestation: Attestation, *, now: datetime
) -> tuple[int, tuple[int, ...]]:
    """Store a signed attestation; return its id and the consents drawn for audit."""
    async with connection.transaction():
        wording = await store_wording(connection, attestation.wording)
        number = await connection.fetchval(
            """
            INSERT INTO attestations
                   (client_id, list_id, statement, sha256, wording_id, form, given_from, given_to,
                    attested_by, attested_at, sample_size)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
            RETURNING id
            """,
            attestation.client_id,
            attestation.list_id,
            attestation.statement,
            attestation.sha256,
            wording,
            attestation.form,
            attestation.given_from,
            attestation.given_to,
            attestation.attested_by,
            now,
            attestation.sample_size,
        )
        covered = await attest(
            connection,
            number,
            list_id=attestation.list_id,
            given_from=attestation.given_from,
            given_to=attestation.given_to,
        )
        sample = draw_sample(covered, attestation)
        await connection.executemany(
            "INSERT INTO attestation_samples (attestation_id, consent_id) VALUES ($1, $2)",
            [(number, consent) for consent in sample],
        )
    return int(number), sample


async def record_audit(
    connection: Connection,
    attestation_id: int,
    consent_id: int,
    *,
    proven: bool,
    audited_by: str,
    now: datetime,
) -> None:
    """Record what the audit of one sampled consent found; a failure blocks the whole list."""
    async with connection.transaction():
        await connection.execute(
            """
            UPDATE attestation_samples SET audited_at = $3, proven = $4, audited_by = $5
             WHERE attestation_id = $1 AND consent_id = $2
            """,
            attestation_id,
            consent_id,
            now,
            proven,
            audited_by,
        )
        if not proven:
            await connection.execute(
                "UPDATE attestations SET blocked_at = coalesce(blocked_at, $2) WHERE id = $1",
                attestation_id,
                now,
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """A consent drawn for audit."""

    consent: int
    person_id: int
    list_id: int
    proven: bool | None  #: None: not audited yet


async def sample_of(connection: Connection, attestation_id: int) -> list[Drawn]:
    """Return the consents drawn for the audit of an attestation."""
    rows = await connection.fetch(
        """
        SELECT s.consent_id, s.proven, a.list_id
          FROM attestation_samples s JOIN attestations a ON a.id = s.attestation_id
         WHERE s.attestation_id = $1
         ORDER BY s.consent_id
        """,
        attestation_id,
    )
    owners = await people_of_consents(connection, [row["consent_id"] for row in rows])
    return [
        Drawn(
            consent=row["consent_id"],
            person_id=owners[row["consent_id"]],
            list_id=row["list_id"],
            proven=row["proven"],
        )
        for row in rows
    ]


async def usable_attestations(connection: Connection, ids: Sequence[int]) -> frozenset[int]:
    """Return which of *ids* are not blocked by a failed audit."""
    rows = await connection.fetch(
        "SELECT id FROM attestations WHERE id = ANY($1::bigint[]) AND blocked_at IS NULL", ids
    )
    return frozenset(row["id"] for row in rows)


async def consents_with_proof(
    connection: Connection, person_id: int, *, client_id: int | None = None
) -> list[dict[str, object]]:
    """Return a person's consents in words, each with the statement that attests it, if one does.

    Args:
        client_id: Only those given to this client; None: to whomever.
    """
    consents = await consents_in_words(connection, person_id, client_id=client_id)
    ids = {one["attestation_id"] for one in consents if one["attestation_id"] is not None}
    said = {row["id"]: _in_words(row) for row in await attestations_in_full(connection, ids)}
    return [
        {
            **{name: value for name, value in one.items() if name != "attestation_id"},
            "attestation": said.get(one["attestation_id"]),
        }
        for one in consents
    ]


def _in_words(row: Mapping[str, object]) -> str:
    blocked = "; an audited row was not proven, so it counts no more" if row["blocked_at"] else ""
    return f"statement {row['id']} for the whole list, signed by {row['attested_by']}{blocked}"


async def attestations_in_full(
    connection: Connection, ids: Collection[object]
) -> list[dict[str, object]]:
    """Return everything on file about these statements, and what audits of their rows found."""
    rows = await connection.fetch(
        """
        SELECT a.*, s.audited, s.failed
          FROM attestations a
          LEFT JOIN LATERAL (
               SELECT count(proven) AS audited, count(*) FILTER (WHERE NOT proven) AS failed
                 FROM attestation_samples
                WHERE attestation_id = a.id) s ON true
         WHERE a.id = ANY($1::bigint[])
         ORDER BY a.id
        """,
        list(ids),
    )
    texts = await wordings(connection, [row["wording_id"] for row in rows])
    return [
        {
            **{name: value for name, value in row.items() if name != "wording_id"},
            "wording": texts.get(row["wording_id"]),
        }
        for row in rows
    ]
