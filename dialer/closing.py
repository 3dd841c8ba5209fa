"""The end of an attempt: by the agent's disposition, or by itself when nobody talked.

Rule: an attempt is closed once, in one transaction with everything that follows from it (lead,
disposition, meeting, callback), and an agent is told "done" only after that has been committed.
"""

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Any, Final

import structlog

from dialer import pacing
from dialer.agent import Agent, AgentState, NotNow, PauseAsked, WrappedUp
from dialer.call_events import AgentId, Disposed
from dialer.carriage import Carriage
from dialer.conduct import Conduct
from dialer.ending import is_screened_out, meaning_so_far
from dialer.live import LiveCall
from dialer.ports import Clock, Closed, Closing, ClosingRefused
from dialer.views import Disposal
from dialer.writing import Happened, Writer

log = structlog.get_logger()

#: What the dialer records when an agent leaves a wrap-up without a word.
NO_DISPOSITION: Final = "no_disposition"
#: The reason of the pause that follows.
WRAP_UP_LIMIT: Final = "wrap_up_limit"
#: The disposition that says the callee was handed over to the client's own people.
HOT_TRANSFER: Final = "hot_transfer"
#: The disposition that says no person was there.
MACHINE: Final = "answering_machine"


class Closer:
    """Closes the attempts of one team. Its methods run in the engine's inbox."""

    def __init__(
        self,
        conduct: Conduct,
        writer: Writer,
        clock: Clock,
        say: Callable[[Callable[[], None]], None],
        observe: Callable[[Any, pacing.Event], None],
        *,
        carriage: Carriage,
    ) -> None:
        self._conduct = conduct
        self._live = conduct.live
        self._writer = writer
        self._clock = clock
        self._say = say
        self._observe = observe
        self._carriage = carriage
        conduct.ended = self._ended
        conduct.wrapping_up = self.limit_wrap_up

    def _ended(self, live: LiveCall) -> None:
        self._carriage.ended(live.way, live.call, live.number, self._clock.now())
        self.close_if_ended(live)

    def close_if_ended(self, live: LiveCall) -> None:
        """Close an ended call's attempt unless an agent has yet to record what came of it."""
        if live.call.ended is None or live.closing:
            return
        if live.call.disposed is not None:  # its attempt was closed when it was handed over
            self._live.calls.pop(live.call.id, None)
            self._live.changed(None)
            return
        if (agent := self._live.in_wrap_up(live.call.id)) is None:
            nobody = MACHINE if is_screened_out(live.call) else NO_DISPOSITION
            self._close(live, None, Disposal(disposition=nobody))
        else:  # perhaps for longer than the call goes on: their phone died, nobody took it over
            self.limit_wrap_up(agent)

    def limit_wrap_up(self, agent: Agent) -> None:
        """See to it that a wrap-up ends by itself after the campaign's limit."""
        live = self._live.calls.get(agent.call) if agent.call else None
        if agent.state is not AgentState.WRAP_UP or live is None or agent.since is None:
            return
        at = agent.since + self._live.campaigns[live.campaign].wrap_up_limit
        over = partial(self._wrap_up_over, agent.id, live)
        self._clock.wake_at(at, partial(self._say, over))

    def dispose(self, agent_id: AgentId, wish: Disposal) -> asyncio.Future[Closed]:
        """Close the attempt of the agent's call as the agent wishes.

        Returns a future that is done once the closing is durable, or refused.

        Raises:
            NotNow: the agent has no ended call to dispose of, or is being waited for already.
        """
        agent = self._live.agents[agent_id]
        live = self._live.calls.get(agent.call) if agent.call else None
        if agent.state is not AgentState.WRAP_UP or live is None:
            raise NotNow("a disposition", agent.state)
        if live.closing or not live.call.is_over_for_agent:
            raise NotNow("a disposition (the call is not over yet)", agent.state)
        if wish.disposition == HOT_TRANSFER and live.call.talk.target_joined_at is None:
            raise ClosingRefused(
                "transfer", "nobody was brought into this call; record what else came of it"
            )
        return self._close(live, agent_id, wish)

    def _wrap_up_over(self, agent_id: AgentId, live: LiveCall) -> None:
        agent = self._live.agents[agent_id]
        still = agent.state is AgentState.WRAP_UP and agent.call == live.call.id
        if still and not live.closing and live.call.is_over_for_agent:
            log.warning("wrap_up_limit_passed", agent_id=agent_id, attempt_id=live.attempt)
            away = PauseAsked(self._clock.now(), reason=WRAP_UP_LIMIT)  # nobody is at the desk
            self._conduct.agent_event(agent_id, away)
            self._close(live, agent_id, Disposal(disposition=NO_DISPOSITION))

    def _close(
        self, live: LiveCall, agent_id: AgentId | None, wish: Disposal
    ) -> asyncio.Future[Closed]:
        meaning = meaning_so_far(live.call, self._carriage.rules(live.way))
        talked = agent_id is not None
        recorded = talked or live.call.bridged_at is not None or is_screened_out(live.call)
        closing = Closing(
            call=live.call.id,
            attempt=live.attempt,
            outcome=meaning.outcome,
            counts=meaning.counts,
            abandoned=meaning.abandoned,
            agent=agent_id,
            disposition=(wish.disposition or None) if recorded else None,
            note=wish.note,
            answers=wish.answers,
            booking=wish.booking,
            promise=wish.promise,
            goes_on=live.call.ended is None,
        )
        live.closing = True
        disposed = Disposed(self._clock.now(), closing.disposition or "")
        last = Happened(live.call.id, live.chain, disposed) if talked else None
        done = self._writer.close(closing, last)
        finish = partial(self._finish, live, agent_id, closing, disposed)
        done.add_done_callback(lambda future: self._say(partial(finish, future)))
        return done

    def _finish(
        self,
        live: LiveCall,
        agent_id: AgentId | None,
        closing: Closing,
        disposed: Disposed,
        done: asyncio.Future[Closed],
    ) -> None:
        live.closing = False
        if (refused := done.exception()) is not None:
            log.info("closing_refused", attempt_id=live.attempt, because=_because(refused))
            if agent_id is None and closing.disposition is not None:
                self._close(live, None, Disposal(disposition=""))  # without a word, then
            return
        if agent_id is not None:
            self._live.call_event(live, disposed, record=False)
            self._count(live, closing)
            self._conduct.agent_event(agent_id, WrappedUp(self._clock.now()))
        elif is_screened_out(live.call):
            self._count(live, closing)
        if live.call.ended is not None:
            self._live.calls.pop(live.call.id, None)
        self._live.changed(None)
        log.info(
            "attempt_closed",
            attempt_id=live.attempt,
            campaign_id=live.campaign,
            lead_id=live.lead,
            agent_id=agent_id,
            outcome=closing.outcome,
            abandoned=closing.abandoned,
            disposition=closing.disposition,
        )

    def _count(self, live: LiveCall, closing: Closing) -> None:
        tally = self._conduct.tally.campaigns[live.campaign]
        tally.meetings += closing.booking is not None
        tally.callbacks += closing.promise is not None
        if closing.disposition == MACHINE:
            tally.machines += 1
            found = pacing.MachineFound(live.call.id, self._clock.now().timestamp())
            self._observe(live.campaign, found)


def _because(error: BaseException) -> str:
    return error.because if isinstance(error, ClosingRefused) else type(error).__name__
