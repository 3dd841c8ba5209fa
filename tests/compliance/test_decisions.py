"""The written cases: each names a situation, its law, and the exact decision expected.

``decisions.json`` is the specification; ``further_decisions.json`` has a case for every rule that
is without one there. ``certainty`` M or U in a failing case means: ask counsel, do not change the
case. Cases with an ``op`` are about storage, audit or races; they have tests of their own in
``tests/database``.
"""

import json
from pathlib import Path
from types import SimpleNamespace

import pytest

from compliance.cases import merged, read
from compliance.cli import decided, run_gate
from compliance.decision import check
from compliance.loading import SHIPPED, load
from compliance.reason import codes
from compliance.writing import canonical, written

FILE = Path(__file__).parent / "decisions.json"
CONTENT = json.loads(FILE.read_bytes())
FURTHER = json.loads(FILE.with_name("further_decisions.json").read_bytes())
CASES = [case for case in CONTENT["cases"] if "op" not in case["input"]]
BUNDLE = load()


@pytest.mark.parametrize("case", [*CASES, *FURTHER["cases"]], ids=lambda case: case["id"])
def test_the_gate_decides_as_written(case):
    [line] = decided([case], CONTENT["defaults"], BUNDLE)
    expected = case["expect"]
    assert line["verdict"] == expected["verdict"], case["title"]
    assert set(expected["reasons_include"]) <= set(line["reasons"])
    if expected.get("only_reasons"):
        assert set(line["reasons"]) == set(expected["reasons_include"])
    assert set(expected.get("obligations_include", ())) <= set(line["obligations"])
    for exact in ("defer_until", "wait_for"):
        if exact in expected:
            assert line[exact] == expected[exact]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])
def test_the_input_survives_being_written_and_read_again(case):
    facts, now = read(merged(CONTENT["defaults"], case["input"]), name=case["id"])
    again, then = read(json.loads(canonical(written(facts, now))), name="other")
    assert (again, then) == (facts, now)


@pytest.mark.parametrize("case", CASES[:20], ids=lambda case: case["id"])
def test_the_same_question_gets_the_same_answer_to_the_byte(case):
    facts, now = read(merged(CONTENT["defaults"], case["input"]), name=case["id"])
    first, second = check(facts, BUNDLE, now), check(facts, load(), now)
    assert repr(first) == repr(second)


def test_every_denial_and_deferral_names_its_rule_and_says_why():
    for case in CASES:
        facts, now = read(merged(CONTENT["defaults"], case["input"]), name=case["id"])
        for reason in check(facts, BUNDLE, now).evaluation.reasons:
            assert reason.rule and reason.detail and reason.gate
            assert facts.number.strip("+") not in reason.detail


def test_every_gate_is_asked_about_every_case():
    for case in CASES:
        facts, now = read(merged(CONTENT["defaults"], case["input"]), name=case["id"])
        evaluation = check(facts, BUNDLE, now).evaluation
        asked = {reason.gate for reason in (*evaluation.reasons, *evaluation.passed)}
        wanted = {"POLICY", "NUMBER", "RIGHTS", "REGISTER", "CLI", "HOURS", "FREQUENCY", "DATA"}
        assert wanted <= asked, case["id"]


def test_the_command_prints_one_line_a_case_and_notes_the_rest_elsewhere(capsys):
    assert run_gate(SimpleNamespace(cases=FILE, profiles=SHIPPED)) == 0
    out, err = capsys.readouterr()
    lines = [json.loads(line) for line in out.splitlines()]
    assert [line["id"] for line in lines] == [case["id"] for case in CASES]
    keys = ["id", "verdict", "reasons", "defer_until", "wait_for", "obligations"]
    assert all(list(line) == keys for line in lines)
    assert len(err.splitlines()) == len(CONTENT["cases"]) - len(CASES)


