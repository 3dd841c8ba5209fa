"""Abandoned calls as each country's law counts them: ``/campaigns/{id}/abandonment``.

Rule: reads the record and writes nothing.
"""

from pydantic import Field

from dialer.api.model import Outgoing
from dialer.api.operation import Asked, operation
from dialer.api.reach import READERS, campaign_of
from dialer.api.resources.why import rules_of
from dialer.database.answers import JUDGED_FROM
from dialer.reporting.abandonment import UnderLaw, under_all_laws


class LawShown(Outgoing):
    """A campaign's calls under one definition."""

    profiles: tuple[str, ...] = Field(description="whose definition it is")
    window: str = Field(description="which calls count, in words")
    share_of: str = Field(description="the denominator, in words")
    clock: str = Field(description="how soon an agent must come, in words")
    callee_hears: str = Field(description="when no agent comes")
    answered: int = Field(description="the denominator's count")
    abandoned: int
    rate: float = Field(description="0..1")
    limit: float = Field(description="0..1, inclusive")
    judged: bool = Field(description="enough live answers to judge by")
    within_limit: bool
    verdict: str


class Abandonments(Outgoing):
    """The same calls, as each law counts them."""

    campaign: int
    laws: tuple[LawShown, ...]


@operation("GET", "/campaigns/{campaign:int}/abandonment", roles=READERS)
async def abandonment(asked: Asked[None, None]) -> Abandonments:
    """Return a campaign's abandoned calls under every country's definition, side by side."""
    bundle, _ = rules_of(asked.context)
    async with asked.connection() as connection:
        campaign = await campaign_of(asked, connection, asked.number("campaign"))
        found = await under_all_laws(
            connection, campaign, bundle=bundle, now=asked.context.clock.now()
        )
    return Abandonments(campaign=campaign.id, laws=tuple(_shown(law) for law in found))


def _shown(law: UnderLaw) -> LawShown:
    return LawShown(
        profiles=law.profiles,
        window=law.window,
        share_of=law.share_of,
        clock=law.clock,
        callee_hears=law.callee_hears,
        answered=law.report.answered,
        abandoned=law.report.abandoned,
        rate=round(law.report.rate, 5),
        limit=float(law.report.limit),
        judged=law.report.live >= JUDGED_FROM,
        within_limit=law.report.within_limit,
        verdict=law.verdict,
    )
