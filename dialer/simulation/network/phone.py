"""An agent's phone: it answers at once, keeps the leg for hours, and hears and speaks.

    async for event in phone.heard(): ...        # LegAnswered, SoundBegan, MachineNoticed, ...
    phone.speak(1.5)
    phone.conversation_over()                    # the desk's screen says that the call has ended

A phone in ``auto`` mode has an agent sitting at it (``agent_manner``), who greets whoever is heard
and talks turn by turn; without it only :meth:`Phone.speak` makes a sound. In the pauses comfort
noise is sent, never nothing, because a line without packets looks dead.

A second INVITE replaces the first leg: it comes from a dialer that was restarted and could not
say good-bye.
"""

import asyncio
import random
from collections.abc import AsyncIterator
from typing import Final

from dialer.simulation.network import sdp
from dialer.simulation.network.agent_manner import (
    BEEP_SECONDS,
    AgentManner,
    NoticeFading,
    NoticeMachine,
    Speak,
)
from dialer.simulation.network.audio import AudioClock, AudioPath
from dialer.simulation.network.call import CallParty, IncomingCall
from dialer.simulation.network.g711 import FRAME_SECONDS
from dialer.simulation.network.hearing import Sound, ToneEar
from dialer.simulation.network.loopback import Address
from dialer.simulation.network.phone_event import (
    BeepHeard,
    ConversationFaded,
    LegAnswered,
    LegEnded,
    MachineNoticed,
    PhoneEvent,
    SoundBegan,
    SoundEnded,
    Spoke,
)
from dialer.simulation.network.repertoire import Repertoire
from dialer.simulation.phrases import Utterance

_EVENTS_LIMIT: Final = 1_000  #: kept for a reader who is late; then the oldest are lost


