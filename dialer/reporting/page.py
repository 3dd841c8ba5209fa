"""The report as one HTML page that can be sent, kept and printed.

Rule: one file without anything from elsewhere: no script, no font, no picture but what it draws.
It holds no personal data of callees.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Final
from zoneinfo import ZoneInfo

from jinja2 import Environment, PackageLoader, StrictUndefined, Template

from dialer.reporting.record import Record
from dialer.reporting.report import Report, reached
from dialer.reporting.words import worded

_MEETINGS_SHOWN: Final = 200


@dataclass(frozen=True, slots=True)
class Bar:
    """One line of a chart."""

    name: str
    count: int
    share: float  #: of the longest bar, 0..1
    of_all: float  #: of the sum, 0..1


@dataclass(frozen=True, slots=True, kw_only=True)
class MeetingLine:
    """One meeting in the table; local to the rep."""

    day: str
    time: str
    rep: str
    zone: str


def page(record: Record, report: Report) -> str:
    """Return the page."""
    rows, gate = report.rows, report.gate
    talked = reached(report.dispositions)
    first_steps = [
        ("rows in the list", rows.total),
        ("usable leads", rows.accepted),
        ("leads permitted and called", len({tried.facts.lead for tried in record.attempts})),
        ("calls answered", report.answered),
        ("people spoken to", talked),
        ("qualified", report.leads_qualified),
        ("meetings", report.meetings),
    ]
    return _template().render(
        record=record,
        report=report,
        talked=talked,
        funnel=[Bar(name, n, n / max(rows.total, 1), 0.0) for name, n in first_steps],
        outcomes=bars(report.attempts.outcomes),
        dispositions=bars(report.dispositions),
        ring_backs=bars(report.ring_backs),
        refusals=bars(gate.refused),
        reasons=bars(record.rows.reasons),
        meetings=_meetings(record),
        more_meetings=max(0, len(record.meetings) - _MEETINGS_SHOWN),
    )


def bars(counts: Mapping[str, int]) -> list[Bar]:
    """Return *counts* as bars, the longest first.

    >>> [(bar.name, bar.share) for bar in bars({"busy": 2, "no_answer": 4})]
    [('rang, nobody answered', 1.0), ('engaged', 0.5)]
    """
    longest, total = max(counts.values(), default=1), max(sum(counts.values()), 1)
    ordered = sorted(counts.items(), key=lambda item: -item[1])
    return [Bar(worded(name), count, count / longest, count / total) for name, count in ordered]


def _meetings(record: Record) -> list[MeetingLine]:
    lines = []
    for met in sorted(record.meetings, key=lambda met: met.starts_at)[:_MEETINGS_SHOWN]:
        local = met.starts_at.astimezone(ZoneInfo(met.time_zone))
        zone = met.time_zone.rpartition("/")[2].replace("_", " ")
        day = f"{local:%a} {local.day} {local:%b %Y}"
        lines.append(MeetingLine(day=day, time=f"{local:%H:%M}", rep=met.rep, zone=zone))
    return lines


@cache
def _template() -> Template:
    environment = Environment(
        loader=PackageLoader("dialer.reporting", package_path=""),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["percent"] = lambda share, digits=0: f"{share:.{digits}%}"
    environment.filters["number"] = lambda count: f"{count:,}".replace(",", "\u202f")
    return environment.get_template("report.html.j2")
