"""The document says what the profiles say."""

from compliance.documenting import DOCUMENT, written
from compliance.loading import load
from compliance.tracing import cases_of, rules_of


def test_the_tables_of_the_document_are_those_of_the_profiles():
    text = DOCUMENT.read_text("utf-8")
    assert written(text) == text, "run: python -m compliance.documenting"


def test_every_rule_of_every_profile_decides_a_written_case():
    bundle = load()
    assert not set(rules_of(bundle)) - set(cases_of(bundle))
