"""People who call us back: to the agent who called them, to another, or to an announcement.

    came in ─▶ who is it? ─▶ waiting ──somebody is ready──▶ attempt opened ─▶ a call like any other
                               └──nobody in time──▶ picked up, announced ─▶ a key, or the end

Rule: the gate is not asked, for nobody is dialed; that the call came in is the first event of its
chain, and every caller is counted. What a key asks for is confirmed only once it is durable. Runs
in the engine's inbox; a call that was given to an agent is the engine's and no longer ours.
"""

from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from functools import partial
from typing import Any, Final

import structlog

from dialer.call import Call, PickUp, replayed
from dialer.call_events import (
    Answered,
    CallEvent,
    CallId,
    DigitHeard,
    Ended,
    EndedBy,
    OwnReason,
)
from dialer.carriage import Carriage
from dialer.conduct import Conduct
from dialer.ending import RANG_BACK
from dialer.live import LiveCall
from dialer.ports import (
    Clock,
    Closing,
    ClosingRefused,
    LedgerUnavailable,
    NotOpened,
    Promise,
    Telephony,
    Unfinished,
    Way,
)
from dialer.ring_back_ledger import RingBackLedger
from dialer.ringing_in import CameIn, Phrase, RingBackEnd, Ringer, Words
from dialer.writing import Chain, Writer
from sip_config.carrying import Taken

log = structlog.get_logger()

PATIENCE: Final = timedelta(seconds=12)  #: it rings so long before the announcement
KEY_WAIT: Final = timedelta(seconds=8)  #: from the end of the announcement
CALL_BACK_AFTER: Final = timedelta(minutes=2)
AGAIN_AFTER: Final = timedelta(seconds=1)  #: between two tries to write down what a key asked for
CALL_ME: Final = "1"
LEAVE_ME: Final = "2"


class Stage(StrEnum):
    """How far a caller has come who has no agent."""

    LOOKING = "looking"  #: who is it?
    WAITING = "waiting"  #: it rings; somebody may become ready
    OPENING = "opening"  #: somebody is: the attempt is being opened
    ANNOUNCING = "announcing"  #: picked up; the announcement is heard, or a key awaited
    CONFIRMING = "confirming"  #: a key was pressed; what it asks for is being done, and said
    LEAVING = "leaving"  #: is being hung up


@dataclass(slots=True, kw_only=True)
class Caller:
    """Somebody who calls us and has no agent yet."""

    came: CameIn
    stage: Stage = Stage.LOOKING
    ringer: Ringer | None = None
    answered: Answered | None = None
    ended: Ended | None = None
    end: RingBackEnd = RingBackEnd.HUNG_UP  #: if they went now