@pytest.mark.parametrize(
    ("content", "found"),
    [(b"", "is not JSON"), (b"[]", "expected an object"), (b"\xff\xfe", "is not JSON")],
)
def test_a_file_that_is_no_cases_file_is_an_error_with_a_remedy(tmp_path, capsys, content, found):
    path = tmp_path / "cases.json"
    path.write_bytes(content)
    assert run_gate(SimpleNamespace(cases=path, profiles=SHIPPED)) == 2
    out, err = capsys.readouterr()
    assert not out
    assert found in err


def test_a_missing_file_is_an_error_with_a_remedy(tmp_path, capsys):
    assert run_gate(SimpleNamespace(cases=tmp_path / "no", profiles=SHIPPED)) == 2
    assert "name a readable file" in capsys.readouterr().err
    assert run_gate(SimpleNamespace(cases=FILE, profiles=tmp_path / "no")) == 2
    assert "no such directory" in capsys.readouterr().err


BROKEN = {
    "no input": {"id": "x"},
    "input is a list": {"id": "x", "input": []},
    "now without a zone": {"input": {"now": "2026-11-23T10:00:00"}},
    "now is missing": {"input": {}},
    "impossible date": {"input": {"now": "2026-02-30T10:00:00Z"}},
    "a number for a country": {"input": {"now": "2026-11-23T10:00:00Z", "lead": {"country": 4}}},
    "a word for an age": {"input": {"now": "2026-11-23T10:00:00Z", "lead": {"age": "old"}}},
    "true for an age": {"input": {"now": "2026-11-23T10:00:00Z", "lead": {"age": True}}},
    "an unknown channel": {
        "input": {"now": "2026-11-23T10:00:00Z", "campaign": {"channel": "pigeon"}}
    },
    "consents are a word": {"input": {"now": "2026-11-23T10:00:00Z", "consents": "yes"}},
    "a consent is a word": {"input": {"now": "2026-11-23T10:00:00Z", "consents": ["yes"]}},
    "more abandoned than answered": {
        "input": {
            "now": "2026-11-23T10:00:00Z",
            "campaign": {"stats": {"live_answered": 1, "abandoned": 2}},
        }
    },
    "a slot that ends before it starts": {
        "input": {
            "now": "2026-11-23T10:00:00Z",
            "callback": {
                "controller": "acme",
                "evidence": "e",
                "slot_start": "2026-11-23T10:00:00Z",
                "slot_end": "2026-11-23T09:00:00Z",
            },
        }
    },
    "an attempt without a time": {
        "input": {"now": "2026-11-23T10:00:00Z", "history": [{"outcome": "busy"}]}
    },
    "a year out of all reckoning": {
        "input": {
            "now": "2026-11-23T10:00:00Z",
            "history": [{"at": "9999-12-31T23:59:59Z", "outcome": "refused"}],
        }
    },
    "a decision at the end of time": {"input": {"now": "9999-12-31T23:59:59Z"}},
    "a suppression that does not say whether it matches": {
        "input": {"now": "2026-11-23T10:00:00Z", "suppressions": [{"scope": "global"}]}
    },
    "a suppression of nobody knows whose": {
        "input": {"now": "2026-11-23T10:00:00Z", "suppressions": [{"match": True}]}
    },
    "a suppression of a blank name": {
        "input": {"now": "2026-11-23T10:00:00Z", "suppressions": [{"match": True, "scope": " "}]}
    },
    "half of the abandon statistics": {
        "input": {"now": "2026-11-23T10:00:00Z", "campaign": {"stats": {"live_answered": 900}}}
    },
    "a campaign of nobody": {
        "input": {"now": "2026-11-23T10:00:00Z", "campaign": {"controller": ""}}
    },
    "one consent, withdrawn and not": {
        "input": {
            "now": "2026-11-23T10:00:00Z",
            "consents": [
                {"id": "c1", "given_at": "2026-01-02T00:00:00Z"},
                {
                    "id": "c1",
                    "given_at": "2026-01-02T00:00:00Z",
                    "withdrawn_at": "2026-01-03T00:00:00Z",
                },
            ],
        }
    },
    "withdrawn before it was given": {
        "input": {
            "now": "2026-11-23T10:00:00Z",
            "consents": [
                {"given_at": "2026-01-02T00:00:00Z", "withdrawn_at": "2026-01-01T00:00:00Z"}
            ],
        }
    },
}


