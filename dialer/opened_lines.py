"""What lines say before anybody answers: busy tones and announcements, and answers by their sound.

    183 with audio ─▶ busy, congestion, refused ─▶ hung up, with that outcome
    200 of a trunk whose answers say nothing ─▶ line opened ─▶ the same, or answered

Rule: what is heard replaces what a trunk does not say, and nothing else. A line that cannot be
listened to is taken at its trunk's word: its 200 is an answer then.
"""

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Final, Protocol

import structlog

from dialer import call as calls
from dialer.call_events import (
    Answered,
    CallEvent,
    CallId,
    Ended,
    HangUpAsked,
    LineOpened,
    OwnReason,
    Rang,
)
from dialer.conduct import Conduct
from dialer.live import LiveCall
from dialer.ports import Clock
from dialer.screening.line import Progress, Said, TonePlan

log = structlog.get_logger()

_REASONS: Final = {
    Progress.BUSY: OwnReason.HEARD_BUSY,
    Progress.CONGESTION: OwnReason.HEARD_CONGESTION,
    Progress.REFUSED: OwnReason.HEARD_REFUSED,
}


class LineEar(Protocol):
    """Whoever listens to lines. Both methods return at once and may be called twice."""

    def listen_to_line(
        self, call: CallId, plan: TonePlan, told: Callable[[Said | None], None], *, trial: int = 1
    ) -> bool:
        """Begin to listen to a line; return whether that is possible now.

        Args:
            told: Takes what the line says; ``None``: it can no longer be listened to.
            trial: Which INVITE of the call this is.
        """
        ...

    def leave_line(self, call: CallId) -> None:
        """Listen to it no longer."""
        ...


class OpenedLines:
    """The unanswered lines of one team. Its methods run in the engine's inbox."""

    def __init__(
        self,
        conduct: Conduct,
        clock: Clock,
        say: Callable[[Callable[[], None]], None],
        ear: LineEar | None,
    ) -> None:
        self._conduct = conduct
        self._clock = clock
        self._say = say
        self._ear = ear
        conduct.listen_to_line = self.watch

    def meant(self, live: LiveCall, event: CallEvent) -> CallEvent:
        """Return what *event* means by the trunk it comes from."""
        plan = live.way.tones if live.way else None
        is_opening = isinstance(event, Answered) and plan is not None and plan.answers
        return LineOpened(event.at) if is_opening and self._ear is not None else event

    def about(self, live: LiveCall, event: CallEvent) -> CallEvent:
        """Return what *event* means, having begun or ended to listen."""
        plan = live.way.tones if live.way else None
        event = self.meant(live, event)
        if self._ear is None or plan is None or live.call.answered_at is not None:
            return event
        match event:
            case Rang(early_media=True):
                self._listen(live, plan)
            case Answered() | Ended():
                self._ear.leave_line(live.call.id)
        return event

    def watch(self, live: LiveCall) -> None:
        """Listen to an opened line until somebody answers, or it has rung for long enough."""
        now, opened_at = self._clock.now(), live.call.opened_at or self._clock.now()
        plan = live.way.tones if live.way else None
        if plan is None or not self._listen(live, plan):
            self._answered(live, timedelta(0))
            return
        rings_until = opened_at + self._conduct.live.campaigns[live.campaign].ring_limit
        self._clock.wake_at(
            max(now, rings_until), partial(self._say, partial(self._rang_out, live))
        )

    def _listen(self, live: LiveCall, plan: TonePlan) -> bool:
        told = partial(self._told, live)
        ear, call = self._ear, live.call
        return ear is not None and ear.listen_to_line(call.id, plan, told, trial=call.tries)

    def _told(self, live: LiveCall, said: Said | None) -> None:
        self._say(partial(self._heard, live, said))

    def _heard(self, live: LiveCall, said: Said | None) -> None:
        if live.call.state not in calls.UNANSWERED:
            return
        if said is None:
            if live.call.opened_at is not None:
                self._answered(live, timedelta(0))
            return
        log.info("line_heard", attempt_id=live.attempt, said=said.progress.value)
        if said.progress is Progress.ANSWERED:
            self._answered(live, timedelta(seconds=said.heard_s - said.began_s))
        else:
            self._hang_up(live, _REASONS[said.progress])

    def _answered(self, live: LiveCall, ago: timedelta) -> None:
        now = self._clock.now()
        self._conduct.call_event(live, Answered(max(live.call.opened_at or now, now - ago)))

    def _rang_out(self, live: LiveCall) -> None:
        if live.call.state in calls.UNANSWERED:
            self._hang_up(live, OwnReason.RING_TIMEOUT)

    def _hang_up(self, live: LiveCall, because: OwnReason) -> None:
        if self._ear is not None:
            self._ear.leave_line(live.call.id)
        self._conduct.call_event(live, HangUpAsked(self._clock.now(), because))
