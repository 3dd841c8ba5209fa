"""What this pacing would have given on the shift of another dialer's call log.

    log -> what it says of the world (answer rates by quarter of an hour, talk times, who was
    there when) -> the same shift simulated under the look-ahead, over seeds and over what the
    log cannot tell

Rule: everything assumed is said. The result is a range over seeds and assumptions, never one
number.
"""

import argparse
import json
import sys
from dataclasses import dataclass
from math import inf
from pathlib import Path
from typing import Final

import numpy as np

from dialer.simulation.floor import call_log, controllers, distribution
from dialer.simulation.floor.call_log import CallLog, LogError, LoggedCall, Outcome
from dialer.simulation.floor.distribution import Distribution
from dialer.simulation.floor.measures import Figures
from dialer.simulation.floor.shift import Shift
from dialer.simulation.floor.world import AgentGroup, CampaignWorld, LeadList, World

UNUSABLE: Final = 2
#: Answer rates are estimated per piece of this length, leaning on the day's as by 20 attempts.
PIECE_SECONDS: Final = 900.0
LEANS: Final = 20.0
#: An agent without a call for longer than this was away.
AWAY_SECONDS: Final = 1_200.0
#: Wrap-ups tried where the log has none: short, usual, long (mean seconds).
WRAP_UPS: Final = (6.0, 12.0, 25.0)
LIVE_LEAST: Final = 30
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
    worlds: tuple[World, ...]  #: one per assumption
    unknown: tuple[str, ...]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Give ``dialer replay`` its arguments."""
    parser.add_argument("log", type=Path, help="a CSV of calls: VICIdial's export or generic")
    parser.add_argument("--seeds", type=int, default=5, help="simulated shifts per assumption")
    parser.add_argument("--abandon-rate-limit", type=float, default=0.03)
    parser.add_argument("--json", action="store_true")


def run(args: argparse.Namespace) -> int:
    """Carry out ``dialer replay``; return the exit code."""
    try:
        if not 1 <= args.seeds <= 1_000:
            raise LogError(f"--seeds is {args.seeds}; expected 1..1000")
        if not 0 <= args.abandon_rate_limit <= 0.5:
            raise LogError(
                f"--abandon-rate-limit is {args.abandon_rate_limit}; "
                "expected a share in 0..0.5 (3 per cent is 0.03)"
            )
        log = call_log.read(args.log)
        found = estimate(log, abandon_rate_limit=args.abandon_rate_limit)
    except LogError as error:
        print(f"dialer replay: {error}", file=sys.stderr)
        return UNUSABLE
    shifts = [
        Shift(world, controllers.make("lookahead", world), seed).run()
        for world in found.worlds
        for seed in range(args.seeds)
    ]
    result = report(log, found, shifts)
    print(json.dumps(result) if args.json else told(result))
    return 0


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


def _drawn_from(values: list[float]) -> Distribution:
    """Return the distribution of *values*, linear between their quantiles."""
    levels = np.linspace(0.0, 1.0, 101)
    quantiles = np.quantile(np.array(values), levels)
    return Distribution(lambda random, n: np.interp(random.random(n), levels, quantiles))


def report(log: CallLog, found: Estimate, shifts: list[Figures]) -> dict[str, object]:
    """Return the comparison as plain values."""
    logged_connected = found.live_answers - found.abandoned
    hours = [found.agent_hours * logged_connected / max(shift.connected, 1) for shift in shifts]
    return {
        "log": {
            "form": log.form,
            "attempts": found.attempts,
            "skipped_rows": dict(log.skipped),
            "live_answers": found.live_answers,
            "abandoned": found.abandoned,
            "abandon_rate": round(found.abandoned / found.live_answers, 5),
            "agents": found.agents,
            "agent_hours": round(found.agent_hours, 2),
            "talk_share": round(found.talk_share, 4),
        },
        "lookahead": {
            "talk_share": _range([shift.talk_share for shift in shifts]),
            "abandon_rate": _range([shift.abandon_rate for shift in shifts]),
            "live_answers": _range([float(shift.live_answers) for shift in shifts]),
            "agent_hours_for_the_same_conversations": _range(hours),
        },
        "assumptions": [world.name for world in found.worlds],
        "the_log_cannot_tell": list(found.unknown),
    }


def _range(values: list[float]) -> dict[str, float]:
    return {
        "low": round(min(values), 4),
        "mean": round(sum(values) / len(values), 4),
        "high": round(max(values), 4),
    }


def told(result: dict[str, object]) -> str:
    """Return the report as a person reads it."""
    log, ours = result["log"], result["lookahead"]
    assert isinstance(log, dict) and isinstance(ours, dict)
    share, rate = ours["talk_share"], ours["abandon_rate"]
    hours = ours["agent_hours_for_the_same_conversations"]
    lines = [
        f"The log ({log['form']}): {log['attempts']} attempts, {log['live_answers']} live answers, "
        f"{log['abandon_rate']:.2%} abandoned; {log['agents']} agents, "
        f"{log['agent_hours']:.1f} agent-hours, {log['talk_share']:.1%} of them in talk.",
        f"This pacing on the same shift: {share['low']:.1%} to {share['high']:.1%} in talk, "
        f"{rate['low']:.2%} to {rate['high']:.2%} abandoned; the same conversations in "
        f"{hours['low']:.1f} to {hours['high']:.1f} agent-hours.",
        "What the log cannot tell: " + "; ".join(map(str, _listed(result))) + ".",
    ]
    if log["skipped_rows"]:
        rows = "; ".join(f"{reason}: {n}" for reason, n in log["skipped_rows"].items())
        lines.append(f"Rows left out: {rows}.")
    return "\n".join(lines)


def _listed(result: dict[str, object]) -> list[object]:
    unknown = result["the_log_cannot_tell"]
    assert isinstance(unknown, list)
    return unknown
