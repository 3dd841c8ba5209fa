"""The floor of a shift as a controller is shown it.

Rule: nothing is shown that a real dialer would not see; agents known to leave are not counted.
"""

from collections.abc import Iterable, Sequence

from dialer.pacing import Floor
from dialer.pacing.shared_floor import Desk, Queue, SharedFloor
from dialer.pacing.signals import Signal
from dialer.simulation.floor.standing import Agent, AgentDesk, Line


def floor_of_one(
    line: Line,
    desk: AgentDesk,
    *,
    now: float,
    lines_free: float,
    ends_in: float,
    signals: bool = False,
) -> Floor:
    """Return a floor of one queue, whose agents all serve it. Times in seconds."""
    return Floor(
        len(desk.idle),
        len(line.waiting),
        [now - began for agent, began in desk.talking.items() if not agent.known_to_leave],
        [now - began for agent, began in desk.wrapping.items() if not agent.known_to_leave],
        [now - dialed_at for dialed_at in line.ringing.values()],
        lines_free,
        line.leads_left,
        ends_in,
        line.next_segments,
        [_said(agent, now) for agent in desk.talking if not agent.known_to_leave]
        if signals
        else (),
    )


def floor_of_several(
    lines: Sequence[Line],
    desks: Sequence[AgentDesk],
    *,
    now: float,
    lines_free: float,
    ends_in: float,
    signals: bool = False,
) -> SharedFloor:
    """Return a floor of several queues. Times in seconds."""
    return SharedFloor(
        desks=[
            Desk(
                serves=desk.names,
                idle=len(desk.idle),
                talk_ages=_by_campaign(desk.talking, now),
                wrap_up_ages=_by_campaign(desk.wrapping, now),
                talk_signals=_said_by_campaign(desk.talking, now) if signals else {},
            )
            for desk in desks
        ],
        queues=[
            Queue(
                campaign=line.name[0],
                pool=line.pool,
                waiting=len(line.waiting),
                ring_ages=[now - dialed_at for dialed_at in line.ringing.values()],
                leads_left=line.leads_left,
                next_segments=line.next_segments,
            )
            for line in lines
        ],
        lines_free=lines_free,
        ends_in=ends_in,
    )


def _by_campaign(since: dict[Agent, float], now: float) -> dict[str, list[float]]:
    ages: dict[str, list[float]] = {}
    for agent, began in since.items():
        if not agent.known_to_leave and agent.campaign is not None:
            ages.setdefault(agent.campaign.world.name, []).append(now - began)
    return ages


def _said(agent: Agent, now: float) -> Signal:
    return None if agent.said is None else (agent.said[0], now - agent.said[1])


def _said_by_campaign(talking: Iterable[Agent], now: float) -> dict[str, list[Signal]]:
    found: dict[str, list[Signal]] = {}
    for agent in talking:
        if not agent.known_to_leave and agent.campaign is not None:
            found.setdefault(agent.campaign.world.name, []).append(_said(agent, now))
    return found
