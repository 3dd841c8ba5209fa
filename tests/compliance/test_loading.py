"""Profile files: everything wrong with them is told by file, key and remedy, and nothing loads."""

import shutil
from datetime import date
from pathlib import Path

import pytest
import yaml

from compliance.facts import Subject
from compliance.loading import SHIPPED, UnusableProfiles, load
from compliance.profile import Regime

HOUSE = """\
schema: telemarketing-compliance-profile/1
house:
  windows:
    {basis: house, mon_fri: [["09:00", "20:00"]], sat: [["10:00", "18:00"]], sun: [], holiday: []}
  caps: [{id: house.day, max: 2, hours: 24}]
  cooldowns: {refusal_days: 180, abandoned_hours: 72, amd_hours: 24}
  abandon: {max_rate: 0.03, window_hours: 24, denominator: live_answered, max_seconds_to_agent: 2}
  slot_tolerance_minutes: 15
"""
COUNTRY = """\
schema: telemarketing-compliance-profile/1
profiles:
- id: bg
  country: BG
  tz: [Europe/Sofia]
  valid_from: 2021-01-01
  review_by: 2027-02-21
  calendar: BG
  consent:
    c: "M (B2B: U)"
    consumer: {live: opt_in, automated: opt_in}
    sole_trader: {live: opt_in, automated: opt_in}
    legal_person: {live: opt_in, automated: opt_in}
  consent_rules: {max_age_days: null}
  auto_dial: allowed
  cli: {must_present: true}
"""


@pytest.fixture
def bundle(tmp_path: Path):
    def write(country: str = COUNTRY, house: str = HOUSE, **further: str) -> Path:
        (tmp_path / "house.yaml").write_text(house)
        (tmp_path / "bg.yaml").write_text(country)
        for name, text in further.items():
            (tmp_path / f"{name}.yaml").write_text(text)
        return tmp_path

    return write


def rules_of(bundle, country="BG", subdivision=None, controller="acme", campaign="7"):
    return bundle.versions(
        country, subdivision=subdivision, controller=controller, campaign=campaign
    )


def the_problems(directory: Path) -> str:
    with pytest.raises(UnusableProfiles) as caught:
        load(directory)
    return str(caught.value)


def test_the_shipped_profiles_load_and_cover_sixteen_countries():
    bundle = load()
    assert len(bundle.countries) == 16
    assert [rules.profile for rules in rules_of(bundle, "FR")] == ["fr-pre", "fr"]


def test_the_house_fills_what_a_country_leaves_silent(bundle):
    [rules] = rules_of(load(bundle()))
    assert rules.windows.basis == "house"
    assert [cap.id for cap in rules.caps] == ["house.day"]
    assert rules.live[Subject.CONSUMER] is Regime.OPT_IN


def test_a_directory_and_one_file_hold_the_same_bundle(tmp_path, bundle):
    directory = bundle()
    both = yaml.safe_load(HOUSE) | yaml.safe_load(COUNTRY)
    one = tmp_path / "one"
    one.mkdir()
    (one / "all.yaml").write_text(yaml.safe_dump(both, default_flow_style=None))
    assert load(directory).sha256 == load(one / "all.yaml").sha256


def test_a_change_of_one_value_changes_the_hash_of_its_profile(bundle):
    [before] = rules_of(load(bundle()))
    [after] = rules_of(load(bundle(COUNTRY.replace("2027-02-21", "2027-02-22"))))
    assert before.sha256 != after.sha256


