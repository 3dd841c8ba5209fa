"""Another trunk for a call that failed before anybody's telephone rang.

    INVITE ──refused, or silence──▶ would another trunk help? ──▶ FailedOver on record ──▶ INVITE
                                    └──no──▶ the call has ended

Rule: one permit, one INVITE at a time. The next leaves only after the one before has ended without
a sign of ringing, after the change of way is durable, and while the permit lasts; so after any
crash it is on record by which way the callee may have been reached. Runs in the engine's inbox.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from functools import partial

import structlog

from dialer import call as calls
from dialer.call import CallState
from dialer.call_events import CallEvent, CallId, Ended, FailedOver
from dialer.carriage import Carriage
from dialer.conduct import Conduct
from dialer.live import LiveCall
from dialer.ports import Clock, Placement
from dialer.writing import Writer

log = structlog.get_logger()


class FailingOver:
    """Sends calls of one team on by another way."""

    def __init__(
        self,
        conduct: Conduct,
        writer: Writer,
        clock: Clock,
        say: Callable[[Callable[[], None]], None],
        send: Callable[[LiveCall, Placement], object],
        *,
        carriage: Carriage,
        may_dial: Callable[[], bool],
    ) -> None:
        """Args:
        send: Places a call, unless the world has moved on; then it ends it.
        """
        self._conduct = conduct
        self._writer = writer
        self._clock = clock
        self._say = say
        self._send = send
        self._carriage = carriage
        self._may_dial = may_dial
        self._placements: dict[CallId, Placement] = {}

    def placed(self, placement: Placement) -> None:
        """Keep what is needed to send the call by another way."""
        self._placements[placement.call] = placement

    def heard(self, live: LiveCall, event: CallEvent) -> CallEvent:
        """Return what *event* means for the call: the end of a try need not be the call's."""
        if live.call.state is not CallState.DIALING:
            self._placements.pop(live.call.id, None)
            return event
        if not isinstance(event, Ended):
            return event
        placement = self._placements.pop(live.call.id, None)
        if placement is None or not self._is_wanted(live, placement, event.at):
            return event
        return self._next(live, placement, event)

    def _is_wanted(self, live: LiveCall, placement: Placement, at: datetime) -> bool:
        campaign = self._conduct.live.campaigns[live.campaign]
        wanted = campaign.dials and not self._conduct.is_revoked(live)
        return (
            self._may_dial()
            and wanted
            and live.call.hang_up_asked is None
            and placement.permit.is_usable(at)
        )

    def _next(self, live: LiveCall, placement: Placement, event: Ended) -> CallEvent:
        ended_call, _ = calls.advance(live.call, event)
        campaign = self._conduct.live.campaigns[live.campaign]
        found = self._carriage.take_next(live, ended_call, campaign, self._clock.now())
        if found is None:
            return event
        outcome, way = found
        failed_over = FailedOver(
            event.at,
            outcome.value,
            trial=live.call.tries + 1,
            own_reason=event.own_reason,
            sip_status=event.sip_status,
            q850=event.q850,
            trunk=way.taken.trunk_id,
            host=way.taken.host,
            port=way.taken.port,
            caller_id=way.taken.caller_id,
            pool=way.taken.pool,
        )
        log.info(
            "call_failed_over",
            attempt_id=live.attempt,
            outcome=outcome.value,
            trunk=live.way.taken.trunk_id if live.way else "",
            next_trunk=way.taken.trunk_id,
        )
        live.way = way
        following = replace(placement, way=way, trial=live.call.tries + 1)
        self._placements[live.call.id] = following
        # The inbox takes the order only after the event has been written: see the rule above.
        go = partial(self._say, partial(self._go, live, following))
        self._say(partial(self._writer.then, go))
        return failed_over

    def _go(self, live: LiveCall, placement: Placement) -> None:
        if live.call.state is CallState.DIALING and live.call.tries == placement.trial:
            self._send(live, placement)
