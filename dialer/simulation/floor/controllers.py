"""The controllers a world can be run under, by name: this pacing in its modes, and baselines."""

from collections.abc import Callable
from typing import Final

from dialer.pacing import Aim, Mode, Pacer
from dialer.pacing.joint import FloorPacer, Terms
from dialer.simulation.floor import baselines
from dialer.simulation.floor.per_queue import PerQueue
from dialer.simulation.floor.reading import WorldError
from dialer.simulation.floor.shift import Controller, FloorController
from dialer.simulation.floor.world import CampaignWorld, World

#: This pacing, by the name of its mode.
MODES: Final = {
    "lookahead": Mode.PREDICTIVE,
    "lookahead_signals": Mode.PREDICTIVE,  # listens to what desks say about talks
    "progressive": Mode.PROGRESSIVE,
    "zero": Mode.ZERO_ABANDON,
}


def names() -> list[str]:
    """Return the names of all controllers."""
    return [*MODES, *baselines.BASELINES]


def aim(world: World, campaign: CampaignWorld, mode: Mode, *, desk_signals: bool = False) -> Aim:
    """Return the aim a world gives one of its campaigns."""
    screening = world.screening
    within = screening is not None and screening.within_connect_limit
    return Aim(
        mode=mode,
        abandon_rate_limit=campaign.abandon_rate_limit,
        connect_limit_seconds=world.connect_limit_seconds,
        ring_limit_seconds=world.ring_limit_seconds,
        screening_seconds=screening.seconds if screening is not None and within else 0.0,
        screening_false_positive_rate=screening.false_positive_rate if screening else 0.0,
        judged_from_live_answers=world.judged_from_live_answers,
        talk_share_target=world.talk_share_target,
        expected_talk_seconds=world.expected_talk_seconds,
        expected_wrap_up_seconds=world.expected_wrap_up_seconds,
        desk_signals=desk_signals,
    )


def make(name: str, world: World) -> Controller | FloorController:
    """Return a fresh controller for *world*.

    Raises:
        WorldError: No controller of that name.
    """
    if name in MODES:
        pacers = {
            campaign.name: Pacer(
                aim(world, campaign, MODES[name], desk_signals=name == "lookahead_signals")
            )
            for campaign in world.campaigns
        }
        if is_one(world):
            return pacers[world.campaigns[0].name]
        terms = {
            campaign.name: Terms(share=campaign.share, priority=campaign.priority)
            for campaign in world.campaigns
        }
        return FloorPacer(pacers, terms)
    make_one: Callable[[World], Controller] | None = baselines.BASELINES.get(name)
    if make_one is None:
        raise WorldError(f"unknown controller {name!r}; expected one of " + ", ".join(names()))
    if is_one(world):
        return make_one(world)
    return PerQueue(lambda: make_one(world))


def is_one(world: World) -> bool:
    """Return whether all agents of a world serve all its calls, of one campaign."""
    return len(world.campaigns) == 1 and len(world.campaigns[0].languages) < 2
