"""The document says what the profiles say."""

from compliance.documenting import DOCUMENT, written


def test_the_tables_of_the_document_are_those_of_the_profiles():
    text = DOCUMENT.read_text("utf-8")
    assert written(text) == text, "run: python -m compliance.documenting"
