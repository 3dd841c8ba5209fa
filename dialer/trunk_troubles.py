"""What hinders the trunks, in words for the board.

Rule: pure; a sentence names the trunk, what was found, and what to do where somebody can.
"""

from collections.abc import Iterable, Iterator

from dialer.campaign import Campaign, Mode
from dialer.trunk_board import TrunkBoard, TrunkOnBoard, TrunkState
from sip_config.config import SipConfig


def trunk_troubles(
    config: SipConfig, board: TrunkBoard, campaigns: Iterable[Campaign]
) -> tuple[str, ...]:
    """Return what hinders the trunks, or *campaigns* on them."""
    found = [trouble for trunk in board.trunks for trouble in _of_trunk(trunk)]
    enabled = [trunk for trunk in config.trunks.values() if trunk.enabled]
    if enabled and not any(trunk.tells_answers for trunk in enabled):
        found += [
            f"campaign {campaign.name} is predictive, and no trunk tells when a call is answered "
            "(answer_supervision): dial it progressively"
            for campaign in campaigns
            if campaign.dials and campaign.mode is Mode.PREDICTIVE
        ]
    return tuple(found)


def _of_trunk(trunk: TrunkOnBoard) -> Iterator[str]:
    if trunk.fault:
        yield f"trunk {trunk.trunk}: {trunk.fault}"
    if trunk.state in (TrunkState.HELD, TrunkState.DOWN):
        until = f" until {trunk.until:%H:%M:%S} UTC" if trunk.until else ""
        yield f"trunk {trunk.trunk} carries no calls{until}: {trunk.because}"
    for condition in trunk.conditions:
        if not condition.is_kept and condition.value is not None:
            measure = condition.measure.replace("_", " ")
            yield (
                f"trunk {trunk.trunk}: the carrier's condition on {measure} is broken "
                f"({condition.value:.2f}, limit {condition.limit:g})"
            )
