"""A campaign's answered calls under every country's definition of abandonment, side by side.

Rule: one record of events, many readings. Each law has its own window, denominator, seconds and
start of the clock; where two countries read alike, they share a line.
"""

from dataclasses import dataclass
from datetime import datetime

from compliance.abandonment import AbandonReport
from compliance.profile import Abandonment, Bundle
from compliance.store.gathering import controller
from dialer.campaign import Campaign
from dialer.database.answers import JUDGED_FROM, Answers
from dialer.database.pool import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class UnderLaw:
    """The calls as one definition counts them."""

    profiles: tuple[str, ...]  #: whose definition it is
    definition: Abandonment
    report: AbandonReport

    @property
    def window(self) -> str:
        """Which calls count, in words."""
        if self.definition.window_hours is not None:
            return f"the last {self.definition.window_hours} hours"
        if self.definition.window == "campaign_30d":
            return "the last 30 days"
        return "the whole campaign"

    @property
    def share_of(self) -> str:
        """What the abandoned calls are a share of, in words."""
        if self.definition.denominator == "calls_connected_ok":
            return "connected calls"
        return "live answers"

    @property
    def clock(self) -> str:
        """How soon an agent must come, in words."""
        since = "the greeting's end" if self.definition.clock_from != "answer" else "the answer"
        return f"{float(self.definition.max_seconds_to_agent):g} s from {since}"

    @property
    def callee_hears(self) -> str:
        """What a callee hears whom no agent takes."""
        return {"required": "who called", "comfort_noise": "comfort noise", "none": "nothing"}[
            self.definition.info_message
        ]

    @property
    def verdict(self) -> str:
        """How the campaign stands, in words."""
        if self.report.live < JUDGED_FROM:
            return f"too few to judge (from {JUDGED_FROM} live answers on)"
        return "within the limit" if self.report.within_limit else "ABOVE THE LIMIT"


async def under_all_laws(
    connection: Connection, campaign: Campaign, *, bundle: Bundle, now: datetime
) -> tuple[UnderLaw, ...]:
    """Return the campaign's calls under every definition in force, in the order of profiles."""
    of: dict[Abandonment, list[str]] = {}
    places = {(country, None) for country in bundle.countries} | bundle.subdivisions
    for country, part in sorted(places, key=lambda place: (place[0], place[1] or "")):
        for rules in bundle.versions(
            country,
            subdivision=part,
            controller=controller(campaign.client),
            campaign=str(campaign.id),
        ):
            known = of.setdefault(rules.abandonment, [])
            if rules.in_force(now.date()) and rules.profile not in known:
                known.append(rules.profile)
    answers = Answers(campaign.id)
    await answers.update(connection)
    reports = answers.reports([each for each, profiles in of.items() if profiles], now=now)
    return tuple(
        UnderLaw(profiles=tuple(of[definition]), definition=definition, report=report)
        for definition, report in reports.items()
    )
