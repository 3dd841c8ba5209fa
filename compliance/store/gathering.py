"""Facts for the gate, fetched in bulk: a handful of statements for hundreds of leads.

Rule: what is not found stays missing, and a missing fact never counts in favour of calling.
"""

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Final

from compliance.facts import (
    AbandonStatistics,
    CallbackFacts,
    CampaignFacts,
    ConsentFacts,
    EarlierAttempt,
    GateInput,
    LeadFacts,
    RegisterAnswer,
    Subject,
    SuppressionMatch,
)
from compliance.gates.rights import GLOBAL
from compliance.gates.subject import ADULT_AGE
from compliance.history import earlier_attempts
from compliance.number import examine
from compliance.profile import Abandonment, Bundle, Rules
from compliance.store.approvals import approved_profiles
from compliance.store.attestations import usable_attestations
from compliance.store.balancing import balancing_tests
from compliance.store.consents import consents_of
from compliance.store.list_statements import StatementKind, statements_of
from compliance.store.marks import Marks, marks_of
from compliance.store.registers import screen_numbers
from compliance.store.suppressions import matching
from compliance.suppression import Entry, Keyring, protects
from leads.callback import Callback
from leads.lead import LeadId, PersonId
from leads.store.attempts import attempts_of_people
from leads.store.callbacks import open_promises
from leads.store.connection import Connection
from leads.store.lead_row import LeadRow
from leads.store.people import numbers_of_leads

#: A promise is about its time and as long after it.
PROMISE_LENGTH: Final = timedelta(minutes=15)
_LONG_AGO: Final = datetime.min.replace(tzinfo=UTC)
_SUBJECTS: Final = frozenset(Subject)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """The wish to call a lead at one of its numbers."""

    lead: LeadRow
    number: str  #: E.164
    attempt: str = ""  #: names the attempt being opened; empty for screening


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """For whom the calls would be made, and how."""

    client_id: int
    campaign: CampaignFacts  #: its controller is the name under which consents are compared
    own_campaigns: Container[int]  #: ids of all campaigns of the client
    lab: bool  #: profiles need no approval
    #: How the campaign stands under each definition of abandonment; missing: too few to judge.
    statistics: Mapping[Abandonment, AbandonStatistics] = field(default_factory=dict)


def controller(client_id: int) -> str:
    """Return the name by which a client is called in the gate's facts."""
    return f"client:{client_id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    """All that was fetched for a batch, by person, lead or number."""

    consents: dict[int, list[ConsentFacts]]
    marks: dict[int, Marks]
    entries: list[Entry]
    numbers: dict[LeadId, tuple[str, ...]]
    registers: dict[str, tuple[RegisterAnswer, ...]]
    history: dict[int, tuple[EarlierAttempt, ...]]
    promises: dict[LeadId, Callback]
    tests: dict[str, str]
    statements: dict[tuple[int, StatementKind], datetime]
    approved: frozenset[str] | None


async def facts(
    connection: Connection,
    wishes: Sequence[Wish],
    *,
    caller: Caller,
    bundle: Bundle,
    keyring: Keyring,
    now: datetime,
) -> dict[LeadId, GateInput]:
    """Return the gate's input for every wish, by lead."""
    if not wishes:
        return {}
    known = await _fetch(connection, wishes, caller, bundle, keyring, now)
    return {
        wish.lead.lead.id: _input(
            wish, caller=caller, known=known, bundle=bundle, keyring=keyring, now=now
        )
        for wish in wishes
    }


async def _fetch(
    connection: Connection,
    wishes: Sequence[Wish],
    caller: Caller,
    bundle: Bundle,
    keyring: Keyring,
    now: datetime,
) -> _Known:
    people = sorted({int(wish.lead.lead.person) for wish in wishes})
    leads = [wish.lead.lead.id for wish in wishes]
    of_leads = await numbers_of_leads(connection, leads)
    numbers = {
        wish.lead.lead.id: tuple(
            {wish.number, *(n.number for n in of_leads.get(wish.lead.lead.id, ()))}
        )
        for wish in wishes
    }
    hashes = {h for of_lead in numbers.values() for n in of_lead for h in keyring.digests(n)}
    attempts = await attempts_of_people(connection, [PersonId(person) for person in people])
    return _Known(
        consents=await _consents(connection, people, caller),
        marks=await marks_of(connection, people, client_id=caller.client_id),
        entries=await matching(connection, sorted(hashes), now=now),
        numbers=numbers,
        registers=await screen_numbers(
            connection,
            (wish.number for wish in wishes),
            registers=sorted({r for wish in wishes for r in _registers(wish, caller, bundle)}),
            keyring=keyring,
        ),
        history={
            int(person): earlier_attempts(rows, caller.own_campaigns)
            for person, rows in attempts.items()
        },
        promises=await open_promises(connection, leads),
        tests=await balancing_tests(
            connection, client_id=caller.client_id, purpose=caller.campaign.purpose, now=now
        ),
        statements=await statements_of(connection, {wish.lead.list_id for wish in wishes}),
        approved=None if caller.lab else await approved_profiles(connection),
    )


