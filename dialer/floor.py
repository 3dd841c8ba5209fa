"""The floor at one instant, as pacing wants to see it: pools of agents, ages of calls.

Rule: pure, and only agents who will take a further call are counted: nobody who is about to
pause or sign off, nobody whose phone is down.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from dialer.agent import Agent, AgentState
from dialer.call import UNANSWERED, Call
from dialer.call_events import CallId
from dialer.campaign import Campaign, CampaignId
from dialer.pacing.shared_floor import Desk, Queue, QueueName, SharedFloor

#: The pool of leads whose language is not known: anybody may talk to them.
ANY_LANGUAGE = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class QueuedCall:
    """A call that needs, or will need, an agent of its campaign and pool."""

    campaign: CampaignId
    pool: str
    call: Call
    placed_at: datetime

    @property
    def queue(self) -> QueueName:
        return queue_name(self.campaign, self.pool)


def queue_name(campaign: CampaignId, pool: str) -> QueueName:
    """Return what pacing calls the calls of *campaign* that need agents of *pool*."""
    return (str(campaign), pool)


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


def segment_in(pool: str, segment: str) -> str:
    """Return the segment of leads, as pacing knows it: those of another language are others.

    >>> segment_in("ro", "list 3, mobile, first, morning")
    'ro, list 3, mobile, first, morning'
    >>> segment_in("ro", "")
    'ro'
    """
    return ", ".join(part for part in (pool, segment) if part)


def speaks(agent: Agent, languages: Iterable[str]) -> bool:
    """Return whether *agent* can talk to a callee with *languages* (none: anybody can)."""
    wanted = frozenset(languages)
    return not wanted or bool(wanted & agent.languages)


def stays(agent: Agent) -> bool:
    """Return whether *agent* will take a further call after what they do now."""
    return agent.leg_up and agent.wants in (None, AgentState.READY)


def shared_floor(
    agents: Iterable[Agent],
    calls: Iterable[QueuedCall],
    campaigns: Iterable[Campaign],
    *,
    talks_for: Mapping[CallId, CampaignId],
    leads_left: Mapping[QueueName, int],
    next_segments: Mapping[QueueName, tuple[str, ...]],
    lines_free: float,
    now: datetime,
) -> SharedFloor:
    """Return the floor of a team with all its campaigns.

    Args:
        talks_for: the campaign of every call an agent may have.
        leads_left: leads that could be dialed, by queue.
        next_segments: segments of those to be dialed next, in order.
    """
    queues = _queues(calls, leads_left, next_segments, now=now)
    return SharedFloor(
        desks=_desks(agents, list(campaigns), queues, talks_for, now=now),
        queues=list(queues.values()),
        lines_free=lines_free,
    )


def _queues(
    calls: Iterable[QueuedCall],
    leads_left: Mapping[QueueName, int],
    next_segments: Mapping[QueueName, tuple[str, ...]],
    *,
    now: datetime,
) -> dict[QueueName, Queue]:
    ages: dict[QueueName, list[float]] = defaultdict(list)
    waiting: dict[QueueName, int] = defaultdict(int)
    for each in calls:
        if each.call.state in UNANSWERED:
            ages[each.queue].append(_age(each.placed_at, now))
        elif each.call.waits_for_agent:
            waiting[each.queue] += 1
    return {
        (campaign, pool): Queue(
            campaign=campaign,
            pool=pool,
            waiting=waiting[campaign, pool],
            ring_ages=tuple(ages[campaign, pool]),
            leads_left=leads_left.get((campaign, pool), 0),
            next_segments=next_segments.get((campaign, pool), (pool,)),
        )
        for campaign, pool in sorted({*ages, *waiting, *leads_left})
    }


def _desks(
    agents: Iterable[Agent],
    campaigns: list[Campaign],
    queues: Mapping[QueueName, Queue],
    talks_for: Mapping[CallId, CampaignId],
    *,
    now: datetime,
) -> list[Desk]:
    """Group the agents who stay by the queues they serve."""
    groups: dict[frozenset[QueueName], list[Agent]] = defaultdict(list)
    for agent in agents:
        if stays(agent) and agent.since is not None:
            groups[_serves(agent, campaigns, queues)].append(agent)
    return [
        Desk(
            serves=serves,
            idle=sum(agent.state is AgentState.READY for agent in group),
            talk_ages=_ages(group, _TALK, talks_for, now=now),
            wrap_up_ages=_ages(group, frozenset({AgentState.WRAP_UP}), talks_for, now=now),
        )
        for serves, group in groups.items()
        if serves
    ]


_TALK = frozenset({AgentState.ASSIGNED, AgentState.TALKING})


def _serves(
    agent: Agent, campaigns: list[Campaign], queues: Mapping[QueueName, Queue]
) -> frozenset[QueueName]:
    names = (
        queue_name(campaign.id, pool)
        for campaign in campaigns
        if agent.id in campaign.agents
        for pool in (*agent.languages, ANY_LANGUAGE)
    )
    return frozenset(name for name in names if name in queues)


def _ages(
    group: list[Agent],
    states: frozenset[AgentState],
    talks_for: Mapping[CallId, CampaignId],
    *,
    now: datetime,
) -> dict[str, list[float]]:
    found: dict[str, list[float]] = defaultdict(list)
    for agent in group:
        campaign = talks_for.get(agent.call) if agent.call else None
        if agent.state in states and campaign is not None and agent.since is not None:
            found[str(campaign)].append(_age(agent.since, now))
    return dict(found)


def _age(since: datetime, now: datetime) -> float:
    return max(0.0, (now - since).total_seconds())
