"""For whom and why a campaign's calls would be made: the facts the gate needs of a campaign.

Rule: read anew every few seconds, not for every call; what the gate must never miss (stop-all,
a suppression, a pause) is read in the transaction that opens the attempt.
"""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from compliance.decision import AbandonStatistics, Bundle, CallerIdFacts, CampaignFacts, DialMode
from compliance.profile import Abandonment
from compliance.store.gathering import Caller, controller
from dialer.campaign import Campaign, CampaignId
from dialer.database import campaigns, events, house
from dialer.database.answers import NOT_LIVE, Answers, definitions_of
from dialer.database.pool import Connection
from dialer.screening.error_rate import error_rate
from leads.store import attempts, dispositions

FRESH: Final = timedelta(seconds=5)
COUNTED_ANEW: Final = timedelta(seconds=20)  #: counts move slowly, and counting reads much
SCREENING_WINDOW: Final = timedelta(days=30)  #: of what screening's errors are estimated from


@dataclass(frozen=True, slots=True, kw_only=True)
class _Read:
    caller: Caller
    at: datetime


@dataclass(slots=True, kw_only=True)
class _Counted:
    answers: Answers
    statistics: dict[Abandonment, AbandonStatistics]
    at: datetime


class Callers:
    """The callers of one team's campaigns."""

    def __init__(self, bundle: Bundle) -> None:
        self._bundle = bundle
        self._read: dict[CampaignId, _Read] = {}
        self._counted: dict[CampaignId, _Counted] = {}

    async def of_campaign(
        self, connection: Connection, campaign_id: CampaignId, *, now: datetime
    ) -> Caller:
        """Return the facts of a campaign, at most a few seconds old."""
        known = self._read.get(campaign_id)
        if known is None or abs(now - known.at) > FRESH:
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
            campaign=_facts(campaign),
            own_campaigns=frozenset(int(each.id) for each in own),
            lab=installation.lab,
            statistics=await self._statistics(connection, campaign, now),
        )

    async def _statistics(
        self, connection: Connection, campaign: Campaign, now: datetime
    ) -> dict[Abandonment, AbandonStatistics]:
        known = self._counted.get(campaign.id)
        if known is None:
            known = _Counted(answers=Answers(campaign.id), statistics={}, at=now)
        elif abs(now - known.at) <= COUNTED_ANEW:
            return known.statistics
        await known.answers.update(connection)
        definitions = definitions_of(
            self._bundle, controller=controller(campaign.client), campaign=str(campaign.id)
        )
        known.statistics, known.at = known.answers.counted(definitions, now=now), now
        self._counted[campaign.id] = known
        return known.statistics


def _facts(campaign: Campaign) -> CampaignFacts:
    return CampaignFacts(
        id=str(campaign.id),
        controller=controller(campaign.client),
        purpose=campaign.purpose,
        sector=campaign.sector or None,
        dial_mode=DialMode(campaign.mode.value),
        recording=campaign.recording,
        caller_id=CallerIdFacts(number=campaign.caller_id, presented=True, callable=True),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class HourOfAnswers:
    """A campaign's live answers of one hour."""

    at: datetime  #: when the hour began; not before what was asked for did
    live: int  #: answered, less machines as agents marked them
    abandoned: int


async def answers_since(
    connection: Connection, campaign: CampaignId, *, since: datetime
) -> tuple[HourOfAnswers, ...]:
    """Return a campaign's live answers since *since*, hour by hour, the oldest first."""
    answered = await attempts.answered_since(connection, campaign, since=since)
    recorded = await dispositions.codes(connection, [each.id for each in answered])
    live, abandoned = Counter[datetime](), Counter[datetime]()
    for each in answered:
        hour = max(since, each.opened_at.replace(minute=0, second=0, microsecond=0))
        live[hour] += recorded.get(each.id) not in NOT_LIVE
        abandoned[hour] += each.abandoned
    return tuple(
        HourOfAnswers(at=hour, live=live[hour], abandoned=abandoned[hour]) for hour in sorted(live)
    )


async def screening_errors(connection: Connection, campaign: CampaignId, *, now: datetime) -> float:
    """Return the share of people whom screening hangs up on, estimated from the last month."""
    since = now - SCREENING_WINDOW
    answered = [a.id for a in await attempts.answered_since(connection, campaign, since=since)]
    recorded = await dispositions.codes(connection, answered)
    screened = await events.screened(connection, answered)
    live = {attempt for attempt in answered if recorded.get(attempt) not in NOT_LIVE}
    return error_rate(
        screened_out=len(screened.ended),
        let_through=len(screened.let_through),
        people=sum(attempt in live for attempt in screened.let_through),
        live=len(live),
    )
