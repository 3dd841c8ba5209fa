"""The demo as a user runs it: real processes, real SIP, real files; small, and whole."""

import asyncio
import csv
import io
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import icalendar
import numpy as np
import pytest
import soundfile

pytestmark = [pytest.mark.sip, pytest.mark.timeout(240)]

#: Of the JSON report; programs rely on them.
FIELDS = {
    "rows": {"total", "accepted", "rejected", "duplicates"},
    "gate": {"asked", "permitted", "refused"},
    "attempts": {"placed", "outcomes", "not_placed"},
    "connect_ms": {"p50", "p95", "p99"},
    "silence_after_hello_ms": {"p50", "p95"},
    "agents": {"count", "occupancy", "talk_share"},
    "recordings": {"expected", "playable", "availability_s"},
}
PLAIN_FIELDS = {
    *("answered", "machines", "live_answers", "connected", "abandoned", "abandon_rate"),
    *("network_abandon_rate", "leads_qualified", "meetings", "callbacks"),
    *("calls_without_permit", "double_dials", "duration_s"),
}
LINE_FIELDS = {
    *("sip_call_id", "number", "outcome", "invited_at", "ringing_at", "answered_at"),
    *("bridged_at", "ended_at", "ended_by", "talk_s", "agent", "disposition", "recording"),
    "recording_s",
}


def command(out: Path, *arguments: str) -> list[str]:
    return [sys.executable, "-m", "dialer.cli", "demo", "--out", str(out), *arguments]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], Path]:
    """A run of the demo: the JSON it printed, and where its files are."""
    out = tmp_path_factory.mktemp("demo")
    done = subprocess.run(
        command(out, "--rows", "100", "--agents", "8", "--json"),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-4000:]
    return json.loads(done.stdout), out


def lines(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


def test_the_report_says_what_it_promises_and_adds_up(run):
    report, out = run
    assert report == json.loads((out / "report.json").read_text(encoding="utf-8"))
    assert set(report) >= {*FIELDS, *PLAIN_FIELDS}
    for name, fields in FIELDS.items():
        assert set(report[name]) >= fields
    rows, gate, attempts = report["rows"], report["gate"], report["attempts"]
    assert rows["total"] == 100 == rows["accepted"] + rows["rejected"] + rows["duplicates"]
    assert gate["asked"] == gate["permitted"] + sum(gate["refused"].values())
    assert attempts["placed"] == sum(attempts["outcomes"].values())
    assert report["worked"]
    assert (report["calls_without_permit"], report["double_dials"]) == (0, 0)


def test_both_logs_tell_of_the_same_calls(run):
    report, out = run
    ours = {line["sip_call_id"]: line for line in lines(out / "calls.jsonl")}
    theirs = {line["sip_call_id"]: line for line in lines(out / "network.jsonl")}
    assert all(set(line) >= LINE_FIELDS for line in ours.values())
    ours.pop(None, None)
    assert set(ours) == set(theirs)
    assert len(ours) == report["attempts"]["placed"] == report["agreement"]["matched"]
    assert not report["agreement"]["differences"]
    for call_id, line in ours.items():
        assert line["number"] == theirs[call_id]["number"]
        assert bool(line["answered_at"]) == bool(theirs[call_id]["answered_at"])


def test_recordings_are_as_long_as_the_talks_and_hold_both_voices(run):
    report, out = run
    assert report["recordings"]["playable"] == report["recordings"]["expected"] > 0
    longest = max(
        (line for line in lines(out / "calls.jsonl") if line["recording"]),
        key=lambda line: line["talk_s"],
    )
    samples, rate = soundfile.read(out / longest["recording"])
    assert samples.shape[1] == 2
    assert abs(len(samples) / rate - longest["recording_s"]) < 0.1
    assert abs(longest["recording_s"] - longest["talk_s"]) < 0.15
    agent, callee = np.sqrt((samples**2).mean(axis=0))
    assert agent > 0.003
    assert callee > 0.003


def test_invitations_can_be_read_by_calendars(run):
    report, out = run
    files = sorted((out / "invitations").glob("*.ics"))
    assert len(files) == report["meetings"]
    for file in files:
        [event] = icalendar.Calendar.from_ical(file.read_bytes()).walk("VEVENT")
        assert event["UID"]
        assert event["DTSTART"].dt < event["DTEND"].dt


def test_rejected_rows_come_back_with_their_reasons(run):
    report, out = run
    text = (out / "rejected.csv").read_text(encoding="utf-8-sig")
    found = list(csv.reader(io.StringIO(text), delimiter=";"))
    assert len(found) == report["rows"]["rejected"] + 1


def test_the_page_is_written_and_the_installation_is_gone(run):
    _, out = run
    assert "Winter tariff" in (out / "report.html").read_text(encoding="utf-8")
    assert not (out / "installation").exists()


def test_no_log_holds_a_telephone_number(run):
    _, out = run
    numbers = {line["number"].lstrip("+") for line in lines(out / "network.jsonl")}
    for file in (out / "logs").iterdir():
        text = file.read_text(encoding="utf-8")
        assert not [number[-4:] for number in numbers if number in text], file.name


async def test_ctrl_c_ends_everything(tmp_path):
    out = tmp_path / "stopped"
    process = await asyncio.create_subprocess_exec(
        *command(out, "--rows", "100", "--agents", "4"),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        start_new_session=True,
    )
    assert process.stdout is not None
    printed = b""
    async for line in process.stdout:
        printed += line
        if b"agents: " in line:
            process.send_signal(signal.SIGINT)
            break
    printed += await process.stdout.read()
    assert await process.wait() == 130, printed[-2000:]
    assert b"Stopped. Everything has ended" in printed
    assert not _processes_of(out)


def _processes_of(out: Path) -> list[str]:
    """Return the command lines of what still runs on behalf of *out*."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            try:
                words = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            except OSError:
                continue
            if str(out) in words:
                found.append(words)
    return found


def test_a_directory_that_is_not_ours_is_refused(tmp_path):
    (tmp_path / "letter.txt").write_text("mine")
    done = subprocess.run(command(tmp_path), capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "is not empty" in done.stderr
    assert "Traceback" not in done.stderr
