"""How calls leave the building: the trunks of one installation, and what they are doing now.

Rule: the choice is ``sip_config``'s, pure; here is only the newest :class:`Lines` value and who
changes it. What a call takes is given back exactly once, whether it was placed or not.
"""

import random
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

import structlog

from dialer.call import Call
from dialer.campaign import Campaign
from dialer.campaign import Mode as DialMode
from dialer.ending import ending_of
from dialer.live import LiveCall
from dialer.ports import Candidate, Way
from dialer.screening.line import TonePlan, plan_of
from dialer.screening.verdict import Mode
from dialer.trunk_board import TrunkBoard, trunk_board
from dialer.trunk_events import TrunkEvent, TrunkHeard, TrunkRegistration, TrunkUnusable
from dialer.trunk_troubles import trunk_troubles
from leads.lead import LeadId
from leads.phone import PhoneNumber
from sip_config.carrying import CallEnd, Taken, ended, inbound, options_answered, resumed, started
from sip_config.causes import CauseRule, Outcome, outcome_of
from sip_config.config import SipConfig
from sip_config.limits import Limits
from sip_config.lines import Lines, carried_over
from sip_config.reloading import Plan, diff
from sip_config.room import room
from sip_config.routing import CallRequest, Chosen, NoRoute, choose, fail_over_of, may_fail_over
from sip_config.trunk import AmdMode, Trunk

log = structlog.get_logger()

#: The modes in which we listen ourselves.
_MODES: Final = {
    AmdMode.TONES: Mode.TONES,
    AmdMode.FAST: Mode.FAST,
    AmdMode.FULL: Mode.FULL,
}


