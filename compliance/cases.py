"""Gate cases as JSON: the form in which the gate is checked from outside.

A case's ``input`` is merged deeply onto the file's ``defaults`` (objects merge, everything else
replaces). What cannot be read becomes a fact of its own, and refuses the call.

Rule: reading never guesses. An instant without a zone, a word where a number belongs, or an
unknown way of dialling is unreadable, not absent.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, TypeVar

from compliance.decision import (
    AbandonStatistics,
    CallbackFacts,
    CallerIdFacts,
    CampaignFacts,
    Channel,
    ConsentFacts,
    DialMode,
    EarlierAttempt,
    GateInput,
    LeadFacts,
    RegisterAnswer,
    Relation,
    Subject,
    SuppressionMatch,
)

Json = Mapping[str, object]
E = TypeVar("E", Channel, DialMode)
_NOTHING: Final[Json] = {}
#: Years in which something can have happened; with others time cannot be reckoned.
_POSSIBLE: Final = range(1900, 2200)


def merged(defaults: object, changes: object) -> object:
    """Return *changes* merged deeply onto *defaults*.

    >>> merged({"a": {"b": 1, "c": [1]}}, {"a": {"c": [2]}})
    {'a': {'b': 1, 'c': [2]}}
    """
    if not isinstance(defaults, dict) or not isinstance(changes, dict):
        return changes
    both = {**defaults, **changes}
    return {
        key: merged(defaults[key], changes[key]) if key in defaults and key in changes else value
        for key, value in both.items()
    }


@dataclass(slots=True)
class _Reader:
    """Reads values out of one JSON object and remembers what it could not read."""

    content: Json
    path: str
    problems: list[str] = field(default_factory=list)

    def _read(self, key: str, kind: type | tuple[type, ...], expected: str) -> object:
        value = self.content.get(key)
        if value is None or (isinstance(value, kind) and not _is_mere_bool(value, kind)):
            return value
        self.problems.append(f"{self.path}{key}: found {_named(value)}, expected {expected}")
        return None

    def text(self, key: str) -> str | None:
        value = self._read(key, str, "text")
        return value if isinstance(value, str) else None

    def flag(self, key: str, default: bool = False) -> bool:
        """Return the flag under *key*; *default* where there is none, false where it is null."""
        value = self._read(key, bool, "true or false")
        if isinstance(value, bool):
            return value
        return default and key not in self.content

    def count(self, key: str) -> int | None:
        value = self._read(key, int, "a whole number")
        return value if isinstance(value, int) else None

    def instant(self, key: str, *, ends: bool = False) -> datetime | None:
        """Return the instant under *key*; one that *ends* something may lie beyond all time."""
        value = self.text(key)
        if value is None:
            return None
        expected = "an instant with its zone such as 2026-11-23T08:00:00Z"
        try:
            at = datetime.fromisoformat(value)
            if at.tzinfo is not None and at.utcoffset() is not None:
                if at.year in _POSSIBLE or (ends and at.year >= _POSSIBLE.stop):
                    return at
                expected = f"a year from {_POSSIBLE.start} to {_POSSIBLE.stop - 1}"
        except (ValueError, OverflowError):
            pass
        self.problems.append(f"{self.path}{key}: found unusable text, expected {expected}")
        return None

    def needed(self, *keys: str) -> None:
        """Remember as a problem that any of *keys* is missing or blank."""
        for key in keys:
            value = self.content.get(key)
            if value is None or (isinstance(value, str) and not value.strip()):
                self.problems.append(f"{self.path}{key}: is missing")

    def texts(self, key: str) -> tuple[str, ...]:
        value = self._read(key, list, "a list of texts")
        if not isinstance(value, list):
            return ()
        if not all(isinstance(item, str) for item in value):
            self.problems.append(f"{self.path}{key}: expected a list of texts")
        return tuple(item for item in value if isinstance(item, str))

    def member(self, key: str, kind: type[E], default: E) -> E:
        value = self.text(key)
        if value is None:
            if key in self.content:
                self.problems.append(f"{self.path}{key}: is null; name one")
            return default
        try:
            return kind(value)
        except ValueError:
            expected = ", ".join(kind)
            self.problems.append(f"{self.path}{key}: unknown value, expected one of {expected}")
            return default

    def part(self, key: str) -> "_Reader | None":
        value = self._read(key, dict, "an object")
        if not isinstance(value, dict):
            return None
        return _Reader(value, f"{self.path}{key}.", self.problems)

    def parts(self, key: str) -> "Iterator[_Reader]":
        value = self._read(key, list, "a list of objects")
        for number, item in enumerate(value if isinstance(value, list) else ()):
            if isinstance(item, dict):
                yield _Reader(item, f"{self.path}{key}[{number}].", self.problems)
            else:
                self.problems.append(f"{self.path}{key}[{number}]: expected an object")


def _is_mere_bool(value: object, kind: type | tuple[type, ...]) -> bool:
    return isinstance(value, bool) and kind is int


def _named(value: object) -> str:
    names = {str: "text", bool: "true or false", int: "a number", float: "a number"}
    names |= {list: "a list", dict: "an object"}
    return names.get(type(value), "something else")


def read(content: object, *, name: str) -> tuple[GateInput, datetime | None]:
    """Return the input of the case *name* and the instant of its decision (None: unreadable)."""
    reader = _Reader(content if isinstance(content, dict) else _NOTHING, "")
    if not isinstance(content, dict):
        reader.problems.append("input: expected an object")
    now = reader.instant("now")
    if now is None:
        reader.problems.append("now: is missing; give the instant of the decision")
    lead = reader.part("lead") or _Reader(_NOTHING, "lead.", reader.problems)
    campaign = reader.part("campaign") or _Reader(_NOTHING, "campaign.", reader.problems)
    phone = reader.part("phone")
    overrides = reader.part("overrides")
    phones = list(lead.parts("phones"))
    number = phone.text("raw") if phone else None
    approved = reader.texts("approved_profiles") if "approved_profiles" in reader.content else None
    facts = GateInput(
        attempt=reader.text("attempt") or f"case {name}",
        lead=_lead(lead),
        campaign=_campaign(campaign),
        number=number or (phones[0].text("raw") if phones else None) or "",
        region_hint=phone.text("region_hint") if phone else None,
        consents=tuple(_consent(part) for part in reader.parts("consents")),
        recording_consent=_recording_consent(reader),
        callback=_callback(reader),
        registers=tuple(_registers(reader.part("registers"))),
        suppressions=tuple(_suppression(part) for part in reader.parts("suppressions")),
        history=tuple(_history(reader)),
        use_grace=overrides.flag("use_grace") if overrides else False,
        bundle_verified=reader.flag("policy_bundle_verified", default=True),
        approved=None if approved is None else frozenset(approved),
        unreadable=tuple(reader.problems),
    )
    return facts, now


def _lead(reader: _Reader) -> LeadFacts:
    relation = reader.part("relation")
    subject = reader.text("subject")
    named = reader.content.get("id")
    return LeadFacts(
        id=named if isinstance(named, int) and not isinstance(named, bool) else 0,
        country=reader.text("country"),
        subdivision=reader.text("subdivision"),
        time_zone=reader.text("timezone"),
        subject=Subject(subject) if subject in set(Subject) else None,
        age=reader.count("age"),
        deceased=reader.flag("deceased"),
        erased=reader.flag("erased"),
        restricted=reader.flag("restricted"),
        objected_at=reader.instant("objected_at"),
        retention_until=reader.instant("retention_until", ends=True),
        source=reader.text("source"),
        obtained_at=reader.instant("obtained_at"),
        notice_at=reader.instant("art14_notice_at"),
        balancing_test=reader.text("lia_id"),
        presumed_consent_documented=reader.flag("presumed_consent_documented"),
        relation=None if relation is None else _relation(relation),
        established_business_relationship=reader.flag("ebr"),
        special_category=reader.flag("special_category"),
        stored_in=reader.text("stored_in"),
    )


def _relation(reader: _Reader) -> Relation:
    return Relation(
        last_at=reader.instant("last_at"),
        contract_active=reader.flag("contract_active"),
        offer_similar=reader.flag("offer_similar"),
        offer_related=reader.flag("offer_related"),
    )


def _campaign(reader: _Reader) -> CampaignFacts:
    cli = reader.part("cli") or _Reader(_NOTHING, "campaign.cli.", reader.problems)
    stats = reader.part("stats")
    reader.needed("channel")  # whether a person or a machine would speak
    return CampaignFacts(
        id=reader.text("id") or "",
        controller=reader.text("controller") or "",
        controller_kind=reader.text("controller_kind"),
        purpose=reader.text("purpose") or "",
        sector=reader.text("sector"),
        channel=reader.member("channel", Channel, Channel.LIVE_CALL),
        dial_mode=reader.member("dial_mode", DialMode, DialMode.PREDICTIVE),
        recording=reader.flag("recording"),
        opt_out_in_message=reader.flag("optout_in_message"),
        special_category=reader.flag("special_category"),
        statistics=None if stats is None else _statistics(stats),
        caller_id=CallerIdFacts(
            number=cli.text("e164"),
            presented=cli.flag("presented"),
            callable=cli.flag("callable"),
            label_contract=cli.flag("label_contract"),
        ),
    )


def _statistics(reader: _Reader) -> AbandonStatistics:
    reader.needed("live_answered", "abandoned")
    return AbandonStatistics(
        live_answered=reader.count("live_answered") or 0, abandoned=reader.count("abandoned") or 0
    )


def _consent(reader: _Reader) -> ConsentFacts:
    return ConsentFacts(
        id=reader.text("id") or "",
        controller=reader.text("controller"),
        purposes=reader.texts("purposes"),
        channels=reader.texts("channels"),
        given_at=reader.instant("given_at"),
        renewed_at=reader.instant("renewed_at"),
        expires_at=reader.instant("expires_at", ends=True),
        withdrawn_at=reader.instant("withdrawn_at"),
        evidence=reader.text("evidence"),
        automated=reader.flag("automated"),
        separate_document=reader.flag("separate_document"),
        bound_to=reader.text("bound_to"),
        explicit_special=reader.flag("explicit_special"),
        sectors=reader.texts("sectors"),
        out_of_hours=reader.flag("out_of_hours"),
    )


def _recording_consent(reader: _Reader) -> bool:
    value = reader.content.get("recording_consent")
    if isinstance(value, dict):
        return bool(value)
    return reader.flag("recording_consent")


def _callback(reader: _Reader) -> CallbackFacts | None:
    part = reader.part("callback")
    if part is None:
        return None
    start, end = part.instant("slot_start"), part.instant("slot_end")
    if start is None or end is None:
        reader.problems.append("callback: slot_start and slot_end are needed")
        return None
    return CallbackFacts(
        controller=part.text("controller"),
        slot_start=start,
        slot_end=end,
        evidence=part.text("evidence"),
    )


def _registers(reader: _Reader | None) -> Iterator[RegisterAnswer]:
    for name in reader.content if reader is not None else ():
        part = reader.part(name) if reader is not None else None
        if part is not None:
            answered = part.content.get("listed") is not None  # without a yes or no it is none
            yield RegisterAnswer(
                register=name,
                as_of=part.instant("as_of") if answered else None,
                listed=part.flag("listed"),
                listed_at=part.instant("listed_at"),
                allowed_sectors=part.texts("allowed_sectors"),
            )


def _suppression(reader: _Reader) -> SuppressionMatch:
    reader.needed("match", "scope")
    return SuppressionMatch(
        match=reader.flag("match"),
        scope=reader.text("scope") or "",
        kind=reader.text("kind") or "",
        key_id=reader.text("key_id"),
    )


def _history(reader: _Reader) -> Iterator[EarlierAttempt]:
    for part in reader.parts("history"):
        at = part.instant("at")
        if at is None:
            reader.problems.append(f"{part.path}at: is missing")
            continue
        yield EarlierAttempt(
            at=at,
            outcome=(part.text("outcome") or "").strip().lower(),
            counts=part.flag("attempt") or part.content.get("attempt") is not False,
            number=part.text("phone"),
        )
