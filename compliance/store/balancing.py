"""Written balancing tests: without one nobody is called on legitimate interest.

GDPR 6(1)(f) and 5(2).
"""

from datetime import datetime

from leads.store.connection import Connection


async def add_balancing_test(
    connection: Connection,
    *,
    client_id: int,
    purpose: str,
    country: str,
    reference: str,
    signed_by: str,
    signed_at: datetime,
) -> None:
    """Record where the written test of a client, purpose and country is kept."""
    await connection.execute(
        """
        INSERT INTO balancing_tests (client_id, purpose, country, reference, signed_by, signed_at)
        VALUES ($1, $2, $3, $4, $5, $6)
        """,
        client_id,
        purpose,
        country,
        reference,
        signed_by,
        signed_at,
    )


async def balancing_tests(
    connection: Connection, *, client_id: int, purpose: str, now: datetime
) -> dict[str, str]:
    """Return country -> reference of the tests that hold at *now*."""
    rows = await connection.fetch(
        """
        SELECT country, reference
          FROM balancing_tests
         WHERE client_id = $1 AND purpose = $2 AND signed_at <= $3
           AND (revoked_at IS NULL OR revoked_at > $3)
        """,
        client_id,
        purpose,
        now,
    )
    return {row["country"]: row["reference"] for row in rows}