class Carriage:
    """The trunks, shared by all engines of this process."""

    def __init__(self, config: SipConfig, lines: Lines, *, seed: int | None = None) -> None:
        self.config = config
        self.lines = lines
        self.faults: dict[str, str] = {}  #: by trunk: what is wrong with it, as workers say
        self._dice = random.Random(seed)

    def take(self, candidate: Candidate, campaign: Campaign, now: datetime) -> Way | NoRoute:
        """Choose a way for *candidate* and occupy it."""
        return self._take(self._request(candidate.number, candidate.lead, campaign), now)

    def take_next(
        self,
        live: LiveCall,
        ended_call: Call,
        campaign: Campaign,
        now: datetime,
    ) -> tuple[Outcome, Way] | None:
        """Free the way of a try that failed before anything rang, and choose and occupy another.

        Returns how the try ended and the way of the next; None if there is none, or another
        trunk would not help. What the try occupied is then still to be freed by :meth:`ended`,
        as with every call.
        """
        way = live.way
        ending = ending_of(ended_call)
        outcome = outcome_of(ending, self.rules(way))
        request = self._request(live.number, live.lead, campaign)
        policy = fail_over_of(self.config, request, now)
        elapsed = (now - live.opened_at).total_seconds()
        if way is None or policy is None:
            return None
        if not may_fail_over(
            outcome, ending, policy, attempts=ended_call.tries, elapsed_seconds=elapsed
        ):
            return None
        before = self.lines
        self.ended(way, ended_call, live.number, now)
        tried = frozenset({*live.tried_hosts, (way.taken.trunk_id, way.taken.host)})
        following = self._take(replace(request, tried=tried), now)
        if isinstance(following, NoRoute):
            self.lines = before
            return None
        live.tried_hosts = tried
        return outcome, following

    @property
    def screens(self) -> bool:
        """Whether some trunk wants its calls screened by us."""
        return any(t.enabled and t.amd.mode in _MODES for t in self.config.trunks.values())

    @property
    def listens_to_lines(self) -> bool:
        """Whether some trunk's lines are listened to before anybody answers."""
        return any(t.enabled and self._tones(t) for t in self.config.trunks.values())

    def _tones(self, trunk: Trunk) -> TonePlan | None:
        country = trunk.progress_tones or self.config.site.country
        if trunk.infers_answers:
            return plan_of(country, answers=True)
        return plan_of(country) if trunk.early_media.use and trunk.early_media.trust else None

    def _request(self, number: PhoneNumber, lead: LeadId, campaign: Campaign) -> CallRequest:
        return CallRequest(
            number=number,
            campaign=campaign.name,
            caller_id=campaign.caller_id,
            lead=str(lead),
            paced_by_answers=campaign.mode is DialMode.PREDICTIVE,
            draw=self._dice.random(),
        )

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
                log.debug("no_route", lead_id=request.lead, reasons=_obstacles(none))
                return none
            case Chosen() as chosen:
                self.lines = started(self.config, self.lines, chosen.taken, now)
                return self._way(chosen)

    def resume(self, taken: Taken, *, is_up: bool) -> Way:
        """Return the way of a call from before a restart; occupy it again if the call is up."""
        if is_up:
            self.lines = resumed(self.lines, taken)
        trunk = self.config.trunks.get(taken.trunk_id)
        tones = self._tones(trunk) if trunk else None
        return Way(taken=taken, request_uri="", sender="", tones=tones)

    def give_back(self, way: Way, candidate: Candidate, now: datetime) -> None:
        """Free what was taken for a call that was not placed."""
        end = CallEnd(number=candidate.number, outcome=Outcome.CANCELLED, reacted=False)
        self.lines = ended(self.config, self.lines, way.taken, end, now)

    def ended(self, way: Way | None, call: Call, number: PhoneNumber, now: datetime) -> None:
        """Free what *call* occupied, and learn from its end."""
        if way is None or call.ended is None:
            return
        if call.inbound:
            self.came_in(way.taken.trunk_id, -1)
            return
        end = CallEnd(
            number=number,
            outcome=outcome_of(ending_of(call), self.rules(way)),
            seconds=_seconds(call.answered_at, call.ended.at),
            delay_seconds=_seconds(call.invited_at, call.ringing_at),
            reacted=call.ringing_at is not None or call.ended.sip_status is not None,
            retry_after_seconds=call.ended.retry_after_s,
        )
        trunk = way.taken.trunk_id
        held = self._held(trunk)
        self.lines = ended(self.config, self.lines, way.taken, end, now)
        if (later := self._held(trunk)) != held and later is not None:
            log.warning("trunk_held", trunk=trunk, because=self.lines.trunks[trunk].health.held_for)

    def _held(self, trunk: str) -> datetime | None:
        state = self.lines.trunks.get(trunk)
        return state.health.held_until if state else None

    def came_in(self, trunk: str, change: int) -> None:
        """Count a call that came in (+1), or the end of one (-1)."""
        self.lines = inbound(self.lines, trunk, change)

    def longest(self, way: Way | None) -> timedelta:
        """Return how long a call on *way* may last, from its answer."""
        trunk = self.config.trunks.get(way.taken.trunk_id) if way else None
        return timedelta(seconds=(trunk.limits if trunk else Limits()).max_call_s)

    def rules(self, way: Way | None) -> tuple[CauseRule, ...]:
        """Return the trunk's own readings of causes."""
        trunk = self.config.trunks.get(way.taken.trunk_id) if way else None
        return trunk.cause_map if trunk else ()

    def room(self, now: datetime) -> int:
        """Return how many calls could leave now."""
        return room(self.config, self.lines, now)

    def board(self, now: datetime) -> TrunkBoard:
        """Return what the trunks are doing."""
        return trunk_board(self.config, self.lines, now, faults=self.faults)

    def troubles(self, campaigns: Iterable[Campaign], now: datetime) -> tuple[str, ...]:
        """Return what hinders the trunks, or *campaigns* on them, in words."""
        return trunk_troubles(self.config, self.board(now), campaigns)

    def replace(self, config: SipConfig, now: datetime) -> Plan:
        """Let new calls use *config*; calls that are up finish as they began."""
        plan = diff(self.config, config)
        self.lines = carried_over(config, self.lines, now)
        self.config = config
        return plan

    def heard(self, event: TrunkEvent) -> None:
        """Learn what a worker says of a trunk."""
        match event:
            case TrunkHeard(trunk=trunk, host=host, status=status, at=at):
                self.host_answered(trunk, host, status, at)
            case TrunkRegistration(trunk=trunk, registered=registered, reason=reason):
                self.faults.pop(trunk, None)
                if not registered:
                    why = f"{event.status or ''} {reason}".strip() or "no answer"
                    self.faults[trunk] = f"it does not register us: {why}"
            case TrunkUnusable(trunk=trunk, why=why):
                self.faults[trunk] = why

    def host_answered(self, trunk: str, host: str, status: int | None, now: datetime) -> None:
        """Learn what came of an OPTIONS; ``status``: None if nothing did."""
        before = self._is_up(trunk)
        self.lines = options_answered(self.config, self.lines, trunk, host, status, now)
        if (after := self._is_up(trunk)) != before:
            if after:
                log.info("trunk_up", trunk=trunk)
            else:
                log.warning("trunk_down", trunk=trunk, sip_status=status)

    def _is_up(self, trunk: str) -> bool:
        state = self.lines.trunks.get(trunk)
        return state is not None and any(host.health.is_up for host in state.hosts.values())

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
            screening=_MODES.get(trunk.amd.mode),
            gateway_screens=trunk.amd.mode is AmdMode.GATEWAY,
            tones=self._tones(trunk),
        )


def _obstacles(none: NoRoute) -> list[str]:
    return [reason.obstacle.value for reason in none.reasons]


def _seconds(start: datetime | None, end: datetime | None) -> float | None:
    return (end - start).total_seconds() if start and end else None
