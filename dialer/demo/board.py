"""The live board in the terminal, drawn from the same ``/board`` as the web page.

Rule: pure; a floor as the API tells it goes in, a line of text or a drawing comes out.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

AGENT_STATES: Final = ("ready", "assigned", "talking", "wrap_up", "paused", "offline")
CALL_STATES: Final = ("dialing", "ringing", "answered", "connected", "abandoning")
_WIDEST_BAR: Final = 20  #: signs; two bars fit into 80 columns
_COLOURS: Final = {
    "ready": "cyan",
    "assigned": "green",
    "talking": "bold green",
    "connected": "bold green",
    "wrap_up": "yellow",
    "paused": "magenta",
    "offline": "bright_black",
    "abandoning": "bold red",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Glance:
    """What of the floor is shown: one team, one campaign."""

    at: datetime
    agents: Mapping[str, int]
    calls: Mapping[str, int]
    placed: int
    answered: int
    answer_rate: float
    abandoned: int
    abandon_rate: float
    abandon_rate_limit: float
    pacing: str
    due: int
    later: int
    meetings: int
    callbacks: int
    ends_at: datetime | None
    trouble: tuple[str, ...]

    @property
    def busy(self) -> int:
        """Agents with a call, wrap-up included."""
        return sum(self.agents.get(state, 0) for state in ("assigned", "talking", "wrap_up"))

    @property
    def live(self) -> int:
        """Calls that have not ended."""
        return sum(self.calls.values())


def glance(floor: Mapping[str, Any], campaign: int) -> Glance | None:
    """Return the team of *campaign* on the *floor*, or ``None`` while it is not there."""
    for team in floor["teams"]:
        for shown in team["campaigns"]:
            if shown["campaign"] == campaign:
                return _glance(team, shown)
    return None


def _glance(team: Mapping[str, Any], shown: Mapping[str, Any]) -> Glance:
    ends_at = shown["ends_at"]
    return Glance(
        at=datetime.fromisoformat(team["at"]),
        agents=team["agents_by_state"],
        calls=shown["calls_by_state"],
        placed=shown["placed"],
        answered=shown["answered"],
        answer_rate=shown["answer_rate"],
        abandoned=shown["abandoned"],
        abandon_rate=shown["abandon_rate"],
        abandon_rate_limit=shown["abandon_rate_limit"],
        pacing=shown["pacing"],
        due=shown["due"],
        later=shown["later"],
        meetings=shown["meetings"],
        callbacks=shown["callbacks"],
        ends_at=None if ends_at is None else datetime.fromisoformat(ends_at),
        trouble=tuple(team["trouble"]),
    )


def line(seen: Glance) -> str:
    """Return the board as one line, for a log or a pipe."""
    agents = ", ".join(_counts(seen.agents, AGENT_STATES)) or "none"
    calls = ", ".join(_counts(seen.calls, CALL_STATES)) or "none"
    return (
        f"{seen.at:%H:%M:%S}  agents: {agents} | calls: {calls} | placed {seen.placed}, "
        f"answered {seen.answer_rate:.0%}, abandoned {seen.abandoned} "
        f"({seen.abandon_rate:.1%}) | left {seen.due} | meetings {seen.meetings}"
        f"{_ends(seen)}" + "".join(f" | {each}" for each in (seen.pacing, *seen.trouble) if each)
    )


def drawing(seen: Glance, *, note: str) -> RenderableType:
    """Return the board as a drawing.

    Args:
        note: Stands below: where to look besides.
    """
    people = _bars(seen.agents, AGENT_STATES, "●", sum(seen.agents.values()))
    calls = _bars(seen.calls, CALL_STATES, "▪", _WIDEST_BAR)
    numbers = Table.grid(padding=(0, 2))
    numbers.add_column(min_width=26)
    numbers.add_column(min_width=26)
    over = seen.abandon_rate > seen.abandon_rate_limit
    rate = Text(f"{seen.abandon_rate:.2%}", style="bold red" if over else "bold green")
    limit = f" of people, limit {100 * seen.abandon_rate_limit:g}%"
    numbers.add_row(
        f"placed {seen.placed}, answered {seen.answer_rate:.1%}",
        Text.assemble("abandoned ", rate, limit),
    )
    numbers.add_row(f"dialable leads left {seen.due}", f"for later {seen.later}")
    numbers.add_row(
        Text(f"meetings {seen.meetings}", style="bold"), f"callbacks promised {seen.callbacks}"
    )
    both = Table.grid(padding=(0, 3))
    both.add_row(people, calls)
    pacing = Text(f"pacing: {seen.pacing or 'nothing decided yet'}", style="italic")
    troubles = [Text(trouble, style="bold red") for trouble in seen.trouble]
    title = f"Callwright, {seen.at:%A %d %B %Y, %H:%M:%S} UTC{_ends(seen)}"
    return Group(
        Panel(Group(both, Text(), numbers, Text(), pacing, *troubles), title=title),
        Text(note, style="bright_black"),
    )


def _bars(counts: Mapping[str, int], states: tuple[str, ...], sign: str, width: int) -> Table:
    """Return a bar for each state, as wide for many as for none: the board does not jump."""
    table = Table.grid(padding=(0, 2))
    table.add_column()
    table.add_column(min_width=min(width, _WIDEST_BAR))
    table.add_column(justify="right", min_width=2)
    for state in states:
        count = counts.get(state, 0)
        bar = sign * count if count <= _WIDEST_BAR else sign * (_WIDEST_BAR - 1) + "…"
        table.add_row(_named(state), Text(bar, style=_COLOURS.get(state, "blue")), str(count))
    return table


def _named(state: str) -> str:
    return state.replace("_", "-")


def _counts(found: Mapping[str, int], order: tuple[str, ...]) -> list[str]:
    return [f"{found[state]} {_named(state)}" for state in order if found.get(state)]


def _ends(seen: Glance) -> str:
    return "" if seen.ends_at is None else f", ends about {seen.ends_at:%H:%M}"
