"""Screening as the engine sees it: listening begins with the answer, what it finds is an event.

    we listen:            answered ─▶ the process that listens ─▶ judgements ─▶ screened
    the gateway tells us: answered, screened ─▶ its word, of the telephone network's events

Rule: a call is never worse off for being screened. Who cannot be listened to is a person; nobody
waits longer for an agent than the connect limit; and of the calls that seem to be machines' some
are given to agents all the same, so that it is known how often screening is wrong.
"""

import hashlib
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Final, Protocol

import structlog

from dialer.call import CallState
from dialer.call_events import Answered, CallEvent, CallId, Ended, Screened
from dialer.conduct import Conduct
from dialer.live import LiveCall
from dialer.ports import Clock
from dialer.screening.verdict import Judgement, Mode

log = structlog.get_logger()

#: Share of the calls taken for machines that an agent hears all the same.
SAMPLE: Final = 0.05


class Screening(Protocol):
    """Whoever listens. Both methods return at once and may be called twice."""

    def listen(
        self, call: CallId, mode: Mode, told: Callable[[Judgement], None], *, trial: int = 1
    ) -> bool:
        """Begin to listen to an answered call; return whether that is possible now.

        Args:
            trial: Which INVITE of the call was answered.
        """
        ...

    def leave(self, call: CallId) -> None:
        """Listen to it no longer."""
        ...


class ScreenedCalls:
    """The screening of one team's calls. Its methods run in the engine's inbox."""

    def __init__(
        self,
        conduct: Conduct,
        clock: Clock,
        say: Callable[[Callable[[], None]], None],
        screening: Screening | None,
    ) -> None:
        self._conduct = conduct
        self._clock = clock
        self._say = say
        self._screening = screening

    def about(self, live: LiveCall, event: CallEvent) -> CallEvent:
        """Return *event* as it is to be taken, having begun or ended to listen."""
        if isinstance(event, Screened) and live.call.answered_at:  # the gateway has said so
            heard = event.at - live.call.answered_at
            return self._weighed(live, replace(event, heard_s=round(heard.total_seconds(), 3)))
        mode = live.way.screening if live.way else None
        if self._screening is None or mode is None:
            return event
        match event:
            case Answered() if live.call.answered_at is None:
                told = partial(self._told, live)
                begun = self._screening.listen(live.call.id, mode, told, trial=live.call.tries)
                return replace(event, screened=begun)
            case Ended():
                self._screening.leave(live.call.id)
        return event

    def _told(self, live: LiveCall, judgement: Judgement) -> None:
        self._say(partial(self._heard, live, judgement))

    def _heard(self, live: LiveCall, judgement: Judgement) -> None:
        if live.call.state is CallState.ENDED:
            return
        event = Screened(
            self._clock.now(),
            judgement.verdict,
            heard_s=round(judgement.at_s, 3),
            evidence=judgement.evidence,
        )
        self._conduct.call_event(live, self._weighed(live, event))

    def _weighed(self, live: LiveCall, event: Screened) -> Screened:
        """Return *event* with whether an agent hears the call all the same."""
        nobody = event.verdict.is_nobody and live.call.screening
        let_through = nobody and is_sampled(live.call.id)
        log.info(
            "call_screened",
            attempt_id=live.attempt,
            verdict=event.verdict.value,
            heard_seconds=round(event.heard_s, 2),
            before_agent=live.call.screening,
            let_through=let_through,
        )
        return replace(event, let_through=let_through)


def is_sampled(call: CallId) -> bool:
    """Return whether an agent hears this call even if it seems to be a machine's.

    Drawn from the call's id, so that everybody who asks, at any time, gets the same answer.
    """
    drawn = int.from_bytes(hashlib.sha256(call.bytes).digest()[:8], "big")
    return drawn < SAMPLE * 2**64
