"""Whose request is let in."""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sip_config.peers import peer_at
from tests.sip_config.files import a_file, a_trunk, loaded

TRUNKS = [
    a_trunk(hosts=[{"uri": "sip:10.0.0.9"}]),
    a_trunk(id="off", enabled=False, hosts=[{"uri": "sip:10.0.0.8"}]),
    a_trunk(id="named", kind="itsp", hosts=[{"uri": "sip:sip.carrier.example"}]),
]


def a_config(tmp_path, **security):
    return loaded(
        tmp_path,
        a_file(
            trunks=TRUNKS,
            transports=[{"id": "lan", "bind": "10.0.0.5"}],
            security=security or {"allow_inbound_from": ["trunks", "10.0.1.0/24"]},
        ),
    )


def test_a_request_belongs_to_the_trunk_whose_address_it_comes_from(tmp_path):
    config = a_config(tmp_path)
    assert peer_at(config, "10.0.0.9").trunk_id == "pbx"
    phone = peer_at(config, "10.0.1.77")
    assert phone is not None and phone.trunk_id is None
    names = {"sip.carrier.example": ["192.0.2.5"]}
    assert peer_at(config, "192.0.2.5", names).trunk_id == "named"


def test_everybody_else_is_refused(tmp_path):
    config = a_config(tmp_path)
    for address in ("10.0.0.8", "192.0.2.5", "10.0.2.1", "::1", "sip.carrier.example", ""):
        assert peer_at(config, address) is None
    closed = a_config(tmp_path, allow_inbound_from=[])
    assert peer_at(closed, "10.0.0.9") is None


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(max_size=45) | st.ip_addresses().map(str))
def test_any_text_is_judged_without_a_fault(tmp_path, text):
    peer_at(a_config(tmp_path), text)