@pytest.mark.parametrize("case", BROKEN.values(), ids=BROKEN.keys())
def test_what_cannot_be_read_is_a_denial_with_a_reason_and_never_an_allow(case):
    [line] = decided([case], CONTENT["defaults"], BUNDLE)
    assert line["verdict"] == "deny"
    assert "INPUT_INVALID" in line["reasons"]
    assert "GATE_FAULT" not in line["reasons"]


def varied(case_id, **changes):
    """The line of a written case with *changes* merged onto its input."""
    [case] = [case for case in CASES if case["id"] == case_id]
    content = {"id": "varied", "input": merged(case["input"], changes)}
    [line] = decided([content], CONTENT["defaults"], BUNDLE)
    return line


def test_a_register_that_said_neither_yes_nor_no_was_not_asked():
    line = varied("C100", registers={"HU_DIRECTORY_MARK": {"listed": None}})
    assert (line["verdict"], line["wait_for"]) == ("defer", ["register:HU_DIRECTORY_MARK"])


def test_blanks_are_no_evidence_and_no_balancing_test():
    [consent] = next(case for case in CASES if case["id"] == "C001")["input"]["consents"]
    blank = varied("C001", consents=[{**consent, "evidence": "  "}])
    assert blank["reasons"] == ["CONSENT_EVIDENCE_MISSING"]
    assert varied("C100", lead={"lia_id": " "})["reasons"] == ["BASIS_LIA_MISSING"]


def test_a_null_is_neither_a_live_call_nor_a_verified_bundle_nor_a_caller_id():
    assert "INPUT_INVALID" in varied("C001", campaign={"channel": None})["reasons"]
    assert varied("C001", policy_bundle_verified=None)["reasons"] == ["POLICY_UNVERIFIED"]
    assert varied("C001", campaign={"cli": {"e164": " "}})["reasons"] == ["CLI_WITHHELD"]


def test_a_campaign_that_does_not_say_whether_a_machine_speaks_places_no_call(capsys):
    [case] = [case for case in CASES if case["id"] == "C001"]
    silent = {
        key: word for key, word in CONTENT["defaults"]["campaign"].items() if key != "channel"
    }
    [line] = decided([case], {**CONTENT["defaults"], "campaign": silent}, BUNDLE)
    assert line["reasons"] == ["INPUT_INVALID"]


def test_a_campaign_without_a_sector_is_told_where_sectors_are_banned():
    assert varied("C085", campaign={"sector": ""})["obligations"] == ["SECTOR_UNKNOWN"]
    assert varied("C001", campaign={"sector": None})["obligations"] == []


def test_a_misspelt_field_is_named_beside_the_decision(capsys):
    assert varied("C001", supressions=[], lead={"id": "p-17"})["verdict"] == "allow"
    assert capsys.readouterr().err == "varied: supressions: is no field of the gate, ignored\n"


def test_no_written_case_has_a_field_the_gate_does_not_know(capsys):
    list(decided(CASES, CONTENT["defaults"], BUNDLE))
    assert not capsys.readouterr().err


def test_an_end_beyond_all_time_is_no_end():
    assert varied("C001", lead={"retention_until": "9999-12-31T00:00:00Z"})["verdict"] == "allow"


def test_codes_of_decisions_are_listed_in_the_documentation():
    text = (Path(__file__).parents[2] / "docs" / "compliance.md").read_text()
    for case in CASES:
        facts, now = read(merged(CONTENT["defaults"], case["input"]), name=case["id"])
        evaluation = check(facts, BUNDLE, now).evaluation
        for code in codes((*evaluation.reasons, *evaluation.notes)):
            assert code in text or code.startswith("CAP_")
