"""Gate by gate: what each one objects to, and what it leaves alone."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from compliance.decision import (
    AbandonStatistics,
    CallbackFacts,
    CallerIdFacts,
    Channel,
    DialMode,
    EarlierAttempt,
    RegisterAnswer,
    Relation,
    Subject,
    SuppressionMatch,
    check,
)
from compliance.loading import load
from tests.compliance.builders import MONDAY, a_consent, an_input

BUNDLE = load()
DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
LABELLED = CallerIdFacts(number="+74951234567", presented=True, callable=True, label_contract=True)


def decide(facts, now=MONDAY):
    return check(facts, BUNDLE, now)


def codes(facts, now=MONDAY):
    return [reason.code for reason in decide(facts, now).evaluation.reasons]


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def a_british_company(**changes):
    lead = {"country": "GB", "subject": Subject.LEGAL_PERSON, "balancing_test": "lia-1"}
    fresh = RegisterAnswer(register="CTPS", as_of=MONDAY - DAY, listed=False)
    given = an_input(lead=lead, number="+442079460123", consents=(), registers=(fresh,))
    return replace(given, **changes)


def a_call_to(country, number, consent=True, lead=None, campaign=None, **changes):
    return an_input(
        lead={"country": country, "stored_in": country, **(lead or {})},
        campaign=campaign,
        number=number,
        consents=(a_consent(),) if consent else (),
        **changes,
    )


RPO = RegisterAnswer(register="RPO", as_of=MONDAY - DAY, listed=False)


def an_italian(**changes):
    return a_call_to("IT", "+393123456789", registers=(RPO,), **changes)


def a_frenchman(**changes):
    return a_call_to("FR", "+33612345678", **changes)


def a_russian(mode=DialMode.PREVIEW, **changes):
    lead = {"time_zone": "Europe/Moscow"}
    campaign = {"dial_mode": mode, "caller_id": LABELLED}
    return a_call_to("RU", "+79123456789", lead=lead, campaign=campaign, **changes)


# --- basis -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"controller": "other"}, "CONSENT_CONTROLLER_MISMATCH"),
        ({"purposes": ("surveys",)}, "CONSENT_PURPOSE_MISMATCH"),
        ({"channels": ("email",)}, "CONSENT_CHANNEL_MISMATCH"),
        ({"given_at": MONDAY + HOUR}, "CONSENT_NOT_YET_GIVEN"),
        ({"given_at": None}, "CONSENT_NOT_YET_GIVEN"),
        ({"withdrawn_at": MONDAY}, "CONSENT_WITHDRAWN"),
        ({"expires_at": MONDAY}, "CONSENT_EXPIRED"),
        ({"evidence": None}, "CONSENT_EVIDENCE_MISSING"),
        ({"evidence": ""}, "CONSENT_EVIDENCE_MISSING"),
    ],
)
def test_a_consent_fails_for_the_first_thing_that_is_wrong_with_it(change, code):
    assert codes(an_input(consents=(a_consent(**change),))) == [code]


def test_of_several_failing_consents_the_first_gives_the_reason():
    both = (a_consent(evidence=None), a_consent(controller="other"))
    assert codes(an_input(consents=both)) == ["CONSENT_EVIDENCE_MISSING"]


def test_a_consent_grows_old_where_the_law_says_so_unless_it_was_renewed():
    robinson = RegisterAnswer(register="ROBINSON_ADIGITAL", as_of=MONDAY - DAY, listed=False)
    old = a_consent(given_at=MONDAY - 730 * DAY)
    spanish = a_call_to(
        "ES",
        "+34612345678",
        lead={"time_zone": "Europe/Madrid"},
        campaign={"caller_id": CallerIdFacts(number="+34911234567", presented=True)},
        registers=(robinson,),
    )
    assert codes(replace(spanish, consents=(old,))) == ["CONSENT_EXPIRED"]
    renewed = replace(old, renewed_at=MONDAY - DAY)
    assert codes(replace(spanish, consents=(renewed,))) == []
    younger = replace(old, given_at=MONDAY - 730 * DAY + HOUR)
    assert codes(replace(spanish, consents=(younger,))) == []


def test_russia_wants_a_document_of_its_own():
    loose = a_consent(separate_document=False)
    now = at("2026-11-23T07:30")
    assert codes(replace(a_russian(), consents=(loose,)), now) == ["CONSENT_FORM_INVALID"]
    assert codes(a_russian(), now) == []


def test_robots_need_a_consent_of_their_own_and_a_way_out():
    robot = {"channel": Channel.PRERECORDED}
    assert codes(an_input(campaign=robot)) == [
        "CONSENT_AUTOMATED_MISSING",
        "OPTOUT_MECHANISM_MISSING",
    ]


def test_a_withdrawn_consent_is_not_replaced_by_a_balancing_test():
    taken_back = (a_consent(withdrawn_at=MONDAY - DAY),)
    assert codes(a_british_company(consents=taken_back)) == ["CONSENT_WITHDRAWN"]


def test_where_only_consent_carries_a_call_the_first_failing_one_is_the_reason_still():
    expired = a_consent(id="c1", expires_at=MONDAY - DAY)
    taken_back = a_consent(id="c2", withdrawn_at=MONDAY - DAY)
    assert codes(an_input(consents=(expired, taken_back))) == ["CONSENT_EXPIRED"]
    assert codes(an_input(consents=(taken_back, expired))) == ["CONSENT_WITHDRAWN"]
    assert codes(a_british_company(consents=(expired, taken_back))) == ["CONSENT_WITHDRAWN"]


def test_a_charity_needs_a_dealing_to_speak_of_not_just_the_word_relation():
    charity = {"controller_kind": "charity"}

    def dutch(relation):
        lead = {"relation": relation}
        return a_call_to("NL", "+31612345678", consent=False, lead=lead, campaign=charity)

    assert codes(dutch(Relation())) == ["BASIS_RELATION_TOO_OLD"]
    assert codes(dutch(Relation(last_at=MONDAY + DAY))) == ["BASIS_RELATION_TOO_OLD"]
    assert codes(dutch(Relation(last_at=MONDAY - DAY))) == []
    assert codes(dutch(Relation(contract_active=True))) == []


def test_a_running_contract_lets_france_hear_related_offers_even_of_a_banned_sector():
    related = Relation(contract_active=True, offer_related=True)
    own = a_frenchman(consent=False, lead={"relation": related}, campaign={"sector": "home_energy"})
    assert codes(own) == []
    assert "BASIS_EXISTING_CONTRACT" in decide(own).obligations
    ended = a_frenchman(consent=False, lead={"relation": Relation(offer_related=True)})
    assert codes(ended) == ["CONSENT_REQUIRED"]


def test_dutch_customers_could_be_called_until_the_last_day_of_june():
    relation = Relation(last_at=at("2025-09-01T00:00"), offer_similar=True)
    dutch = a_call_to("NL", "+31612345678", consent=False, lead={"relation": relation})
    assert codes(dutch, at("2026-06-30T10:00")) == []
    assert codes(dutch, at("2026-07-01T10:00")) == ["CONSENT_REQUIRED"]


def test_an_unlike_offer_to_an_own_customer_is_named_as_such():
    relation = Relation(last_at=at("2026-06-01T00:00"), offer_similar=False)
    spanish = a_call_to("ES", "+34612345678", consent=False, lead={"relation": relation})
    assert "BASIS_NOT_SIMILAR" in codes(spanish)


def test_special_categories_need_a_consent_that_names_them():
    assert codes(an_input(lead={"special_category": True})) == [
        "SPECIAL_CATEGORY_NO_EXPLICIT_CONSENT"
    ]
    explicit = (a_consent(explicit_special=True),)
    assert codes(an_input(lead={"special_category": True}, consents=explicit)) == []


# --- rights ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lead", "code"),
    [
        ({"erased": True}, "DATA_ERASED"),
        ({"restricted": True}, "PROCESSING_RESTRICTED"),
        ({"objected_at": MONDAY}, "OBJECTION_ART21"),
        ({"retention_until": MONDAY}, "RETENTION_EXPIRED"),
        ({"source": "third_party", "obtained_at": MONDAY - 31 * DAY}, "NOTICE_ART14_OVERDUE"),
        ({"source": "third_party"}, "NOTICE_ART14_OVERDUE"),
        ({"age": 17}, "MINOR"),
        ({"deceased": True}, "DECEASED"),
    ],
)
def test_rights_and_states_of_a_person_deny(lead, code):
    assert codes(an_input(lead=lead)) == [code]


@pytest.mark.parametrize(
    "lead",
    [
        {"objected_at": MONDAY + HOUR},
        {"retention_until": MONDAY + HOUR},
        {"source": "third_party", "obtained_at": MONDAY - 30 * DAY},
        {"source": "third_party", "obtained_at": MONDAY - 99 * DAY, "notice_at": MONDAY - DAY},
        {"age": 18},
    ],
)
def test_what_has_not_come_yet_or_was_done_in_time_does_not_deny(lead):
    assert codes(an_input(lead=lead)) == []


def test_a_suppression_binds_its_client_or_everybody():
    own = SuppressionMatch(match=True, scope="acme")
    everybody = SuppressionMatch(match=True, scope="global")
    another = SuppressionMatch(match=True, scope="other")
    unlike = SuppressionMatch(match=False, scope="acme")
    assert codes(an_input(suppressions=(own,))) == ["SUPPRESSED_INTERNAL"]
    assert codes(an_input(suppressions=(everybody,))) == ["SUPPRESSED_INTERNAL"]
    assert codes(an_input(suppressions=(another, unlike))) == []


# --- numbers and places ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("number", "code"),
    [
        ("+359888", "NUMBER_INVALID"),
        ("+48 800 123 456", "NUMBER_CLASS_FORBIDDEN"),
        ("+80012345678", "NUMBER_CLASS_FORBIDDEN"),
        ("", "NUMBER_MALFORMED"),
        ("+" * 300, "NUMBER_MALFORMED"),
        ("112", "NUMBER_EMERGENCY"),
    ],
)
def test_numbers_that_must_not_be_dialled(number, code):
    assert code in codes(an_input(number=number))


def test_the_crown_dependencies_are_not_britain():
    guernsey = replace(a_british_company(), number="+441481256789")
    assert "COUNTRY_NO_PROFILE" in codes(guernsey)


def test_a_lead_without_a_country_is_placed_by_its_number():
    decision = decide(an_input(lead={"country": None}))
    assert decision.verdict == "allow"
    assert "COUNTRY_FROM_NUMBER" in decision.obligations


def test_a_country_before_its_first_profile_has_no_rules_in_force():
    early = at("2012-01-02T10:00")
    assert "POLICY_NOT_IN_FORCE" in codes(a_call_to("RO", "+40721234567"), early)


def test_a_profile_after_its_review_date_still_works_and_says_so():
    late = at("2027-06-01T10:00")
    decision = decide(an_input(), late)
    assert "POLICY_REVIEW_DUE" in decision.obligations


def test_a_kaliningrad_landline_is_not_put_into_bucharest():
    call = replace(a_russian(), number="+74012123456")
    call = replace(call, lead=replace(call.lead, time_zone=None))
    decision = decide(call, at("2026-11-23T07:30"))
    assert "TIMEZONE_UNKNOWN_ALL_CANDIDATES" in decision.obligations


# --- registers -------------------------------------------------------------------------------


def test_freshness_counts_to_the_second_and_a_future_answer_is_none():
    call = a_british_company()
    for as_of, expected in (
        (MONDAY - 28 * DAY, []),
        (MONDAY - 28 * DAY - HOUR, ["REGISTER_STALE"]),
        (MONDAY + HOUR, ["REGISTER_NOT_CHECKED"]),
    ):
        answer = RegisterAnswer(register="CTPS", as_of=as_of, listed=False)
        assert codes(replace(call, registers=(answer,))) == expected


def test_grace_after_a_listing_is_used_only_when_asked_for():
    answer = RegisterAnswer(
        register="CTPS", as_of=MONDAY - DAY, listed=True, listed_at=MONDAY - 10 * DAY
    )
    call = a_british_company(registers=(answer,))
    assert codes(call) == ["REGISTER_LISTED"]
    assert "REGISTER_GRACE" in decide(replace(call, use_grace=True)).obligations
    late = replace(answer, listed_at=MONDAY - 28 * DAY)
    assert codes(replace(call, registers=(late,), use_grace=True)) == ["REGISTER_LISTED"]


def test_an_italian_listing_revokes_the_consents_before_it():
    listed = replace(RPO, listed=True, listed_at=MONDAY - DAY)
    assert codes(replace(an_italian(), registers=(listed,))) == ["REGISTER_LISTED"]
    unknown = replace(RPO, listed=True)
    assert codes(replace(an_italian(), registers=(unknown,))) == ["REGISTER_LISTED"]


def test_a_slovak_listing_may_leave_sectors_open():
    call = a_call_to(
        "SK",
        "+421903123456",
        consent=False,
        lead={"balancing_test": "lia"},
        campaign={
            "sector": "insurance",
            "caller_id": CallerIdFacts(number="+421888123456", presented=True),
        },
        registers=(
            RegisterAnswer(
                register="SK_DNC",
                as_of=at("2026-11-16T06:00"),
                listed=True,
                allowed_sectors=("insurance",),
            ),
        ),
    )
    assert decide(call).obligations == ("REGISTER_SECTOR_ALLOWED",)
    other = replace(call, campaign=replace(call.campaign, sector="energy"))
    assert codes(other) == ["REGISTER_LISTED"]


# --- sector, channel, caller ID --------------------------------------------------------------


def test_a_ban_begins_on_its_day_and_yields_to_a_consent_that_names_the_sector():
    energy = an_italian(campaign={"sector": "energy_supply"})
    early = replace(energy, consents=(a_consent(given_at=at("2026-05-01T00:00")),))
    before, after = at("2026-06-18T10:00"), at("2026-06-19T10:00")

    def fresh(call, now):
        return replace(call, registers=(replace(RPO, as_of=now - DAY),))

    assert codes(fresh(early, before), before) == []
    assert codes(fresh(early, after), after) == ["SECTOR_BANNED"]
    specific = replace(energy, consents=(a_consent(sectors=("energy_supply",)),))
    assert codes(specific) == []


def test_russia_lets_people_dial_and_machines_not():
    now = at("2026-11-23T07:30")
    decision = decide(a_russian(), now)
    assert decision.verdict == "allow"
    assert decision.dial_modes == {DialMode.MANUAL, DialMode.PREVIEW}
    assert codes(a_russian(DialMode.PROGRESSIVE), now) == ["AUTODIAL_PROHIBITED"]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"callable": False}, "CLI_NOT_CALLABLE"),
        ({"presented": False}, "CLI_WITHHELD"),
        ({"number": None}, "CLI_WITHHELD"),
    ],
)
def test_britain_wants_to_see_a_number_and_call_it_back(changes, code):
    call = a_british_company()
    caller_id = replace(call.campaign.caller_id, **changes)
    assert codes(replace(call, campaign=replace(call.campaign, caller_id=caller_id))) == [code]


def test_slovakia_wants_its_prefix():
    caller_id = CallerIdFacts(number="+421212345678", presented=True)
    call = a_call_to("SK", "+421903123456", campaign={"caller_id": caller_id})
    assert "CLI_PREFIX_REQUIRED" in codes(call)


def test_russian_data_stay_in_russia():
    call = a_russian()
    for stored in (None, "DE"):
        abroad = replace(call, lead=replace(call.lead, stored_in=stored))
        assert codes(abroad, at("2026-11-23T07:30")) == ["DATA_LOCALISATION"]


# --- hours, frequency, cool-downs, campaign --------------------------------------------------


def test_a_permit_ends_when_the_place_closes():
    call = an_input()
    closing = at("2026-11-23T18:00")
    decision = decide(call, closing - timedelta(seconds=20))
    assert decision.expires_at == closing
    assert not decision.is_usable(closing) and decision.is_usable(closing - timedelta(seconds=1))


def test_places_that_are_never_open_together_have_no_common_window():
    call = a_russian(registers=(RegisterAnswer(register="TPS", as_of=MONDAY - DAY, listed=False),))
    far = replace(call.lead, time_zone="Asia/Kamchatka")
    british = replace(call, lead=far, number="+442079460123")
    assert "NO_COMMON_WINDOW" in codes(british)
    in_summer = decide(replace(british, number="+436641234567"))
    assert in_summer.defer_until == at("2027-03-30T07:00")  # clocks moved, Easter over


def test_a_promised_time_lifts_house_hours_and_caps_but_not_italian_hours():
    sunday = at("2026-11-22T16:00")

    def promised(call):
        slot = CallbackFacts(
            controller="acme", slot_start=sunday, slot_end=sunday + HOUR, evidence="rec-1"
        )
        return replace(call, callback=slot)

    busy = tuple(EarlierAttempt(at=sunday - n * HOUR, outcome="busy") for n in (1, 2, 3))
    lifted = decide(promised(an_input(history=busy)), sunday)
    assert lifted.verdict == "allow"
    italian = promised(replace(an_italian(), registers=(replace(RPO, as_of=sunday - DAY),)))
    refused = decide(italian, sunday)
    assert [r.code for r in refused.reasons] == ["OUTSIDE_HOURS"]
    assert "CALLBACK_SLOT_OUTSIDE_STATUTORY_HOURS" in refused.obligations
    assert refused.defer_until == at("2026-11-23T08:00")


@pytest.mark.parametrize(("minutes", "verdict"), [(-16, "defer"), (-15, "allow"), (76, "defer")])
def test_a_promise_is_about_its_slot_and_a_quarter_of_an_hour_around_it(minutes, verdict):
    start = at("2026-11-22T16:00")
    slot = CallbackFacts(controller="acme", slot_start=start, slot_end=start + HOUR, evidence="r")
    now = start + timedelta(minutes=minutes)
    assert decide(an_input(callback=slot), now).verdict == verdict
    other = replace(slot, controller="other")
    assert decide(an_input(callback=other), now).verdict == "defer"


def test_attempts_that_did_not_count_leave_the_caps_alone():
    history = tuple(
        EarlierAttempt(at=MONDAY - n * HOUR, outcome="congestion", counts=False) for n in range(9)
    )
    assert codes(an_input(history=history)) == []


def test_a_clock_that_jumped_back_frees_nobody():
    ahead = tuple(EarlierAttempt(at=MONDAY + n * HOUR, outcome="busy") for n in (1, 2))
    assert codes(an_input(history=ahead)) == ["CAP_HOUSE_DAY"]


def test_a_refusal_is_respected_for_half_a_year():
    no = EarlierAttempt(at=MONDAY - 179 * DAY, outcome="refused")
    assert codes(an_input(history=(no,))) == ["COOLDOWN_REFUSAL"]
    assert codes(an_input(history=(replace(no, at=MONDAY - 180 * DAY),))) == []


def test_after_a_silent_call_italy_wants_an_agent_guaranteed():
    silent = EarlierAttempt(at=MONDAY - 6 * DAY, outcome="silent")
    call = replace(an_italian(), history=(silent,))
    assert decide(call).dial_modes == {DialMode.MANUAL, DialMode.PREVIEW}
    ahead = replace(call, campaign=replace(call.campaign, dial_mode=DialMode.PREDICTIVE))
    assert codes(ahead) == ["AGENT_GUARANTEE_REQUIRED"]
    talked = EarlierAttempt(at=MONDAY - 5 * DAY, outcome="connected")
    assert codes(replace(ahead, history=(silent, talked))) == []


def test_the_abandon_rate_binds_only_dialling_without_a_guaranteed_agent():
    statistics = AbandonStatistics(live_answered=1000, abandoned=31)
    for mode, expected in (
        (DialMode.PREDICTIVE, ["ABANDON_RATE_EXCEEDED"]),
        (DialMode.PROGRESSIVE, ["ABANDON_RATE_EXCEEDED"]),
        (DialMode.PREVIEW, []),
        (DialMode.MANUAL, []),
    ):
        campaign = {"dial_mode": mode, "statistics": statistics}
        assert codes(an_input(campaign=campaign)) == expected


def test_a_deferral_by_time_and_by_event_tells_both():
    call = a_british_company(registers=())
    decision = decide(call, at("2026-11-23T07:30"))
    assert decision.defer_until == at("2026-11-23T09:00")
    assert decision.wait_for == ("register:CTPS",)
