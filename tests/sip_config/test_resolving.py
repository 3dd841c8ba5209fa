"""Profile chains, and where each value is from."""

from hypothesis import given
from hypothesis import strategies as st

from sip_config.resolving import Layer, explain, merged
from tests.sip_config.files import a_file, a_trunk, complaints, loaded


def explained(config, trunk_id="pbx"):
    rows = explain(config.trunks[trunk_id], config.layers[trunk_id])
    return {row.key: (row.value, row.origin) for row in rows}


def test_the_trunk_wins_over_its_profile_and_that_over_the_one_it_extends(tmp_path):
    file = a_file(
        profiles={
            "base": {"limits": {"cps": 1, "burst": 2, "channels": 3}, "dtmf": "info"},
            "mine": {"extends": "base", "limits": {"cps": 4}},
        },
        trunks=[a_trunk(profile="mine", limits={"channels": 5})],
    )
    config = loaded(tmp_path, file)
    limits = config.trunks["pbx"].limits
    assert (limits.cps, limits.burst, limits.channels) == (4, 2, 5)
    lines = (tmp_path / "trunks.yaml").read_text().splitlines()
    line = next(n for n, text in enumerate(lines, 1) if "channels: 5" in text)
    rows = explained(config)
    assert rows["limits.cps"] == (4, "profile mine")
    assert rows["limits.burst"] == (2, "profile base")
    assert rows["limits.channels"][1].endswith(f"trunks.yaml:{line}")
    assert rows["limits.max_call_s"] == (7200.0, "default")
    assert rows["dtmf"] == ("info", "profile base")


def test_lists_are_replaced_and_null_takes_a_value_back(tmp_path):
    file = a_file(
        profiles={
            "base": {
                "cause_map": [{"sip": 486, "outcome": "congestion"}],
                "timers": {"ring_s": 30},
                "tech_prefix": "99",
            }
        },
        trunks=[a_trunk(profile="base", cause_map=[], timers={"ring_s": None})],
    )
    trunk = loaded(tmp_path, file).trunks["pbx"]
    assert trunk.cause_map == ()
    assert trunk.timers.ring_s is None
    assert trunk.tech_prefix == "99"


def test_an_explanation_never_shows_a_secret(tmp_path):
    auth = {"mode": "digest", "username": "u", "password": {"env": "PW"}}
    config = loaded(tmp_path, a_file(trunks=[a_trunk(auth=auth)]), environment={"PW": "hidden!"})
    rows = explained(config)
    assert rows["auth.password"][0] == "*** (environment variable PW)"
    assert "hidden!" not in str(rows)


def test_profiles_that_form_a_circle_are_named(tmp_path):
    profiles = {"a": {"extends": "b"}, "b": {"extends": "a"}}
    text = complaints(tmp_path, a_file(profiles=profiles))
    assert "a extends b extends a" in text


def test_a_profile_is_checked_even_when_no_trunk_uses_it(tmp_path):
    for profile, complaint in [
        ({"limits": {"cps": -1}}, "profiles.a.limits.cps: found -1"),
        ({"id": "x"}, "a profile cannot set this"),
        ({"titel": "x"}, "did you mean 'title'?"),
        ({"verified": "yes"}, "profiles.a.verified"),
        ({"extends": "generic_gatewayfxo"}, "did you mean 'generic_gateway_fxo'?"),
    ]:
        assert complaint in complaints(tmp_path, a_file(profiles={"a": profile}))


def test_a_file_may_replace_a_shipped_profile(tmp_path):
    file = a_file(
        profiles={"generic_sip_peer": {"kind": "pbx", "tech_prefix": "7"}},
        trunks=[a_trunk(profile="generic_sip_peer")],
    )
    assert loaded(tmp_path, file).trunks["pbx"].tech_prefix == "7"


TREES = st.recursive(
    st.integers() | st.none(),
    lambda inner: st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=6,
).map(lambda tree: tree if isinstance(tree, dict) else {"a": tree})


@given(TREES, TREES, TREES)
def test_merging_is_associative(one, two, three):
    layers = [Layer(origin=str(i), values=values) for i, values in enumerate((one, two, three))]
    left = merged([Layer(origin="l", values=merged(layers[:2])), layers[2]])
    right = merged([layers[0], Layer(origin="r", values=merged(layers[1:]))])
    assert left == merged(layers)
    assert right == merged(layers)


@given(TREES)
def test_a_layer_over_itself_changes_nothing(tree):
    layer = Layer(origin="x", values=tree)
    assert merged([layer, layer]) == tree
