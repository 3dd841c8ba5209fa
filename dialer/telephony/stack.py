"""Which pjsua2 is installed, how many calls it can hold, and what to do when it will not do.

The project's own build (:mod:`dialer.telephony.building`) says its limits in a manifest. Any other
build, such as the ready-made one in the Python package index, is asked by placing calls to a silent
socket of this machine (:mod:`dialer.telephony.probing`): it holds four.

Rule: pjsua2 is never imported here. A build that does not load, or dies of the question, takes a
process of its own with it.
"""

import importlib.metadata
import importlib.util
import json
import resource
import subprocess
import sys
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from dialer.telephony.building.recipe import Manifest
from dialer.telephony.building.wheel import DISTRIBUTION, MANIFEST_FILE

#: Calls (SIP legs) the project's own build holds in one process.
MINIMUM_CALLS: Final = 512

#: Calls the installed build is asked to place: enough to tell a build for one telephone from one
#: for a dialer, few enough to be quick.
PROBE_CALLS: Final = 16

#: Open files a call needs: RTP and RTCP sockets, and two recordings.
FILES_PER_CALL: Final = 4

#: Open files a process needs besides.
FILES_BESIDES: Final = 128

PROBE_TIMEOUT_S: Final = 30.0

BUILD_REMEDY: Final = "Run `make setup`: it builds the SIP stack once, in a few minutes."


class StackSource(StrEnum):
    CALLWRIGHT = "callwright"  #: built by this project; its limits are known
    FOREIGN = "foreign"  #: some other pjsua2, such as the package index's
    ABSENT = "absent"  #: no pjsua2, or one that cannot be loaded


@dataclass(frozen=True, slots=True, kw_only=True)
class StackReport:
    """The pjsua2 of this Python's environment."""

    source: StackSource
    version: str | None  #: pjproject's, such as ``2.17``; None when absent
    max_calls: int  #: legs one process is known to hold; for a foreign build at most the probe's
    tls: bool = False  #: SIP over TLS is built in
    problem: str | None = None  #: what is wrong, whatever the number of calls
    remedy: str | None = None  #: what to do about *problem*

    def describe(self) -> str:
        """Return one line for a person.

        >>> StackReport(source=StackSource.CALLWRIGHT, version="2.17", max_calls=512).describe()
        'pjsua2 2.17, built by this project, 512 calls in one process'
        """
        if self.source is StackSource.ABSENT:
            return "no usable pjsua2"
        maker = (
            "built by this project" if self.source is StackSource.CALLWRIGHT else "not our build"
        )
        return f"pjsua2 {self.version}, {maker}, {self.max_calls} calls in one process"


def installed_stack() -> StackReport:
    """Return what is installed, after loading it once in a process of its own (under a second)."""
    if importlib.util.find_spec("pjsua2") is None:
        return _absent("the SIP stack (pjsua2) is not installed")
    manifest = _manifest()
    try:
        answer = _probe(PROBE_CALLS)
    except ProbeFailed as failure:
        return _absent(f"the SIP stack (pjsua2) is installed but does not work: {failure}")
    version, held = answer.version, answer.calls
    ours = manifest is not None and manifest.pjproject == version and held == PROBE_CALLS
    if manifest is None or not ours:  # absent, or overwritten by another package's modules
        return StackReport(
            source=StackSource.FOREIGN, version=version, max_calls=held, tls=answer.tls
        )
    limit = manifest.max_calls
    return StackReport(
        source=StackSource.CALLWRIGHT, version=version, max_calls=limit, tls=answer.tls
    )


def require_capacity(report: StackReport, calls: int) -> str | None:
    """Return why *report*'s stack cannot hold *calls* legs in one process, and the remedy; or None.

    >>> ours = StackReport(source=StackSource.CALLWRIGHT, version="2.17", max_calls=512)
    >>> require_capacity(ours, 300) is None
    True
    >>> require_capacity(ours, 600)
    'the SIP stack holds 512 calls in one process, 600 are wanted. Use more telephony workers.'
    """
    if report.problem is not None:
        return f"{report.problem}. {report.remedy}"
    if calls <= report.max_calls:
        return None
    holds = f"the SIP stack holds {report.max_calls} calls in one process, {calls} are wanted"
    if report.source is StackSource.FOREIGN:
        return f"{holds}; it is not the project's own build. {BUILD_REMEDY}"
    return f"{holds}. Use more telephony workers."


def files_needed(calls: int) -> int:
    """Return how many open files a process with *calls* recorded legs needs.

    >>> files_needed(512)
    2176
    """
    return FILES_BESIDES + FILES_PER_CALL * calls


def affordable_calls() -> int:
    """Return how many recorded legs the hard limit of open files lets one process have."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard == resource.RLIM_INFINITY:
        return MINIMUM_CALLS
    return max(0, (hard - FILES_BESIDES) // FILES_PER_CALL)


def raise_open_file_limit() -> int:
    """Raise this process's soft limit of open files to the hard one and return it.

    A login's usual soft limit of 1024 ends at some 220 recorded legs.
    """
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard


class ProbeFailed(Exception):
    """The probe gave no answer; says what it did instead."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbeAnswer:
    """What :mod:`dialer.telephony.probing` found out."""

    version: str  #: pjproject's
    calls: int  #: how many it held at once
    refusal: str | None  #: what refused the next; None when it held all it was asked for
    tls: bool = False  #: it opens sockets for SIP over TLS


def read_probe(printed: str) -> ProbeAnswer:
    """Return the answer in what the probe printed; pjsua2 prints lines of its own around it.

    Raises:
        ProbeFailed: no answer is there.

    >>> read_probe('{"version": "2.17", "calls": 2, "refusal": null}\\n12:00:00 pjsua ...').calls
    2
    """
    answers = [line for line in printed.splitlines() if line.startswith('{"version"')]
    if not answers:
        raise ProbeFailed("it ended without an answer")
    return ProbeAnswer(**json.loads(answers[-1]))


def _absent(problem: str) -> StackReport:
    return StackReport(
        source=StackSource.ABSENT, version=None, max_calls=0, problem=problem, remedy=BUILD_REMEDY
    )


def _manifest() -> Manifest | None:
    """Return the manifest of our installed build; None when what is installed is not ours."""
    try:
        text = importlib.metadata.distribution(DISTRIBUTION).read_text(MANIFEST_FILE)
        return None if text is None else Manifest.from_json(text)
    except (importlib.metadata.PackageNotFoundError, ValueError):
        return None


def _probe(calls: int) -> ProbeAnswer:
    """Ask the installed pjsua2 to hold *calls* calls."""
    command = [sys.executable, "-m", "dialer.telephony.probing", str(calls)]
    try:
        answer = subprocess.run(
            command, capture_output=True, text=True, timeout=PROBE_TIMEOUT_S, check=False
        )
    except subprocess.TimeoutExpired:
        raise ProbeFailed(f"no answer within {PROBE_TIMEOUT_S:.0f} s") from None
    if answer.returncode != 0:
        errors = [line for line in answer.stderr.splitlines() if line.strip()]
        raise ProbeFailed(errors[-1] if errors else f"its process ended with {answer.returncode}")
    return read_probe(answer.stdout)
