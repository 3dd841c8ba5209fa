"""``dialer trunks``, as a person uses it."""

import argparse
import json

import pytest
import yaml

from sip_config.cli import Finding, House, add_arguments
from tests.sip_config.files import a_file, a_trunk


@pytest.fixture
def run(tmp_path, monkeypatch):
    file = tmp_path / "trunks.yaml"
    file.write_text(yaml.safe_dump(a_file()))

    def run(*words, probe=None, **house):
        monkeypatch.setenv("DIALER_SIP_CONFIG", str(file))
        parser = argparse.ArgumentParser(prog="dialer")
        add_arguments(
            parser.add_subparsers(required=True), probe=probe, house=lambda: House(**house)
        )
        args = parser.parse_args(["trunks", *map(str, words)])
        code: int = args.run(args)
        return code

    return run


def test_explain_shows_each_value_and_its_origin(run, capsys):
    assert run("explain", "pbx") == 0
    shown = capsys.readouterr().out
    assert "limits.channels" in shown and "trunks.yaml:" in shown and "default" in shown
    assert run("explain", "pbx", "--json") == 0
    rows = {row["key"]: row for row in json.loads(capsys.readouterr().out)}
    assert rows["limits.channels"]["value"] == 10


def test_explain_of_an_unknown_trunk_names_the_nearest(run, capsys):
    assert run("explain", "pxb") == 1
    assert "did you mean 'pbx'?" in capsys.readouterr().err


def test_check_passes_a_good_file_and_names_what_is_wrong_with_a_bad_one(run, capsys, tmp_path):
    assert run("check") == 0
    assert "no errors" in capsys.readouterr().out
    bad = tmp_path / "bad.yaml"
    bad.write_text(yaml.safe_dump(a_file(trunks=[a_trunk(limits={"cps": 0})])))
    assert run("check", "--sip-config", bad) == 1
    assert "limits.cps: found 0" in capsys.readouterr().err
    assert run("check", "--sip-config", tmp_path / "missing.yaml") == 1
    assert "cannot be read" in capsys.readouterr().err


def test_check_asks_the_trunks_only_when_told_to(run, capsys):
    asked = []

    def probe(config, number):
        asked.append(number)
        yield Finding(trunk_id="pbx", what="OPTIONS", passed=number is None, detail="200")

    assert run("check", probe=probe) == 0
    assert asked == []
    assert run("check", "--online", probe=probe) == 0
    assert run("check", "--online", "--call", "+442079460123", probe=probe) == 1
    assert asked == [None, "+442079460123"]
    assert "FAILED  pbx  OPTIONS: 200" in capsys.readouterr().out
    assert run("check", "--online") == 1
    assert "not available" in capsys.readouterr().err


def test_without_a_file_the_remedy_is_named(run, capsys, monkeypatch):
    assert run("check", "--sip-config", "") == 1
    assert "--sip-config FILE or set DIALER_SIP_CONFIG" in capsys.readouterr().err


def test_nft_prints_the_filter(run, capsys):
    assert run("nft", "--no-lookup") == 0
    assert "table inet callwright" in capsys.readouterr().out


@pytest.mark.parametrize("command", ["check", "nft"])
def test_ports_that_audio_does_not_use_are_worth_a_warning(run, capsys, command):
    assert run(command, audio_ports=(20000, 29999)) == 0
    assert "rtp_port" not in capsys.readouterr().err
    assert run(command, audio_ports=(30000, 39999)) == 0
    assert "found 20000 to 29999, but the dialer's settings" in capsys.readouterr().err


def test_check_knows_how_many_legs_a_worker_holds(run, capsys):
    assert run("check", legs=9) == 0
    assert "10 channels on all trunks, but a telephony worker holds 9" in capsys.readouterr().err


def test_profiles_of_a_maker_are_found_by_its_name(run, capsys):
    assert run("profiles", "grandstream") == 1
    assert "'grandstream_gxw410x' or " in capsys.readouterr().err


def test_profiles_are_listed_and_shown_with_their_advice(run, capsys):
    assert run("profiles") == 0
    assert "grandstream_gxw4108" in capsys.readouterr().out
    assert run("profiles", "grandstream_gxw4108") == 0
    shown = capsys.readouterr().out
    assert "from generic_gateway_fxo:" in shown and "set: " in shown
    assert run("profiles", "grandstream_gxw4018") == 1
    assert "did you mean" in capsys.readouterr().err


def test_plan_says_what_a_new_file_would_change(run, capsys, tmp_path):
    new = tmp_path / "new.yaml"
    new.write_text(yaml.safe_dump(a_file(trunks=[a_trunk(tech_prefix="9")])))
    assert run("plan", new) == 0
    assert "at once  pbx  tech_prefix" in capsys.readouterr().out
    assert run("plan", tmp_path / "trunks.yaml") == 0
    assert "nothing changes" in capsys.readouterr().out
