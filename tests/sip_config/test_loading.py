"""From a file to a configuration, or to a list of what is wrong with it."""

from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sip_config.config import SipConfig
from sip_config.loading import examine, load, resolve
from sip_config.problem import ConfigurationError
from sip_config.secret import SecretReference, Secrets
from sip_config.trunk import TrunkKind
from tests.sip_config.files import a_file, a_trunk, complaints, loaded

EXAMPLE = Path(__file__).parents[2] / "examples" / "trunks.yaml"
EVERYTHING = Path(__file__).parent / "everything.yaml"


def test_the_smallest_file_loads(tmp_path):
    config = loaded(tmp_path, a_file())
    assert list(resolve(config)) == ["pbx"]
    assert config.trunks["pbx"].kind is TrunkKind.PBX
    assert config.allowed_countries == {"GB"}


def test_the_example_loads_without_a_warning():
    config, warnings = examine(EXAMPLE, environment={"CARRIER_PASSWORD": "x"})
    assert warnings == ()
    assert config.trunks["lines"].limits.per_port.min_gap_s == 2.0


def test_a_file_with_every_key_loads():
    config = load(EVERYTHING, environment={"CARRIER_PASSWORD": "p", "CARRIER_TOKEN": "t"})
    trunk = config.trunks["carrier"]
    assert trunk.cost.per_minute == Decimal("0.006")
    assert trunk.prack.value == "off"
    assert config.known_secrets.reveal(trunk.auth.password) == "p"
    assert config.known_secrets.reveal(trunk.headers[0].value) == "t"


def test_secrets_are_never_shown(tmp_path):
    secret = "correct-horse"
    file = a_file(
        trunks=[
            a_trunk(auth={"mode": "digest", "username": "u", "password": {"env": "TRUNK_PASSWORD"}})
        ]
    )
    config = loaded(tmp_path, file, environment={"TRUNK_PASSWORD": secret})
    assert config.known_secrets.reveal(config.trunks["pbx"].auth.password) == secret
    assert secret not in repr(config)
    assert secret not in str(config.known_secrets)


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"version": 2}, "trunks.yaml:1: version: found 2, expected 1"),
        ({"contry": "GB"}, "contry: unknown key; did you mean 'country'?"),
        ({"trunk": []}, "trunk: unknown key; did you mean 'trunks'?"),
        ({"country": "UK"}, "did you mean 'GB'?"),
        ({"country": "Britain"}, "expected a country as two capital letters"),
        ({"zone": "Mars/Base"}, "expected a time zone"),
        ({"trunks": []}, "expected a list of trunks, at least one"),
        ({"trunks": {"a": 1}}, "expected a list of trunks"),
        ({"trunks": [7]}, "trunks[0]: expected a mapping"),
        ({"profiles": [1]}, "expected a mapping from profile names"),
        ({"profiles": {"mine": 3}}, "profiles.mine: expected a mapping"),
        ({"routes": []}, "nothing can be called"),
        ({"media": {"rtp_ports": [1, 2]}}, "media.rtp_ports[0]: found 1"),
        ({"media": {"rtp_ports": [3000]}}, "media.rtp_ports[1]: missing"),
        ({"media": 3}, "found 3, expected a mapping of keys"),
        ({"security": {"allow_inbound_from": "trunks"}}, 'found "trunks", expected a list'),
        ({"security": {"allow_inbound_from": ["0.0.0.0/0"]}}, "lets everybody in"),
        ({"security": {"allow_inbound_from": ["gateway"]}}, "expected gateways, trunks or a net"),
    ],
)
def test_a_wrong_file_is_told_what_was_found_and_what_was_expected(tmp_path, change, complaint):
    assert complaint in complaints(tmp_path, a_file(**change))


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"limits": {"chanels": 3}}, "trunks[0].limits.chanels: unknown key; did you mean 'chann"),
        ({"limits": {"cps": 0}}, "trunks[0].limits.cps: found 0, expected greater than 0"),
        ({"limits": {"cps": "fast"}}, 'found "fast", expected a number'),
        ({"limits": {"channels": "3"}}, 'found "3", expected a number'),
        ({"limits": {"channels": True}}, "found true, expected a number"),
        ({"kind": "gateway_gms"}, "found \"gateway_gms\"; did you mean 'gateway_gsm'?"),
        ({"hosts": []}, "hosts: found 0 entries, expected 1"),
        ({"hosts": [{"uri": "sip:bob@10.0.0.1"}]}, "is not a peer address; expected sip:HOST"),
        ({"hosts": [{"uri": "sip:a b"}]}, "is not a peer address"),
        ({"hosts": [{"uri": "sip:127.0.0.1:99999"}]}, "is not a peer address"),
        ({"tech_prefix": 1234}, "found the number 1234, expected text; put it in quotes"),
        ({"profile": "grandstream_gxw4018"}, "did you mean 'grandstream_gxw4108'?"),
        ({"headers": [{"name": "Via", "value": "x"}]}, "this header belongs to SIP itself"),
        ({"headers": [{"name": "X-A", "value": {"envi": "A"}}]}, "did you mean 'env'?"),
        ({"headers": [{"name": "X-A", "value": {"env": "A", "file": "B"}}]}, "exactly one of"),
        ({"number_rules": [{"match": "(", "replace": ""}]}, "expected a regular expression"),
        ({"number_rules": [{"match": "(.)", "replace": r"\7"}]}, "replacement cannot be used"),
        ({"cause_map": [{"sip": 99, "outcome": "busy"}]}, "expected greater than or equal to 300"),
        ({"cause_map": [{"sip": 486, "outcome": "bussy"}]}, "did you mean 'busy'?"),
        ({"media_networks": ["10.0.0.1/24"]}, "expected a network"),
        ({"codecs": ["PCMA"]}, "expected a codec and its rate"),
        ({"kind": None}, "trunks[0].kind: found null, expected"),
    ],
)
def test_a_wrong_trunk_is_told_what_was_found_and_what_was_expected(tmp_path, change, complaint):
    assert complaint in complaints(tmp_path, a_file(trunks=[a_trunk(**change)]))


