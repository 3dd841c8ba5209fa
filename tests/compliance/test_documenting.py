"""The document says what the profiles say."""

import re

from compliance.documenting import DOCUMENT, written
from compliance.facts import Subject
from compliance.loading import SHIPPED, load
from compliance.profile import Regime
from compliance.saying import REMEDIES, WORDS
from compliance.store.gathering import controller
from compliance.tracing import cases_of, rules_of


def test_the_tables_of_the_document_are_those_of_the_profiles():
    text = DOCUMENT.read_text("utf-8")
    assert written(text) == text, "run: python -m compliance.documenting"


def test_every_rule_of_every_profile_decides_a_written_case():
    bundle = load()
    assert not set(rules_of(bundle)) - set(cases_of(bundle))


def test_the_layer_in_the_document_loads_beside_the_shipped_profiles(tmp_path):
    for path in SHIPPED.glob("*.yaml"):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    layer = DOCUMENT.read_text("utf-8").partition("```yaml\n")[2].partition("```")[0]
    (tmp_path / "own.yaml").write_text(layer, "utf-8")
    [rules] = load(tmp_path).versions(
        "CZ", subdivision=None, controller=controller(3), campaign="1"
    )
    assert rules.live[Subject.LEGAL_PERSON] is Regime.OPT_OUT
    assert len(rules.counsel_notes) == 1


def test_every_code_that_stops_a_call_has_words_and_every_remedy_a_code():
    table = DOCUMENT.read_text("utf-8").partition("## Codes")[2].partition("\n## ")[0]
    stops = {
        code
        for row in table.splitlines()
        if row.startswith("| ") and not row.startswith("| elsewhere")
        for column in row.split("|")[2:4]
        for code in re.findall(r"`((?!CAP_)[A-Z0-9_]+)`", column)
    }
    assert len(stops) > 50
    assert sorted(stops - WORDS.keys()) == []
    assert sorted(REMEDIES.keys() - stops) == []
