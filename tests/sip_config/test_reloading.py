"""What a new file changes while calls are up."""

from sip_config.reloading import Action, Plan, diff
from tests.sip_config.files import a_file, a_trunk, loaded


def plan(tmp_path, new, old=None, environments=({}, {})):
    before = loaded(tmp_path, old or a_file(), environment=environments[0])
    return diff(before, loaded(tmp_path, new, environment=environments[1]))


def actions(found: Plan):
    return {step.trunk_id: (step.action, step.keys) for step in found.steps}


def test_the_same_file_changes_nothing(tmp_path):
    assert plan(tmp_path, a_file()).is_empty


def test_a_new_trunk_is_added_and_a_missing_one_drained(tmp_path):
    new = a_file(trunks=[a_trunk(id="b")], routes=[{"trunk": "b"}])
    assert actions(plan(tmp_path, new)) == {
        "b": (Action.ADD, ()),
        "pbx": (Action.DRAIN, ()),
    }


def test_values_read_for_every_call_need_no_step_in_telephony(tmp_path):
    new = a_file(trunks=[a_trunk(limits={"channels": 3}, tech_prefix="9")])
    assert actions(plan(tmp_path, new)) == {"pbx": (Action.NOTHING, ("limits", "tech_prefix"))}


def test_what_an_account_holds_modifies_it(tmp_path):
    new = a_file(trunks=[a_trunk(session_timer="off")])
    assert actions(plan(tmp_path, new)) == {"pbx": (Action.MODIFY, ("session_timer",))}


def test_switching_a_trunk_off_drains_it_and_on_adds_it(tmp_path):
    off = a_file(trunks=[a_trunk(enabled=False)])
    assert actions(plan(tmp_path, off))["pbx"][0] is Action.DRAIN
    assert actions(plan(tmp_path, a_file(), old=off))["pbx"][0] is Action.ADD


def test_a_changed_password_is_a_change_although_the_file_is_the_same(tmp_path):
    auth = {"mode": "digest", "username": "u", "password": {"env": "PW"}}
    file = a_file(trunks=[a_trunk(auth=auth)])
    found = plan(tmp_path, file, old=file, environments=({"PW": "one"}, {"PW": "two"}))
    assert actions(found) == {"pbx": (Action.MODIFY, ("auth",))}


def test_sockets_and_audio_need_a_fresh_worker(tmp_path):
    new = a_file(media={"ptime_ms": 30}, zone="Europe/Sofia")
    found = plan(tmp_path, new)
    assert found.site_keys == ("zone", "media")
    assert found.fresh_worker_for == ("media",)
