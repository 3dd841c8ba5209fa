"""A world: how callees, agents and carriers behave in one simulated shift.

Everything but ``agents`` has a default, that of the reference world of docs/pacing.md: answers
lognormal around 8 s, half refusals of 20 s and half pitches of 180 s, wrap-up 12 s, an 8-hour
shift. ``docs/pacing.md`` documents the file; ``worlds/`` holds those shipped.

Rule: a world is a frozen value read once; chance enters only with the seed of a run.
"""

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, field
from math import inf
from pathlib import Path
from typing import Final

import numpy as np
from numpy.random import Generator

from dialer.simulation.floor import distribution, saying
from dialer.simulation.floor.distribution import Distribution, lognormal
from dialer.simulation.floor.reading import Table, WorldError
from dialer.simulation.floor.saying import Saying

WORLDS: Final = Path(__file__).parent / "worlds"
Rows = tuple[tuple[float, ...], ...]
#: What stands in each of several campaigns, and at the top of the file where there is one only.
OF_CAMPAIGNS: Final = (
    "answer_rate", "answer_rate_at", "leads", "lists", "languages", "abandon_rate_limit", "share",
    "priority", "talk", "wrap_up",
)  # fmt: skip


def _halves(first: Distribution, second: Distribution, share: float) -> Distribution:
    def sample(random: Generator, n: int) -> distribution.Floats:
        result = second.sample(random, n)
        chosen = random.random(n) < share
        result[chosen] = first.sample(random, int(chosen.sum()))
        return result

    return Distribution(sample)


TALK: Final = _halves(lognormal(mean=20.0, sigma=0.6), lognormal(mean=180.0, sigma=0.7), 0.5)
WRAP_UP: Final = lognormal(mean=12.0, sigma=0.6)


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentGroup:
    """Agents alike. Instants in seconds from the beginning of the shift."""

    count: int
    languages: tuple[str, ...] = ()  #: empty: every language
    campaigns: tuple[str, ...] = ()  #: empty: every campaign
    present: Rows = ()  #: [from, to]: when they are there; empty: the whole shift
    stagger_seconds: float = 0.0  #: sign-ins are spread over this long
    breaks: Rows = ()  #: [from, to, share of the group]
    leaves: Rows = ()  #: [at, share of the group]: they do not come back


@dataclass(frozen=True, slots=True, kw_only=True)
class LeadList:
    """Leads alike, dialed after those of the list before."""

    name: str
    leads: float  #: how many; inf for endless
    answer_rate: float  #: share of attempts a person answers, where no schedule is in force


@dataclass(frozen=True, slots=True, kw_only=True)
class Screening:
    """Answering-machine detection."""

    seconds: float
    false_positive_rate: float  #: people taken for machines and hung up on
    false_negative_rate: float  #: machines handed to agents
    within_connect_limit: bool  #: whether the connect limit runs meanwhile


@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignWorld:
    """The leads of one campaign and how their calls go."""

    name: str = ""
    lists: tuple[LeadList, ...]
    answer_rate_at: Rows = ()  #: [from, rate]: overrides the lists' rates from then on
    languages: tuple[tuple[str, float], ...] = ()  #: name, share of leads
    abandon_rate_limit: float = 0.03
    share: float = 1.0  #: of the floor, against the other campaigns
    priority: int = 0
    talk: Distribution = TALK
    wrap_up: Distribution = WRAP_UP


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """One shift."""

    name: str
    title: str
    agents: tuple[AgentGroup, ...]
    campaigns: tuple[CampaignWorld, ...]
    seconds: float = 28_800.0
    tick_seconds: float = 1.0
    late_ticks: Rows = ()  #: [at, seconds]: no decision is made for so long
    lines: float = inf
    connect_limit_seconds: float = 2.0
    ring_limit_seconds: float = 25.0
    judged_from_live_answers: int | None = None
    talk_share_target: float | None = None
    expected_talk_seconds: float = 100.0  #: what the controller is told before the first talk
    expected_wrap_up_seconds: float = 15.0
    post_dial_delay: Distribution = distribution.POST_DIAL_DELAY
    pick_up: Distribution = distribution.PICK_UP
    fails_at_once: float = 0.15  #: share of unanswered calls
    fails_after: Distribution = field(
        default_factory=lambda: Distribution(lambda random, n: random.uniform(0.5, 3.0, n))
    )
    machines: float = 0.25  #: share of unanswered calls a machine picks up
    machine_picks_up: Distribution = field(
        default_factory=lambda: Distribution(lambda random, n: random.uniform(12.0, 24.0, n))
    )
    machine_handling: Distribution = field(
        default_factory=lambda: distribution.lognormal(mean=8.0, sigma=0.4)
    )
    #: None: machines are recognised without error or delay and count as not answered
    screening: Screening | None = None
    brownouts: Rows = ()  #: [from, to, share of calls that fail at once]
    signals: Saying | None = None  #: what desks say about talks that go on; None: nothing

    @property
    def headcount(self) -> int:
        return sum(group.count for group in self.agents)


