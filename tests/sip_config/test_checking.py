"""Whether the parts of a file fit together."""

import pytest

from sip_config.loading import examine
from tests.sip_config.files import a_file, a_group, a_trunk, complaints, loaded

LAN = {"transports": [{"id": "lan", "bind": "10.0.0.5", "port": 5080}]}


@pytest.mark.parametrize(
    ("file", "complaint"),
    [
        (a_file(routes=[{"prefix": "", "trunk": "pxb"}]), "did you mean 'pbx'?"),
        (a_file(routes=[{"prefix": "", "group": "uk"}]), "there is no route group 'uk'"),
        (a_file(routes=[{"prefix": ""}]), "exactly one of group, trunk and deny"),
        (a_file(routes=[{"prefix": "", "trunk": "pbx", "deny": True}]), "exactly one of"),
        (a_file(**a_group("pbx", "other")), "there is no trunk 'other'"),
        (a_file(**a_group("pbx", "pbx")), "'pbx' stands twice"),
        (a_file(trunks=[a_trunk(transport="lan")]), "there is no transport 'lan'"),
        (
            a_file(trunks=[a_trunk(hosts=[{"uri": "sip:127.0.0.1;transport=tls"}])]),
            "no transport with proto tls",
        ),
        (
            a_file(trunks=[a_trunk(hosts=[{"uri": "sip:10.0.0.1"}])]),
            "reaches only this machine",
        ),
        (
            a_file(
                trunks=[a_trunk(transport="lan", hosts=[{"uri": "sips:10.0.0.1"}])],
                **LAN,
            ),
            "does not fit transport lan",
        ),
        (
            a_file(transports=[{"id": "a"}, {"id": "a"}]),
            "'a' stands twice",
        ),
        (a_file(transports=[{"id": "a", "tls": {}}]), "tls is only for proto: tls"),
        (
            a_file(trunks=[a_trunk(auth={"mode": "digest", "username": "u"})]),
            "digest needs username and password",
        ),
        (a_file(trunks=[a_trunk(register={"enabled": True})]), "register needs auth mode digest"),
        (a_file(trunks=[a_trunk(kind="gateway_fxo")]), "needs channels"),
        (
            a_file(trunks=[a_trunk(answer_supervision="inferred")]),
            "inferred needs progress_tones",
        ),
        (
            a_file(trunks=[a_trunk(dns="none", hosts=[{"uri": "sip:a.example"}])]),
            "dns none needs addresses",
        ),
        (
            a_file(trunks=[a_trunk(hosts=[{"uri": "sip:192.0.2.1"}])], **LAN),
            "192.0.2.1 is a public address",
        ),
        (
            a_file(trunks=[a_trunk(limits={"channels": 2, "reserve_inbound": 2})]),
            "leaves none of 2 channels",
        ),
        (
            a_file(trunks=[a_trunk(channels=[{"id": "1"}], limits={"channels": 2})]),
            "only 1 entries stand under channels",
        ),
        (
            a_file(trunks=[a_trunk(channels=[{"id": "1"}, {"id": "1"}], limits={"channels": 2})]),
            "'1' stands twice",
        ),
        (a_file(media={"rtp_ports": [3000, 3000]}), "first < last"),
        (a_file(media={"jitter_ms": {"min": 300, "max": 200}}), "min is larger than max"),
        (
            a_file(
                trunks=[a_trunk(), a_trunk(id="b", cost={"currency": "GBP"})],
                **a_group("pbx", "b", policy="least_cost"),
            ),
            "compares one currency",
        ),
        (
            a_file(blocklists={"international": {"allow_countries": ["GB", "XX"]}}),
            "'XX' is no country",
        ),
        (a_file(blocklists={"invalid": {"lengths": [12, 9]}}), "expected [min, max]"),
        (
            a_file(
                caller_ids={
                    "pools": [
                        {"id": "p", "numbers": [{"e164": "+442079460101", "answers": "none"}]}
                    ]
                }
            ),
            "nobody answers this number",
        ),
        (
            a_file(
                caller_ids={
                    "pools": [
                        {
                            "id": "p",
                            "numbers": [
                                {
                                    "e164": "+442079460101",
                                    "answers": "ivr",
                                    "verified_on": ["carrier"],
                                }
                            ],
                        }
                    ]
                }
            ),
            "there is no trunk 'carrier'",
        ),
    ],
)
def test_parts_that_do_not_fit_are_named(tmp_path, file, complaint):
    assert complaint in complaints(tmp_path, file)


