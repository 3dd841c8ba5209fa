"""Below the country a layer may only tighten; a counsel's note is the one way round, on record."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from compliance.decision import check, screen
from compliance.facts import Relation, Subject
from compliance.loading import SHIPPED, UnusableProfiles, load
from compliance.profile import Regime
from tests.compliance.builders import MONDAY, an_input
from tests.compliance.test_loading import COUNTRY, HOUSE
from tests.compliance.test_properties import INPUTS, TIMES

SHIPPED_BUNDLE = load()
NUMBERS = {
    "GB": "+447400123456",
    "HU": "+36201234567",
    "FR": "+33612345678",
    "DE": "+4915123456789",
}
LAYERS = "schema: telemarketing-compliance-profile/1\nlayers:\n"


def a_layer(text: str, *, level: str = "client", name: str = "acme") -> str:
    return f"{LAYERS}- {{id: {level}.{name}, level: {level}, name: {name}, {text}}}\n"


@pytest.fixture
def with_layer(tmp_path: Path):
    def write(layer: str, country: str = COUNTRY):
        (tmp_path / "house.yaml").write_text(HOUSE)
        (tmp_path / "bg.yaml").write_text(country)
        (tmp_path / "layer.yaml").write_text(layer)
        return load(tmp_path)

    return write


def rules_for(bundle, controller="acme", campaign="7", subdivision=None):
    [rules] = bundle.versions(
        "BG", subdivision=subdivision, controller=controller, campaign=campaign
    )
    return rules


TIGHTER = {
    "shorter hours": 'windows: {mon_fri: [["10:00", "12:00"]]}',
    "a lower cap": "caps: [{id: house.day, max: 1, hours: 48}]",
    "a further cap": "caps: [{id: own.month, max: 3, calendar_days: 30}]",
    "longer cool-downs": "cooldowns: {refusal_days: 365, abandoned_hours: 100, amd_hours: 24}",
    "a lower abandon rate": "abandon: {max_rate: 0.01, max_seconds_to_agent: 1.5}",
    "no automatic dialling": "auto_dial: prohibited",
    "consent at most a year old": "consent_rules: {max_age_days: 365}",
    "a document of its own": "consent_rules: {separate_document: true, bound_to_person: true}",
    "a callable number": "cli: {must_be_callable: true, required_prefix: '+3592'}",
    "a banned sector": "bans: [{sector: energy}]",
    "a register": "registers: [{id: OWN, subjects: [consumer], max_age_days: 7}]",
    "consent to recording": "recording: {all_party_consent: true}",
}


@pytest.mark.parametrize("layer", TIGHTER.values(), ids=TIGHTER.keys())
def test_a_client_may_be_stricter_than_its_country(with_layer, layer):
    bundle = with_layer(a_layer(layer))
    assert rules_for(bundle).layers == ("client.acme",)
    assert rules_for(bundle, controller="other").layers == ()


LOOSER = {
    "longer hours": ('windows: {mon_fri: [["08:00", "20:00"]]}', "windows.mon"),
    "calls on Sunday": ('windows: {sun: [["10:00", "12:00"]]}', "windows.sun"),
    "calls on holidays": ("windows: {holiday: null}", "windows.holiday"),
    "a lifted closing": ("windows: {override: explicit_slot}", "windows.override"),
    "a higher cap": ("caps: [{id: house.day, max: 3, hours: 24}]", "caps.house.day"),
    "a shorter period": ("caps: [{id: house.day, max: 2, hours: 12}]", "caps.house.day"),
    "shorter cool-downs": ("cooldowns: {refusal_days: 10}", "cooldowns.refusal_days"),
    "a higher abandon rate": ("abandon: {max_rate: 0.05}", "abandon.max_rate"),
    "another denominator": (
        "abandon: {denominator: calls_connected_ok}",
        "abandon.denominator",
    ),
    "a longer window": ("abandon: {window: campaign}", "abandon.window"),
    "a later clock": ("abandon: {clock_from: end_of_greeting}", "abandon.clock_from"),
    "less ringing": ("abandon: {min_ring_seconds: 5}", "abandon.min_ring_seconds"),
    "opt-out": (
        "consent: {consumer: {live: opt_out, automated: opt_in}, "
        "sole_trader: {live: opt_in, automated: opt_in}, "
        "legal_person: {live: opt_in, automated: opt_in}}",
        "consent.consumer.live",
    ),
}


@pytest.mark.parametrize(("layer", "key"), LOOSER.values(), ids=LOOSER.keys())
def test_what_loosens_is_refused_by_name(with_layer, layer, key):
    with pytest.raises(UnusableProfiles) as caught:
        with_layer(a_layer(layer))
    assert f"layer.yaml: layers[client.acme].{key}" in str(caught.value)
    assert "this layer may only tighten" in str(caught.value)


def test_a_campaign_may_not_loosen_what_its_client_tightened(with_layer):
    client = a_layer("caps: [{id: house.day, max: 1, hours: 24}]")
    campaign = a_layer(
        "caps: [{id: house.day, max: 2, hours: 24}]", level="campaign", name='"7"'
    ).removeprefix(LAYERS)
    with pytest.raises(UnusableProfiles, match=r"caps\.house\.day"):
        with_layer(client + campaign.replace('campaign."7"', "campaign.7"))


def test_a_subdivision_may_only_tighten_too(with_layer):
    looser = COUNTRY + '  subdivisions: {"22": {windows: {sun: [["10:00", "12:00"]]}}}\n'
    with pytest.raises(UnusableProfiles, match=r"bg.yaml: profiles\[bg\].subdivisions.22"):
        with_layer(LAYERS.replace("layers:\n", "layers: []\n"), looser)
    tighter = looser.replace("sun:", "sat:")
    bundle = with_layer(LAYERS.replace("layers:\n", "layers: []\n"), tighter)
    assert rules_for(bundle, subdivision="22").windows.days[5] == ((600, 720),)
    assert rules_for(bundle).windows.days[5] == ((600, 1080),)


def test_statutory_hours_do_not_become_the_houses_by_a_layer(with_layer):
    statute = COUNTRY + '  windows: {basis: statute, mon_fri: [["09:00", "21:00"]]}\n'
    with pytest.raises(UnusableProfiles, match=r"layers\[client\.acme\]\.windows\.basis"):
        with_layer(
            a_layer('windows: {basis: house, mon_fri: [["10:00", "12:00"]], holiday: []}'), statute
        )


IDLE = {
    "no such country": ("country: ZZ, auto_dial: prohibited", "found 'ZZ'; no profile"),
    "a note on nothing": (
        "counsel_note: {by: A. Lawyer, at: 2026-11-01, note: n, values: [hours]}",
        "found 'hours'; name a key",
    ),
}


@pytest.mark.parametrize(("layer", "expected"), IDLE.values(), ids=IDLE.keys())
def test_a_layer_that_would_never_do_anything_is_a_mistake(with_layer, layer, expected):
    with pytest.raises(UnusableProfiles) as caught:
        with_layer(a_layer(layer))
    assert expected in str(caught.value)


OPT_OUT = (
    "consent: {consumer: {live: opt_in, automated: opt_in}, "
    "sole_trader: {live: opt_in, automated: opt_in}, "
    "legal_person: {live: opt_out, automated: opt_in}}"
)
NOTE = 'counsel_note: {by: A. Lawyer, at: 2026-11-01, note: "B2B is opt-out", values: [%s]}'


def test_a_counsels_note_loosens_a_contested_value_and_shows_on_every_decision(with_layer):
    bundle = with_layer(a_layer(f"{OPT_OUT}, {NOTE % 'consent'}"))
    assert rules_for(bundle).live[Subject.LEGAL_PERSON] is Regime.OPT_OUT
    lead = {"subject": Subject.LEGAL_PERSON, "balancing_test": "lia-1"}
    decision = check(an_input(lead=lead, consents=()), bundle, MONDAY)
    assert decision.verdict == "allow"
    assert "COUNSEL_NOTE_APPLIED" in decision.obligations
    assert any("A. Lawyer" in note.detail for note in decision.evaluation.notes)


def test_a_counsels_note_cannot_loosen_what_is_not_contested(with_layer):
    layer = f"caps: [{{id: house.day, max: 9, hours: 24}}], {NOTE % 'caps'}"
    with pytest.raises(UnusableProfiles, match=r"caps\.house\.day"):
        with_layer(a_layer(layer))
    with pytest.raises(UnusableProfiles, match=r"consent\.legal_person\.live"):
        with_layer(a_layer(f"{OPT_OUT}, {NOTE % 'windows'}"))


def _codes(bundle, **changes):
    decision = screen(an_input(consents=(), **changes), bundle, MONDAY)
    return [reason.code for reason in decision.evaluation.reasons if reason.gate == "BASIS"]


def test_what_a_stricter_regime_asks_for_comes_on_top_of_the_countrys_own(tmp_path_factory):
    bundle = _stricter(tmp_path_factory)
    documented = {"presumed_consent_documented": True, "country": "GB"}
    british = {"number": NUMBERS["GB"], "lead": documented}
    assert _codes(bundle, **british) == ["BASIS_LIA_MISSING"]
    british["lead"] = {**documented, "balancing_test": "lia-1"}
    assert _codes(bundle, **british) == []
    related = Relation(contract_active=True, offer_related=True)
    company = {"country": "FR", "subject": Subject.LEGAL_PERSON, "relation": related}
    assert _codes(bundle, number=NUMBERS["FR"], lead=company) == ["CONSENT_REQUIRED"]


def test_a_counsels_note_never_lets_a_machine_call_without_consent(with_layer):
    robots = OPT_OUT.replace(
        "live: opt_out, automated: opt_in", "live: opt_out, automated: opt_out"
    )
    with pytest.raises(UnusableProfiles, match=r"consent\.legal_person\.automated"):
        with_layer(a_layer(f"{robots}, {NOTE % 'consent'}"))


def test_a_mark_that_says_contested_in_full_is_contested_too(with_layer):
    czech = "R; B2B contested (published business numbers)"
    country = COUNTRY.replace("M (B2B: U)", czech)
    assert country != COUNTRY
    bundle = with_layer(a_layer(f"{OPT_OUT}, {NOTE % 'consent'}"), country=country)
    assert rules_for(bundle).live[Subject.LEGAL_PERSON] is Regime.OPT_OUT


@settings(max_examples=60, deadline=None)
@given(INPUTS, TIMES, st.sampled_from(sorted(TIGHTER)))
def test_tightening_a_layer_never_turns_a_refusal_into_a_call(tmp_path_factory, facts, now, name):
    bundle, tighter = _bundles(tmp_path_factory, name)
    facts = replace(facts, lead=replace(facts.lead, country="BG"), number="+359888123456")
    before, after = screen(facts, bundle, now), screen(facts, tighter, now)
    order = ("allow", "defer", "deny")
    assert order.index(after.verdict) >= order.index(before.verdict)


PRESUMED, IN = (f"live: {way}, automated: opt_in" for way in ("presumed", "opt_in"))
#: Regimes a client might ask for on top of its country's, by country.
STRICTER = {
    "GB": (PRESUMED, PRESUMED, PRESUMED),
    "HU": (IN, PRESUMED, IN),
    "FR": (IN, PRESUMED, IN),
    "DE": (IN, IN, IN),
}


@settings(max_examples=200, deadline=None)
@given(INPUTS, TIMES, st.sampled_from(sorted(STRICTER)))
def test_asking_for_a_stricter_basis_never_turns_a_refusal_into_a_call(
    tmp_path_factory, facts, now, country
):
    bundle, stricter = SHIPPED_BUNDLE, _stricter(tmp_path_factory)
    facts = replace(facts, lead=replace(facts.lead, country=country), number=NUMBERS[country])
    before, after = screen(facts, bundle, now), screen(facts, stricter, now)
    order = ("allow", "defer", "deny")
    assert order.index(after.verdict) >= order.index(before.verdict)


_made: dict[str, object] = {}


def _stricter(tmp_path_factory):
    if "stricter" not in _made:
        directory = tmp_path_factory.mktemp("stricter")
        for path in SHIPPED.glob("*.yaml"):
            (directory / path.name).write_bytes(path.read_bytes())
        layers = (
            f"- {{id: client.{name}, level: client, name: acme, country: {name}, consent: "
            f"{{consumer: {{{one}}}, sole_trader: {{{two}}}, legal_person: {{{three}}}}}}}\n"
            for name, (one, two, three) in STRICTER.items()
        )
        (directory / "layers.yaml").write_text(LAYERS + "".join(layers))
        _made["stricter"] = load(directory)
    return _made["stricter"]


def _bundles(tmp_path_factory, name):
    for key, layer in (("", None), (name, TIGHTER[name])):
        if key not in _made:
            directory = tmp_path_factory.mktemp("bundle")
            (directory / "house.yaml").write_text(HOUSE)
            (directory / "bg.yaml").write_text(COUNTRY)
            if layer is not None:
                (directory / "layer.yaml").write_text(a_layer(layer))
            _made[key] = load(directory)
    return _made[""], _made[name]
