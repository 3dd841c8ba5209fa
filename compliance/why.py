"""Why may this number be called, or not: each gate's verdict and evidence in plain words.

Rule: everything comes from the same evaluation that decides calls; nothing is judged twice. The
number itself is shown with its last digits only.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from compliance.evaluation import Evaluation
from compliance.facts import EarlierAttempt
from compliance.reason import Kind, Reason

Row = Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class GateView:
    """What one gate found."""

    gate: str
    verdict: str  #: agreed | denied | deferred
    findings: tuple[Reason, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LeadView:
    """One lead with this number, as the gate sees it now."""

    lead_id: int
    campaign_id: int
    state: str  #: of its life: waiting, callback, in_call, booked, retired
    retired_because: str | None
    planned_at: datetime | None  #: when its own plan calls it next, whatever the gate says
    verdict: str  #: allow | deny | defer
    gates: tuple[GateView, ...]
    next_eligible_at: datetime | None  #: None: now, or nobody can tell
    wait_for: tuple[str, ...]
    attempts: tuple[EarlierAttempt, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PastDecision:
    """A decision of the trail."""

    at: str
    verdict: str
    primary: str
    stage: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WhyReport:
    """All that is on file about calling one number."""

    number: str  #: redacted
    asked_at: datetime
    known: bool  #: whether any person has this number
    leads: tuple[LeadView, ...] = ()
    consents: Sequence[Row] = ()
    suppressions: Sequence[Row] = ()
    marks: Sequence[Row] = ()
    decisions: tuple[PastDecision, ...] = field(default=())


def gate_views(evaluation: Evaluation) -> tuple[GateView, ...]:
    """Return the findings of an evaluation gate by gate, in the order of asking."""
    found = (*evaluation.passed, *evaluation.reasons, *evaluation.notes, *evaluation.limits)
    order: dict[str, list[Reason]] = {}
    for reason in sorted(found, key=lambda reason: _ORDER.index(reason.gate)):
        order.setdefault(reason.gate, []).append(reason)
    return tuple(
        GateView(gate=gate, verdict=_verdict(reasons), findings=tuple(reasons))
        for gate, reasons in order.items()
    )


_ORDER = (
    *("INPUT", "POLICY", "NUMBER", "JURISDICTION", "SUBJECT", "RIGHTS", "BASIS", "REGISTER"),
    *("SECTOR", "CHANNEL", "RECORDING", "CLI", "HOURS", "FREQUENCY", "COOLDOWN", "CAMPAIGN"),
    "DATA",
)


def _verdict(reasons: Sequence[Reason]) -> str:
    kinds = {reason.kind for reason in reasons}
    if Kind.DENY in kinds:
        return "denied"
    return "deferred" if Kind.DEFER in kinds else "agreed"


def in_words(report: WhyReport) -> str:
    """Return the report as a person reads it in a terminal."""
    return "\n".join(_lines(report)) + "\n"


def _lines(report: WhyReport) -> Iterator[str]:
    yield f"{report.number} at {report.asked_at:%Y-%m-%d %H:%M} UTC"
    if not report.known:
        yield "Nobody on our lists has this number."
    for lead in report.leads:
        yield from _lead_lines(lead)
    for title, rows in (
        ("Consents", report.consents),
        ("Suppressions", report.suppressions),
        ("Asked for or learnt", report.marks),
    ):
        yield f"{title}: {len(rows) or 'none'}"
        yield from ("  " + _row(row) for row in rows)
    yield f"Decisions: {len(report.decisions) or 'none'}"
    for past in report.decisions:
        yield f"  {past.at} {past.verdict} {past.primary} ({past.stage})".rstrip()


def _lead_lines(lead: LeadView) -> Iterator[str]:
    yield ""
    yield f"Lead {lead.lead_id} of campaign {lead.campaign_id}: {lead.verdict}"
    if lead.retired_because is not None:
        yield f"  retired ({lead.retired_because}): not called again, whatever the gate says"
    elif lead.state not in ("waiting", "callback"):
        yield f"  {lead.state.replace('_', ' ')}: not called while that lasts"
    elif lead.planned_at is not None:
        yield f"  planned for {lead.planned_at:%Y-%m-%d %H:%M} UTC"
    if lead.next_eligible_at is not None:
        yield f"  next eligible at {lead.next_eligible_at:%Y-%m-%d %H:%M} UTC"
    for event in lead.wait_for:
        yield f"  waits for {event}"
    for gate in lead.gates:
        for finding in gate.findings:
            if finding.kind is Kind.PASSED:
                yield f"  {gate.gate.lower():<13} {gate.verdict:<9} {finding.detail}"
                continue
            sources = f" [{', '.join(finding.sources)}]" if finding.sources else ""
            said = f"{finding.code}: {finding.detail} ({finding.rule}){sources}"
            yield f"  {gate.gate.lower():<13} {gate.verdict:<9} {said}"
    for attempt in lead.attempts:
        yield f"  attempt {attempt.at:%Y-%m-%d %H:%M} {attempt.outcome}"


def _row(row: Row) -> str:
    shown = []
    for key, value in row.items():
        if value is None or value == "" or value == []:
            continue
        if isinstance(value, bytes):
            value = value.hex()[:16]
        elif isinstance(value, datetime):
            value = f"{value:%Y-%m-%d %H:%M}"
        elif key == "events" and isinstance(value, list):
            value = ", ".join(f"{e['kind']} {e['at']:%Y-%m-%d %H:%M}" for e in value)
        shown.append(f"{key}: {value}")
    return "; ".join(shown)
