"""Headers and mapping files."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leads.importing import ImportOptions, InvalidMapping, mapping_from
from leads.importing.columns import FIELDS, PHONE, folded, recognised, understood
from leads.importing.synonyms import SYNONYMS


def test_every_word_of_the_table_is_recognised_as_its_field():
    for field, words in SYNONYMS.items():
        for word in words:
            assert recognised(word) == field, word


def test_no_word_means_two_things():
    words = [folded(word) for several in SYNONYMS.values() for word in set(several)]
    meanings = {
        word: {f for f, several in SYNONYMS.items() if word in map(folded, several)}
        for word in words
    }
    assert [word for word, fields in meanings.items() if len(fields) > 1] == []


@pytest.mark.parametrize("name", ["Phone2", "Telefon nr 3", "тел. 2", "Mobile (2)", "GSM_1"])
def test_telephone_columns_may_be_numbered(name):
    assert recognised(name) == PHONE


def test_a_second_column_of_a_meaning_is_kept_beside():
    columns = understood(["phone", "name", "contact", "", "x", "x"], ImportOptions())
    assert columns.single == {"name": 1}
    assert columns.further == {2: "contact", 3: "column 4", 4: "x", 5: "x (again)"}
    assert columns.fields_of == {"phone": "phone", "name": "name"}


@pytest.mark.parametrize(
    ("text", "file_name"),
    [
        ("phone: [Tel A, Tel B]\nname: Nom\nignore: [X]\n", "mapping.yaml"),
        ('phone = ["Tel A", "Tel B"]\nname = "Nom"\nignore = ["X"]\n', "mapping.toml"),
    ],
)
def test_a_mapping_file_is_yaml_or_toml(text, file_name):
    mapping = mapping_from(text, file_name)
    assert mapping.fields == {"phone": ("Tel A", "Tel B"), "name": ("Nom",)}
    assert mapping.ignored == ("X",)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("phon: Tel", "did you mean phone"),
        ("- phone", "found no keys"),
        ("phone: 5", "phone: expected the name"),
        ("name: [A, B]", "name: 2 columns"),
        ("phone: [", "mapping.yaml"),
        ("phone: []", "phone: expected"),
        ("phone: Tel\nphone: Tel 2", "phone stands there twice"),
    ],
)
def test_a_mapping_file_that_cannot_be_used_is_named(text, named):
    with pytest.raises(InvalidMapping, match=named):
        mapping_from(text, "mapping.yaml")


@given(st.text(max_size=100), st.sampled_from(["m.toml", "m.yaml"]))
def test_any_text_is_a_mapping_or_refused(text, file_name):
    try:
        mapping = mapping_from(text, file_name)
    except InvalidMapping:
        return
    assert set(mapping.fields) <= set(FIELDS)
