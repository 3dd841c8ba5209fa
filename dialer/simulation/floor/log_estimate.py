"""The world a call log comes from, and what the log does not say of it.

    answer rates by quarter of an hour, talk, wrap-up and ring times as they were, machines that
    reached agents, and who was there when

Rule: where the log is silent several worlds are returned, and what was assumed is said.
"""

from dataclasses import dataclass
from math import inf
from typing import Final

import numpy as np

from dialer.simulation.floor import distribution
from dialer.simulation.floor.call_log import CallLog, LogError, LoggedCall, Outcome
from dialer.simulation.floor.distribution import Distribution
from dialer.simulation.floor.world import AgentGroup, CampaignWorld, LeadList, Screening, World

#: Answer rates are estimated per piece of this length, leaning on the day's as by 20 attempts.
PIECE_SECONDS: Final = 900.0
LEANS: Final = 20.0
#: An agent without a call for longer than this was away.
AWAY_SECONDS: Final = 1_200.0
#: Wrap-ups tried where the log has none: short, usual, long (mean seconds).
WRAP_UPS: Final = (6.0, 12.0, 25.0)
LIVE_LEAST: Final = 30
#: As in the reference world: unanswered calls that fail at once, an agent's time with a machine.
FAILS_AT_ONCE: Final = 0.15
MACHINE_HANDLING: Final = distribution.lognormal(mean=8.0, sigma=0.4)
#: One shift, with a night in it at most.
LONGEST_SECONDS: Final = 172_800.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """What a log says of its world, and what it does not."""

    attempts: int
    live_answers: int
    abandoned: int
    agents: int
    agent_hours: float
    talk_share: float
    machines_to_agents: int
    worlds: tuple[World, ...]  #: one per assumption
    unknown: tuple[str, ...]


def estimate(log: CallLog, *, abandon_rate_limit: float) -> Estimate:
    """Return the world a log comes from.

    Raises:
        LogError: Too few live answers, or no agent is named.
    """
    calls = log.calls
    live = [call for call in calls if call.outcome in (Outcome.LIVE, Outcome.ABANDONED)]
    talks = [c.talk_seconds for c in calls if c.outcome is Outcome.LIVE and c.talk_seconds]
    presence = _presence(calls)
    if calls[-1].dialed_at > LONGEST_SECONDS:
        raise LogError(
            f"the log covers {calls[-1].dialed_at / 86_400:.1f} days; expected one shift, at most "
            "two days: split it by day"
        )
    if len(live) < LIVE_LEAST or len(talks) < LIVE_LEAST // 2:
        raise LogError(
            f"the log has {len(live)} live answers, {len(talks)} with a talk time; expected "
            f"at least {LIVE_LEAST} and {LIVE_LEAST // 2} to estimate a world from"
        )
    if not presence:
        raise LogError("no call names an agent; expected them in the column agent (or user)")
    seconds = max(calls[-1].dialed_at, max(rows[-1][1] for rows in presence.values()), 600.0)
    signed_in = sum(end - begin for rows in presence.values() for begin, end in rows)
    wrap_ups, unknown = _wrap_ups(calls)
    pick_up, told_ring = _ring_times(calls)
    if not told_ring:
        unknown.append("how long answered calls rang (the reference world's 2 s + 8 s is used)")
    machines, screening, handling = _machines(calls)
    if not machines:
        unknown.append("voicemail (the log has none; calls a machine answered count as failed)")
    unknown.append("who would have answered the calls that were never placed")
    unknown.append("calls' independence of each other and of the hour beyond quarter hours")
    worlds = tuple(
        World(
            name=f"log, {name}",
            title="the shift of the log",
            seconds=min(seconds, LONGEST_SECONDS),
            agents=tuple(AgentGroup(count=1, present=tuple(rows)) for rows in presence.values()),
            campaigns=(
                CampaignWorld(
                    lists=(LeadList(name="", leads=inf, answer_rate=len(live) / len(calls)),),
                    answer_rate_at=_answer_rates(calls),
                    abandon_rate_limit=abandon_rate_limit,
                    talk=_drawn_from(talks),
                    wrap_up=wrap_up,
                ),
            ),
            post_dial_delay=distribution.constant(0.0)
            if told_ring
            else distribution.POST_DIAL_DELAY,
            pick_up=pick_up if told_ring else distribution.PICK_UP,
            ring_limit_seconds=max(25.0, told_ring),
            machines=machines,
            fails_at_once=min(FAILS_AT_ONCE, 1.0 - machines),
            screening=screening,
            machine_handling=handling,
        )
        for name, wrap_up in wrap_ups
    )
    return Estimate(
        attempts=len(calls),
        live_answers=len(live),
        abandoned=sum(call.outcome is Outcome.ABANDONED for call in calls),
        agents=len(presence),
        agent_hours=signed_in / 3_600.0,
        talk_share=sum(talks) / signed_in,
        machines_to_agents=sum(
            call.outcome is Outcome.MACHINE and call.agent is not None for call in calls
        ),
        worlds=worlds,
        unknown=tuple(unknown),
    )


