"""The table of retention, and the record of its runs.

Rule: a run writes what it did, so that an auditor sees that it ran; running again is harmless.
"""

from datetime import datetime

from compliance.retention import Category, Due, RetentionRule
from leads.store.connection import Connection


async def retention_rules(connection: Connection) -> dict[Category, RetentionRule]:
    """Return the rules in force."""
    rows = await connection.fetch("SELECT category, days, source FROM retention_rules")
    return {
        Category(row["category"]): RetentionRule(
            category=Category(row["category"]), days=row["days"], source=row["source"]
        )
        for row in rows
    }


async def last_runs(connection: Connection) -> dict[Category, datetime]:
    """Return when each category was looked through last; those that never were are missing."""
    rows = await connection.fetch(
        "SELECT category, max(ran_at) AS ran_at FROM retention_runs GROUP BY category"
    )
    return {Category(row["category"]): row["ran_at"] for row in rows}


async def record_run(
    connection: Connection, category: Category, what: Due, *, now: datetime
) -> None:
    """Write down what a run removed and what a hold kept."""
    await connection.execute(
        "INSERT INTO retention_runs (category, ran_at, removed, held) VALUES ($1, $2, $3, $4)",
        category.value,
        now,
        len(what.remove),
        len(what.held),
    )
