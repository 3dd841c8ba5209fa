"""For whom and why a campaign's calls would be made: the facts the gate needs of a campaign.

Rule: read anew every few seconds, not for every call; what the gate must never miss (stop-all,
a suppression, a pause) is read in the transaction that opens the attempt.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from compliance.decision import (
    AbandonStatistics,
    CallerIdFacts,
    CampaignFacts,
    DialMode,
)
from compliance.store.gathering import Caller, controller
from dialer.campaign import Campaign, CampaignId
from dialer.database import campaigns, house
from dialer.database.pool import Connection
from leads.disposition import Disposition
from leads.store import attempts, dispositions

FRESH: Final = timedelta(seconds=5)
WINDOW: Final = timedelta(hours=24)  #: over which the abandon rate is taken
#: With fewer live answers a share of three in a hundred says nothing.
JUDGED_FROM: Final = 200
NOT_LIVE: Final = (Disposition.ANSWERING_MACHINE, Disposition.SILENCE)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Read:
    caller: Caller
    at: datetime


class Callers:
    """The callers of one team's campaigns."""

    def __init__(self) -> None:
        self._read: dict[CampaignId, _Read] = {}

    async def of_campaign(
        self, connection: Connection, campaign_id: CampaignId, *, now: datetime
    ) -> Caller:
        """Return the facts of a campaign, at most a few seconds old."""
        known = self._read.get(campaign_id)
        if known is None or now - known.at > FRESH:
            caller = await self._caller(connection, campaign_id, now)
            known = self._read[campaign_id] = _Read(caller=caller, at=now)
        return known.caller

    async def _caller(
        self, connection: Connection, campaign_id: CampaignId, now: datetime
    ) -> Caller:
        campaign = await campaigns.campaign(connection, campaign_id)
        own = await campaigns.campaigns(connection, client=campaign.client)
        installation = await house.installation(connection)
        return Caller(
            client_id=campaign.client,
            campaign=_facts(campaign, await _statistics(connection, campaign_id, now)),
            own_campaigns=frozenset(int(each.id) for each in own),
            lab=installation.lab,
        )


def _facts(campaign: Campaign, statistics: AbandonStatistics | None) -> CampaignFacts:
    return CampaignFacts(
        id=str(campaign.id),
        controller=controller(campaign.client),
        purpose=campaign.purpose,
        sector=campaign.sector or None,
        dial_mode=DialMode(campaign.mode.value),
        recording=campaign.recording,
        statistics=statistics,
        caller_id=CallerIdFacts(number=campaign.caller_id, presented=True, callable=True),
    )


async def answers_so_far(
    connection: Connection, campaign: CampaignId, *, now: datetime
) -> tuple[int, int]:
    """Return a campaign's live answers of the last day, and how many of them were abandoned."""
    answered = await attempts.answered_since(connection, campaign, since=now - WINDOW)
    recorded = await dispositions.count_codes(connection, [a.id for a in answered])
    machines = sum(recorded.get(code, 0) for code in NOT_LIVE)
    return len(answered) - machines, sum(attempt.abandoned for attempt in answered)


async def _statistics(
    connection: Connection, campaign: CampaignId, now: datetime
) -> AbandonStatistics | None:
    live, abandoned = await answers_so_far(connection, campaign, now=now)
    if live < JUDGED_FROM:
        return None
    return AbandonStatistics(live_answered=live, abandoned=abandoned)
