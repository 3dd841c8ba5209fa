"""Where a campaign's rows stay behind on the way to the telephone, and what would free most.

    rows ▶ leads ▶ in play ▶ valid ▶ basis ▶ not suppressed ▶ registers ▶ hours ▶ caps ▶ dialable

Rule: a lead is counted out at the first step that loses it, so the steps add up; what would unlock
it looks at everything that stands in its way.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import Final

from compliance.evaluation import Evaluation
from compliance.hours import is_open
from compliance.jurisdiction import Jurisdiction
from compliance.saying import REMEDIES, said_of_leads
from leads.lead import LeadId

#: Steps after "in play", each with the gates that lose a lead there.
STEPS: Final[tuple[tuple[str, frozenset[str]], ...]] = (
    (
        "valid",
        frozenset(
            {"INPUT", "POLICY", "NUMBER", "JURISDICTION", "SUBJECT", "SECTOR", "CHANNEL", "CLI"}
            | {"DATA", "RECORDING"}
        ),
    ),
    ("basis", frozenset({"BASIS"})),
    ("not_suppressed", frozenset({"RIGHTS"})),
    ("registers", frozenset({"REGISTER"})),
    ("hours", frozenset({"HOURS"})),
    ("caps", frozenset({"FREQUENCY", "COOLDOWN", "CAMPAIGN"})),
)

_HOUR: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Considered:
    """One lead in play, and what the gate said."""

    lead_id: LeadId
    list_id: int
    evaluation: Evaluation
    places: tuple[Jurisdiction, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """How many are left after one step, and what the others were lost to."""

    name: str
    left: int
    lost: Mapping[str, int]  #: by code

    @property
    def lost_in_words(self) -> tuple[str, ...]:
        """What the others were lost to, the most first, as a person would say it."""
        return tuple(
            f"{count:,} {said_of_leads(code)}" for code, count in self.lost.items() if count
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Unlock:
    """Leads that one remedy alone would free."""

    code: str
    list_id: int
    leads: int
    remedy: str

    @property
    def sentence(self) -> str:
        """Say it as a person would.

        >>> Unlock(code="CONSENT_EVIDENCE_MISSING", list_id=3, leads=1204,
        ...        remedy="attest the list").sentence
        '1,204 leads of list 3 lack evidence of their consent: attest the list'
        """
        leads, said = f"{self.leads:,} leads of list {self.list_id}", said_of_leads(self.code)
        return f"{leads} {said}: {self.remedy}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Waterfall:
    """A campaign at one instant."""

    at: datetime
    steps: tuple[Step, ...]
    dialable_now: int
    unlocks: tuple[Unlock, ...]  #: the greatest first
    per_hour: tuple[tuple[datetime, int], ...]  #: beginning of the hour -> leads that are dialable


def fall(
    considered: Sequence[Considered],
    *,
    rows: int,
    leads: int,
    out_of_play: Mapping[str, int],
    now: datetime,
    hours: int = 7 * 24,
) -> Waterfall:
    """Return the waterfall of a campaign.

    Args:
        rows: Rows of its lists; those that became no leads were rejected or duplicates.
        leads: Leads of the campaign.
        out_of_play: Leads that will not be called now, by why (booked, retired, in_call).
    """
    steps = [
        Step(name="rows", left=rows, lost={}),
        Step(name="leads", left=leads, lost={"rejected_or_duplicate": rows - leads}),
        Step(name="in_play", left=len(considered), lost=dict(out_of_play)),
    ]
    left = list(considered)
    for name, gates in STEPS:
        lost: Counter[str] = Counter()
        kept = []
        for lead in left:
            code = next((r.code for r in lead.evaluation.reasons if r.gate in gates), None)
            if code is None:
                kept.append(lead)
            else:
                lost[code] += 1
        left = kept
        steps.append(Step(name=name, left=len(left), lost=dict(lost.most_common())))
    return Waterfall(
        at=now,
        steps=tuple(steps),
        dialable_now=sum(not lead.evaluation.reasons for lead in considered),
        unlocks=tuple(_unlocks(considered)),
        per_hour=tuple(_per_hour(considered, now, hours)),
    )


def _unlocks(considered: Iterable[Considered]) -> list[Unlock]:
    found: Counter[tuple[str, int]] = Counter()
    for lead in considered:
        reasons = lead.evaluation.reasons
        lasting = {r.code for r in reasons if r.kind.value == "deny" or r.wait_for is not None}
        if len(lasting) == 1:
            found[lasting.pop(), lead.list_id] += 1
    return [
        Unlock(code=code, list_id=list_id, leads=count, remedy=REMEDIES[code])
        for (code, list_id), count in found.most_common()
        if code in REMEDIES
    ]


def in_words(waterfall: Waterfall) -> str:
    """Return the waterfall as a person reads it in a terminal."""
    return "\n".join(_lines(waterfall)) + "\n"


def _lines(waterfall: Waterfall) -> Iterator[str]:
    yield f"At {waterfall.at:%Y-%m-%d %H:%M} UTC"
    for step in waterfall.steps:
        lost = ", ".join(step.lost_in_words)
        yield f"  {step.name.replace('_', ' '):<15}{step.left:>8,}  {lost}".rstrip()
    yield f"  {'dialable now':<15}{waterfall.dialable_now:>8,}"
    if waterfall.unlocks:
        yield "What would free most:"
        yield from ("  " + unlock.sentence for unlock in waterfall.unlocks)
    yield "Dialable by hour (UTC), where there are any:"
    for day, hours in groupby(waterfall.per_hour, key=lambda one: one[0].date()):
        shown = [f"{at:%H}h {count:,}" for at, count in hours if count]
        yield f"  {day:%a %Y-%m-%d}  {'  '.join(shown) or 'none'}"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Group:
    """Leads that open and close together."""

    places: tuple[Jurisdiction, ...]
    from_times: Counter[datetime]  #: how many leads caps and cool-downs free at each time


def _per_hour(
    considered: Iterable[Considered], now: datetime, hours: int
) -> list[tuple[datetime, int]]:
    """Count, for each hour to come, the leads nothing but time stands against."""
    groups = _groups(considered, now)
    first = now.replace(minute=0, second=0, microsecond=0)
    return [
        (hour, sum(_open_in(group, hour) for group in groups))
        for hour in (first + n * _HOUR for n in range(hours))
    ]


def _groups(considered: Iterable[Considered], now: datetime) -> list[_Group]:
    groups: dict[tuple[object, ...], _Group] = {}
    for lead in considered:
        reasons = lead.evaluation.reasons
        if any(r.kind.value == "deny" or r.wait_for is not None for r in reasons):
            continue
        key = tuple((p.rules.profile, p.zones, p.subdivision) for p in lead.places)
        group = groups.setdefault(key, _Group(places=lead.places, from_times=Counter()))
        group.from_times[lead.evaluation.defer_until or now] += 1
    return list(groups.values())


def _open_in(group: _Group, hour: datetime) -> int:
    """Return how many leads of *group* can be called at the beginning of *hour* or in it."""
    free_before = sum(count for at, count in group.from_times.items() if at <= hour)
    later = sum(count for at, count in group.from_times.items() if hour < at < hour + _HOUR)
    if not free_before and not later:
        return 0
    open_now = all(is_open(place, zone, hour) for place in group.places for zone in place.zones)
    return (free_before if open_now else 0) + later  # a time to come is open by its making
