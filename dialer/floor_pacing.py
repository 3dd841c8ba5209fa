"""One decision for a whole floor: the campaigns of a team paced together.

Rule: agents may be shared, budgets never. Every campaign has its own Pacer, and a campaign's calls
are placed only as far as the joint decision lets them (``pacing/joint.py``).
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime

from dialer import pacing
from dialer.aiming import aim_of
from dialer.campaign import Campaign, CampaignId
from dialer.dialing import CampaignDialing
from dialer.floor import shared_floor
from dialer.live import LiveTeam
from dialer.pacing.joint import FloorPacer, Terms


class FloorPacing:
    """The pacing of one team's campaigns."""

    def __init__(self, pacer: Callable[[Campaign], pacing.Pacer]) -> None:
        self._make = pacer
        self._pacers: dict[str, pacing.Pacer] = {}
        self._campaigns: dict[str, Campaign] = {}
        self._terms: dict[str, Terms] = {}
        self._floor = FloorPacer({})

    def add(self, campaign: Campaign) -> None:
        """Pace *campaign* from now on."""
        self._pacers[str(campaign.id)] = self._make(campaign)
        self._campaigns[str(campaign.id)] = campaign
        self._renew(campaign)

    def change(self, campaign: Campaign, now: datetime) -> None:
        """Take what was decided anew about *campaign*; what its Pacer has learned stays."""
        pacer, known = self._pacers[str(campaign.id)], self._campaigns[str(campaign.id)]
        if (aim := aim_of(campaign, now)) != aim_of(known, now):
            errors = pacer.aim.screening_false_positive_rate
            pacer.steer_by(replace(aim, screening_false_positive_rate=errors), now.timestamp())
        self._campaigns[str(campaign.id)] = campaign
        if self._terms.get(str(campaign.id)) != _terms(campaign):
            self._renew(campaign)

    def observe(self, campaign: CampaignId, event: pacing.Event) -> None:
        """Pass one fact to its campaign's Pacer."""
        if str(campaign) in self._pacers:
            self._floor.observe(str(campaign), event)

    def pace(
        self,
        dialings: Sequence[CampaignDialing],
        live: LiveTeam,
        lines_free: int,
        now: datetime,
    ) -> None:
        """Decide for all campaigns that dial, and let them.

        Args:
            lines_free: calls the trunks could take now, beside those that are up.
        """
        paced = {str(each.campaign.id): each for each in dialings if each.paced}
        if not paced:
            return
        opening = [each for dialing in dialings for each in dialing.opening.values()]
        leads_left = {
            queue: count
            for dialing in paced.values()
            for queue, count in dialing.leads_left().items()
        }
        next_segments = {
            queue: segments
            for dialing in paced.values()
            for queue, segments in dialing.next_segments().items()
        }
        floor = shared_floor(
            live.agents.values(),
            [*live.queued(), *opening],
            live.campaigns.values(),
            talks_for={call_id: each.campaign for call_id, each in live.calls.items()},
            leads_left=leads_left,
            next_segments=next_segments,
            lines_free=lines_free,
            now=now,
        )
        for (campaign, pool), decision in self._floor.decide(floor, now.timestamp()).items():
            if campaign in paced:
                paced[campaign].dial(pool, decision)

    def _renew(self, campaign: Campaign) -> None:
        self._terms[str(campaign.id)] = _terms(campaign)
        self._floor = FloorPacer(self._pacers, self._terms)


def _terms(campaign: Campaign) -> Terms:
    return Terms(share=campaign.share, priority=campaign.priority)
