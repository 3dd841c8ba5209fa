"""The installed SIP stack is known for what it is, without ever being loaded here."""

import resource
import subprocess
import sys
from pathlib import Path

import pytest

from dialer.telephony import stack
from dialer.telephony.stack import StackReport, StackSource, installed_stack, require_capacity


def put_before(monkeypatch: pytest.MonkeyPatch, folder: Path, module: str) -> None:
    """Make *module* the pjsua2 that this Python, and the ones it starts, find first."""
    (folder / "pjsua2.py").write_text(module)
    monkeypatch.syspath_prepend(str(folder))
    monkeypatch.setenv("PYTHONPATH", str(folder))


@pytest.mark.sip
def test_the_project_s_build_is_recognised_with_its_limits():
    report = installed_stack()
    assert report.source is StackSource.CALLWRIGHT
    assert report.max_calls == stack.MINIMUM_CALLS
    assert require_capacity(report, stack.MINIMUM_CALLS) is None


@pytest.mark.sip
def test_the_project_s_build_holds_the_calls_it_promises():
    calls = min(stack.MINIMUM_CALLS, stack.affordable_calls())
    command = [sys.executable, "-m", "dialer.telephony.probing", str(calls)]
    printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    answer = stack.read_probe(printed)
    assert (answer.calls, answer.refusal) == (calls, None)


@pytest.mark.parametrize("printed", ["", "12:00:00 pjsua_core.c  started\n"])
def test_a_probe_without_an_answer_is_not_taken_for_one(printed: str):
    with pytest.raises(stack.ProbeFailed, match="without an answer"):
        stack.read_probe(printed)


def test_a_stack_that_cannot_be_loaded_is_a_problem_with_a_remedy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    put_before(monkeypatch, tmp_path, "raise ImportError('libsrtp2.so.1: cannot open')")
    report = installed_stack()
    assert report.source is StackSource.ABSENT
    told = require_capacity(report, 1)
    assert told is not None
    assert "libsrtp2.so.1" in told
    assert "make setup" in told


def test_a_stack_that_kills_its_process_does_not_kill_ours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    put_before(monkeypatch, tmp_path, "import os; os.abort()")
    report = installed_stack()
    assert report.source is StackSource.ABSENT
    assert report.problem is not None


def test_a_stack_with_four_calls_is_refused_with_a_remedy():
    report = StackReport(source=StackSource.FOREIGN, version="2.15.1", max_calls=4)
    told = require_capacity(report, 60)
    assert told is not None
    assert "holds 4 calls in one process, 60 are wanted" in told
    assert "make setup" in told


def test_no_more_calls_are_affordable_than_files_may_be_open():
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY:
        assert stack.files_needed(stack.affordable_calls()) <= max(hard, stack.FILES_BESIDES)


def test_the_soft_limit_of_open_files_can_be_raised_to_the_hard_one():
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(256, before[1]), before[1]))
        assert stack.raise_open_file_limit() == before[1]
        assert resource.getrlimit(resource.RLIMIT_NOFILE) == (before[1], before[1])
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)
