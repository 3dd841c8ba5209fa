"""What became of a campaign, in numbers: ``/reports``.

Rule: computed from the record alone each time it is asked for. The arithmetic runs beside the event
loop, so that reading a report delays no call.
"""

import asyncio
from datetime import UTC, datetime
from typing import Final

from dialer.api.model import Incoming, Instant
from dialer.api.operation import Asked, operation
from dialer.api.reach import READERS, campaign_of
from dialer.reporting.gathering import record_of
from dialer.reporting.report import Report, report_of

_BEGINNING: Final = datetime(2000, 1, 1, tzinfo=UTC)


class ReportWanted(Incoming):
    """The interval of the agents' shifts; lists, decisions and attempts are the campaign's."""

    since: Instant | None = None
    until: Instant | None = None


@operation("GET", "/reports/campaigns/{campaign:int}", roles=READERS)
async def of_campaign(asked: Asked[None, ReportWanted]) -> Report:
    """Return a campaign's report: rows, gate, attempts, abandonment, meetings, recordings."""
    wanted, now = asked.query, asked.context.clock.now()
    async with asked.connection() as connection:
        campaign = await campaign_of(asked, connection, asked.number("campaign"))
        record = await record_of(
            connection,
            campaign.id,
            since=wanted.since or _BEGINNING,
            until=wanted.until or now,
        )
    return await asyncio.to_thread(report_of, record)