class RingBacks:
    """The callers of one team's worker."""

    def __init__(
        self,
        ledger: RingBackLedger,
        conduct: Conduct,
        writer: Writer,
        telephony: Telephony,
        clock: Clock,
        *,
        carriage: Carriage,
        say: Callable[[Callable[[], None]], None],
        spawn: Callable[[Coroutine[Any, Any, None]], None],
        may_connect: Callable[[], bool],
    ) -> None:
        """Args:
        may_connect: Whether agents may be given calls now.
        """
        self.callers: dict[CallId, Caller] = {}
        self.called = 0  #: callers since the engine started
        self._ledger = ledger
        self._conduct = conduct
        self._writer = writer
        self._live = conduct.live
        self._telephony = telephony
        self._clock = clock
        self._carriage = carriage
        self._say = say
        self._spawn = spawn
        self._may_connect = may_connect

    async def begin(self) -> None:
        """End on record what an engine before this one had begun."""
        await self._ledger.forget(now=self._clock.now())

    # --- what happens -----------------------------------------------------------------------

    def came_in(self, came: CameIn, noted: Callable[[], None]) -> None:
        """Take a call that comes in; told again, it is taken once.

        Args:
            noted: Called when it is on record that somebody called.
        """
        if came.call in self.callers or came.call in self._live.calls:
            noted()
            return
        self.callers[came.call] = Caller(came=came)
        self.called += 1
        self._carriage.came_in(came.trunk, +1)
        self._live.changed(None)
        log.info("call_came_in", trunk=came.trunk)
        self._spawn(self._look_up(came, noted))

    def heard(self, call: CallId, event: CallEvent) -> None:
        """Take what happened to a call that is none of the engine's own."""
        caller = self.callers.get(call)
        match event:
            case _ if caller is None:
                return
            case Answered():
                caller.answered = event
                if caller.stage is Stage.ANNOUNCING:
                    self._announce_choice(caller)
            case DigitHeard(digit=digit):
                self._key(caller, digit)
            case Ended() if caller.stage is Stage.OPENING:
                caller.ended = event  # the attempt ends with it, once it is open
            case Ended():
                self._gone(caller)
            case _:
                pass

    def _key(self, caller: Caller, digit: str) -> None:
        """Do what a key asks for."""
        if caller.ringer is None or caller.stage is not Stage.ANNOUNCING:
            return
        if digit == CALL_ME and caller.ringer.may_be_called:
            caller.stage = Stage.CONFIRMING
            self._spawn(self._until_done(caller, self._call_back, RingBackEnd.CALL_BACK))
        elif digit == LEAVE_ME and caller.ringer.numbers:
            caller.stage = Stage.CONFIRMING
            self._spawn(self._until_done(caller, self._leave_alone, RingBackEnd.LEFT_ALONE))

    def said(self, call: CallId) -> None:
        """Wait a moment for a key after the announcement."""
        caller = self.callers.get(call)
        if caller is not None and caller.stage is Stage.ANNOUNCING:
            at = self._clock.now() + KEY_WAIT
            self._clock.wake_at(at, partial(self._say, partial(self._no_key, caller)))

    def serve(self) -> None:
        """Give callers who wait to agents who have become ready, the first caller first."""
        for caller in list(self.callers.values()):
            self._try_agent(caller)

    def worker_lost(self) -> None:
        """End all callers: their legs are gone."""
        gone = Ended(self._clock.now(), EndedBy.FAULT, OwnReason.LOST)
        for caller in list(self.callers.values()):
            caller.end = RingBackEnd.LOST
            if caller.stage is Stage.OPENING:
                caller.ended = caller.ended or gone  # the attempt ends with it, once it is open
            else:
                self._gone(caller)

    # --- who is it? -------------------------------------------------------------------------

    async def _look_up(self, came: CameIn, noted: Callable[[], None]) -> None:
        try:
            ringer = await self._ledger.who(came, now=self._clock.now())
        except LedgerUnavailable:
            ringer = None
        self._say(noted)
        self._say(partial(self._looked_up, came.call, ringer))

    def _looked_up(self, call: CallId, ringer: Ringer | None) -> None:
        caller = self.callers.get(call)
        if caller is None:
            return
        caller.ringer, caller.stage = ringer, Stage.WAITING
        if ringer is None:
            self._turn_away(caller)
            return
        at = caller.came.at + PATIENCE
        self._clock.wake_at(at, partial(self._say, partial(self._patience_over, caller)))
        self._try_agent(caller)

    def _turn_away(self, caller: Caller) -> None:
        caller.stage, caller.end = Stage.LEAVING, RingBackEnd.TURNED_AWAY
        self._telephony.hang_up(caller.came.call, OwnReason.TURNED_AWAY)

    # --- to an agent ------------------------------------------------------------------------

    def _try_agent(self, caller: Caller) -> None:
        ringer = caller.ringer
        if caller.stage is not Stage.WAITING or ringer is None or ringer.lead is None:
            return
        here = ringer.campaign in self._live.campaigns and self._may_connect()
        if here and self._conduct.has_agent(ringer.campaign, ringer.languages):
            caller.stage = Stage.OPENING
            self._spawn(self._open(caller, ringer))

    async def _open(self, caller: Caller, ringer: Ringer) -> None:
        opened: Unfinished | NotOpened
        try:
            opened = await self._ledger.open(caller.came, ringer, now=self._clock.now())
        except LedgerUnavailable:
            opened = NotOpened(because="database_away")
        self._say(partial(self._opened, caller, ringer, opened))

    def _opened(self, caller: Caller, ringer: Ringer, opened: Unfinished | NotOpened) -> None:
        if isinstance(opened, NotOpened):
            caller.stage = Stage.WAITING
            if caller.ended is not None:
                self._gone(caller)
            else:
                self._announce(caller)
            return
        del self.callers[caller.came.call]
        live = self._live_call(caller.came, ringer, opened)
        self._live.calls[opened.call] = live
        if caller.ended is None:
            self._conduct.carry_out(live, PickUp())
        else:  # lest the leg outlived the worker's connection to us
            self._telephony.hang_up(opened.call, OwnReason.LOST)
        for event in (caller.answered, caller.ended):
            if event is not None:
                self._conduct.call_event(live, event)
        self._note(opened.call, RingBackEnd.AGENT)

    def _live_call(self, came: CameIn, ringer: Ringer, opened: Unfinished) -> LiveCall:
        taken = Taken(trunk_id=came.trunk, host="", port=None, caller_id=ringer.shown, pool=None)
        limit = self._live.campaigns[opened.campaign].connect_limit
        return LiveCall(
            call=replayed(Call(id=opened.call, connect_limit=limit), list(opened.events)),
            chain=Chain(len(opened.events)),
            attempt=opened.attempt,
            lead=opened.lead,
            person=opened.person,
            campaign=opened.campaign,
            number=opened.number,
            languages=opened.languages,
            opened_at=opened.opened_at,
            preferred=ringer.agent,
            obligations=opened.obligations,
            way=Way(taken=taken, request_uri="", sender=""),
        )

    # --- the announcement -------------------------------------------------------------------

    def _patience_over(self, caller: Caller) -> None:
        if caller.stage is Stage.WAITING and caller.came.call in self.callers:
            self._announce(caller)

    def _announce(self, caller: Caller) -> None:
        caller.stage = Stage.ANNOUNCING
        if caller.answered is None:
            self._telephony.pick_up(caller.came.call, None)
        else:
            self._announce_choice(caller)

    def _announce_choice(self, caller: Caller) -> None:
        ringer = caller.ringer
        assert ringer is not None
        caller.end = RingBackEnd.ANNOUNCED
        if ringer.may_be_called:
            self._tell(caller, Phrase.CHOICE)
        elif ringer.numbers:
            self._tell(caller, Phrase.LEAVE_ALONE)
        else:  # the number is withheld: there is nobody to be left alone
            self._tell(caller, Phrase.SORRY, then_hang_up=True)

    def _tell(self, caller: Caller, kind: Phrase, *, then_hang_up: bool = False) -> None:
        ringer = caller.ringer
        assert ringer is not None
        words = Words(
            kind=kind,
            caller_name=ringer.caller_name,
            caller_id=ringer.shown,
            languages=ringer.languages,
        )
        self._telephony.say(caller.came.call, words, then_hang_up=then_hang_up)

    def _no_key(self, caller: Caller) -> None:
        if caller.stage is Stage.ANNOUNCING and caller.came.call in self.callers:
            caller.stage = Stage.LEAVING
            self._telephony.hang_up(caller.came.call, OwnReason.ANNOUNCED)

    # --- what a key asks for ----------------------------------------------------------------

    async def _until_done(
        self,
        caller: Caller,
        do: Callable[[Caller, Ringer], Awaitable[Phrase]],
        end: RingBackEnd,
    ) -> None:
        """Have it written down, however long the database takes; only then is it confirmed."""
        assert caller.ringer is not None
        while True:
            try:
                confirmed = await do(caller, caller.ringer)
                break
            except LedgerUnavailable:
                await self._clock.sleep(AGAIN_AFTER)
        self._say(partial(self._done, caller, confirmed, end))

    def _done(self, caller: Caller, confirmed: Phrase, end: RingBackEnd) -> None:
        caller.end, caller.stage = end, Stage.LEAVING
        log.info("ring_back_choice", outcome=end.value)
        if caller.came.call in self.callers:
            self._tell(caller, confirmed, then_hang_up=True)
        else:
            self._note(caller.came.call, end)

    async def _call_back(self, caller: Caller, ringer: Ringer) -> Phrase:
        now = self._clock.now()
        opened = await self._ledger.open(caller.came, ringer, now=now)
        if isinstance(opened, NotOpened):
            return Phrase.SORRY
        while True:
            promise = Promise(due_at=self._clock.now() + CALL_BACK_AFTER)
            try:
                await self._close(opened, "callback", promise)
            except ClosingRefused as refused:
                if refused.because != "promise":
                    raise
                continue  # the database was away until after that time
            return Phrase.WILL_CALL

    async def _leave_alone(self, caller: Caller, ringer: Ringer) -> Phrase:
        now = self._clock.now()
        if ringer.lead is not None:
            opened = await self._ledger.open(caller.came, ringer, now=now)
            if not isinstance(opened, NotOpened):
                await self._close(opened, "do_not_call", None)
                return Phrase.WILL_NOT_CALL
        await self._ledger.leave_alone(caller.came, ringer, now=now)
        return Phrase.WILL_NOT_CALL

    async def _close(self, opened: Unfinished, disposition: str, promise: Promise | None) -> None:
        closing = Closing(
            call=opened.call,
            attempt=opened.attempt,
            outcome=RANG_BACK,
            counts=False,
            disposition=disposition,
            promise=promise,
        )
        await self._writer.close(closing)

    # --- the end ----------------------------------------------------------------------------

    def _gone(self, caller: Caller) -> None:
        if self.callers.pop(caller.came.call, None) is None:
            return
        self._carriage.came_in(caller.came.trunk, -1)
        self._live.changed(None)
        if caller.stage is not Stage.CONFIRMING:  # what they asked for is told when it is done
            self._note(caller.came.call, caller.end)

    def _note(self, call: CallId, end: RingBackEnd) -> None:
        self._spawn(self._write_end(call, end))

    async def _write_end(self, call: CallId, end: RingBackEnd) -> None:
        while True:
            try:
                await self._ledger.ended(call, end, now=self._clock.now())
                return
            except LedgerUnavailable:
                await self._clock.sleep(AGAIN_AFTER)
