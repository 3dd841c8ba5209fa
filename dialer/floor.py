"""The floor at one instant, as pacing wants to see it: pools of agents, ages of calls.

Rule: pure, and only agents who will take a further call are counted: nobody who is about to
pause or sign off, nobody whose phone is down.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from math import inf

from dialer.agent import Agent, AgentState
from dialer.call import UNANSWERED, Call
from dialer.call_events import AgentId
from dialer.pacing import Floor, Pool

#: The pool of leads whose language is not known: anybody may talk to them.
ANY_LANGUAGE = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PooledCall:
    """A call that needs, or will need, an agent of a pool."""

    pool: str
    call: Call
    placed_at: datetime


def pool_of(languages: Iterable[str], spoken: frozenset[str]) -> str | None:
    """Return the pool for a callee with *languages*, or ``None`` if nobody speaks one.

    >>> pool_of(("de", "ro"), frozenset({"ro", "bg"}))
    'ro'
    >>> pool_of((), frozenset({"ro"}))
    ''
    """
    wanted = tuple(languages)
    if not wanted:
        return ANY_LANGUAGE
    return next((language for language in wanted if language in spoken), None)


def speaks(agent: Agent, languages: Iterable[str]) -> bool:
    """Return whether *agent* can talk to a callee with *languages* (none: anybody can)."""
    wanted = frozenset(languages)
    return not wanted or bool(wanted & agent.languages)


def stays(agent: Agent) -> bool:
    """Return whether *agent* will take a further call after what they do now."""
    return agent.leg_up and agent.wants in (None, AgentState.READY)


def floors(
    agents: Iterable[Agent],
    calls: Iterable[PooledCall],
    *,
    leads_left: Mapping[str, int],
    lines_free: float,
    members: frozenset[AgentId],
    now: datetime,
) -> dict[Pool, Floor]:
    """Return the floor of one campaign, by pool.

    Args:
        agents: all agents of the team; only *members* of the campaign count.
        calls: calls that will need one of these agents, of other campaigns too.
        leads_left: candidates by pool.
    """
    idle: dict[Pool, int] = defaultdict(int)
    talks: dict[Pool, list[float]] = defaultdict(list)
    wraps: dict[Pool, list[float]] = defaultdict(list)
    for agent in agents:
        if agent.id not in members or not stays(agent) or agent.since is None:
            continue
        pool: Pool = agent.languages | {ANY_LANGUAGE}
        age = max(0.0, (now - agent.since).total_seconds())
        match agent.state:
            case AgentState.READY:
                idle[pool] += 1
            case AgentState.ASSIGNED | AgentState.TALKING:
                talks[pool].append(age)
            case AgentState.WRAP_UP:
                wraps[pool].append(age)
    rings: dict[Pool, list[float]] = defaultdict(list)
    waiting: dict[Pool, int] = defaultdict(int)
    for pooled in calls:
        if pooled.call.state in UNANSWERED:
            rings[pooled.pool].append(max(0.0, (now - pooled.placed_at).total_seconds()))
        elif pooled.call.waits_for_agent:
            waiting[pooled.pool] += 1
    named = {*idle, *talks, *wraps, *rings, *waiting, *leads_left}
    return {
        pool: Floor(
            idle=idle[pool],
            waiting=waiting[pool],
            talk_ages=tuple(talks[pool]),
            wrap_up_ages=tuple(wraps[pool]),
            ring_ages=tuple(rings[pool]),
            lines_free=lines_free,
            leads_left=leads_left.get(pool, 0) if isinstance(pool, str) else inf,
        )
        for pool in named
    }
