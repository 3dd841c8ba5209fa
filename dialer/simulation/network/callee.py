"""Who answers: a person, or an answering machine. Pure; time is an argument.

    person    reaction ─▶ "hello" ─▶ listens ─▶ turn by turn ─▶ good-bye ─▶ waits ─▶ hangs up
                                        └─ nobody speaks: "hello" again, then hangs up
    machine   reaction ─▶ greeting ─▶ beep ─▶ listens ─▶ hangs up

Rule: a callee sees the call as a person does: it hears sound or silence and knows how long. It
never learns who called, whether an agent is there, or what the software at the other end thinks.
"""

import random
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from dialer.simulation.network.behaviour import Fate, Plan
from dialer.simulation.network.hearing import Ear
from dialer.simulation.phrases import Utterance

BEEP_HERTZ: Final = 1000.0
BEEP_SECONDS: Final = 0.4
_SECOND_HELLO_SECONDS: Final = 2.0  #: of silence after which people say hello again
_DEAF_SECONDS: Final = 12.0  #: of silence in a conversation until a person gives up
_BREATH_SECONDS: Final = 0.4  #: between two things the same person says
_WAITS_FOR_CALLER_SECONDS: Final = 12.0  #: after the good-bye


@dataclass(frozen=True, slots=True)
class Say:
    utterance: Utterance


@dataclass(frozen=True, slots=True)
class Beep:
    """Sound the tone of an answering machine."""


@dataclass(frozen=True, slots=True)
class HangUp:
    """End the call."""


Deed = Say | Beep | HangUp


class Person:
    """One person on the telephone, from the answer to the end."""

    class Mood(StrEnum):
        REACTING = "reacting"  #: has picked up, says nothing yet
        GREETING = "greeting"  #: says hello
        WAITING = "waiting"  #: listens for a voice
        TALKING = "talking"
        LEAVING = "leaving"  #: says good-bye, or has said it
        GONE = "gone"

    def __init__(self, plan: Plan, *, answered_at: float, rng: random.Random) -> None:
        self.mood = Person.Mood.REACTING
        self.hello_ended_at: float | None = None  #: of the first hello
        self.hellos = 0
        self._plan = plan
        self._rng = rng
        self._answered_at = answered_at
        self._talk_until = 0.0
        self._quiet_since = answered_at  # the end of what I said last
        self._gap = 0.4  # how long the other has to be silent until I speak
        self._was_speaking = False

    def advance(self, now: float, ear: Ear, *, speaking: bool) -> Deed | None:
        """Return what the person does now.

        Args:
            ear: What the person hears.
            speaking: Whether the person is still saying the last thing.
        """
        if speaking:
            self._was_speaking = True
            return None
        if self._was_speaking:
            self._was_speaking = False
            self._quiet_since = now
            if self.mood is Person.Mood.GREETING and self.hello_ended_at is None:
                self.hello_ended_at = now
        match self.mood:
            case Person.Mood.REACTING:
                return self._react(now)
            case Person.Mood.GREETING | Person.Mood.WAITING:
                return self._wait(now, ear)
            case Person.Mood.TALKING:
                return self._talk(now, ear)
            case Person.Mood.LEAVING:
                return self._leave(now)
            case Person.Mood.GONE:
                return None

    def _react(self, now: float) -> Deed | None:
        if now - self._answered_at < self._plan.reaction:
            return None
        self.mood = Person.Mood.GREETING
        self.hellos = 1
        return Say(Utterance.HELLO)

    def _wait(self, now: float, ear: Ear) -> Deed | None:
        self.mood = Person.Mood.WAITING
        hello_ended_at = self.hello_ended_at if self.hello_ended_at is not None else now
        if ear.is_sounding or (ear.last is not None and ear.last.ended_at > hello_ended_at):
            self.mood = Person.Mood.TALKING
            self._talk_until = now + self._plan.talk_time
            return None
        if now - hello_ended_at >= self._plan.patience:
            return self._hang_up()
        # Nobody says hello again just before giving up.
        patient = self._plan.patience > _SECOND_HELLO_SECONDS * (self.hellos + 0.5)
        if patient and now - self._quiet_since >= _SECOND_HELLO_SECONDS:
            self.mood = Person.Mood.GREETING
            self.hellos += 1
            return Say(Utterance.HELLO)
        return None

    def _talk(self, now: float, ear: Ear) -> Deed | None:
        if now >= self._talk_until:
            # A refusal interrupts; everybody else lets the other finish, and takes breath.
            listens = ear.is_sounding or now - self._quiet_since < _BREATH_SECONDS
            if listens and self._plan.fate is not Fate.REFUSES:
                return None
            self.mood = Person.Mood.LEAVING
            return Say(Utterance.GOODBYE)
        silence = min(ear.silent_for(now), now - self._quiet_since)
        if ear.silent_for(now) >= _DEAF_SECONDS:
            return self._hang_up()
        their_turn_ended = ear.last is not None and ear.last.ended_at > self._quiet_since
        if ear.is_sounding or self._plan.fate is Fate.REFUSES:
            return None
        if silence >= (self._gap if their_turn_ended else 2.5):
            self._gap = self._rng.uniform(0.3, 0.7)
            return Say(Utterance.SPEECH)
        return None

    def _leave(self, now: float) -> Deed | None:
        waits = 0.3 if self._plan.callee_ends else _WAITS_FOR_CALLER_SECONDS
        return self._hang_up() if now - self._quiet_since >= waits else None

    def _hang_up(self) -> Deed:
        self.mood = Person.Mood.GONE
        return HangUp()


class AnsweringMachine:
    """A machine: it talks to nobody, and listens to nobody."""

    def __init__(self, plan: Plan, *, answered_at: float) -> None:
        self._plan = plan
        self._answered_at = answered_at
        self._said = 0
        self._quiet_since = answered_at

    def advance(self, now: float, ear: Ear, *, speaking: bool) -> Deed | None:
        """Return what the machine does now."""
        if speaking:
            self._quiet_since = now
            return None
        since = now - self._quiet_since
        match self._said:
            case 0 if since >= self._plan.reaction:
                self._said = 1
                return Say(Utterance.GREETING)
            case 1 if since >= 0.3:
                self._said = 2
                return Beep()
            case 2 if since >= self._plan.listens:
                self._said = 3
                return HangUp()
        return None


Callee = Person | AnsweringMachine


def callee_of(plan: Plan, *, answered_at: float, rng: random.Random) -> Callee:
    """Return who answers the call planned."""
    if plan.fate is Fate.MACHINE:
        return AnsweringMachine(plan, answered_at=answered_at)
    return Person(plan, answered_at=answered_at, rng=rng)
