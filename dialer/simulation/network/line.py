"""One call through the network, from its INVITE to its line in the journal.

    invited ─▶ (post-dial delay) ─▶ ringing ─▶ answered ─▶ over
       └─────────────┴─────────────────┴── refused, cancelled, silent

Rule: a line calls ``on_over`` exactly once, with its record complete.
"""

import asyncio
import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from dialer.simulation.network import sdp
from dialer.simulation.network.audio import AudioClock, AudioPath
from dialer.simulation.network.behaviour import ANSWERED, Fate, Kind, Plan
from dialer.simulation.network.call import CallParty, IncomingCall
from dialer.simulation.network.callee import Beep, HangUp, Person, Say, callee_of
from dialer.simulation.network.journal import CallRecord
from dialer.simulation.network.repertoire import Repertoire
from dialer.simulation.phrases import Utterance

#: Fate of a call that is refused -> status, reason phrase, Q.850 cause.
_REFUSALS: Final = {
    Fate.BUSY: (486, "Busy Here", 17),
    Fate.INVALID: (404, "Not Found", 1),
    Fate.CONGESTION: (503, "Service Unavailable", 34),
    Fate.NETWORK_FAILURE: (500, "Server Internal Error", 38),
}
#: Trouble inside the network is reported quickly, before anything at the far end is tried.
_QUICK_SECONDS: Final = 0.3
#: A silent network learns that the caller gave up by hearing no INVITE for so long.
_GAVE_UP_SECONDS: Final = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What every call of a network shares."""

    host: str  #: where audio is received
    audio: AudioClock
    repertoire: Repertoire
    rings_out_after: float  #: seconds until an unanswered call is refused
    seed: int


class Line(CallParty):
    """A call on its way, and whoever answers it."""

    def __init__(
        self,
        call: IncomingCall,
        plan: Plan,
        *,
        around: Surroundings,
        on_over: Callable[["Line"], None],
    ) -> None:
        self._around = around
        self._on_over = on_over
        self._call = call
        self._plan = plan
        self._loop = asyncio.get_running_loop()
        self._timer: asyncio.TimerHandle | None = None
        self._path: AudioPath | None = None
        self._offer: sdp.Offer | None = None
        self._choice = plan.voice
        self._rng = random.Random(f"{around.seed} {plan.number} {plan.attempt} line")
        self._callee = callee_of(plan, answered_at=0.0, rng=self._rng)
        self.record = CallRecord(
            sip_call_id=call.call_id,
            number=call.number,
            caller=call.caller,
            invited_at=self._loop.time(),
            attempt=plan.attempt,
            fate=plan.fate,
            kind=plan.kind,
        )
        call.party = self

    # From INVITE to answer

    def begin(self) -> None:
        """Let fate take its course."""
        if self._plan.fate is Fate.NETWORK_SILENCE:
            self._call.mute()
            self._end_when_caller_stops()
            return
        self._call.progress(100, "Trying")
        if not self._read_offer():
            return
        match self._plan.fate:
            case Fate.CONGESTION | Fate.NETWORK_FAILURE:
                self._after(_QUICK_SECONDS, self._refuse)
            case Fate.BUSY | Fate.INVALID:
                self._after(self._plan.post_dial_delay, self._refuse)
            case _:
                self._after(self._plan.post_dial_delay, self._ring)

    def _read_offer(self) -> bool:
        """Read the description, if the INVITE has one; refuse the call if it is of no use."""
        if not self._call.number:
            self._refuse_as_it_stands(484, "Address Incomplete", 28)
            return False
        if self._call.invite.body:
            try:
                self._offer = sdp.read(self._call.invite.body)
            except sdp.UnusableOffer as unusable:
                self._refuse_as_it_stands(488, f"Not Acceptable Here: {unusable}", 88)
                return False
        return True

    def _refuse_as_it_stands(self, status: int, reason: str, cause: int) -> None:
        self.record.fate, self.record.kind = None, Kind.NONE
        self._call.refuse(status, reason, cause=cause)
        self._over("network")

    def _refuse(self) -> None:
        status, reason, cause = _REFUSALS[self._plan.fate]
        self._call.refuse(status, reason, cause=cause)
        self._over("network")

    def _ring(self) -> None:
        early = self._plan.fate is Fate.EARLY_MEDIA_ANSWER and self._offer is not None
        if early and self._opened_path():
            self._call.progress(183, "Session Progress", self._describe())
            self.record.early_media_at = self._loop.time()
        else:
            self._call.progress(180, "Ringing")
        self.record.ringing_at = self._loop.time()
        if self._plan.fate in ANSWERED:
            self._after(self._plan.ring_time, self._answer)
        else:
            self._after(self._around.rings_out_after, self._ring_out)

    def _ring_out(self) -> None:
        self._call.refuse(480, "Temporarily Unavailable", cause=19)
        self._over("network")

    def _answer(self) -> None:
        if not self._opened_path():
            self._call.refuse(503, "Service Unavailable", cause=34)
            self._over("network")
            return
        now = self._loop.time()
        self.record.answered_at = now
        if self._path is not None:
            self._path.hush()
        self._callee = callee_of(self._plan, answered_at=now, rng=self._rng)
        self._call.answer(self._describe())

    # The audio

    def _opened_path(self) -> bool:
        """Open the audio, unless it is; False where no port or descriptor is left."""
        if self._path is not None:
            return True
        try:
            self._path = AudioPath(self._around.host, rng=self._rng)
        except OSError:
            return False
        if self._offer is not None:
            self._path.connect(self._offer)
        self._path.on_tick = self._live
        self._around.audio.add(self._path)
        return True

    def _describe(self) -> bytes:
        assert self._path is not None
        return sdp.write(self._path.local, answer_to=self._offer)

    def _live(self, now: float) -> None:
        """One tick of the call's audio."""
        path = self._path
        assert path is not None
        if self.record.answered_at is None:
            if not path.is_speaking:
                path.say(self._around.repertoire.ringback(path.codec))
            return
        deed = self._callee.advance(now, path.ear, speaking=path.is_speaking)
        match deed:
            case Say(utterance):
                path.say(self._recording(utterance))
            case Beep():
                path.say(self._around.repertoire.beep(path.codec))
            case HangUp():
                self._call.hang_up()
                self._over("callee")

    def _recording(self, utterance: Utterance) -> tuple[bytes, ...]:
        assert self._path is not None
        if utterance is not Utterance.GREETING:
            self._choice += 2  # the next phrase of the same speaker
        return self._around.repertoire.spoken(
            self._plan.language, utterance, self._choice, self._path.codec
        )

    # What the caller does (CallParty)

    def cancelled(self) -> None:
        self._over("caller")

    def hung_up(self) -> None:
        self._over("caller")

    def unconfirmed(self) -> None:
        self._over("network")

    def repeated(self) -> None:
        if self._plan.fate is Fate.NETWORK_SILENCE:
            self._end_when_caller_stops()

    def confirmed(self, description: bytes) -> None:
        if self._offer is None and description:
            try:
                self._take_offer(sdp.read(description))
            except sdp.UnusableOffer:
                self._call.hang_up()
                self._over("network")

    def offered(self, description: bytes) -> bytes:
        if self._path is None:
            raise sdp.UnusableOffer("there is no audio yet")
        if description:
            self._take_offer(sdp.read(description))
            return sdp.write(self._path.local, answer_to=self._offer, version=2)
        return sdp.write(self._path.local, answer_to=None, version=2)

    def _take_offer(self, offer: sdp.Offer) -> None:
        assert self._path is not None
        if offer.codec is not self._path.codec:
            self._path.hush()
        self._offer = offer
        self._path.connect(offer)

    # The end

    def cut_off(self) -> None:
        """The simulation ends in the middle of the call."""
        if self.record.ended_at is None:
            self._finish()

    def _over(self, ended_by: str) -> None:
        if self.record.ended_at is None:
            self.record.ended_at = self._loop.time()
            self.record.ended_by = ended_by
            self._finish()

    def _finish(self) -> None:
        record = self.record
        if self._timer is not None:
            self._timer.cancel()
        record.status = self._call.final_status
        if isinstance(self._callee, Person):
            record.hello_ended_at = self._callee.hello_ended_at
        if self._path is not None:
            record.rtp_bytes_in = self._path.bytes_in
            record.rtp_bytes_out = self._path.bytes_out
            record.first_heard_at = self._path.ear.first_began_at
            record.heard_seconds = self._path.ear.heard_seconds
            self._around.audio.remove(self._path)
        self._on_over(self)

    def _after(self, seconds: float, then: Callable[[], None]) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._loop.call_later(seconds, then)

    def _end_when_caller_stops(self) -> None:
        """A silent network learns that the caller gave up by hearing no more INVITEs."""
        self._after(_GAVE_UP_SECONDS, self._stop_being_silent)

    def _stop_being_silent(self) -> None:
        self._call.end()
        self._over("network")