def test_a_password_in_the_file_is_refused_and_not_repeated(tmp_path):
    auth = {"mode": "digest", "username": "u", "password": "hunter2"}
    text = complaints(tmp_path, a_file(trunks=[a_trunk(auth=auth)]))
    assert "secrets are not written into this file" in text
    assert "hunter2" not in text


def test_all_problems_are_told_at_once_in_the_order_of_lines(tmp_path):
    text = complaints(
        tmp_path,
        a_file(contry="GB", trunks=[a_trunk(limits={"cps": -1}), a_trunk(id="b", dnss="srv")]),
    )
    assert len(text.splitlines()) == 3
    assert text.index("cps") < text.index("dnss") < text.index("contry")


def test_two_trunks_of_one_name_are_refused(tmp_path):
    assert "stands twice" in complaints(tmp_path, a_file(trunks=[a_trunk(), a_trunk()]))


def test_a_loopback_trunk_has_loopback_addresses_only(tmp_path):
    for uri in ("sip:10.0.0.1", "sip:localhost", "sip:[::2]"):
        trunk = a_trunk(kind="loopback", hosts=[{"uri": uri}])
        assert "is not a loopback address" in complaints(tmp_path, a_file(trunks=[trunk]))
    trunk = a_trunk(kind="loopback", outbound_proxy="sip:192.0.2.1")
    assert "is not a loopback address" in complaints(tmp_path, a_file(trunks=[trunk]))
    trunk = a_trunk(kind="loopback", hosts=[{"uri": "sip:127.0.0.9"}, {"uri": "sip:[::1]:5060"}])
    assert complaints(tmp_path, a_file(trunks=[trunk])) == ""


def test_the_laboratory_reaches_private_addresses_only(tmp_path):
    transports = [{"id": "lan", "bind": "10.0.0.5"}]
    for uri, refused in [
        ("sip:10.0.0.9", False),
        ("sip:192.168.1.1", False),
        ("sip:127.0.0.1", False),
        ("sip:[fd00::1]", False),
        ("sip:192.0.2.1", True),
        ("sip:[2001:db8::1]", True),
        ("sip:172.32.0.1", True),
        ("sip:carrier.example", True),
    ]:
        trunk = a_trunk(kind="itsp", hosts=[{"uri": uri}])
        file = a_file(trunks=[trunk], transports=transports)
        assert ("the laboratory only" in complaints(tmp_path, file, lab=True)) is refused, uri
        assert complaints(tmp_path, file) == ""


