"""Rules for one queue on a floor of several: each queue has its own dialer, and its own agents.

Rule: an agent counts for exactly one queue; where several are served, agents are dealt out in turn.
"""

from collections.abc import Callable

from dialer.pacing import Decision, Dialed, Event, Floor, Signalled, TalkEnded, WrapUpEnded
from dialer.pacing.shared_floor import QueueName, SharedFloor
from dialer.simulation.floor.shift import Controller


class PerQueue:
    """A baseline on a floor of several queues: one dialer each, agents dealt out among them.

    None of the rules knows shared agents; dealing them out is what is usually done.
    """

    def __init__(self, make: Callable[[], Controller]) -> None:
        self._make = make
        self._rules: dict[QueueName, Controller] = {}
        self._queue_of: dict[object, QueueName] = {}
        self._agents: dict[object, QueueName] = {}

    def observe(self, campaign: str, event: Event) -> None:
        if isinstance(event, TalkEnded | WrapUpEnded):
            for name, rule in self._rules.items():
                if name[0] == campaign:
                    rule.observe(event)
            return
        if isinstance(event, Signalled):
            return  # none of the rules listens
        if isinstance(event, Dialed):
            self._queue_of[event.call] = (campaign, event.pool)
        self._rule(self._queue_of[event.call]).observe(event)

    def decide(self, floor: SharedFloor, now: float) -> dict[QueueName, Decision]:
        names = [queue.name for queue in floor.queues]
        dealt: dict[QueueName, tuple[int, list[float], list[float]]] = {
            name: (0, [], []) for name in names
        }
        for desk in floor.desks:
            served = [name for name in names if name in desk.serves]
            if not served:
                continue
            talks = [age for ages in desk.talk_ages.values() for age in ages]
            wraps = [age for ages in desk.wrap_up_ages.values() for age in ages]
            for k, name in enumerate(served):
                idle, talk_ages, wrap_ages = dealt[name]
                mine = desk.idle // len(served) + (k < desk.idle % len(served))
                dealt[name] = (
                    idle + mine,
                    talk_ages + talks[k :: len(served)],
                    wrap_ages + wraps[k :: len(served)],
                )
        return {
            queue.name: self._rule(queue.name).decide(
                Floor(
                    dealt[queue.name][0],
                    queue.waiting,
                    dealt[queue.name][1],
                    dealt[queue.name][2],
                    queue.ring_ages,
                    floor.lines_free,
                    queue.leads_left,
                    floor.ends_in,
                ),
                now,
            )
            for queue in floor.queues
        }

    def _rule(self, name: QueueName) -> Controller:
        if name not in self._rules:
            self._rules[name] = self._make()
        return self._rules[name]
