"""Another dialer's call log, read from CSV.

Two forms are known by their columns:

**Generic** (instants as ISO 8601 or seconds since 1970): ``dialed_at`` and ``outcome`` are needed;
``answered_at``, ``agent``, ``talk_seconds`` (or ``ended_at``) and ``wrap_up_seconds`` are used
where given. Outcomes: ``live`` (a person, connected), ``abandoned`` (a person, no agent),
``machine`` (an agent is named where it reached one), ``failed`` (everything else).

**VICIdial** (an export of its call log): ``call_date``, ``status``, ``length_in_sec`` and ``user``;
statuses are mapped by :data:`VICIDIAL_STATUSES`, an unknown one of a call that had an agent is a
live answer (campaigns add statuses of their own).

Rule: nothing of a row but times, outcome and an agent's pseudonym is kept; telephone numbers and
names are never read.
"""

import csv
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Final


class LogError(ValueError):
    """A call log that cannot be used, and why."""


class Outcome(StrEnum):
    """How a logged call ended."""

    LIVE = "live"
    ABANDONED = "abandoned"
    MACHINE = "machine"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggedCall:
    """One attempt. Instants in seconds from the first of the log; None where not told."""

    dialed_at: float
    outcome: Outcome
    answered_at: float | None = None
    agent: int | None = None  #: a number in the order of appearance
    talk_seconds: float | None = None
    wrap_up_seconds: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CallLog:
    """A log: its calls in the order of dialing, and what was left out of it."""

    calls: tuple[LoggedCall, ...]
    form: str
    skipped: Mapping[str, int]  #: rows not understood, by reason


#: VICIdial's system statuses. Everything else with an agent is a live answer.
VICIDIAL_STATUSES: Final = {
    **dict.fromkeys(("DROP", "PDROP", "XDROP", "TIMEOT"), Outcome.ABANDONED),
    **dict.fromkeys(("A", "AA", "AM", "AL", "AFAX"), Outcome.MACHINE),
    **dict.fromkeys(
        ("NA", "AB", "B", "DC", "ADC", "N", "NEW", "QUEUE", "ERI", "CPDB", "CPDNA", "CPDREJ",
         "CPDINV", "CPDSUA", "CPDSI", "CPDSNC", "CPDSR", "CPDSUK", "CPDSV", "CPDUK", "CPDERR",
         "ADCT", "PU", "PM"),
        Outcome.FAILED,
    ),
}  # fmt: skip
#: Users that are no agents.
_NO_AGENT: Final = {"", "VDAD", "VDCL", "\\N", "NULL"}
ROWS_MOST: Final = 2_000_000
LONGEST_RING_SECONDS: Final = 600.0
LATEST_SECONDS: Final = 4_102_444_800.0  #: the year 2100


def read(path: Path) -> CallLog:
    """Read a log.

    Raises:
        LogError: Unreadable, of an unknown form, or without a usable row.
    """
    try:
        # Names may be in any encoding; they are never read.
        with path.open(encoding="utf-8-sig", errors="replace", newline="") as file:
            delimiter = _delimiter(file.readline(65_536))
            file.seek(0)
            return _read(csv.DictReader(file, delimiter=delimiter), path)
    except OSError as error:
        raise LogError(f"{path}: cannot be read: {error.strerror}") from None
    except csv.Error as error:
        raise LogError(f"{path}: is not CSV: {error}") from None


def _delimiter(header: str) -> str:
    return max(",;\t|", key=header.count)


def _read(rows: "csv.DictReader[str]", path: Path) -> CallLog:
    names = {name.strip().lower(): name for name in rows.fieldnames or () if name}
    if {"dialed_at", "outcome"} <= names.keys():
        form, reader = "generic", _generic
    elif {"call_date", "status"} <= names.keys():
        form, reader = "vicidial", _vicidial
    else:
        found = ", ".join(sorted(names)[:12]) or "none"
        raise LogError(
            f"{path}: found the columns {found}; expected dialed_at and outcome (generic form), "
            "or call_date and status (VICIdial)"
        )
    agents: dict[str, int] = {}
    calls: list[LoggedCall] = []
    skipped: Counter[str] = Counter()
    for count, row in enumerate(rows):
        if count >= ROWS_MOST:
            raise LogError(f"{path}: has more than {ROWS_MOST:,} rows; split it by day")
        plain = {name: (row.get(column) or "").strip() for name, column in names.items()}
        try:
            calls.append(reader(plain, agents))
        except LogError as error:
            skipped[str(error)] += 1
    if not calls:
        reasons = "; ".join(f"{reason}: {n}" for reason, n in skipped.most_common(3)) or "no rows"
        raise LogError(f"{path}: no usable row ({reasons})")
    return CallLog(calls=_from_first(calls), form=form, skipped=skipped)


def _generic(row: Mapping[str, str], agents: dict[str, int]) -> LoggedCall:
    try:
        outcome = Outcome(row["outcome"].lower())
    except ValueError:
        raise LogError("outcome is not one of live, abandoned, machine, failed") from None
    dialed_at = _instant(row["dialed_at"])
    answered_at = _instant(row["answered_at"]) if row.get("answered_at") else None
    if answered_at is not None and not 0.0 <= answered_at - dialed_at <= LONGEST_RING_SECONDS:
        raise LogError("answered_at is not within ten minutes of dialed_at")
    talk = _seconds(row.get("talk_seconds", ""))
    if talk is None and answered_at is not None and row.get("ended_at"):
        talk = _seconds(str(_instant(row["ended_at"]) - answered_at))
    return LoggedCall(
        dialed_at=dialed_at,
        outcome=outcome,
        answered_at=answered_at,
        agent=_agent(row.get("agent", ""), agents),
        talk_seconds=talk,
        wrap_up_seconds=_seconds(row.get("wrap_up_seconds", "")),
    )


def _vicidial(row: Mapping[str, str], agents: dict[str, int]) -> LoggedCall:
    user = row.get("user", "")
    agent = None if user.upper() in _NO_AGENT else _agent(user, agents)
    status = row["status"].upper()
    outcome = VICIDIAL_STATUSES.get(status)
    if outcome is None:
        outcome = Outcome.LIVE if agent is not None else Outcome.FAILED
    talk = _seconds(row.get("talk_sec", "")) or _seconds(row.get("length_in_sec", ""))
    return LoggedCall(
        dialed_at=_instant(row["call_date"]),
        outcome=outcome,
        agent=agent,
        talk_seconds=talk if outcome in (Outcome.LIVE, Outcome.MACHINE) else None,
        wrap_up_seconds=_seconds(row.get("dispo_sec", "")),
    )


def _from_first(calls: list[LoggedCall]) -> tuple[LoggedCall, ...]:
    calls.sort(key=lambda call: call.dialed_at)
    first = calls[0].dialed_at
    return tuple(
        replace(
            call,
            dialed_at=call.dialed_at - first,
            answered_at=None if call.answered_at is None else call.answered_at - first,
        )
        for call in calls
    )


def _instant(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        pass
    else:
        if not 0.0 <= seconds <= LATEST_SECONDS:
            raise LogError("an instant is not within the years 1970 to 2100")
        return seconds
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise LogError("an instant is neither ISO 8601 nor seconds") from None
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()


def _seconds(text: str) -> float | None:
    if not text:
        return None
    try:
        value = float(text)
    except ValueError:
        raise LogError("a duration is not a number of seconds") from None
    if not 0.0 <= value <= 86_400.0:
        raise LogError("a duration is not within a day")
    return value


def _agent(text: str, agents: dict[str, int]) -> int | None:
    return agents.setdefault(text, len(agents)) if text else None
