"""What has happened on each campaign since the engine started, for the board.

Rule: for the eye only. Reports, invoices and the abandon budget are computed from the record;
this is not recorded and starts at nothing.
"""

from collections import defaultdict
from dataclasses import dataclass

from dialer.call_events import Answered, CallEvent, Connected, ConnectLimitPassed, Ended
from dialer.campaign import CampaignId


@dataclass(slots=True)
class CampaignTally:
    """Counts of one campaign's calls and dispositions."""

    placed: int = 0
    ended: int = 0
    answered: int = 0
    connected: int = 0
    abandoned: int = 0
    machines: int = 0
    meetings: int = 0
    callbacks: int = 0

    @property
    def live_answers(self) -> int:
        """Answers by people: machines are those that agents marked."""
        return self.answered - self.machines

    @property
    def abandon_rate(self) -> float:
        """Abandoned of live answers, 0..1."""
        return self.abandoned / self.live_answers if self.live_answers > 0 else 0.0

    @property
    def answer_rate(self) -> float:
        """Answered of those whose answer is known, 0..1."""
        known = self.ended + self.answered
        return self.answered / known if known else 0.0


class Tally:
    """The tallies of all campaigns."""

    def __init__(self) -> None:
        self.campaigns: dict[CampaignId, CampaignTally] = defaultdict(CampaignTally)

    def learn(
        self, campaign: CampaignId, event: CallEvent, *, answered: bool, abandoned: bool
    ) -> None:
        """Count an event that changed a call.

        Args:
            answered: the call had been answered before the event.
            abandoned: the call counts as abandoned after it.
        """
        tally = self.campaigns[campaign]
        match event:
            case Answered():
                tally.answered += 1
            case Connected():
                tally.connected += 1
            case ConnectLimitPassed():
                tally.abandoned += abandoned
            case Ended():
                tally.ended += not answered