class Phone(CallParty):
    """One agent's phone. Made by :meth:`~dialer.simulation.network.phone_bank.PhoneBank.open`."""

    def __init__(
        self,
        name: str,
        *,
        address: Address,
        clock: AudioClock,
        repertoire: Repertoire,
        language: str,
        rng: random.Random,
    ) -> None:
        self.name = name
        self.uri = f"sip:{name}@{address}"
        self.language = language  #: spoken from the next utterance on
        self.auto = True  #: an agent sits there; False: silent until told to speak
        self.late_events = 0  #: lost because nobody read them
        self._host = address.host
        self._clock = clock
        self._repertoire = repertoire
        self._rng = rng
        self._loop = asyncio.get_running_loop()
        self._events: asyncio.Queue[PhoneEvent] = asyncio.Queue(_EVENTS_LIMIT)
        self._call: IncomingCall | None = None
        self._path: AudioPath | None = None
        self._offer: sdp.Offer | None = None
        self._manner = AgentManner(rng=rng)
        self._tones = ToneEar()
        self._known: Sound | None = None  # the sound whose beginning was told
        self._beeped = False
        self._voice = rng.randrange(1000)

    # What the people at the desk use

    @property
    def is_connected(self) -> bool:
        """Whether a leg is up."""
        return self._call is not None

    @property
    def is_speaking(self) -> bool:
        return self._path is not None and self._path.is_speaking

    @property
    def mood(self) -> AgentManner.Mood:
        """What the agent at the phone is doing."""
        return self._manner.mood

    async def heard(self) -> AsyncIterator[PhoneEvent]:
        """Yield what happens at this phone; for one reader."""
        while True:
            yield await self._events.get()

    async def next_event(self) -> PhoneEvent:
        """Return what happens next; for one reader."""
        return await self._events.get()

    def speak(self, seconds: float) -> None:
        """Say something of about this length, after what is still being said."""
        if self._path is None or seconds <= 0:
            return
        wanted = round(seconds / FRAME_SECONDS)
        while wanted > 0:
            self._voice += 2  # the next phrase of the same speaker
            frames = self._repertoire.spoken(
                self.language, Utterance.SPEECH, self._voice, self._path.codec
            )[:wanted]
            self._path.say(frames)
            wanted -= len(frames)
        self._tell(Spoke(self._loop.time(), seconds))

    def greet(self) -> None:
        """Speak first: the screen says that somebody is there."""
        self.speak(self._manner.greet(self._loop.time()).seconds)

    def conversation_over(self) -> None:
        """The call has ended; the next sound is somebody new."""
        self._manner.conversation_over(self._loop.time())
        if self._path is not None:
            self._path.hush()

    def hang_up(self) -> None:
        """End the leg."""
        if self._call is not None:
            self._call.hang_up()
            self._leg_over("phone")

    def drop_rtp(self) -> None:
        """Send no audio any more, as a phone does whose network cable is out."""
        if self._path is not None:
            self._path.is_sending = False

    def restore_rtp(self) -> None:
        """Send audio again."""
        if self._path is not None:
            self._path.is_sending = True

    # The leg (CallParty)

    def take(self, call: IncomingCall) -> None:
        """Answer *call* at once."""
        try:
            offer = sdp.read(call.invite.body) if call.invite.body else None
            path = AudioPath(self._host, rng=self._rng)
        except sdp.UnusableOffer as unusable:
            call.refuse(488, f"Not Acceptable Here: {unusable}")
            return
        except OSError:
            call.refuse(503, "Service Unavailable")
            return
        self.hang_up()
        self._call, self._path, self._offer = call, path, offer
        self._manner.conversation_over(self._loop.time())
        self._tones.reset()
        self._known, self._beeped = None, False
        call.party = self
        if offer is not None:
            path.connect(offer)
        path.on_tick = self._live
        path.on_audible = self._hear
        self._clock.add(path)
        call.answer(sdp.write(path.local, answer_to=offer))
        self._tell(LegAnswered(self._loop.time()))

    def confirmed(self, description: bytes) -> None:
        if self._offer is None and description and self._path is not None:
            try:
                self._offer = sdp.read(description)
            except sdp.UnusableOffer:
                self.hang_up()
                return
            self._path.connect(self._offer)

    def offered(self, description: bytes) -> bytes:
        if self._path is None:
            raise sdp.UnusableOffer("there is no audio")
        if not description:
            return sdp.write(self._path.local, answer_to=None, version=2)
        self._offer = sdp.read(description)
        self._path.connect(self._offer)
        return sdp.write(self._path.local, answer_to=self._offer, version=2)

    def hung_up(self) -> None:
        self._leg_over("dialer")

    def unconfirmed(self) -> None:
        self._leg_over("network")

    def _leg_over(self, by: str) -> None:
        if self._call is None:
            return
        self._call.party = CallParty()
        self._call = None
        if self._path is not None:
            self._clock.remove(self._path)
            self._path = None
        self._tell(LegEnded(self._loop.time(), by))

    # Every 20 ms

    def _hear(self, payload: bytes) -> None:
        path = self._path
        if path is not None and (tone := self._tones.hear(path.codec.decode(payload))):
            path.ear.hear_tone(*tone)

    def _live(self, now: float) -> None:
        path = self._path
        if path is None:
            return
        self._tell_of_sounds(path)
        if not self.auto:
            return
        match self._manner.advance(now, path.ear, speaking=path.is_speaking):
            case Speak(seconds):
                self.speak(seconds)
            case NoticeMachine(why):
                path.hush()
                self._tell(MachineNoticed(now, why))
            case NoticeFading():
                self._tell(ConversationFaded(now))

    def _tell_of_sounds(self, path: AudioPath) -> None:
        sound, over = path.ear.current, path.ear.last
        if self._known is not None and over is not None and sound is None:
            self._tell(SoundEnded(over.ended_at, over.seconds, _tone_of(over)))
            self._known = None
            self._beeped = False
            self._tones.reset()
        elif sound is not None:
            if self._known is None:
                self._tell(SoundBegan(sound.began_at))
            self._known = sound
            if not self._beeped and sound.tone_hertz and sound.tone_seconds >= BEEP_SECONDS:
                self._beeped = True
                self._tell(BeepHeard(sound.ended_at, sound.tone_hertz))

    def _tell(self, event: PhoneEvent) -> None:
        if self._events.full():
            self._events.get_nowait()
            self.late_events += 1
        self._events.put_nowait(event)


def _tone_of(sound: Sound) -> float | None:
    return sound.tone_hertz if sound.is_tone else None
