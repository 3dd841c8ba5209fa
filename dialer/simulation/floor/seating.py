"""Who sits where before a shift begins, and when each agent comes and goes.

Rule: agents who serve the same queues share a desk; successive breaks take successive parts of a
group, so that it never leaves the floor as a whole.
"""

from collections.abc import Sequence

from dialer.simulation.floor.agenda import SIGNED_IN, SIGNING_OFF, Agenda
from dialer.simulation.floor.standing import Agent, AgentDesk, Line
from dialer.simulation.floor.world import AgentGroup


def seat(groups: Sequence[AgentGroup], lines: Sequence[Line], agenda: Agenda) -> list[AgentDesk]:
    """Give every agent a desk, plan their hours, and return the desks."""
    desks: dict[frozenset[int], AgentDesk] = {}
    number = 0
    for group in groups:
        serves = _serves(group, lines)
        names = frozenset(lines[index].name for index in serves)
        desk = desks.setdefault(serves, AgentDesk(serves, names))
        for place in range(group.count):
            _plan_hours(group, place, Agent(number, desk), agenda)
            number += 1
    return list(desks.values())


def _serves(group: AgentGroup, lines: Sequence[Line]) -> frozenset[int]:
    return frozenset(
        line.index
        for line in lines
        if (not group.campaigns or line.name[0] in group.campaigns)
        and (not group.languages or not line.pool or line.pool in group.languages)
    )


def _plan_hours(group: AgentGroup, place: int, agent: Agent, agenda: Agenda) -> None:
    for begins, ends in group.present:
        agenda.plan(begins, SIGNED_IN, agent)
        agenda.plan(ends, SIGNING_OFF, agent)
    if group.present:
        return
    starts = group.stagger_seconds * place / max(1, group.count)
    agenda.plan(starts, SIGNED_IN, agent)
    share = (place + 0.5) / group.count
    for begins, ends, part in group.breaks:
        # Successive breaks take successive parts of the group.
        first = sum(p for b, _, p in group.breaks if b < begins)
        if first <= share < first + part:
            agenda.plan(begins, SIGNING_OFF, agent)
            agenda.plan(ends, SIGNED_IN, agent)
    for at, part in group.leaves:
        if share >= 1.0 - part:
            agenda.plan(at, SIGNING_OFF, agent)
