"""Approvals of country profiles by a person, with a note, bound to the profile's content.

Rule: a profile that changes by one character needs a new approval.
"""

from datetime import datetime

from leads.store.connection import Connection


async def approve_profile(
    connection: Connection,
    *,
    profile: str,
    sha256: str,
    approved_by: str,
    note: str,
    now: datetime,
) -> None:
    """Record that a person has read a profile and takes responsibility for its use."""
    await connection.execute(
        """
        INSERT INTO profile_approvals (profile, sha256, approved_by, approved_at, note)
        VALUES ($1, $2, $3, $4, $5)
        """,
        profile,
        sha256,
        approved_by,
        now,
        note,
    )


async def revoke_approval(connection: Connection, sha256: str, *, now: datetime) -> bool:
    """End an approval; return whether there was one."""
    rows = await connection.fetch(
        "UPDATE profile_approvals SET revoked_at = $2 WHERE sha256 = $1 AND revoked_at IS NULL "
        "RETURNING id",
        sha256,
        now,
    )
    return bool(rows)


async def approved_profiles(connection: Connection) -> frozenset[str]:
    """Return the content hashes of the profiles that are approved."""
    rows = await connection.fetch("SELECT sha256 FROM profile_approvals WHERE revoked_at IS NULL")
    return frozenset(row["sha256"] for row in rows)
