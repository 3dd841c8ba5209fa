"""How a shift stands: its calls, agents, desks and campaigns at one instant of virtual time.

Rule: these only hold what is so; :mod:`dialer.simulation.floor.shift` changes it, and a call's fate
is noted on the call.
"""

from collections import deque
from math import inf

import numpy as np

from dialer.pacing.shared_floor import QueueName
from dialer.simulation.floor.world import CampaignWorld


class Call:
    """A call under way."""

    __slots__ = ("dialed_at", "line", "machine", "number", "screened_out", "settled")

    def __init__(self, number: int, line: "Line", dialed_at: float) -> None:
        self.number = number
        self.line = line
        self.dialed_at = dialed_at
        self.machine = False
        self.screened_out = False  # a person taken for a machine
        self.settled = False  # connected or abandoned


class Agent:
    """An agent, present or not."""

    __slots__ = (
        "began",
        "call",
        "campaign",
        "desk",
        "known_to_leave",
        "leaving",
        "number",
        "present",
        "said",
        "signed_in_at",
    )

    def __init__(self, number: int, desk: "AgentDesk") -> None:
        self.number = number
        self.desk = desk
        self.present = False
        self.leaving = False
        self.known_to_leave = False
        self.signed_in_at = 0.0
        self.began = 0.0  # of the present state
        self.call: Call | None = None
        self.campaign: CampaignOfShift | None = None
        self.said: tuple[str, float] | None = None  # of the present talk, last, and when


class AgentDesk:
    """Agents who serve the same queues, by what they are doing and since when."""

    __slots__ = ("idle", "names", "serves", "talking", "wrapping")

    def __init__(self, serves: frozenset[int], names: frozenset[QueueName]) -> None:
        self.serves = serves
        self.names = names
        self.idle: deque[Agent] = deque()
        self.talking: dict[Agent, float] = {}
        self.wrapping: dict[Agent, float] = {}


class Line:
    """The calls of one queue."""

    __slots__ = ("campaign", "index", "leads", "name", "pool", "ringing", "waiting")

    def __init__(self, index: int, campaign: "CampaignOfShift", pool: str, share: float) -> None:
        self.index = index
        self.campaign = campaign
        self.pool = pool
        self.name: QueueName = (campaign.world.name, pool)
        self.ringing: dict[Call, float] = {}
        self.waiting: deque[Call] = deque()
        self.leads = [
            LeadsOfList(
                item.name,
                float(round(item.leads * share)) if item.leads < inf else inf,
                item.answer_rate,
            )
            for item in campaign.world.lists
        ]

    @property
    def leads_left(self) -> float:
        return sum(item.left for item in self.leads)

    @property
    def next_segments(self) -> tuple[str, ...]:
        """The list the next call is from, where there are several."""
        if len(self.leads) < 2:
            return ()
        return (next((item.name for item in self.leads if item.left >= 1), ""),)


class LeadsOfList:
    """What is left of one list."""

    __slots__ = ("answer_rate", "left", "name")

    def __init__(self, name: str, left: float, answer_rate: float) -> None:
        self.name = name
        self.left = left
        self.answer_rate = answer_rate


class CampaignOfShift:
    """A campaign and what it has come to so far."""

    __slots__ = ("abandoned", "attempts", "connected", "live", "rates", "talk", "world", "wrap_up")

    def __init__(self, world: CampaignWorld, random: np.random.Generator) -> None:
        self.world = world
        self.talk = world.talk.stream(random)
        self.wrap_up = world.wrap_up.stream(random)
        self.rates = deque(world.answer_rate_at)
        self.attempts = self.live = self.abandoned = self.connected = 0


def lines_of(campaigns: list[CampaignOfShift]) -> list[Line]:
    """Return a line for every language of every campaign."""
    lines: list[Line] = []
    for campaign in campaigns:
        languages = campaign.world.languages or (("", 1.0),)
        total = sum(share for _, share in languages) or 1.0
        for name, share in languages:
            lines.append(Line(len(lines), campaign, name, share / total))
    return lines
