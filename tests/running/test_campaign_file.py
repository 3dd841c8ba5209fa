"""The campaign file: read whole or refused whole, with the place of everything that is wrong."""

from pathlib import Path

import pytest

from dialer.campaign import Mode
from dialer.running.campaign_file import CampaignFile, load
from dialer.running.documenting import rewritten
from dialer.running.phones import phone_of, phone_problems, trunk_problems
from leads.disposition import Disposition
from sip_config.loading import load as load_trunks
from sip_config.problem import ConfigurationError

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "running.md").read_text(encoding="utf-8")

PLAIN = """\
client: Example Energy
country: GB
caller_id: "+441134960000"
list: {file: leads.csv}
agents:
  - {name: Anna, uri: "sip:anna@127.0.0.1:5070", languages: [en]}
dispositions: {auto: {talk_s: 3}}
"""
TRUNKS = """\
version: 1
country: GB
trunks:
  - id: pbx
    kind: pbx
    hosts: [{uri: "sip:127.0.0.1:5066"}]
  - id: far
    kind: pbx
    enabled: false
    hosts: [{uri: "sip:10.0.0.9"}]
    transport: wide
transports: [{id: near}, {id: wide, bind: 0.0.0.0}]
routes: [{prefix: "", trunk: pbx}]
"""


def written(folder: Path, text: str, name: str = "campaign.yaml") -> Path:
    (folder / "leads.csv").touch()
    (folder / name).write_text(text, encoding="utf-8")
    return folder / name


def complaint(folder: Path, text: str) -> str:
    with pytest.raises(ConfigurationError) as refused:
        load(written(folder, text))
    return str(refused.value)


def test_what_is_not_said_has_a_sensible_value(tmp_path):
    campaign = load(written(tmp_path, PLAIN, "winter.yaml")).campaign
    assert (campaign.campaign, campaign.caller_name) == ("winter", "Example Energy")
    assert campaign.mode is Mode.PROGRESSIVE
    auto = campaign.auto_of(campaign.agents[0])
    assert auto is not None
    assert (auto.talk_s, auto.disposition) == (3.0, Disposition.NOT_INTERESTED)


def test_an_agent_at_the_desk_is_a_person_whatever_the_others_are(tmp_path):
    text = PLAIN.replace("languages: [en]", "languages: [en], at_desk: true")
    campaign = load(written(tmp_path, text)).campaign
    assert campaign.auto_of(campaign.agents[0]) is None


@pytest.mark.parametrize(
    ("was", "becomes", "says"),
    [
        ("country: GB", "contry: GB", ":2: contry: unknown key; did you mean 'country'?"),
        ("talk_s: 3", "talk_s: soon", ":7: dispositions.auto.talk_s"),
        ("talk_s: 3", "disposition: callback", "which only a person can give"),
        ("caller_id", "mode: preditive\ncaller_id", "did you mean 'predictive'?"),
        ('"sip:anna@127.0.0.1:5070"', "anna", "expected sip:USER@HOST[:PORT], or a trunk"),
        ("{file: leads.csv}", "{file: l, mapping: {fone: T}}", "did you mean phone?"),
        ("{file: leads.csv}", "{file: l, mapping: none.yaml}", "none.yaml: cannot be read"),
        ("{file: leads.csv}", "{file: none.csv}", "none.csv cannot be read: No such file"),
        ("languages: [en]", "languages: []", "found 0 entries, expected 1"),
        ("languages: [en]", "languages: [english]", 'found "english", expected at most 2'),
        ("country", "script: {foo: 1}\ncountry", ":2: script: found the key 'foo'"),
    ],
)
def test_every_mistake_is_named_with_its_place(tmp_path, was, becomes, says):
    assert says in complaint(tmp_path, PLAIN.replace(was, becomes))


def test_a_phone_may_be_an_extension_of_a_trunk(tmp_path):
    text = PLAIN.replace('"sip:anna@127.0.0.1:5070"', '"1001", trunk: pbx')
    campaign = load(written(tmp_path, text)).campaign
    trunks = load_trunks(written(tmp_path, TRUNKS, "trunks.yaml"))
    uri = phone_of(campaign.agents[0], campaign, trunks)
    assert uri == "sip:1001@127.0.0.1:5066;trunk=pbx"
    assert list(phone_problems(campaign, trunks, lab=True)) == []


def test_a_lab_refuses_phones_and_trunks_beyond_this_machine(tmp_path):
    text = PLAIN.replace("127.0.0.1:5070", "10.0.0.7")
    campaign = load(written(tmp_path, text)).campaign
    enabled = TRUNKS.replace("enabled: false", "enabled: true")
    trunks = load_trunks(written(tmp_path, enabled, "trunks.yaml"))
    [phone], [trunk] = phone_problems(campaign, trunks, lab=True), trunk_problems(trunks)
    assert "a lab's phones are on this machine" in str(phone)
    assert "10.0.0.9 is not on this machine" in str(trunk)
    assert list(phone_problems(campaign, trunks, lab=False)) == []


def test_a_trunk_nobody_knows_is_named_with_those_there_are(tmp_path):
    text = PLAIN + "agents_trunk: pbz\n"
    loaded = load(written(tmp_path, text))
    trunks = load_trunks(written(tmp_path, TRUNKS, "trunks.yaml"))
    [problem] = phone_problems(loaded.campaign, trunks, lab=False)
    assert "there is no trunk 'pbz'" in str(problem) and "pbx, far" in str(problem)
    assert "campaign.yaml:8: agents_trunk: " in str(loaded.placed(problem))


def test_the_examples_load_and_fit_together():
    campaign = load(ROOT / "examples" / "campaign.yaml").campaign
    assert isinstance(campaign, CampaignFile)
    assert [agent.at_desk for agent in campaign.agents] == [False, False, False, True]
    trunks = load_trunks(
        ROOT / "examples" / "lab-trunks.yaml", lab=True, environment={"PBX_PASSWORD": "x"}
    )
    assert [*phone_problems(campaign, trunks, lab=True), *trunk_problems(trunks)] == []


def test_the_tables_of_the_page_are_current():
    stale = "run: python -m dialer.running.documenting docs/running.md"
    assert rewritten(PAGE) == PAGE, stale


def test_the_campaign_in_the_page_loads(tmp_path):
    text = PAGE.partition("```yaml\n")[2].partition("```")[0]
    assert load(written(tmp_path, text)).campaign.client == "Example Energy"
