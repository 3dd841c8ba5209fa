"""What a run leaves behind: its calls, its report, the rows that were not taken.

Rule: the numbers are those of :mod:`dialer.reporting`; nothing is computed here.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from dialer.reporting.held_back import RATE_EXCEEDED, in_words
from dialer.reporting.page import page
from dialer.reporting.report import lines_of, report_of
from dialer.running.place import Results
from dialer.running.run import Ran
from dialer.settings import Settings
from leads.importing import rejected_csv


def write_results(ran: Ran, results: Results, settings: Settings) -> dict[str, Any]:
    """Write every file of the run; return its report as JSON has it."""
    report = report_of(ran.record)
    found = {
        **report.as_dict(),
        "client": ran.record.client,
        "campaign": ran.record.campaign,
        "worked": ran.worked.done,
        "leads_left": ran.worked.left,
        "without_a_way": ran.wayless,
        "data": str(settings.state_dir),
        "out": str(results.out),
        "recordings_dir": str(settings.recordings_dir),
    }
    with results.calls.open("w", encoding="utf-8") as stream:
        for line in lines_of(ran.record, reveal=True):
            stream.write(json.dumps(line.as_dict(), ensure_ascii=False) + "\n")
    text = json.dumps(found, indent=2, ensure_ascii=False)
    results.report_json.write_text(f"{text}\n", encoding="utf-8")
    results.report_html.write_text(page(ran.record, report), encoding="utf-8")
    results.rejected.write_bytes(rejected_csv(ran.house.imported.list.result))
    return found


def summary(ran: Ran, report: Mapping[str, Any]) -> Iterator[str]:
    """Yield the lines for a person."""
    rows, gate, attempts = report["rows"], report["gate"], report["attempts"]
    yield ran.worked.sentence
    yield f"rows        {rows['total']}: {rows['accepted']} leads, {rows['rejected']} rejected"
    yield f"gate        {gate['permitted']} permitted; refused: {_counts(gate['refused'])}"
    yield (
        f"calls       {attempts['placed']} placed: {_counts(attempts['outcomes'])}"
        + (f"; {attempts['not_placed']} not placed" if attempts["not_placed"] else "")
    )
    yield (
        f"answered    {report['answered']}; {report['connected']} connected, "
        f"{report['abandoned']} abandoned ({report['abandon_rate']:.2%})"
    )
    agents, tapes = report["agents"], report["recordings"]
    yield (
        f"agents      {agents['count']}, busy {agents['occupancy']:.0%}, "
        f"talking {agents['talk_share']:.0%} of their time"
    )
    yield f"recordings  {tapes['playable']} of {tapes['expected']} playable"
    yield f"duration    {report['duration_s']:.0f} s"


def failures(ran: Ran, report: Mapping[str, Any]) -> Iterator[str]:
    """Yield what must not be, in words; nothing: all is well."""
    if not ran.worked.done:
        yield "the list was not worked to its end"
    elif ran.worked.left:
        yield f"{ran.worked.left} leads were due and were not called"
    if count := report["gate"]["refused"].get(RATE_EXCEEDED, 0):
        yield in_words(count)
    if report["rows"]["accepted"] and not report["attempts"]["placed"]:
        yield "not one call was placed; the gate's refusals above and the logs say why"
    lost = sum(ran.wayless.values())
    if lost:
        yield f"{lost} numbers have no way out by the trunk file"
    refused = report["attempts"]["outcomes"].get("trunk_auth", 0)
    if refused:
        yield f"a trunk refused {refused} calls as not ours: check its auth in the trunk file"


def _counts(found: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {count}" for name, count in found.items()) or "none"
