"""YAML without its traps."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sip_config.yaml_document import DEPTH_LIMIT, SIZE_LIMIT, Unreadable, read


def test_words_stay_words_and_numbers_stay_text_unless_they_are_plain():
    text = "a: off\nb: NO\nc: yes\nd: 0123\ne: +447\nf: 22:30\ng: 1_000\nh: 2026-01-05\ni: 1e3"
    assert read(text).value == {
        "a": "off",
        "b": "NO",
        "c": "yes",
        "d": "0123",
        "e": "+447",
        "f": "22:30",
        "g": "1_000",
        "h": "2026-01-05",
        "i": "1e3",
    }


def test_plain_values_have_their_types():
    text = 'a: 12\nb: -1.5\nc: true\nd: null\ne: ~\nf:\ng: "12"\nh: [1, {i: 2}]\nj: False'
    assert read(text).value == {
        "a": 12,
        "b": -1.5,
        "c": True,
        "d": None,
        "e": None,
        "f": None,
        "g": "12",
        "h": [1, {"i": 2}],
        "j": "False",
    }


def test_every_key_knows_its_line():
    document = read("a: 1\nb:\n  c: 2\n  d:\n    - e: 3\n")
    assert document.line_of(("b", "c")) == 3
    assert document.line_of(("b", "d", 0, "e")) == 5
    assert document.line_of(("b", "missing")) == 2
    assert document.line_of(("missing",)) is None


def test_a_byte_order_mark_is_no_part_of_the_first_key():
    assert read("\ufeffa: 1").value == {"a": 1}


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "empty"),
        ("# nothing\n", "empty"),
        ("- 1\n- 2\n", "mapping"),
        ("word", "mapping"),
        ("a: 1\na: 2\n", "stands twice"),
        ("a: &x 1\nb: *x\n", "aliases"),
        ("a: !!python/object/apply:os.system [ls]\n", "tag"),
        ("a: !mine 1\n", "tag"),
        ("a: [1, 2\n", "not YAML"),
        ("a: 1\n\tb: 2\n", "not YAML"),
        ("? [1, 2]\n: 3\n", "key is a list"),
        ('a: "x\\r\\nEvil: 1"\n', "line break"),
        ("a: |\n  one\n  two\n", "line break"),
        ('"a\\nb": 1\n', "control character"),
        ("a: \x00\n", "not YAML"),
        ("a: 1\n---\nb: 2\n", "not YAML"),
        ("[" * 5000, "not YAML|nested"),
        ("a: " + "[" * (DEPTH_LIMIT + 5) + "]" * (DEPTH_LIMIT + 5), "nested deeper"),
        ("a" * (SIZE_LIMIT + 1), "at most"),
    ],
)
def test_what_could_mean_something_else_is_refused(text, complaint):
    with pytest.raises(Unreadable, match=complaint):
        read(text)


def test_a_refusal_names_the_line():
    with pytest.raises(Unreadable) as caught:
        read("a: 1\nb: 2\na: 3\n")
    assert caught.value.line == 3


@given(st.text(max_size=200))
def test_any_text_is_read_or_refused_and_nothing_else_happens(text):
    with suppress(Unreadable):
        assert isinstance(read(text).value, dict)


@given(st.text(alphabet="ab:-[]{}'\"!&*?|>%@#,\n \t0", max_size=60))
def test_yaml_like_rubbish_is_read_or_refused(text):
    with suppress(Unreadable):
        assert isinstance(read(text).value, dict)
