"""Telephone numbers as people write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leads.phone import (
    InvalidPhoneNumber,
    NumberKind,
    NumberProblem,
    PhoneNumber,
    kind,
    parse,
    redact,
    region,
    time_zones,
)


@pytest.mark.parametrize(
    "written",
    [
        "020 7946 0123",
        "(020) 7946-0123",
        "+44 20 7946 0123",
        "+44 (0)20 7946 0123",
        "0044 20 7946 0123",
        "442079460123",
        "2079460123",
        "2079460123.0",
        "2079460123.00",
        '="02079460123"',
        "'020.7946.0123",
        "\u00a0020\u00a07946\u00a00123 ",
        "020\u200b79460123",
        "020 7946\u20130123",
        "tel:+442079460123",
        "020 7946 0123 ext. 42",
    ],
)
def test_one_number_written_in_many_ways_is_one_number(written):
    assert parse(written, "GB") == "+442079460123"


@pytest.mark.parametrize(
    ("written", "country", "problem"),
    [
        ("", "GB", NumberProblem.EMPTY),
        (" \u00a0 ", "GB", NumberProblem.EMPTY),
        ("n/a", "GB", NumberProblem.NOT_A_NUMBER),
        ("ask Ann 020 7946 0123", "GB", NumberProblem.NOT_A_NUMBER),
        ("4.42079E+11", "GB", NumberProblem.ROUNDED),
        ("4,42079E+11", "GB", NumberProblem.ROUNDED),
        ("020 7946 0123", None, NumberProblem.NO_COUNTRY),
        ("601 23", "PL", NumberProblem.TOO_SHORT),
        ("020 7946 0123 4567 8901", "GB", NumberProblem.TOO_LONG),
        ("07700 900123", "GB", NumberProblem.NOT_IN_PLAN),
        ("112", "BG", NumberProblem.TOO_SHORT),
    ],
)
def test_what_is_no_number_says_why(written, country, problem):
    with pytest.raises(InvalidPhoneNumber) as refused:
        parse(written, country)
    assert refused.value.problem is problem


def test_an_error_shows_no_more_of_a_number_than_a_log_may():
    with pytest.raises(InvalidPhoneNumber) as refused:
        parse("07700 900123", "GB")
    assert "07700" not in str(refused.value)
    assert "…0123" in str(refused.value)


@given(st.text(max_size=80), st.sampled_from([None, "GB", "BG", "PL", "RO", "US", "ZZ", "xx"]))
def test_any_text_is_a_number_or_refused(text, country):
    try:
        number = parse(text, country)
    except InvalidPhoneNumber:
        return
    assert parse(number) == number
    assert kind(number) in NumberKind
    assert isinstance(time_zones(number), tuple)
    region(number)


@given(st.text(max_size=40))
def test_redaction_shows_at_most_four_digits(text):
    assert sum(sign.isdigit() for sign in redact(text)) <= 4


def test_kinds_zones_and_regions_come_from_the_plan():
    assert kind(PhoneNumber("+442079460123")) is NumberKind.FIXED
    assert kind(PhoneNumber("+12015550123")) is NumberKind.FIXED_OR_MOBILE
    assert kind(PhoneNumber("+448000496123")) is NumberKind.OTHER
    assert time_zones(PhoneNumber("+442079460123")) == ("Europe/London",)
    assert region(PhoneNumber("+442079460123")) == "GB"
    assert region(PhoneNumber("+80012345678")) is None
