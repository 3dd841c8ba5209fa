"""The trunk file as the worker is told of it."""

from pathlib import Path

from dialer.telephony.codec_choice import only
from dialer.telephony.framing import FrameReader
from dialer.telephony.protocol import Order, decode, encode
from dialer.telephony.trunk_mapping import account_of, agent_way, configuration
from dialer.telephony.trunk_settings import Configure, TrunkAccount
from sip_config.carrying import Taken
from sip_config.loading import load
from sip_config.signalling import Support

FILE = """\
version: 1
country: GB
transports:
  - {id: lan, bind: 127.0.0.1, port: 5080}
  - {id: safe, proto: tls, bind: 127.0.0.1, tls: {min: "1.3"}}
media: {codecs: [PCMA/8000], ptime_ms: 30, srtp: optional}
trunks:
  - id: carrier
    hosts: [{uri: "sip:127.0.0.1:5066"}, {uri: "sip:127.0.0.2"}]
    kind: itsp
    transport: lan
    auth: {mode: digest, username: us, password: {env: TRUNK_PASSWORD}, realm: carrier}
    register: {enabled: true, retry_s: [7, 60]}
    session_timer: required
    srtp: off
    headers: [{name: X-Token, value: {env: TRUNK_TOKEN}}]
    quirks: {no_reinvite: true}
  - id: box
    kind: gateway_gsm
    transport: safe
    hosts: [{uri: "sip:127.0.0.3;transport=tls"}]
    codecs: [PCMU/8000]
    limits: {channels: 2}
    channels:
      - {id: "1", username: sim1, password: {env: TRUNK_TOKEN}}
      - {id: "2"}
  - {id: spare, kind: itsp, enabled: false, hosts: [{uri: "sip:127.0.0.4"}]}
routes: [{prefix: "", trunk: carrier}]
"""
SECRETS = {"TRUNK_PASSWORD": "very-secret", "TRUNK_TOKEN": "token-secret"}


def configured(folder: Path, worker: int = 1) -> Configure:
    file = folder / "trunks.yaml"
    file.write_text(FILE)
    return configuration(load(file, environment=SECRETS), worker=worker)


def accounts(folder: Path) -> dict[str, TrunkAccount]:
    return {account.id: account for account in configured(folder).accounts}


def test_there_is_an_account_for_each_trunk_and_each_port_with_a_name_of_its_own(tmp_path):
    found = accounts(tmp_path)
    assert list(found) == ["carrier", "box", "box:1"]
    carrier, box, port = found["carrier"], found["box"], found["box:1"]
    assert (carrier.username, carrier.password, carrier.realm) == ("us", "very-secret", "carrier")
    assert (carrier.registrar, carrier.first_retry_s, carrier.retry_s) == (
        *("sip:127.0.0.1:5066", 7),
        60,
    )
    assert (carrier.session_timer, carrier.srtp) == (Support.REQUIRED, Support.OFF)
    assert not carrier.reinvites and box.reinvites
    assert box.srtp is Support.OPTIONAL and box.codecs == ("PCMU/8000",)
    assert (box.username, port.username, port.password) == ("", "sim1", "token-secret")
    assert port.options_s is None, "the box is asked once, not for every port"


def test_the_name_we_call_ourselves_by_goes_with_every_invite(tmp_path):
    file = tmp_path / "trunks.yaml"
    file.write_text(f"security: {{user_agent: Example}}\n{FILE}")
    [carrier, *_] = configuration(load(file, environment=SECRETS)).accounts
    assert [(each.name, each.value) for each in carrier.headers] == [
        ("User-Agent", "Example"),
        ("X-Token", "token-secret"),
    ]


def test_secrets_are_never_shown(tmp_path):
    text = repr(configured(tmp_path))
    assert "secret" not in text


def test_what_the_worker_reads_is_what_it_was_told(tmp_path):
    order = Order(id="o-1", command=configured(tmp_path))
    [content] = FrameReader().feed(encode(order))
    assert decode(content) == order


def test_a_further_worker_listens_one_port_higher(tmp_path):
    first, second = configured(tmp_path), configured(tmp_path, worker=2)
    assert [socket.port for socket in first.sockets] == [5080, 0]
    assert [socket.port for socket in second.sockets] == [5081, 0]
    assert second.ptime_ms == 30 and second.codecs == ("PCMA/8000",)


def test_a_call_leaves_by_the_account_of_what_it_takes(tmp_path):
    known = configured(tmp_path).accounts

    def taken(trunk: str, port: str | None) -> Taken:
        return Taken(trunk_id=trunk, host="", port=port, caller_id="", pool=None)

    assert account_of(known, taken("box", "1")) == "box:1"
    assert account_of(known, taken("box", "2")) == "box"
    assert account_of(known, taken("gone", None)) is None
    assert account_of(known, None) is None


def test_an_agents_phone_is_called_by_the_trunk_it_names_or_stands_at(tmp_path):
    known = configured(tmp_path).accounts

    def way(uri: str) -> tuple[str, str, str | None]:
        found = agent_way(uri, known, sender="<sip:ours@127.0.0.1>")
        return found.uri, found.sender, found.account

    at_host = way("sip:anna@127.0.0.1:5066")
    assert at_host == ("sip:anna@127.0.0.1:5066", "<sip:us@127.0.0.1:5066>", "carrier")
    assert way("sip:anna@127.0.0.2:5060")[2] == "carrier"
    assert way("sip:anna@127.0.0.1:5070") == (
        *("sip:anna@127.0.0.1:5070", "<sip:ours@127.0.0.1>"),
        None,
    )
    assert way("sip:anna@127.0.0.9;trunk=carrier")[::2] == ("sip:anna@127.0.0.9", "carrier")
    assert way("sip:anna@127.0.0.9;trunk=gone")[2] == "gone", "the worker refuses it by name"


OFFER = (
    "v=0\r\nm=audio 4000 RTP/AVP 8 0 9 101\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:0 PCMU/8000\r\n"
    "a=rtpmap:9 G722/8000\r\na=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-16\r\n"
)


def test_codecs_are_offered_in_the_order_of_the_trunk_and_keys_with_them():
    chosen = only(OFFER, ["G722/16000", "PCMU/8000"])
    assert "m=audio 4000 RTP/AVP 9 0 101\r\n" in chosen
    assert "PCMA" not in chosen and "a=fmtp:101 0-16" in chosen


def test_an_offer_with_none_of_the_codecs_is_left_to_the_negotiation():
    assert only(OFFER, ["G729/8000"]) == OFFER
    assert (
        only("v=0\r\nm=video 5 RTP/AVP 96\r\n", ["PCMA/8000"]) == "v=0\r\nm=video 5 RTP/AVP 96\r\n"
    )
