"""Numbers nobody may call."""

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sip_config.blocking import EMERGENCY_NUMBERS, Blocked, blocked, blocked_as_dialled
from sip_config.route import Blocklists, Emergency, Invalid, Premium
from tests.sip_config.files import LONDON

LISTS = Blocklists()


def why(number, *, countries=("GB",), lists=LISTS):
    return blocked(number, lists, countries=countries)


@pytest.mark.parametrize(
    ("number", "reason"),
    [
        (LONDON, None),
        ("+442079460", Blocked.INVALID),
        ("+44207946012345678", Blocked.INVALID),
        ("442079460123", Blocked.INVALID),
        ("02079460123", Blocked.INVALID),
        ("+44 2079460123", Blocked.INVALID),
        ("+442079460123;phone-context=x", Blocked.INVALID),
        ("", Blocked.INVALID),
        ("+", Blocked.INVALID),
        ("999", Blocked.EMERGENCY),
        ("+112", Blocked.EMERGENCY),
        ("9999", Blocked.EMERGENCY),
        ("+449098790123", Blocked.PREMIUM),
        ("+448431234567", Blocked.PREMIUM),
        ("+359888123456", Blocked.COUNTRY),
        ("+18764567890", Blocked.COUNTRY),
        ("+881612345678", Blocked.COUNTRY),
        ("+8823456789012", Blocked.COUNTRY),
        ("+999123456789", Blocked.INVALID),
        ("+441534460123", Blocked.COUNTRY),
    ],
)
def test_a_number_is_judged(number, reason):
    assert why(number) is reason


def test_the_file_can_only_add():
    more = Blocklists(
        emergency=Emergency(extra=("5555",)), premium=Premium(extra_prefixes=("+4420",))
    )
    assert why("5555", lists=more) is Blocked.EMERGENCY
    assert why(LONDON, lists=more) is Blocked.PREMIUM
    without = Blocklists(premium=Premium(builtin=False), invalid=Invalid(use_phonenumbers=False))
    assert why("999", lists=without) is Blocked.EMERGENCY
    assert why("+447700900123", lists=without) is None
    assert why("+447700900123") is not None


def test_no_countrys_example_number_is_taken_for_an_emergency():
    lists = Blocklists(invalid=Invalid(lengths=(4, 15)))
    for country in phonenumbers.SUPPORTED_REGIONS:
        example = phonenumbers.example_number(country)
        number = phonenumbers.format_number(example, phonenumbers.PhoneNumberFormat.E164)
        # Some territories share all their numbers with a neighbour.
        expected = {None, Blocked.PREMIUM, Blocked.COUNTRY}
        assert why(number, countries=[country], lists=lists) in expected, country


@pytest.mark.parametrize(
    ("user", "reason"),
    [
        ("+442079460123", None),
        ("442079460123", None),
        ("02079460123", None),
        ("00442079460123", None),
        ("9902079460123", None),
        ("+442079460124", Blocked.ALTERED),
        ("2079460", Blocked.ALTERED),
        ("", Blocked.ALTERED),
        ("02079460123@evil", Blocked.ALTERED),
        ("02079460123;x=y", Blocked.ALTERED),
        ("112", Blocked.EMERGENCY),
        ("0112", Blocked.EMERGENCY),
        ("9112", Blocked.EMERGENCY),
        ("+911", Blocked.EMERGENCY),
    ],
)
def test_what_is_dialled_is_judged_again(user, reason):
    assert blocked_as_dialled(user, LONDON, LISTS, prefix="", home="GB") is reason


def test_digits_that_an_exchange_would_read_as_an_emergency_are_refused():
    lists = Blocklists(invalid=Invalid(use_phonenumbers=False))
    number = "+19115550123"
    assert blocked_as_dialled("9115550123", number, lists, prefix="", home="US") is (
        Blocked.EMERGENCY
    )


def test_a_prefix_of_the_trunk_is_no_part_of_the_number():
    user = "123402079460123"
    assert blocked_as_dialled(user, LONDON, LISTS, prefix="1234", home="GB") is None
    assert blocked_as_dialled("1234999", LONDON, LISTS, prefix="1234", home="GB") is (
        Blocked.EMERGENCY
    )


@given(st.text(max_size=20) | st.from_regex(r"\+?[0-9]{0,18}", fullmatch=True))
def test_any_text_is_judged_without_a_fault(number):
    reason = why(number)
    assert reason is None or reason in Blocked
    if reason is None:
        assert number.startswith("+44")


@given(
    emergency=st.sampled_from(sorted(EMERGENCY_NUMBERS)),
    outside=st.sampled_from(["", "0", "9"]),
    plus=st.sampled_from(["", "+"]),
    prefix=st.sampled_from(["", "77", "0"]),
)
def test_no_way_of_writing_reaches_an_emergency_service(emergency, outside, plus, prefix):
    user = f"{plus}{prefix}{outside}{emergency}"
    assert blocked_as_dialled(user, LONDON, LISTS, prefix=prefix, home="GB") is not None
