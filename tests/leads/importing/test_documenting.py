"""The page on lists says what an import does."""

import pytest

from leads.importing.documenting import DOCUMENT, FIELDS, REASONS, UNREADABLE, WARNED, written
from leads.importing.result import Reason, Unreadable, Warned
from leads.importing.synonyms import SYNONYMS


def test_the_tables_of_the_page_are_current():
    text = DOCUMENT.read_text("utf-8")
    assert written(text) == text, "run: python -m leads.importing.documenting"


def test_every_code_and_field_is_explained():
    assert set(FIELDS) == set(SYNONYMS)
    assert set(REASONS) == set(Reason)
    assert set(UNREADABLE) == set(Unreadable)
    assert set(WARNED) == set(Warned)


def test_a_page_without_its_markers_is_refused():
    with pytest.raises(ValueError, match="columns: begin"):
        written("# Lists")
