"""How numbers are written, and how a call introduces us."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sip_config.identity import presentation
from sip_config.number_format import dialled, formatted
from sip_config.resolving import Layer, merged
from sip_config.signalling import NumberStyle
from sip_config.trunk import Trunk
from sip_config.validating import validated
from tests.sip_config.files import LONDON, a_trunk

CALLER = "+442079460101"


def trunk(**changes) -> Trunk:
    return validated(Trunk, merged([Layer(origin="test", values=a_trunk(**changes))]))


def shown(**changes):
    return presentation(trunk(**changes), CALLER, domain="sip.example:5060", country="GB")


@pytest.mark.parametrize(
    ("style", "country", "number", "text"),
    [
        ("e164_plus", "GB", LONDON, "+442079460123"),
        ("e164", "GB", LONDON, "442079460123"),
        ("international_00", "GB", LONDON, "00442079460123"),
        ("national", "GB", LONDON, "02079460123"),
        ("national", "BG", LONDON, "00442079460123"),
        ("national", "PL", "+48221234567", "221234567"),
        ("national", "IT", "+390612345678", "0612345678"),
        ("custom", "GB", LONDON, "+442079460123"),
    ],
)
def test_a_number_is_written_as_the_trunk_wants_it(style, country, number, text):
    assert formatted(number, NumberStyle(style), country=country) == text


def test_rules_come_after_the_style_and_prefixes_last():
    one = trunk(
        number_format={"called": "national"},
        number_rules=[{"match": "^0", "replace": "9"}, {"match": "^92", "replace": "82"}],
        tech_prefix="55",
        channels=[{"id": "1", "prefix": "*1"}],
        limits={"channels": 1},
    )
    assert dialled(LONDON, one, country="GB") == "5582079460123"
    assert dialled(LONDON, one, country="GB", channel=one.channels[0]) == "*15582079460123"


def test_a_plus_never_stands_in_the_middle():
    assert dialled(LONDON, trunk(tech_prefix="1234"), country="GB") == "1234442079460123"


def test_from_names_the_caller_id_or_the_user():
    assert shown().from_uri == "<sip:+442079460101@sip.example:5060>"
    auth = {"mode": "digest", "username": "u1", "password": {"env": "X"}}
    user = shown(auth=auth, identity={"from_user": "username", "from_domain": "us.example"})
    assert user.from_uri == "<sip:u1@us.example>"


def test_the_caller_id_stands_in_the_header_the_carrier_reads():
    ppi = shown(identity={"headers": ["ppi"]}, number_format={"caller": "e164"})
    assert ppi.headers == (("P-Preferred-Identity", "<sip:442079460101@sip.example:5060>"),)
    every = shown(identity={"headers": ["pai", "rpid"], "privacy": "id"})
    assert [name for name, _ in every.headers] == [
        "P-Asserted-Identity",
        "Remote-Party-ID",
        "Privacy",
    ]
    assert "privacy=full" in every.headers[1][1]


def test_a_diversion_names_the_number_the_call_came_from():
    headers = shown(identity={"diversion": "+442079460100"}).headers
    assert headers == (("Diversion", "<sip:+442079460100@sip.example:5060>;reason=unconditional"),)


@given(st.text(max_size=20))
def test_a_display_name_cannot_leave_its_quotes(name):
    text = presentation(
        trunk(identity={"display": name}), CALLER, domain="d.example", country="GB"
    ).from_uri
    if not name:
        assert text.startswith("<")
        return
    inner = text.removeprefix('"').removesuffix('" <sip:+442079460101@d.example>')
    assert '"' not in inner.replace("\\\\", "").replace('\\"', "")
