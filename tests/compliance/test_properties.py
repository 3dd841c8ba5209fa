"""What must hold for every input, however strange: the promises of the gate."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from compliance.consent import failure
from compliance.decision import (
    AbandonStatistics,
    CallbackFacts,
    CallerIdFacts,
    Channel,
    ConsentFacts,
    DialMode,
    EarlierAttempt,
    GateInput,
    Kind,
    Permit,
    RegisterAnswer,
    Relation,
    Subject,
    SuppressionMatch,
    check,
    screen,
)
from compliance.facts import GUARANTEED, CampaignFacts, LeadFacts
from compliance.hours import is_open, next_opening
from compliance.jurisdiction import Jurisdiction, find_places
from compliance.loading import load
from compliance.number import examine
from compliance.profile import Regime
from tests.compliance.builders import MONDAY, a_consent, an_input

BUNDLE = load()
EPOCH = datetime(2025, 1, 1, tzinfo=UTC)
INSTANTS = st.integers(0, 3 * 366 * 86_400).map(lambda seconds: EPOCH + timedelta(seconds=seconds))
MAYBE = st.none() | INSTANTS
COUNTRIES = st.sampled_from([*sorted(BUNDLE.countries), "LT", "XX", "", "bg", None])
NUMBERS = st.sampled_from(
    [
        *("+359888123456", "+48501234567", "+40721234567", "+442079460123", "+79123456789"),
        *("+34612345678", "+12125550123", "+37061234567", "112", "abc", "", "+80012345678"),
    ]
) | st.text(max_size=12)
ZONES = st.sampled_from(
    ["Europe/Sofia", "Europe/Moscow", "America/New_York", "Mars/Olympus", "", "UTC", None]
)
WORDS = st.sampled_from(["acme", "other", "sales", "phone", "email", ""])

CONSENTS = st.builds(
    ConsentFacts,
    id=st.just("c"),
    controller=st.none() | WORDS,
    purposes=st.lists(WORDS, max_size=2).map(tuple),
    channels=st.lists(WORDS, max_size=2).map(tuple),
    given_at=MAYBE,
    renewed_at=MAYBE,
    expires_at=MAYBE,
    withdrawn_at=MAYBE,
    evidence=st.none() | WORDS,
    automated=st.booleans(),
    separate_document=st.booleans(),
    bound_to=st.sampled_from(["person", "number_only", None]),
    explicit_special=st.booleans(),
)
LEADS = st.builds(
    LeadFacts,
    country=COUNTRIES,
    subdivision=st.sampled_from(["FL", "BY", "??", None]),
    time_zone=ZONES,
    subject=st.none() | st.sampled_from(Subject),
    age=st.none() | st.integers(-1, 120),
    deceased=st.booleans(),
    erased=st.booleans(),
    restricted=st.booleans(),
    objected_at=MAYBE,
    retention_until=MAYBE,
    source=st.sampled_from(["third_party", "own_form", None]),
    obtained_at=MAYBE,
    balancing_test=st.none() | st.just("lia"),
    presumed_consent_documented=st.booleans(),
    relation=st.none() | st.builds(Relation, last_at=MAYBE, contract_active=st.booleans()),
    special_category=st.booleans(),
    stored_in=COUNTRIES,
)
CAMPAIGNS = st.builds(
    CampaignFacts,
    id=st.just("7"),
    controller=st.just("acme"),
    purpose=st.just("sales"),
    sector=st.sampled_from(["home_energy", "pensions", None]),
    channel=st.sampled_from(Channel),
    dial_mode=st.sampled_from(DialMode),
    recording=st.booleans(),
    opt_out_in_message=st.booleans(),
    statistics=st.none()
    | st.builds(
        AbandonStatistics, live_answered=st.integers(-1, 1000), abandoned=st.integers(-1, 1000)
    ),
    caller_id=st.builds(CallerIdFacts, number=st.none() | NUMBERS, presented=st.booleans()),
)
STRANGE = st.builds(
    GateInput,
    lead=LEADS,
    campaign=CAMPAIGNS,
    number=NUMBERS,
    attempt=st.sampled_from(["a1", ""]),
    consents=st.lists(CONSENTS, max_size=3).map(tuple),
    callback=st.none()
    | st.builds(
        CallbackFacts,
        controller=WORDS,
        slot_start=INSTANTS,
        slot_end=INSTANTS,
        evidence=st.none() | WORDS,
    ),
    registers=st.lists(
        st.builds(
            RegisterAnswer,
            register=st.sampled_from(["TPS", "RPO", "SK_DNC", "DNCM"]),
            as_of=MAYBE,
            listed=st.booleans(),
            listed_at=MAYBE,
        ),
        max_size=3,
    ).map(tuple),
    suppressions=st.lists(
        st.builds(
            SuppressionMatch, match=st.booleans(), scope=st.sampled_from(["global", "acme", "x"])
        ),
        max_size=2,
    ).map(tuple),
    history=st.lists(
        st.builds(
            EarlierAttempt,
            at=INSTANTS,
            outcome=st.sampled_from(["refused", "abandoned", "silent", "machine_amd", "busy"]),
            counts=st.booleans(),
        ),
        max_size=6,
    ).map(tuple),
)
WORKDAYS = st.integers(0, 300).map(lambda days: MONDAY + timedelta(days=days))


@st.composite
def plausible(draw):
    """A call that is nearly or wholly in order, so that the gate often says yes."""
    country, number = draw(
        st.sampled_from(
            [
                *(("BG", "+359888123456"), ("PL", "+48501234567"), ("GB", "+442079460123")),
                *(("FR", "+33612345678"), ("DE", "+4915123456789"), ("RU", "+74951234567")),
            ]
        )
    )
    return an_input(
        lead={
            "country": country,
            "subject": draw(st.none() | st.sampled_from(Subject)),
            "time_zone": draw(st.sampled_from([None, "Europe/Sofia", "Europe/Moscow"])),
            "balancing_test": draw(st.none() | st.just("lia")),
            "presumed_consent_documented": draw(st.booleans()),
            "stored_in": country,
        },
        campaign={
            "dial_mode": draw(st.sampled_from(DialMode)),
            "channel": draw(st.sampled_from([*[Channel.LIVE_CALL] * 3, Channel.PRERECORDED])),
            "opt_out_in_message": True,
            "caller_id": CallerIdFacts(
                number="+442079460999", presented=True, callable=True, label_contract=True
            ),
        },
        number=number,
        consents=tuple(
            draw(
                st.lists(
                    st.builds(
                        a_consent,
                        withdrawn_at=st.none() | WORKDAYS,
                        expires_at=st.none() | WORKDAYS,
                        automated=st.booleans(),
                        evidence=st.sampled_from(["ev", "ev", None]),
                    ),
                    max_size=2,
                )
            )
        ),
        registers=(RegisterAnswer(register="TPS", as_of=MONDAY, listed=draw(st.booleans())),),
        history=tuple(
            draw(
                st.lists(
                    st.builds(
                        EarlierAttempt,
                        at=WORKDAYS,
                        outcome=st.sampled_from(["refused", "abandoned", "machine_amd", "busy"]),
                    ),
                    max_size=3,
                )
            )
        ),
    )


INPUTS = STRANGE | plausible() | plausible()
TIMES = WORKDAYS | INSTANTS
MANY = settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@MANY
@given(INPUTS, TIMES)
def test_check_answers_everything_and_fails_at_nothing(facts, now):
    decision = check(facts, BUNDLE, now)
    codes = {reason.code for reason in decision.evaluation.reasons}
    assert "GATE_FAULT" not in codes
    if isinstance(decision, Permit):
        assert facts.attempt and not codes
        assert now < decision.expires_at <= now + timedelta(seconds=60)
    else:
        assert decision.reasons and decision.verdict in ("deny", "defer")
        if decision.verdict == "deny":
            assert decision.defer_until is None


@MANY
@given(INPUTS, TIMES)
def test_nothing_is_allowed_without_a_satisfied_basis_in_every_country(facts, now):
    if not isinstance(check(facts, BUNDLE, now), Permit):
        return
    places = find_places(facts, examine(facts.number, facts.lead.country), BUNDLE, now)
    assert places.jurisdictions
    for place in places.jurisdictions:
        rules = place.rules
        automated = facts.campaign.channel.automated
        subject = facts.lead.subject or Subject.CONSUMER
        regime = (rules.automated if automated else rules.live)[subject]
        valid = [
            consent
            for consent in facts.consents
            if failure(consent, facts.campaign, rules.consent, now) is None
        ]
        lawful = (
            bool(valid)
            or (regime is Regime.OPT_OUT and bool(facts.lead.balancing_test))
            or (regime is Regime.PRESUMED and facts.lead.presumed_consent_documented)
            or (rules.customer_exception is not None and facts.lead.relation is not None)
            or (facts.callback is not None and bool(facts.callback.evidence))
        )
        assert lawful and regime is not Regime.PROHIBITED


@MANY
@given(INPUTS, TIMES)
def test_a_deferral_with_a_time_is_open_then_and_closed_a_minute_before(facts, now):
    decision = screen(facts, BUNDLE, now)
    if decision.verdict != "defer" or decision.defer_until is None:
        return
    until = decision.defer_until
    assert until >= now and until.second == until.microsecond == 0
    again = screen(facts, BUNDLE, until)
    timed = {reason.code for reason in again.evaluation.reasons if reason.wait_for is None}
    waiting = {code for code in timed if code.startswith(("CAP_", "COOLDOWN_", "OUTSIDE"))}
    assert not waiting


@MANY
@given(INPUTS, TIMES, st.sampled_from(["suppress", "object", "erase", "withdraw", "forget"]))
def test_what_a_person_forbids_never_opens_the_gate(facts, now, change):
    changed = {
        "suppress": replace(
            facts, suppressions=(*facts.suppressions, SuppressionMatch(match=True, scope="global"))
        ),
        "object": replace(facts, lead=replace(facts.lead, objected_at=now)),
        "erase": replace(facts, lead=replace(facts.lead, erased=True)),
        "withdraw": replace(
            facts, consents=tuple(replace(c, withdrawn_at=now) for c in facts.consents)
        ),
        # What is withdrawn is kept: the withdrawal is the person's no, and not forgotten.
        "forget": replace(facts, consents=tuple(c for c in facts.consents if c.withdrawn_at)),
    }[change]
    before, after = check(facts, BUNDLE, now), check(changed, BUNDLE, now)
    if change in ("suppress", "object", "erase"):
        assert after.verdict == "deny"
    if before.verdict == "deny":
        assert after.verdict == "deny"


@MANY
@given(st.sampled_from(["RU", "US", "ES", "PL", "FR", "IT", "DE", "GB"]), INSTANTS)
def test_the_next_opening_is_the_first_open_minute(country, start):
    [*versions] = BUNDLE.versions(country, subdivision=None, controller="", campaign="")
    rules = versions[-1]
    place = Jurisdiction(rules=rules, versions=tuple(versions), zones=rules.zones, subdivision=None)
    found = next_opening([place], start)
    assert found is not None
    minute = timedelta(minutes=1)
    first = start.replace(second=0, microsecond=0)
    first += minute * (first < start)
    if (found - first) < timedelta(days=1):  # looking at every minute is slow
        while first < found:
            assert not all(is_open(place, zone, first) for zone in place.zones)
            first += minute
    assert all(is_open(place, zone, found) for zone in place.zones)


@MANY
@given(INPUTS, TIMES)
def test_a_permit_allows_only_modes_in_which_it_would_be_given_again(facts, now):
    decision = check(facts, BUNDLE, now)
    if not isinstance(decision, Permit):
        return
    for mode in decision.dial_modes:
        again = check(replace(facts, campaign=replace(facts.campaign, dial_mode=mode)), BUNDLE, now)
        assert again.verdict == "allow"
    assert facts.campaign.dial_mode in decision.dial_modes
    assert decision.dial_modes >= GUARANTEED


def test_a_naive_time_is_refused_and_not_an_exception():
    naive = datetime(2026, 11, 23, 10)  # noqa: DTZ001  (naive on purpose)
    decision = check(an_input(), BUNDLE, naive)
    assert decision.verdict == "deny"
    inside = an_input(lead={"objected_at": naive})
    assert check(inside, BUNDLE, MONDAY).verdict == "deny"


def test_screening_needs_no_attempt_and_a_permit_does():
    nameless = an_input(attempt="")
    assert screen(nameless, BUNDLE, MONDAY).verdict == "allow"
    refused = check(nameless, BUNDLE, MONDAY)
    assert [(r.code, r.kind) for r in refused.reasons] == [("INPUT_INVALID", Kind.DENY)]
