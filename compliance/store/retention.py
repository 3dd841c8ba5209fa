"""The table of retention, and the record of its runs.

Rule: a run writes what it did, so that an auditor sees that it ran; running again is harmless.
"""

from dataclasses import dataclass
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


async def set_rule(connection: Connection, rule: RetentionRule) -> None:
    """Let *rule* take the place of the one of its category."""
    await connection.execute(
        "UPDATE retention_rules SET days = $2, source = $3 WHERE category = $1",
        rule.category.value,
        rule.days,
        rule.source,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class LastRun:
    """What the latest run over a category did."""

    at: datetime
    removed: int
    held: int  #: kept by a legal hold


async def last_run_of_each(connection: Connection) -> dict[Category, LastRun]:
    """Return the latest run over each category; those without one are missing."""
    rows = await connection.fetch(
        """
        SELECT DISTINCT ON (category) category, ran_at, removed, held
          FROM retention_runs
         ORDER BY category, ran_at DESC, id DESC
        """
    )
    return {
        Category(row["category"]): LastRun(
            at=row["ran_at"], removed=row["removed"], held=row["held"]
        )
        for row in rows
    }


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
