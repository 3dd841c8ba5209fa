"""What an ordinary dialer counts over its day, and the means it reckons with.

Rule: every mean begins as if a few calls of a usual kind had been seen; times are in seconds.
"""

from collections import deque
from dataclasses import dataclass, field

from dialer.pacing import (
    Abandoned,
    Answered,
    Dialed,
    Event,
    Failed,
    MachineFound,
    TalkEnded,
    WrapUpEnded,
)


@dataclass(slots=True)
class DayTally:
    """Counts of one day."""

    answered: int = 0
    failed: int = 0
    abandoned: int = 0
    live: int = 0
    talks: int = 0
    talk_seconds: float = 0.0
    wrap_ups: int = 0
    wrap_up_seconds: float = 0.0
    answers_after: float = 0.0  #: sum of the times to answer
    dialed_at: dict[object, float] = field(default_factory=dict)
    last_minute: deque[tuple[float, bool]] = field(default_factory=deque)  #: answered: abandoned?

    def observe(self, event: Event) -> None:
        match event:
            case Dialed():
                self.dialed_at[event.call] = event.at
            case Answered():
                self.answered += 1
                self.live += 1
                self.answers_after += event.at - self.dialed_at.pop(event.call, event.at)
                self.last_minute.append((event.at, False))
            case Failed():
                self.failed += 1
                self.dialed_at.pop(event.call, None)
            case Abandoned():
                self.abandoned += 1
                self.last_minute.append((event.at, True))
            case MachineFound():
                self.live -= 1
            case TalkEnded():
                self.talks += 1
                self.talk_seconds += event.at - event.began
            case WrapUpEnded():
                self.wrap_ups += 1
                self.wrap_up_seconds += event.at - event.began

    @property
    def abandon_rate(self) -> float:
        return self.abandoned / self.live if self.live > 0 else 0.0

    @property
    def answer_rate(self) -> float:
        """Answered / resolved over the day, begun as if 4 of 10 had been."""
        return (self.answered + 4.0) / (self.answered + self.failed + 10.0)

    @property
    def time_to_answer(self) -> float:
        return (self.answers_after + 50.0) / (self.answered + 5.0)

    @property
    def talk_mean(self) -> float:
        return (self.talk_seconds + 500.0) / (self.talks + 5.0)

    @property
    def handling_mean(self) -> float:
        return self.talk_mean + (self.wrap_up_seconds + 75.0) / (self.wrap_ups + 5.0)

    def abandoned_last_minute(self, now: float) -> tuple[int, int]:
        """Return abandoned and answered calls of the last minute."""
        while self.last_minute and self.last_minute[0][0] < now - 60.0:
            self.last_minute.popleft()
        abandoned = sum(was for _, was in self.last_minute)
        return abandoned, len(self.last_minute) - abandoned