WRONG = {
    "a misspelt key": (
        COUNTRY.replace("auto_dial", "autodial"),
        "bg.yaml: profiles[bg].autodial: is not a known key",
    ),
    "a missing key": (
        COUNTRY.replace("  review_by: 2027-02-21\n", ""),
        "bg.yaml: profiles[bg].review_by: is missing; add it",
    ),
    "an unknown regime": (
        COUNTRY.replace("consumer: {live: opt_in", "consumer: {live: optin"),
        "profiles[bg].consent.consumer.live: found 'optin'",
    ),
    "a key given twice": (COUNTRY + "  country: BG\n", "key 'country' is given twice"),
    "an unknown zone": (
        COUNTRY.replace("Europe/Sofia", "Europe/Sophia"),
        "profiles[bg].tz: found 'Europe/Sophia'; give IANA names",
    ),
    "an unknown calendar": (
        COUNTRY.replace("calendar: BG", "calendar: ZZ"),
        "profiles[bg].calendar: found 'ZZ'; the holiday library has no such country",
    ),
    "a missing calendar": (
        COUNTRY.replace("  calendar: BG\n", ""),
        "profiles[bg].calendar: is missing, but holidays have hours of their own",
    ),
    "an end before the start": (
        COUNTRY.replace("  review_by", "  valid_to: 2020-01-01\n  review_by"),
        "profiles[bg].valid_to: before valid_from",
    ),
    "a span that ends before it starts": (
        COUNTRY + '  windows: {mon_fri: [["20:00", "09:00"]]}\n',
        "profiles[bg].windows.mon_fri[0]: found ['20:00', '09:00']; a span is",
    ),
    "a time without quotes": (
        COUNTRY + "  windows: {mon_fri: [[10:00, 20:00]]}\n",
        "profiles[bg].windows.mon_fri[0][0]: found 600",
    ),
    "overlapping spans": (
        COUNTRY + '  windows: {mon_fri: [["09:00", "13:00"], ["12:00", "20:00"]]}\n',
        "spans of a day are in order and do not overlap",
    ),
    "a cap without a period": (
        COUNTRY + "  caps: [{id: bg.day, max: 1}]\n",
        "a cap has exactly one of hours, days, calendar_days",
    ),
    "a cap given twice": (
        COUNTRY + "  caps: [{id: bg.day, max: 1, hours: 24}, {id: bg.day, max: 9, hours: 24}]\n",
        "profiles[bg].caps: found 'bg.day' twice; keep the one that is meant",
    ),
    "a register that never grows stale": (
        COUNTRY + "  registers: [{id: X, subjects: [consumer]}]\n",
        "a register has max_age_days or effective_days_of_month",
    ),
    "a country that YAML reads as false": (
        COUNTRY.replace("country: BG", "country: NO"),
        "profiles[bg].country: found False",
    ),
    "no YAML at all": ("{", "bg.yaml: is not valid YAML"),
    "a list": ("- 1", "bg.yaml: the file: holds no profile; begin with schema:"),
    "nothing": ("", "bg.yaml: the file: holds no profile; begin with schema:"),
    "a day no month has": (
        COUNTRY.replace("2021-01-01", "2021-02-30"),
        "'2021-02-30' is no date (day is out of range for month) in \"<unicode string>\", line 6",
    ),
    "another schema": (COUNTRY.replace("profile/1", "profile/2"), "bg.yaml: schema: found"),
}


@pytest.mark.parametrize(("text", "expected"), WRONG.values(), ids=WRONG.keys())
def test_a_mistake_is_named_by_file_and_key(bundle, text, expected):
    assert expected in the_problems(bundle(text))


def test_versions_whose_validity_overlaps_are_refused(bundle):
    later = COUNTRY.replace("id: bg", "id: bg-2").replace("2021-01-01", "2026-01-01")
    problems = the_problems(bundle(later=later))
    assert "profiles[bg-2].valid_from: 2026-01-01 overlaps with bg" in problems
    assert "give bg a valid_to before that day" in problems


def test_one_id_for_two_profiles_is_refused(bundle):
    assert "id: also in" in the_problems(bundle(again=COUNTRY))


@pytest.mark.parametrize("content", [None, b"\xff\xfe\x00"])
def test_a_directory_without_usable_files_is_refused(tmp_path, content):
    if content is None:
        assert "holds no *.yaml file" in the_problems(tmp_path)
        assert "no such directory" in the_problems(tmp_path / "no")
    else:
        (tmp_path / "a.yaml").write_bytes(content)
        assert "is not UTF-8 text" in the_problems(tmp_path)


def test_a_bundle_has_exactly_one_house(bundle):
    assert "found in no file" in the_problems(bundle(house=HOUSE.split("house:")[0]))
    assert "found in house.yaml, second.yaml" in the_problems(bundle(second=HOUSE))


def test_a_day_a_country_does_not_mention_is_closed(bundle):
    [rules] = rules_of(load(bundle(COUNTRY + '  windows: {mon: [["09:00", "10:00"]]}\n')))
    assert rules.windows.days == (((540, 600),), *((),) * 6)
    assert rules.windows.holiday == ()


def test_the_day_before_a_holiday_opens_no_longer_than_its_weekday(bundle):
    eve = '  windows: {mon_fri: [["09:00", "13:00"]], eve: [["10:00", "19:00"]], holiday: []}\n'
    [rules] = rules_of(load(bundle(COUNTRY + eve)))
    new_year = date(2028, 1, 1)  # a Saturday
    assert rules.windows.on(date(2027, 12, 31), lambda day: day == new_year) == ((600, 780),)
    assert rules.windows.on(date(2027, 12, 26), lambda day: day == date(2027, 12, 27)) == ()


def test_the_shipped_files_are_whole_without_the_rest_of_the_program(tmp_path):
    shutil.copytree(SHIPPED, tmp_path / "copy")
    assert load(tmp_path / "copy").sha256 == load().sha256


def test_profiles_are_in_force_from_their_first_to_their_last_day():
    before, after = rules_of(load(), "FR")
    assert before.in_force(date(2026, 8, 10)) and not before.in_force(date(2026, 8, 11))
    assert after.in_force(date(2026, 8, 11)) and not after.in_force(date(2026, 8, 10))