_ANSWERED: Final = (Outcome.LIVE, Outcome.ABANDONED)


def _presence(calls: tuple[LoggedCall, ...]) -> dict[int, list[tuple[float, float]]]:
    """Return when each agent was there: from first to last call, longer gaps left out."""
    spans: dict[int, list[tuple[float, float]]] = {}
    for call in calls:
        if call.agent is None:
            continue
        begin = call.dialed_at if call.answered_at is None else call.answered_at
        end = begin + (call.talk_seconds or 0.0) + (call.wrap_up_seconds or 0.0)
        rows = spans.setdefault(call.agent, [])
        if rows and begin - rows[-1][1] <= AWAY_SECONDS:
            rows[-1] = (rows[-1][0], max(rows[-1][1], end))
        else:
            rows.append((begin, max(end, begin + 1.0)))
    return spans


def _answer_rates(calls: tuple[LoggedCall, ...]) -> tuple[tuple[float, ...], ...]:
    pieces = int(calls[-1].dialed_at / PIECE_SECONDS) + 1
    placed, answered = np.zeros(pieces), np.zeros(pieces)
    for call in calls:
        piece = int(call.dialed_at / PIECE_SECONDS)
        placed[piece] += 1
        answered[piece] += call.outcome in _ANSWERED
    overall = answered.sum() / placed.sum()
    rates = (answered + LEANS * overall) / (placed + LEANS)
    return tuple((n * PIECE_SECONDS, float(rate)) for n, rate in enumerate(rates))


def _wrap_ups(
    calls: tuple[LoggedCall, ...],
) -> tuple[list[tuple[str, Distribution]], list[str]]:
    told = [
        call.wrap_up_seconds
        for call in calls
        if call.outcome is Outcome.LIVE and call.wrap_up_seconds is not None
    ]
    if len(told) >= LIVE_LEAST // 2:
        return [("wrap-up as logged", _drawn_from(told))], []
    return [
        (f"wrap-up of {mean:g} s", distribution.lognormal(mean=mean, sigma=0.6))
        for mean in WRAP_UPS
    ], ["how long wrap-up took (6, 12 and 25 s are tried)"]


def _ring_times(calls: tuple[LoggedCall, ...]) -> tuple[Distribution, float]:
    """Return the times from dialing to the answer, and the longest usual one (0: not told)."""
    times = [
        call.answered_at - call.dialed_at
        for call in calls
        if call.outcome in _ANSWERED
        and call.answered_at is not None
        and 0.0 < call.answered_at - call.dialed_at < 120.0
    ]
    if len(times) < LIVE_LEAST // 2:
        return distribution.PICK_UP, 0.0
    longest = float(np.quantile(times, 0.99))
    return _drawn_from([time for time in times if time <= longest]), longest


def _machines(calls: tuple[LoggedCall, ...]) -> tuple[float, Screening | None, Distribution]:
    """Return the share of unanswered calls a machine took, how agents met it, and for how long.

    Machines that reached agents do so again: the log says how many were not recognised.
    """
    unanswered = sum(call.outcome not in _ANSWERED for call in calls)
    met = [call for call in calls if call.outcome is Outcome.MACHINE]
    share = len(met) / max(unanswered, 1)
    at_desks = [call for call in met if call.agent is not None]
    if not at_desks:
        return share, None, MACHINE_HANDLING
    screening = Screening(
        seconds=0.0,
        false_positive_rate=0.0,
        false_negative_rate=len(at_desks) / len(met),
        within_connect_limit=False,
    )
    times = [call.talk_seconds for call in at_desks if call.talk_seconds is not None]
    told = len(times) >= LIVE_LEAST // 2
    return share, screening, _drawn_from(times) if told else MACHINE_HANDLING


def _drawn_from(values: list[float]) -> Distribution:
    """Return the distribution of *values*, linear between their quantiles."""
    levels = np.linspace(0.0, 1.0, 101)
    quantiles = np.quantile(np.array(values), levels)
    return Distribution(lambda random, n: np.interp(random.random(n), levels, quantiles))
