"""A screened campaign from its file: what is no person ends by itself, and doubt is a person."""

import asyncio
import json
from pathlib import Path
from typing import Any

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
    amd: {{mode: {mode}}}
routes: [{{prefix: "+44", trunk: carrier}}]
"""
LEADS = "Nummer,Name\n020 7946 0121,A\n020 7946 0122,B\n"
MORE_LEADS = f"{LEADS}020 7946 0123,C\n"


async def answering(uas: Uas) -> None:
    """Numbers that end in 1 are a fax; all others, the agent's phone with them, say nothing."""
    while True:
        call: UasCall = await uas.invited.get()
        user = call.invite.first.split(":")[1].partition("@")[0]
        call.ring()
        call.answer(hertz=2100 if user.endswith("1") else 0)


async def a_gateway(uas: Uas) -> None:
    """Tells machines, numbers ending in 1, from people, 2; of others it says nothing."""
    while True:
        call: UasCall = await uas.invited.get()
        user = call.invite.first.split(":")[1].partition("@")[0]
        asked = call.invite.all("X-Detect")
        assert bool(asked) == user.startswith("+44")  # the agent's phone is not asked
        call.ring()
        call.answer("X-Detect: Response=AMD,CPT")
        if (word := {"1": "AUTOMATA", "2": "VOICE"}.get(user[-1])) is not None:
            await asyncio.wait_for(call.acknowledged.wait(), 10)
            await asyncio.sleep(0.5)
            call.tell("application/x-detect", f"Type= AMD\r\nSubType= {word}\r\n")


async def called(folder: Path, uas: Uas, mode: str, leads: str) -> dict[str, dict[str, Any]]:
    """Run the campaign; return its calls by the last digit of their numbers."""
    (folder / "trunks.yaml").write_text(TRUNKS.format(uri=f"sip:{uas.host}:{uas.port}", mode=mode))
    (folder / "winter.yaml").write_text(CAMPAIGN.format(phone=uas.uri("anna")))
    (folder / "leads.csv").write_text(leads)
    code, _, err = await command(
        folder,
        *("run", "winter.yaml", "--sip-config", "trunks.yaml", "--json"),
        *("--lab", "--clock", "2026-11-23T10:00:00Z", "--data", "house", "--out", "results"),
    )
    uas.close()
    assert code == 0, err
    code, out, err = await command(folder, "calls", "--json", "--reveal", "--data", "house")
    assert code == 0, err
    return {line["number"][-1]: line for line in map(json.loads, out.splitlines())}


async def test_a_fax_never_reaches_the_agent_and_who_says_nothing_does(tmp_path: Path) -> None:
    uas = await Uas.open()
    answers = asyncio.create_task(answering(uas))
    lines = await called(tmp_path, uas, "full", LEADS)
    answers.cancel()
    fax, quiet = lines["1"], lines["2"]
    assert fax["screening"] == "fax"
    assert fax["disposition"] == "answering_machine"
    print(f"\nfax: {fax['own_reason']}; quiet: connected after {quiet['connect_ms']} ms")
    if fax["own_reason"] == "screened_out":  # else it was let through, as one in twenty is
        assert fax["bridged_at"] is None
    assert quiet["agent"] is not None
    assert quiet["screening"] in {"unsure", "silence"}
    assert 1500 < quiet["connect_ms"] < 2600


async def test_the_gateways_word_decides_and_its_silence_is_a_person(tmp_path: Path) -> None:
    uas = await Uas.open()
    gateway = asyncio.create_task(a_gateway(uas))
    lines = await called(tmp_path, uas, "gateway", MORE_LEADS)
    gateway.cancel()
    machine, person, untold = lines["1"], lines["2"], lines["3"]
    assert [each["screening"] for each in (machine, person, untold)] == [
        "machine",
        "human",
        "unsure",
    ]
    print(f"\nconnected: person {person['connect_ms']} ms, untold {untold['connect_ms']} ms")
    if machine["own_reason"] == "screened_out":  # else it was let through, as one in twenty is
        assert machine["disposition"] == "answering_machine"
        assert machine["bridged_at"] is None
    assert person["agent"] is not None
    assert 400 < person["connect_ms"] < 1500
    assert untold["agent"] is not None
    assert 1500 < untold["connect_ms"] < 2600