async def _consents(
    connection: Connection, people: Sequence[int], caller: Caller
) -> dict[int, list[ConsentFacts]]:
    stored = await consents_of(
        connection, people, client_id=caller.client_id, controller=caller.campaign.controller
    )
    attested = {consent.attestation_id for consent in stored if consent.attestation_id is not None}
    usable = await usable_attestations(connection, sorted(attested)) if attested else frozenset()
    found: dict[int, list[ConsentFacts]] = {}
    for consent in stored:
        fact = consent.facts
        if fact.evidence is None and consent.attestation_id in usable:
            fact = replace(fact, evidence=f"attestation:{consent.attestation_id}")
        found.setdefault(consent.person_id, []).append(fact)
    return {person: withdrawn_together(consents) for person, consents in found.items()}


def withdrawn_together(consents: Sequence[ConsentFacts]) -> list[ConsentFacts]:
    """Return *consents* with a withdrawal applied to all that were given before it.

    Who takes back their consent takes back every copy of it, also one that a list brings again
    afterwards. What is given after the withdrawal is new.
    """
    last = max((c.withdrawn_at for c in consents if c.withdrawn_at is not None), default=None)
    return [
        replace(consent, withdrawn_at=last)
        if last is not None
        and consent.withdrawn_at is None
        and max(at for at in (consent.given_at, consent.renewed_at, _LONG_AGO) if at) <= last
        else consent
        for consent in consents
    ]


def _rules(wish: Wish, caller: Caller, bundle: Bundle) -> list[Rules]:
    """Return the rules, in all versions, of the lead's and the number's country."""
    countries = {wish.lead.country.upper(), examine(wish.number, None).country}
    return [
        rules
        for country in sorted(country for country in countries if country is not None)
        for rules in bundle.versions(
            country,
            subdivision=wish.lead.subdivision,
            controller=caller.campaign.controller,
            campaign=caller.campaign.id,
        )
    ]


def _registers(wish: Wish, caller: Caller, bundle: Bundle) -> frozenset[str]:
    """Return the registers that the law of the lead's or the number's country knows."""
    return frozenset(
        register.id for rules in _rules(wish, caller, bundle) for register in rules.registers
    )


def _campaign(wish: Wish, caller: Caller, bundle: Bundle) -> CampaignFacts:
    """Return the campaign with its abandon statistics as the laws that hold here count them."""
    found = [
        caller.statistics[rules.abandonment]
        for rules in _rules(wish, caller, bundle)
        if rules.abandonment in caller.statistics
    ]
    if not found:
        return caller.campaign
    worst = max(found, key=lambda one: one.abandoned / max(one.live_answered, 1))
    return replace(caller.campaign, statistics=worst)


def _input(
    wish: Wish, *, caller: Caller, known: _Known, bundle: Bundle, keyring: Keyring, now: datetime
) -> GateInput:
    row, person = wish.lead, int(wish.lead.lead.person)
    marks = known.marks.get(person, Marks())
    wanted = _registers(wish, caller, bundle)
    return GateInput(
        attempt=wish.attempt,
        lead=_lead(row, marks, known, now),
        campaign=_campaign(wish, caller, bundle),
        number=wish.number,
        consents=tuple(known.consents.get(person, ())),
        recording_consent=marks.recording_consent,
        callback=_callback(known.promises.get(row.lead.id), caller),
        registers=tuple(
            answer for answer in known.registers[wish.number] if answer.register in wanted
        ),
        suppressions=_suppressions(wish, caller, known, keyring),
        history=known.history.get(person, ()),
        approved=known.approved,
    )


def _lead(row: LeadRow, marks: Marks, known: _Known, now: datetime) -> LeadFacts:
    presumed_from = known.statements.get((row.list_id, StatementKind.PRESUMED_CONSENT))
    return LeadFacts(
        id=row.lead.id,
        country=row.country,
        subdivision=row.subdivision,
        time_zone=row.time_zone,
        subject=Subject(row.subject) if row.subject in _SUBJECTS else None,
        age=ADULT_AGE - 1 if marks.minor else None,
        deceased=marks.deceased,
        erased=marks.erased,
        restricted=marks.restricted,
        objected_at=marks.objected_at,
        source=row.source,
        obtained_at=row.obtained_at,
        notice_at=known.statements.get((row.list_id, StatementKind.NOTICE)),
        balancing_test=known.tests.get(row.country.upper()),
        presumed_consent_documented=presumed_from is not None and presumed_from <= now,
    )


def _callback(promise: Callback | None, caller: Caller) -> CallbackFacts | None:
    if promise is None:
        return None
    return CallbackFacts(
        controller=caller.campaign.controller,
        slot_start=promise.due_at,
        slot_end=promise.due_at + PROMISE_LENGTH,
        evidence=f"promise of {promise.promised_at:%Y-%m-%dT%H:%M:%SZ}",
    )


def _suppressions(
    wish: Wish, caller: Caller, known: _Known, keyring: Keyring
) -> tuple[SuppressionMatch, ...]:
    if not known.entries:
        return ()
    dialled = keyring.digests(wish.number)
    of_person = {h for n in known.numbers[wish.lead.lead.id] for h in keyring.digests(n)}
    return tuple(
        SuppressionMatch(
            match=True,
            scope=GLOBAL if entry.client_id is None else caller.campaign.controller,
            key_id=entry.key_id,
        )
        for entry in known.entries
        if protects(entry, dialled=dialled, of_person=of_person, client_id=caller.client_id)
    )
