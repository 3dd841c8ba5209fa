"""What a demo leaves behind: both logs compared, the report as JSON and as a page, the files.

Rule: the numbers of the JSON report are those of :mod:`dialer.reporting` and of the network's
testimony; nothing is computed here.
"""

import json
import shutil
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from dialer.call_line import CallLine
from dialer.demo.agreement import Agreement, compare
from dialer.demo.installing import rejected_rows
from dialer.demo.layout import Layout
from dialer.demo.network_log import read_network_log
from dialer.demo.running import Ran
from dialer.demo.witness import Witnessed, witness
from dialer.reporting.held_back import RATE_EXCEEDED, in_words
from dialer.reporting.page import page
from dialer.reporting.report import Report, lines_of, report_of

#: How many differences are told in words; all of them stand in the JSON report.
DIFFERENCES_SHOWN = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Results:
    """A run, judged."""

    report: Report
    testimony: Witnessed
    agreement: Agreement
    json: dict[str, Any]

    @property
    def failures(self) -> tuple[str, ...]:
        """What must not be, in words; empty: all is well."""
        return tuple(self._failures())

    def _failures(self) -> Iterator[str]:
        differences = self.agreement.differences
        for difference in differences[:DIFFERENCES_SHOWN]:
            yield difference.sentence()
        if len(differences) > DIFFERENCES_SHOWN:
            yield f"and {len(differences) - DIFFERENCES_SHOWN} further differences"
        if count := self.testimony.calls_without_permit:
            yield f"{count} calls were placed without a permit"
        if count := self.testimony.double_dials:
            yield f"{count} permits were dialed on more than once"
        if count := self.report.gate.refused.get(RATE_EXCEEDED, 0):
            yield in_words(count)


def write_results(ran: Ran, layout: Layout) -> Results:
    """Compare, compute, and write every file of the run below its directory."""
    lines = [_beside(line) for line in lines_of(ran.record, reveal=True)]
    network = read_network_log(layout.network)
    report = report_of(ran.record)
    seen = witness(network, lines, permitted=ran.permitted)
    agreement = compare(lines, network)
    results = Results(
        report=report,
        testimony=seen,
        agreement=agreement,
        json=_json(report, seen, agreement, ran),
    )
    _write_lines(layout.calls, lines)
    layout.rejected.write_bytes(rejected_rows(ran.house.imported.list.result))
    _bring_invitations(layout)
    layout.report_json.write_text(_pretty(results.json), encoding="utf-8")
    layout.report_html.write_text(page(ran.record, report), encoding="utf-8")
    return results


def _json(report: Report, seen: Witnessed, agreement: Agreement, ran: Ran) -> dict[str, Any]:
    numbers = report.as_dict()
    return {
        **numbers,
        **asdict(seen),  # connect_ms from the network's answer on, not only from ours
        "worked": ran.worked.done,
        "leads_left": ran.worked.left,
        "agreement": {
            "matched": agreement.matched,
            "differences": [asdict(each) for each in agreement.differences],
            "apart_ms": agreement.apart_ms,
        },
    }


def _beside(line: CallLine) -> CallLine:
    """Return *line* with its recording's path as seen from where the line is written."""
    return replace(line, recording=line.recording and f"recordings/{line.recording}")


def _write_lines(file: Path, lines: list[CallLine]) -> None:
    with file.open("w", encoding="utf-8") as stream:
        for line in lines:
            stream.write(json.dumps(line.as_dict(), ensure_ascii=False) + "\n")


def _bring_invitations(layout: Layout) -> None:
    for file in sorted(layout.outbox.rglob("*.ics")):
        shutil.copy2(file, layout.invitations / file.name)


def _pretty(found: dict[str, Any]) -> str:
    return json.dumps(found, indent=2, ensure_ascii=False) + "\n"


def summary(results: Results) -> Iterator[str]:
    """Yield the report in a few lines for the terminal."""
    report, seen = results.report, results.testimony
    rows, gate, calls = report.rows, report.gate, report.attempts
    yield (
        f"rows        {rows.total} = {rows.accepted} accepted + {rows.rejected} rejected + "
        f"{rows.duplicates} duplicates"
    )
    yield (
        f"gate        {gate.asked} asked = {gate.permitted} permitted + "
        f"{sum(gate.refused.values())} refused ({_counts(gate.refused)})"
    )
    yield f"calls       {calls.placed} placed: {_counts(calls.outcomes)}"
    yield (
        f"answers     {report.answered} answered, {report.machines} machines, "
        f"{report.connected} connected, {report.abandoned} abandoned "
        f"({report.abandon_rate:.2%}; by the network's log {seen.network_abandon_rate:.2%})"
    )
    yield (
        f"waiting     answer to agent {_ms(seen.connect_ms)}; "
        f"silence after hello {_ms(seen.silence_after_hello_ms)}"
    )
    yield (
        f"agents      {report.agents.count}, busy {report.agents.occupancy:.0%}, "
        f"talking {report.agents.talk_share:.0%} of their time"
    )
    yield (
        f"results     {report.meetings} meetings, {report.leads_qualified} qualified, "
        f"{report.callbacks} callbacks promised"
    )
    tapes = report.recordings
    yield (
        f"recordings  {tapes.playable} of {tapes.expected} playable"
        + (f", {late} s after the call (p95)" if (late := tapes.availability_s["p95"]) else "")
    )
    yield (
        f"agreement   {results.agreement.matched} calls in both logs, "
        f"{len(results.agreement.differences)} differences"
    )
    yield f"duration    {report.duration_s:.0f} s"


def _counts(found: Any) -> str:
    return ", ".join(f"{name} {count}" for name, count in found.items()) or "none"


def _ms(found: Any) -> str:
    return ", ".join(
        f"{name} {'?' if value is None else f'{value:.0f}'} ms" for name, value in found.items()
    )
