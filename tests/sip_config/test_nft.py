"""The packet filter."""

import os
import shutil
import subprocess

import pytest

from sip_config import nft
from sip_config.loading import load
from tests.sip_config.files import a_file, a_trunk, loaded
from tests.sip_config.test_loading import EVERYTHING, EXAMPLE

LAN = {
    "transports": [
        {"id": "lan", "bind": "10.0.0.5", "port": 5080},
        {"id": "tcp", "proto": "tcp", "bind": "10.0.0.5", "port": 5081},
    ]
}


def rules(tmp_path, addresses=None, **changes):
    return nft.generate(loaded(tmp_path, a_file(**changes)), addresses)


def test_only_peers_reach_the_signalling_ports(tmp_path):
    text = rules(
        tmp_path,
        trunks=[a_trunk(hosts=[{"uri": "sip:10.0.0.9"}]), a_trunk(id="b")],
        security={"allow_inbound_from": ["trunks", "10.0.1.0/24", "10.0.1.7/32"]},
        **LAN,
    )
    assert "elements = { 10.0.0.9, 10.0.1.0/24, 127.0.0.1 }" in text
    assert "udp dport { 5080 } ip saddr @peers4 accept" in text
    assert "udp dport { 5080 } counter drop" in text
    assert "tcp dport { 5081 } counter drop" in text
    assert text.index("@flood4 {") < text.index("@peers4 accept")


def test_gateways_and_trunks_are_let_in_only_if_the_file_says_so(tmp_path):
    box = a_trunk(kind="gateway_gsm", hosts=[{"uri": "sip:10.0.0.8"}])
    carrier = a_trunk(id="c", kind="itsp", hosts=[{"uri": "sip:10.0.0.9"}])
    off = a_trunk(id="d", enabled=False, hosts=[{"uri": "sip:10.0.0.7"}])
    for who, expected in [("gateways", "{ 10.0.0.8 }"), ("trunks", "{ 10.0.0.9 }")]:
        text = rules(
            tmp_path,
            trunks=[box, carrier, off],
            security={"allow_inbound_from": [who]},
            **LAN,
        )
        peers = text[text.index("set peers4") : text.index("set peers6")]
        assert f"elements = {expected}" in peers


def test_audio_is_limited_when_every_trunk_says_where_it_comes_from(tmp_path):
    carrier = a_trunk(kind="itsp", hosts=[{"uri": "sip:192.0.2.1"}])
    assert "udp dport 20000-29999 accept" in rules(tmp_path, trunks=[carrier], **LAN)
    carrier["media_networks"] = ["192.0.2.0/24", "192.0.2.128/25"]
    text = rules(tmp_path, trunks=[carrier], **LAN)
    assert "udp dport 20000-29999 ip saddr @media4 accept" in text
    assert "udp dport 20000-29999 counter drop" in text
    assert "elements = { 192.0.2.0/24 }" in text


def test_names_are_looked_up_by_the_caller_and_missing_ones_are_named(tmp_path):
    carrier = a_trunk(kind="itsp", hosts=[{"uri": "sip:sip.carrier.example"}])
    config = loaded(tmp_path, a_file(trunks=[carrier], **LAN))
    assert nft.names(config) == ["sip.carrier.example"]
    assert "No address known for sip.carrier.example" in nft.generate(config)
    found = {"sip.carrier.example": ["192.0.2.5", "2001:db8::5"]}
    text = nft.generate(config, found)
    assert "No address known" not in text
    assert "elements = { 192.0.2.5 }" in text and "elements = { 2001:db8::5 }" in text


def test_a_port_that_is_not_fixed_is_named(tmp_path):
    assert "Transport udp-local has no fixed port" in rules(tmp_path)


def test_no_secret_is_in_the_text():
    environment = {"CARRIER_PASSWORD": "hidden-one", "CARRIER_TOKEN": "hidden-two"}
    assert "hidden" not in nft.generate(load(EVERYTHING, environment=environment))


@pytest.mark.skipif(
    shutil.which("nft") is None or os.geteuid() != 0, reason="needs nft and the right to ask it"
)
@pytest.mark.parametrize("file", [EXAMPLE, EVERYTHING], ids=["example", "everything"])
def test_nftables_accepts_the_text(tmp_path, file):
    config = load(file, environment={}, with_secrets=False)
    rules_file = tmp_path / "rules.nft"
    rules_file.write_text(nft.generate(config))
    done = subprocess.run(
        ["nft", "-c", "-f", str(rules_file)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