def test_a_secret_comes_from_the_environment_a_file_or_a_folder(tmp_path):
    (tmp_path / "one").write_text("from a file\n")
    (tmp_path / "one").chmod(0o600)
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "two").write_text("from a folder")
    (tmp_path / "folder" / "two").chmod(0o600)

    def revealed(reference, **top):
        auth = {"mode": "digest", "username": "u", "password": reference}
        file = a_file(trunks=[a_trunk(auth=auth)], **top)
        config = loaded(tmp_path, file, environment={"THREE": "from the environment"})
        return config.known_secrets.reveal(config.trunks["pbx"].auth.password)

    place = {"secrets": {"source": "file", "directory": "folder"}}
    assert revealed({"file": "one"}) == "from a file"
    assert revealed({"name": "two"}, **place) == "from a folder"
    assert revealed({"env": "THREE"}) == "from the environment"
    assert revealed({"name": "THREE"}) == "from the environment"


@pytest.mark.parametrize(
    ("content", "mode", "complaint"),
    [
        (None, 0o600, "cannot be read"),
        (b"x", 0o644, "can be read by everybody"),
        (b"", 0o600, "no usable secret"),
        (b"one\ntwo", 0o600, "no usable secret"),
        (b"\xff\xfe", 0o600, "not UTF-8"),
        (b"x" * 5000, 0o600, "too long"),
    ],
)
def test_an_unusable_secret_file_is_named_and_never_quoted(tmp_path, content, mode, complaint):
    if content is not None:
        (tmp_path / "secret").write_bytes(content)
        (tmp_path / "secret").chmod(mode)
    auth = {"mode": "digest", "username": "u", "password": {"file": "secret"}}
    text = complaints(tmp_path, a_file(trunks=[a_trunk(auth=auth)]))
    assert complaint in text and "trunks[0]" in text


def test_a_reference_to_a_secret_says_where_and_not_what():
    assert str(SecretReference(file="pw")) == "file pw"
    assert str(SecretReference(name="pw")) == "name pw"
    assert Secrets().reveal(None) == ""
    assert Secrets().reveal("plain") == "plain"


def test_a_missing_variable_is_named(tmp_path):
    auth = {"mode": "digest", "username": "u", "password": {"env": "NOT_THERE"}}
    file = a_file(trunks=[a_trunk(auth=auth)])
    assert "environment variable NOT_THERE is not set" in complaints(tmp_path, file)
    assert loaded(tmp_path, file, with_secrets=False).trunks["pbx"].auth.username == "u"


def test_a_secret_folder_cannot_be_left(tmp_path):
    auth = {"mode": "digest", "username": "u", "password": {"name": "../../etc/passwd"}}
    file = a_file(trunks=[a_trunk(auth=auth)], secrets={"source": "file", "directory": "folder"})
    assert "expected a plain name" in complaints(tmp_path, file)


def test_a_missing_binary_or_huge_file_is_a_message(tmp_path):
    with pytest.raises(ConfigurationError, match="No such file"):
        load(tmp_path / "nothing.yaml")
    with pytest.raises(ConfigurationError, match="Is a directory"):
        load(tmp_path)
    (tmp_path / "binary").write_bytes(b"\x89PNG\r\n\xff\x00")
    with pytest.raises(ConfigurationError, match="not UTF-8"):
        load(tmp_path / "binary")
    (tmp_path / "huge").write_bytes(b"a" * 5_000_000)
    with pytest.raises(ConfigurationError, match="larger than"):
        load(tmp_path / "huge")


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**20), 10**20)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8)
    | st.sampled_from(["sip:127.0.0.1", "+442079460123", "off", "digest", "10.0.0.0/8"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["id", "kind", "hosts", "uri", "env", "numbers", "e164", "min"]),
            inner,
            max_size=3,
        )
    ),
    max_leaves=8,
)
KEYS = st.sampled_from(
    [
        "version",
        "country",
        "zone",
        "secrets",
        "transports",
        "media",
        "security",
        "limits",
        "route_groups",
        "routes",
        "blocklists",
        "caller_ids",
        "trunks",
        "profiles",
        "other",
    ]
)
TRUNK_KEYS = st.sampled_from(
    [
        "id",
        "kind",
        "hosts",
        "profile",
        "auth",
        "limits",
        "channels",
        "number_rules",
        "cause_map",
        "headers",
        "cost",
        "identity",
        "transport",
        "register",
        "timers",
        "health",
        "dns",
    ]
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(top=st.dictionaries(KEYS, VALUES, max_size=4), own=st.dictionaries(TRUNK_KEYS, VALUES))
def test_no_value_anywhere_causes_anything_but_complaints(tmp_path, top, own):
    file = {**a_file(trunks=[{**a_trunk(), **own}]), **top}
    try:
        assert isinstance(loaded(tmp_path, file), SipConfig)
    except ConfigurationError as error:
        assert error.problems
