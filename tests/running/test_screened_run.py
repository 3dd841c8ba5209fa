"""A screened campaign from its file: a fax ends by itself, who is not understood is a person."""

import asyncio
import json
from pathlib import Path

import pytest

from tests.running.test_whole_run import CAMPAIGN, command
from tests.sip.uas import Uas, UasCall

pytestmark = [pytest.mark.sip, pytest.mark.real_time, pytest.mark.timeout(240)]

TRUNKS = """\
version: 1
country: GB
trunks:
  - id: carrier
    kind: itsp
    hosts: [{{uri: "{uri}"}}]
    limits: {{channels: 4, cps: 10, burst: 5}}
    amd: {{mode: full}}
routes: [{{prefix: "+44", trunk: carrier}}]
"""
LEADS = "Nummer,Name\n020 7946 0121,A\n020 7946 0122,B\n"


async def answering(uas: Uas) -> None:
    """Numbers that end in 1 are a fax; all others, the agent's phone with them, say nothing."""
    while True:
        call: UasCall = await uas.invited.get()
        user = call.invite.first.split(":")[1].partition("@")[0]
        call.ring()
        call.answer(hertz=2100 if user.endswith("1") else 0)


async def test_a_fax_never_reaches_the_agent_and_who_says_nothing_does(tmp_path: Path) -> None:
    uas = await Uas.open()
    (tmp_path / "trunks.yaml").write_text(TRUNKS.format(uri=f"sip:{uas.host}:{uas.port}"))
    (tmp_path / "winter.yaml").write_text(CAMPAIGN.format(phone=uas.uri("anna")))
    (tmp_path / "leads.csv").write_text(LEADS)
    answers = asyncio.create_task(answering(uas))
    code, _, err = await command(
        tmp_path,
        *("run", "winter.yaml", "--sip-config", "trunks.yaml", "--json"),
        *("--lab", "--clock", "2026-11-23T10:00:00Z", "--data", "house", "--out", "results"),
    )
    answers.cancel()
    uas.close()
    assert code == 0, err
    code, out, err = await command(tmp_path, "calls", "--json", "--reveal", "--data", "house")
    assert code == 0, err
    lines = {line["number"][-1]: line for line in map(json.loads, out.splitlines())}
    fax, quiet = lines["1"], lines["2"]
    assert fax["screening"] == "fax"
    assert fax["disposition"] == "answering_machine"
    print(f"\nfax: {fax['own_reason']}; quiet: connected after {quiet['connect_ms']} ms")
    if fax["own_reason"] == "screened_out":  # else it was let through, as one in twenty is
        assert fax["bridged_at"] is None
    assert quiet["agent"] is not None
    assert quiet["screening"] in {"unsure", "silence"}
    assert 1500 < quiet["connect_ms"] < 2600
