"""How calls leave the building: the trunks of one installation, and what they are doing now.

Rule: the choice is ``sip_config``'s, pure; here is only the newest :class:`Lines` value and who
changes it. What a call takes is given back exactly once, whether it was placed or not.
"""

import random
from datetime import datetime, timedelta

import structlog

from dialer.call import Call
from dialer.campaign import Campaign
from dialer.ending import meaning_of
from dialer.ports import Candidate, Way
from leads.phone import PhoneNumber
from sip_config.carrying import CallEnd, ended, started
from sip_config.causes import CauseRule, Outcome
from sip_config.config import SipConfig
from sip_config.lines import Lines
from sip_config.routing import CallRequest, Chosen, NoRoute, choose

log = structlog.get_logger()


class Carriage:
    """The trunks, shared by all engines of this process."""

    def __init__(self, config: SipConfig, lines: Lines, *, seed: int | None = None) -> None:
        self.config = config
        self.lines = lines
        self._dice = random.Random(seed)

    def take(self, candidate: Candidate, campaign: Campaign, now: datetime) -> Way | NoRoute:
        """Choose a way for *candidate* and occupy it."""
        request = CallRequest(
            number=candidate.number,
            campaign=campaign.name,
            caller_id=campaign.caller_id,
            lead=str(candidate.lead),
            draw=self._dice.random(),
        )
        chosen = self._take(request, now)
        if isinstance(chosen, NoRoute):
            log.debug("no_route", lead_id=candidate.lead, reasons=_obstacles(chosen))
        return chosen

    def take_for(self, number: PhoneNumber, campaign: Campaign, now: datetime) -> Way | NoRoute:
        """Choose a way to somebody who is let into a call of *campaign*, and occupy it."""
        request = CallRequest(
            number=number,
            campaign=campaign.name,
            caller_id=campaign.caller_id,
            draw=self._dice.random(),
        )
        return self._take(request, now)

    def free(self, way: Way, number: PhoneNumber, now: datetime) -> None:
        """Free what such a call occupied."""
        end = CallEnd(number=number, outcome=Outcome.ANSWERED, reacted=True)
        self.lines = ended(self.config, self.lines, way.taken, end, now)

    def _take(self, request: CallRequest, now: datetime) -> Way | NoRoute:
        match choose(self.config, self.lines, request, now):
            case NoRoute() as none:
                return none
            case Chosen() as chosen:
                self.lines = started(self.config, self.lines, chosen.taken, now)
                return self._way(chosen)

    def give_back(self, way: Way, candidate: Candidate, now: datetime) -> None:
        """Free what was taken for a call that was not placed."""
        end = CallEnd(number=candidate.number, outcome=Outcome.CANCELLED, reacted=False)
        self.lines = ended(self.config, self.lines, way.taken, end, now)

    def ended(self, way: Way | None, call: Call, number: PhoneNumber, now: datetime) -> None:
        """Free what *call* occupied, and learn from its end."""
        if way is None or call.ended is None:
            return
        meaning = meaning_of(call, self.rules(way))
        end = CallEnd(
            number=number,
            outcome=meaning.outcome,
            seconds=_seconds(call.answered_at, call.ended.at),
            delay_seconds=_seconds(call.invited_at, call.ringing_at),
            reacted=call.ringing_at is not None or call.ended.sip_status is not None,
        )
        self.lines = ended(self.config, self.lines, way.taken, end, now)

    def rules(self, way: Way | None) -> tuple[CauseRule, ...]:
        """Return the trunk's own readings of causes."""
        trunk = self.config.trunks.get(way.taken.trunk_id) if way else None
        return trunk.cause_map if trunk else ()

    @property
    def channels(self) -> int:
        """How many calls of ours may be up at once, over all trunks."""
        return sum(t.outbound_channels for t in self.config.trunks.values() if t.enabled)

    def _way(self, chosen: Chosen) -> Way:
        trunk = self.config.trunks[chosen.taken.trunk_id]
        return Way(
            taken=chosen.taken,
            request_uri=chosen.request_uri,
            sender=chosen.from_uri,
            headers=chosen.headers,
            outbound_proxy=str(trunk.outbound_proxy) if trunk.outbound_proxy else None,
            no_provisional=timedelta(seconds=trunk.timers.no_provisional_s),
            no_progress=timedelta(seconds=trunk.timers.no_progress_s),
        )


def _obstacles(none: NoRoute) -> list[str]:
    return [reason.obstacle.value for reason in none.reasons]


def _seconds(start: datetime | None, end: datetime | None) -> float | None:
    return (end - start).total_seconds() if start and end else None
