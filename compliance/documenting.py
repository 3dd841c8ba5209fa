"""The tables of ``docs/compliance.md``, written from the profiles that ship with the program.

    python -m compliance.documenting      rewrites the part between the two markers

Rule: the tables are never edited by hand; a test compares them with the profiles.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

import yaml

from compliance.loading import SHIPPED
from compliance.schema import ConsentPart, FilePart, ProfilePart, RegisterPart, WindowsPart
from compliance.tracing import traced

DOCUMENT: Final = Path(__file__).parent.parent / "docs" / "compliance.md"
BEGIN: Final = "<!-- from the profiles: begin -->"
END: Final = "<!-- from the profiles: end -->"


def _files() -> Iterator[FilePart]:
    for path in sorted(SHIPPED.glob("*.yaml")):
        yield FilePart.model_validate(yaml.safe_load(path.read_text("utf-8")))


def tables() -> str:
    """Return the generated part of the document."""
    parts = list(_files())
    profiles = sorted((p for part in parts for p in part.profiles), key=lambda p: p.id)
    sources = {name: source for part in parts for name, source in part.sources.items()}
    lines = [
        "### Legal basis",
        "",
        *_table(
            (
                *("profile", "in force", "consumer", "sole trader", "legal person"),
                *("own customers", "mark"),
            ),
            (_basis(profile) for profile in profiles),
        ),
        "### Hours, caps, registers, caller ID",
        "",
        "Empty: the house's rule holds.",
        "",
        *_table(
            ("profile", "hours", "caps and cool-downs", "registers", "caller ID, dialling, bans"),
            (_limits(profile) for profile in profiles),
        ),
        "### Subdivisions, which only tighten",
        "",
        *_table(
            ("subdivision", "hours, where they differ", "caps", "mark"),
            (
                _subdivision(profile, name)
                for profile in profiles
                for name in sorted(profile.subdivisions)
            ),
        ),
        "### Every rule, and the written cases that decide by it",
        "",
        "A value without a mark of its own bears those of its sources.",
        "",
        *_table(("rule", "sources", "read on", "mark", "cases"), traced(parts)),
        "### Sources",
        "",
        *_table(
            ("key", "source", "read on", "mark", "used by"),
            (
                (
                    name,
                    source.title,
                    source.read_at.isoformat(),
                    source.certainty,
                    " ".join(p.id for p in profiles if name in p.sources),
                )
                for name, source in sources.items()
            ),
        ),
    ]
    return "\n".join(lines)


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> Iterator[str]:
    yield "| " + " | ".join(head) + " |"
    yield "|" + " --- |" * len(head)
    for row in rows:
        yield "| " + " | ".join(row) + " |"
    yield ""


def _basis(profile: ProfilePart) -> tuple[str, ...]:
    until = profile.valid_to.isoformat() if profile.valid_to else ""
    return (
        profile.id,
        f"{profile.valid_from} to {until or 'today'}; review by {profile.review_by}",
        *_regimes(profile.consent),
        _exception(profile),
        profile.consent.c or "",
    )


def _regimes(part: ConsentPart) -> tuple[str, str, str]:
    pairs = (part.consumer, part.sole_trader, part.legal_person)
    first, second, third = (f"{pair.live}; automated: {pair.automated}" for pair in pairs)
    return first, second, third


def _exception(profile: ProfilePart) -> str:
    part = profile.customer_exception
    if part is None:
        return "none"
    if part.related_contract:
        return "running contract and related offer"
    if part.only_controllers:
        return "only " + ", ".join(part.only_controllers)
    return f"similar products, within {part.max_days_since_relation} days"


def _limits(profile: ProfilePart) -> tuple[str, ...]:
    return (
        profile.id,
        _hours(profile.windows),
        "; ".join(_caps(profile)),
        "; ".join(_register(register) for register in profile.registers),
        "; ".join(_further(profile)),
    )


def _subdivision(profile: ProfilePart, name: str) -> tuple[str, ...]:
    part = profile.subdivisions[name]
    windows = part.windows or WindowsPart()
    days = {"Mon-Fri": windows.mon_fri, "Sat": windows.sat, "Sun": windows.sun}
    days |= {"holidays": windows.holiday}
    hours = "; ".join(f"{day} {_spans(spans)}" for day, spans in days.items() if spans is not None)
    caps = "; ".join(f"{cap.max} {cap.counts} in {cap.hours} h ({cap.c})" for cap in part.caps)
    return f"{profile.country}-{name}", hours, caps, part.c or ""


def _spans(day: list[list[str]] | None) -> str:
    return ", ".join("-".join(span) for span in day) if day else "none"


def _hours(part: WindowsPart | None) -> str:
    if part is None:
        return ""
    holiday = "like other days" if part.holiday is None else _spans(part.holiday)
    return (
        f"{part.basis}: Mon-Fri {_spans(part.mon_fri)}; Sat {_spans(part.sat)}; "
        f"Sun {_spans(part.sun)}; holidays {holiday}; lifted by {part.override or 'nothing'} "
        f"({part.c})"
    )


def _caps(profile: ProfilePart) -> Iterator[str]:
    for cap in profile.caps:
        period = f"{cap.hours} h" if cap.hours else f"{cap.days or cap.calendar_days} days"
        yield f"{cap.max} {cap.counts} in {period} ({cap.c})"
    if profile.refusal:
        yield f"{profile.refusal.calendar_days} full days after a refusal ({profile.refusal.c})"
    if profile.cooldowns:
        yield f"{profile.cooldowns.abandoned_hours} h after abandoning ({profile.cooldowns.c})"


def _register(register: RegisterPart) -> str:
    days = register.effective_days_of_month
    fresh = f"{register.max_age_days} days" if register.max_age_days else f"days {days} of month"
    subjects = ", ".join(register.subjects)
    override = register.consent_override
    return f"{register.id} ({subjects}): {fresh}; consent overrides: {override}{_mark(register.c)}"


def _mark(certainty: str | None) -> str:
    return f" ({certainty})" if certainty else ""


def _further(profile: ProfilePart) -> Iterator[str]:
    if profile.auto_dial == "prohibited":
        yield "no automatic dialling"
    if profile.cli.must_be_callable:
        yield "must be callable"
    if profile.cli.required_prefix:
        yield f"prefix {profile.cli.required_prefix}"
    if profile.cli.forbidden_types:
        yield "not " + ", ".join(profile.cli.forbidden_types)
    if profile.cli.label_required:
        yield "label contract"
    if profile.recording and profile.recording.all_party_consent:
        yield "recording needs consent"
    if profile.transfer and profile.transfer.localisation:
        yield "data stay in the country"
    for ban in profile.bans:
        since = f" from {ban.since}" if ban.since else ""
        yield f"ban: {ban.sector}{since} except {ban.exception or 'nothing'}"


def written(document: str) -> str:
    """Return *document* with its generated part renewed."""
    before, _, rest = document.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n\n{tables()}\n{END}{after}"


if __name__ == "__main__":
    DOCUMENT.write_text(written(DOCUMENT.read_text("utf-8")), "utf-8")
