"""``dialer staffing``: how long a list lasts, how many agents it feeds, whom a retry plan reaches.

    dialer staffing --leads 6000 --answer-rates 0.25,0.18,0.12 --agents 12 --due-per-hour 900

Rule: plain arithmetic (:mod:`dialer.pacing.staffing`) on figures the campaign has shown; where the
leads and not the team are the limit it says so.
"""

import argparse
import json
from math import floor, inf, isfinite

from dialer.commands.failing import WRONG, CommandFailed
from dialer.pacing.staffing import (
    OCCUPANCY_LIMIT,
    Endurance,
    Handling,
    Reach,
    agents_needed,
    list_lasts,
    reached_per_thousand,
    talk_share_limit,
)


def add_arguments(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Register ``staffing``."""
    parser = subparsers.add_parser(
        "staffing",
        help="how long a list lasts, and for how many agents",
        description="How long a list lasts for a team, how many agents finish it in time, how many "
        "the leads that come due can feed, and how many people a retry plan reaches.",
    )
    parser.add_argument("--leads", type=float, required=True, help="dialable leads")
    rates = "share answered at the 1st, 2nd .. attempt, like 0.25,0.18"
    parser.add_argument("--answer-rates", required=True, metavar="A,B,..", help=rates)
    parser.add_argument("--talk-seconds", type=float, default=100.0, help="mean")
    parser.add_argument("--wrap-up-seconds", type=float, default=12.0, help="mean")
    parser.add_argument("--agents", type=int, required=True, help="signed in")
    parser.add_argument("--talk-share", type=float, help="0..1; default: the most bearable")
    due = "leads that become dialable in an hour; default: no limit"
    parser.add_argument("--due-per-hour", type=float, default=inf, help=due)
    parser.add_argument("--hours", type=float, help="agents needed to finish in so many hours")
    parser.add_argument("--json", action="store_true")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Print what follows from the figures given."""
    try:
        found = plan(options)
    except ValueError as error:
        raise CommandFailed(str(error), WRONG) from None
    print(json.dumps(found) if options.json else in_words(found))
    return 0


def plan(options: argparse.Namespace) -> dict[str, object]:
    """Return what follows from the figures given.

    Raises:
        ValueError: A figure makes no sense.
    """
    rates = _rates(options.answer_rates)
    _at_least(1, "--agents", options.agents)
    _at_least(0, "--leads", options.leads)
    whole = reached_per_thousand(rates)
    handling = Handling(
        answer_rate=whole.people / whole.attempts,
        talk_seconds=options.talk_seconds,
        wrap_up_seconds=options.wrap_up_seconds,
    )
    most = talk_share_limit(handling)
    share = most if options.talk_share is None else options.talk_share
    if not 0.0 < share <= 1.0:
        raise ValueError(f"--talk-share is {share}; expected a share above 0, at most 1")
    if not options.due_per_hour > 0.0:
        raise ValueError(f"--due-per-hour is {options.due_per_hour}; expected a number above 0")
    attempts = options.leads * whole.attempts / 1_000.0
    lasts = list_lasts(
        attempts,
        handling,
        agents=options.agents,
        talk_share=share,
        due_per_hour=options.due_per_hour,
    )
    found = _found(options, rates, whole, handling, lasts, share, most)
    if options.hours is not None:
        found["hours"] = options.hours
        found["agents_needed"] = agents_needed(
            attempts, handling, hours=options.hours, talk_share=share
        )
    return found


def _found(
    options: argparse.Namespace,
    rates: list[float],
    whole: Reach,
    handling: Handling,
    lasts: Endurance,
    share: float,
    most: float,
) -> dict[str, object]:
    fed = options.due_per_hour / handling.attempts_per_hour(1, share)
    plans = [reached_per_thousand(rates[:n]) for n in range(1, len(rates) + 1)]
    return {
        "leads": options.leads,
        "agents": options.agents,
        "talk_share": round(share, 4),
        "talk_share_limit": round(most, 4),
        "attempts_per_hour": round(handling.attempts_per_hour(options.agents, share), 1),
        "lasts_hours": round(lasts.hours, 3) if isfinite(lasts.hours) else None,
        "lasts": str(lasts),
        "limited_by_supply": lasts.limited_by_supply,
        "agents_the_supply_feeds": floor(fed) if isfinite(fed) else None,
        "people_reached": round(options.leads * whole.people / 1_000.0),
        "per_1000_leads": [
            {"tries": n, "people": round(reach.people), "attempts": round(reach.attempts)}
            for n, reach in enumerate(plans, 1)
        ],
    }


def in_words(found: dict[str, object]) -> str:
    """Return the plan as a person reads it."""
    plans = found["per_1000_leads"]
    assert isinstance(plans, list)
    lines = [
        f"This list lasts {found['lasts']} for {found['agents']} agents at a talk share of "
        f"{_percent(found['talk_share'])}.",
        "Of 1,000 leads are reached: "
        + "; ".join(
            f"{each['people']} with {each['tries']} tries ({each['attempts']} attempts)"
            for each in plans
        )
        + f". Of this list: {found['people_reached']} people.",
    ]
    if found["agents_the_supply_feeds"] is not None:
        fed = found["agents_the_supply_feeds"]
        lines.append(f"The leads that come due keep {fed} agents at that talk share.")
    if "agents_needed" in found:
        lines.append(f"To finish in {found['hours']:g} hours: {found['agents_needed']} agents.")
    share, most = found["talk_share"], found["talk_share_limit"]
    assert isinstance(share, float) and isinstance(most, float)
    if share > most:
        lines.append(
            f"Nobody bears that for long: {OCCUPANCY_LIMIT:.0%} of the time in talk and wrap-up "
            f"is a talk share of {_percent(most)}."
        )
    return "\n".join(lines)


def _rates(text: str) -> list[float]:
    try:
        rates = [float(part) for part in text.split(",")]
    except ValueError:
        rates = []
    if not rates or not all(0.0 < rate <= 1.0 for rate in rates):
        raise ValueError(
            f"--answer-rates is {text!r}; expected shares above 0, at most 1, with commas between, "
            "like 0.25,0.18"
        )
    return rates


def _at_least(least: int, name: str, value: float) -> None:
    if not least <= value <= 1e9:
        raise ValueError(f"{name} is {value}; expected {least} or more")


def _percent(share: object) -> str:
    return f"{share:.0%}"