def named(name: str) -> Path:
    """Return the file of a shipped world, or *name* as a path.

    Raises:
        WorldError: Neither a file nor a shipped world.
    """
    path = Path(name)
    if path.is_file():
        return path
    shipped = WORLDS / f"{name.removesuffix('.toml')}.toml"
    if shipped.is_file():
        return shipped
    raise WorldError(
        f"{name}: no such file and no shipped world of that name; expected a TOML file or one of "
        + ", ".join(shipped_worlds())
    )


def shipped_worlds() -> list[str]:
    """Return the names of the worlds shipped."""
    return sorted(path.stem for path in WORLDS.glob("*.toml"))


def load(path: Path) -> World:
    """Read a world file.

    Raises:
        WorldError: Unreadable, or not a world; the message says what to mend.
    """
    try:
        values = tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise WorldError(f"{path}: cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise WorldError(f"{path}: is not UTF-8 text; expected a TOML file") from None
    except tomllib.TOMLDecodeError as error:
        raise WorldError(f"{path}: is not TOML: {error}") from None
    return parse(values, path.stem)


def parse(values: dict[str, object], name: str) -> World:
    """Return the world that parsed TOML describes."""
    top = Table(values, name)
    agents = tuple(_agents(table) for table in top.tables("agents"))
    count = sum(group.count for group in agents)
    if not 1 <= count <= 1_000:
        raise WorldError(f"{name}: found {count} agents; expected 1..1000, in tables [[agents]]")
    machines, fails = top.table("machines"), top.table("failures")
    defaults = World(name=name, title="", agents=agents, campaigns=())
    world = World(
        name=name,
        title=top.text("title", name),
        agents=agents,
        campaigns=_campaigns(top),
        seconds=top.number("seconds", 28_800.0, low=60.0, high=172_800.0),
        tick_seconds=top.number("tick_seconds", 1.0, low=0.05, high=60.0),
        late_ticks=_late_ticks(top),
        lines=top.number("lines", inf, low=1, high=inf),
        connect_limit_seconds=top.number("connect_limit_seconds", 2.0, high=60.0),
        ring_limit_seconds=top.number("ring_limit_seconds", 25.0, low=5.0, high=180.0),
        judged_from_live_answers=_optional_count(top, "judged_from_live_answers"),
        talk_share_target=_optional_share(top, "talk_share_target"),
        expected_talk_seconds=top.number("expected_talk_seconds", 100.0, low=0.1, high=7_200.0),
        expected_wrap_up_seconds=top.number(
            "expected_wrap_up_seconds", 15.0, low=0.1, high=7_200.0
        ),
        post_dial_delay=top.take("post_dial_delay", distribution.read, defaults.post_dial_delay),
        pick_up=top.take("pick_up", distribution.read, defaults.pick_up),
        fails_at_once=fails.number("share", defaults.fails_at_once, high=1.0),
        fails_after=fails.take("after", distribution.read, defaults.fails_after),
        machines=machines.number("share", defaults.machines, high=1.0),
        machine_picks_up=machines.take("pick_up", distribution.read, defaults.machine_picks_up),
        machine_handling=machines.take("handling", distribution.read, defaults.machine_handling),
        screening=top.take("screening", _screening, None),
        brownouts=top.spans("brownouts", "[from, to, share of calls that fail at once]"),
        signals=top.take("signals", saying.read, None),
    )
    for table in (machines, fails, top):
        table.finish()
    if world.fails_at_once + world.machines > 1.0:
        raise WorldError(
            f"{name}: failures.share + machines.share is "
            f"{world.fails_at_once + world.machines:g}; expected at most 1 (the rest rings out)"
        )
    _check_names(world)
    _check_pick_up(world)
    return world


def _agents(table: Table) -> AgentGroup:
    count = table.number("count", low=0, high=1_000)
    if count != int(count):
        raise table.error("count", count, "a whole number")
    group = AgentGroup(
        count=int(count),
        languages=table.texts("languages"),
        campaigns=table.texts("campaigns"),
        present=table.spans("present", "[from, to]"),
        stagger_seconds=table.number("stagger_seconds", 0.0),
        breaks=table.spans("breaks", "[from, to, share of the group]"),
        leaves=_leaves(table),
    )
    table.finish()
    return group


def _campaigns(top: Table) -> tuple[CampaignWorld, ...]:
    tables = top.tables("campaigns")
    if tables:
        for key in OF_CAMPAIGNS:
            if key in top:
                raise WorldError(
                    f"{top.where}: found {key!r} at the top; expected it in each of [[campaigns]]"
                )
        campaigns = tuple(_campaign(table, table.text("name")) for table in tables)
        for table in tables:
            table.finish()
        return campaigns
    return (_campaign(top, ""),)


def _campaign(table: Table, name: str) -> CampaignWorld:
    rate = table.number("answer_rate", 0.25, high=1.0)
    lists = tuple(_lead_list(item, rate) for item in table.tables("lists"))
    if not lists:
        leads = _leads(table)
        lists = (LeadList(name="", leads=leads, answer_rate=rate),)
    languages = table.table("languages")
    shares = tuple((key, languages.number(key)) for key in languages._values)
    if shares and not any(share for _, share in shares):
        raise table.error("languages", dict(shares), "a share above 0 for one language or more")
    return CampaignWorld(
        name=name,
        lists=lists,
        answer_rate_at=_rising(table, "answer_rate_at", "[from, rate]"),
        languages=shares,
        abandon_rate_limit=table.number("abandon_rate_limit", 0.03, high=0.5),
        share=table.number("share", 1.0, low=1e-3, high=1e3),
        priority=int(table.number("priority", 0, low=-100, high=100)),
        talk=table.take("talk", distribution.read, TALK),
        wrap_up=table.take("wrap_up", distribution.read, WRAP_UP),
    )


def _lead_list(table: Table, rate: float) -> LeadList:
    found = LeadList(
        name=table.text("name"),
        leads=_leads(table),
        answer_rate=table.number("answer_rate", rate, high=1.0),
    )
    table.finish()
    return found


def _rising(table: Table, key: str, meaning: str) -> Rows:
    rows = table.rows(key, 2, meaning)
    fits = all(at >= 0 and 0 <= rate <= 1 for at, rate in rows)
    if not fits or list(rows) != sorted(rows):
        raise table.error(key, rows, f"rows {meaning} in the order of time, rates in 0..1")
    return rows


def _screening(table: Table) -> Screening:
    found = Screening(
        seconds=table.number("seconds", 2.0, high=60.0),
        false_positive_rate=table.number("false_positive_rate", 0.015, high=0.5),
        false_negative_rate=table.number("false_negative_rate", 0.1, high=1.0),
        within_connect_limit=table.switch("within_connect_limit", False),
    )
    table.finish()
    return found


def _optional_count(table: Table, key: str) -> int | None:
    return int(table.number(key, 0.0)) if key in table else None


def _leads(table: Table) -> float:
    found = table.number("leads", inf, high=inf)
    if found != inf and found != int(found):
        raise table.error("leads", found, "a whole number")
    return found


def _optional_share(table: Table, key: str) -> float | None:
    return table.number(key, 0.0, high=1.0) if key in table else None


def _late_ticks(table: Table) -> Rows:
    rows = table.rows("late_ticks", 2, "[at, seconds]")
    if any(at < 0 or not 0 < late <= 86_400 for at, late in rows) or list(rows) != sorted(rows):
        expected = "rows [at, seconds] in the order of time, seconds above 0 and at most a day"
        raise table.error("late_ticks", list(rows), expected)
    return rows


def _leaves(table: Table) -> Rows:
    rows = table.rows("leaves", 2, "[at, share of the group]")
    if any(at < 0 or not 0 <= share <= 1 for at, share in rows):
        raise table.error("leaves", list(rows), "rows [at, share of the group], shares in 0..1")
    return rows


def _check_pick_up(world: World) -> None:
    """People pick up within the ring limit, or nobody would."""
    times = world.pick_up.sample(np.random.default_rng(0), 20_000)
    if np.mean(times <= world.ring_limit_seconds) < 0.01:
        raise WorldError(
            f"{world.name}: fewer than 1 % of the times pick_up draws are within "
            f"ring_limit_seconds, {world.ring_limit_seconds:g}; expected shorter times or a "
            "longer limit"
        )


def _check_names(world: World) -> None:
    campaigns = {campaign.name for campaign in world.campaigns}
    if len(campaigns) != len(world.campaigns):
        raise WorldError(f"{world.name}: two campaigns have one name; expected a name for each")
    spoken = {name for campaign in world.campaigns for name, _ in campaign.languages}
    for group in world.agents:
        _known(world.name, "campaigns", group.campaigns, campaigns)
        _known(world.name, "languages", group.languages, spoken)


def _known(world: str, kind: str, found: Sequence[str], known: set[str]) -> None:
    for name in found:
        if name not in known:
            raise WorldError(
                f"{world}.agents.{kind}: found {name!r}; expected one of "
                + (", ".join(sorted(known)) or f"none, as the world names no {kind}")
            )
