"""What is added up while a shift passes, and the figures it comes to.

Rule: time is counted until the shift is over; calls in flight at that instant are still judged.
"""

from collections.abc import Sequence

import numpy as np

from dialer.simulation.floor.measures import CampaignFigures, Figures
from dialer.simulation.floor.standing import AgentDesk, CampaignOfShift


class Sums:
    """What is added up during a shift."""

    __slots__ = ("machines", "rate_from", "signed_in", "talk", "waits", "worst", "worst_after_200",
                 "wrap_up")  # fmt: skip

    def __init__(self, rate_from: float) -> None:
        self.rate_from = rate_from
        self.talk = self.wrap_up = self.signed_in = 0.0
        self.worst = self.worst_after_200 = 0.0
        self.machines = 0
        self.waits: list[float] = []

    def note_rate(self, at: float, live: int, abandoned: int) -> None:
        """Note the running abandon rate at *at*, in seconds."""
        rate = abandoned / live
        if at >= self.rate_from and rate > self.worst:
            self.worst = rate
        if live >= 200 and rate > self.worst_after_200:
            self.worst_after_200 = rate


def figures_of(
    sums: Sums,
    campaigns: Sequence[CampaignOfShift],
    desks: Sequence[AgentDesk],
    *,
    seed: int,
    over_at: float,
) -> Figures:
    """Return what a shift that was over at *over_at*, in seconds, came to."""
    present = {agent for desk in desks for agent in desk.idle if agent.present}
    signed_in = sums.signed_in + sum(max(0.0, over_at - agent.signed_in_at) for agent in present)
    signed_in = max(signed_in, 1e-9)
    live = sum(campaign.live for campaign in campaigns)
    abandoned = sum(campaign.abandoned for campaign in campaigns)
    waits = np.array(sums.waits or [0.0])
    return Figures(
        seed=seed,
        utilisation=(sums.talk + sums.wrap_up) / signed_in,
        talk_share=sums.talk / signed_in,
        abandon_rate=abandoned / live if live else 0.0,
        live_answers=live,
        abandoned=abandoned,
        machines_to_agents=sums.machines,
        wait_mean=float(waits.mean()),
        wait_p95=float(np.quantile(waits, 0.95)),
        attempts=sum(campaign.attempts for campaign in campaigns),
        connected=sum(campaign.connected for campaign in campaigns),
        worst_running_abandon_rate=sums.worst,
        worst_rate_after_200=sums.worst_after_200,
        seconds=over_at,
        campaigns={
            campaign.world.name: CampaignFigures(
                attempts=campaign.attempts,
                live_answers=campaign.live,
                abandoned=campaign.abandoned,
                connected=campaign.connected,
            )
            for campaign in campaigns
        },
    )