@pytest.mark.parametrize(
    ("rule", "reason"),
    [
        ({"match": ".*", "replace": "112"}, "emergency"),
        ({"match": ".*", "replace": "9999"}, "emergency"),
        ({"match": r"^\+44", "replace": "999"}, "emergency"),
        ({"match": ".*", "replace": "+18005550199"}, "number_altered"),
        ({"match": r"\d$", "replace": ""}, "number_altered"),
        ({"match": "^", "replace": "x"}, "number_altered"),
    ],
)
def test_rules_are_tried_and_may_not_lead_elsewhere(tmp_path, rule, reason):
    text = complaints(tmp_path, a_file(trunks=[a_trunk(number_rules=[rule])]))
    assert f"({reason}); calls would be refused" in text


@pytest.mark.parametrize(
    ("file", "warning"),
    [
        (a_file(trunks=[a_trunk(srtp="optional")]), "keys travel in the clear"),
        (a_file(trunks=[a_trunk(answer_supervision="none")]), "counts as answered"),
        (
            a_file(trunks=[a_trunk(auth={"mode": "ip", "password": {"env": "A"}})]),
            "it is not used",
        ),
        (a_file(media={"rtp_ports": [3000, 3010]}), "expected at least 8 per channel"),
        (a_file(trunks=[a_trunk(enabled=False)], **a_group("pbx")), "no enabled trunk"),
        (a_file(routes=[{"prefix": "+359", "trunk": "pbx"}]), "+359 is BG, which is not in"),
        (
            a_file(
                trunks=[a_trunk(), a_trunk(id="b")],
                caller_ids={
                    "pools": [
                        {
                            "id": "p",
                            "numbers": [
                                {
                                    "e164": "+442079460101",
                                    "answers": "ivr",
                                    "verified_on": ["b"],
                                }
                            ],
                        }
                    ]
                },
            ),
            "no caller ID is verified_on this trunk",
        ),
    ],
)
def test_what_somebody_should_look_at_is_a_warning(tmp_path, file, warning):
    loaded(tmp_path, file, environment={"A": "x"})
    _, warnings = examine(tmp_path / "trunks.yaml", environment={"A": "x"})
    assert any(warning in str(one) for one in warnings)


def test_a_public_gateway_has_to_be_meant(tmp_path):
    trunk = a_trunk(hosts=[{"uri": "sip:192.0.2.1"}], allow_public=True)
    assert complaints(tmp_path, a_file(trunks=[trunk], **LAN)) == ""


def test_more_channels_than_a_worker_has_legs_are_worth_a_look(tmp_path):
    def warnings(data, capacity):
        loaded(tmp_path, data)
        return [str(one) for one in examine(tmp_path / "trunks.yaml", capacity=capacity)[1]]

    assert any("10 channels on all trunks, but" in one for one in warnings(a_file(), 9))
    assert not warnings(a_file(), 10)
    assert not warnings(a_file(limits={"channels": 9}), 9)


def test_routes_to_premium_numbers_lead_nowhere(tmp_path):
    def warnings(prefix, **more):
        loaded(tmp_path, a_file(routes=[{"prefix": prefix, "trunk": "pbx"}], **more))
        return " ".join(str(one) for one in examine(tmp_path / "trunks.yaml")[1])

    assert "+4490 leads to premium rate numbers only" in warnings("+4490")
    assert not warnings("+44") and not warnings("+4420")
    allowed = warnings("+4490", blocklists={"premium": {"builtin": False}})
    assert "premium rate numbers may be called" in allowed


@pytest.mark.parametrize(
    ("quirk", "why"),
    [
        ({"symmetric_rtp": False}, "audio is always sent where it comes from"),
        ({"ignore_refer": False}, "nobody outside tells us whom to call"),
        ({"two_stage": True}, "set the box to one-stage dialling"),
    ],
)
def test_habits_that_cannot_be_met_are_refused(tmp_path, quirk, why):
    assert why in complaints(tmp_path, a_file(trunks=[a_trunk(quirks=quirk)]))


def test_a_line_that_is_listened_to_for_the_answer_is_not_screened(tmp_path):
    trunk = a_trunk(answer_supervision="inferred", progress_tones="GB", amd={"mode": "fast"})
    assert "listens for the answer itself" in complaints(tmp_path, a_file(trunks=[trunk]))
    trunk["amd"] = {"mode": "off"}
    assert complaints(tmp_path, a_file(trunks=[trunk])) == ""
