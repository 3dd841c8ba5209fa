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
from pathlib import Path
from typing import Final

from dialer.simulation.floor import call_log, controllers
from dialer.simulation.floor.call_log import CallLog, LogError
from dialer.simulation.floor.log_estimate import Estimate, estimate
from dialer.simulation.floor.measures import Figures
from dialer.simulation.floor.shift import Shift

UNUSABLE: Final = 2


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
            "machines_to_agents": found.machines_to_agents,
        },
        "lookahead": {
            "talk_share": _range([shift.talk_share for shift in shifts]),
            "abandon_rate": _range([shift.abandon_rate for shift in shifts]),
            "live_answers": _range([float(shift.live_answers) for shift in shifts]),
            "machines_to_agents": _range([float(shift.machines_to_agents) for shift in shifts]),
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
        f"{log['abandon_rate']:.2%} abandoned; {log['agents']} agent{'s' * (log['agents'] != 1)}, "
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
