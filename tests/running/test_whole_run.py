"""``dialer run`` as a user runs it, with peers that know nothing of the dialer.

A proxy that asks for passwords is the carrier, a softphone the agent's telephone; the callees
behind the proxy are the test's own.
"""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
import soundfile

from tests.sip.peers import PASSWORD, Proxy, SoftPhone
from tests.sip.uas import Uas, UasCall

pytestmark = [pytest.mark.sip, pytest.mark.real_time, pytest.mark.timeout(240)]

TRUNKS = """\
version: 1
country: GB
trunks:
  - id: carrier
    kind: itsp
    hosts: [{{uri: "{uri}"}}]
    auth: {{mode: digest, username: us, password: {{env: CARRIER_PASSWORD}}}}
    register: {{enabled: true}}
    limits: {{channels: 4, cps: 10, burst: 5}}
routes: [{{prefix: "+44", trunk: carrier}}]
"""
CAMPAIGN = """\
client: Example Energy
country: GB
caller_id: "+441134960000"
list: {{file: leads.csv, mapping: {{phone: Nummer}}}}
agents: [{{name: Anna, uri: "{phone}", languages: [en]}}]
# Long enough for something to be heard on a machine that stands still for a second.
dispositions: {{auto: {{talk_s: 3, disposition: not_interested}}}}
"""
LEADS = "Nummer,Name\n020 7946 0121,A\n020 7946 0122,B\n020 7946 0123,C\n12,D\n"


@pytest.fixture
async def peers(uas: Uas, tmp_path: Path) -> AsyncIterator[tuple[Proxy, SoftPhone]]:
    async with AsyncExitStack() as stack:
        folders = [tmp_path / "proxy", tmp_path / "phone"]
        for folder in folders:
            folder.mkdir()
        proxy, phone = Proxy(folders[0]), SoftPhone(folders[1])
        stack.push_async_callback(proxy.stop)
        stack.push_async_callback(phone.stop)
        yield await proxy.start(behind=uas.port), await phone.start("anna")


@pytest.fixture
async def uas() -> AsyncIterator[Uas]:
    uas = await Uas.open()
    yield uas
    uas.close()


async def people(uas: Uas) -> None:
    """Behave by the last digit: 1 answers and stays, 2 is busy, 3 answers and hangs up."""
    at_once: set[asyncio.Task[None]] = set()
    while True:
        call = await uas.invited.get()
        task = asyncio.create_task(_behave(call))
        at_once.add(task)
        task.add_done_callback(at_once.discard)


async def _behave(call: UasCall) -> None:
    fate = call.invite.first.partition("@")[0][-1]
    if fate == "2":
        call.refuse("486 Busy Here")
        return
    call.ring()
    call.answer(hertz=1000)


async def command(folder: Path, *arguments: str) -> tuple[int, str, str]:
    environment = {name: text for name, text in os.environ.items() if "DIALER_" not in name}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "dialer.cli", *arguments),
        cwd=folder,
        env=environment | {"CARRIER_PASSWORD": PASSWORD},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate()
    assert process.returncode is not None
    return process.returncode, out.decode(), err.decode()


async def test_a_campaign_from_its_file_to_the_last_recording(
    peers: tuple[Proxy, SoftPhone], uas: Uas, tmp_path: Path
) -> None:
    proxy, phone = peers
    (tmp_path / "trunks.yaml").write_text(TRUNKS.format(uri=proxy.uri))
    (tmp_path / "winter.yaml").write_text(CAMPAIGN.format(phone=phone.uri))
    (tmp_path / "leads.csv").write_text(LEADS)
    callees = asyncio.create_task(people(uas))
    code, out, err = await command(
        tmp_path,
        *("run", "winter.yaml", "--sip-config", "trunks.yaml", "--json"),
        *("--lab", "--clock", "2026-11-23T10:00:00Z", "--data", "house", "--out", "results"),
    )
    callees.cancel()
    assert code == 0, err
    report = json.loads(out)
    assert report["worked"] and report["leads_left"] == 0
    assert report["rows"] == {"total": 4, "accepted": 3, "rejected": 1, "duplicates": 0}
    assert report["attempts"]["outcomes"] == {"answered": 2, "busy": 1}
    assert report["recordings"]["playable"] == 2
    assert {file.name for file in (tmp_path / "results").iterdir()} >= {
        *("calls.jsonl", "report.json", "report.html", "rejected.csv", "logs")
    }

    code, out, err = await command(tmp_path, "calls", "--json", "--data", "house")
    assert code == 0, err
    lines: list[dict[str, Any]] = [json.loads(line) for line in out.splitlines()]
    assert {line["sip_call_id"] for line in lines} == set(uas.calls)
    assert all("7946" not in line["number"] for line in lines), "masked unless revealed"
    answered = [line for line in lines if line["outcome"] == "answered"]
    for line in answered:
        assert line["invited_at"] < line["answered_at"] <= line["bridged_at"] < line["ended_at"]
        assert (line["trunk"], line["sip_status"], line["ended_by"]) == ("carrier", 200, "agent")
        assert line["disposition"] == "not_interested"
        sound, rate = soundfile.read(tmp_path / "house" / "recordings" / line["recording"])
        assert abs(len(sound) / rate - line["recording_s"]) <= 0.1
        assert abs(sound[:, 0]).max() > 0.01 and abs(sound[:, 1]).max() > 0.01, "both are heard"
    [busy] = [line for line in lines if line["outcome"] == "busy"]
    assert busy["sip_status"] == 486 and busy["answered_at"] is None
    assert not written_with(PASSWORD, tmp_path), "a trunk's password is written nowhere"


def written_with(text: str, folder: Path) -> list[Path]:
    """The files that hold *text*, the proxy's own left out."""
    files = [file for file in folder.rglob("*") if file.is_file() and "proxy" not in file.parts]
    return [file for file in files if text.encode() in file.read_bytes()]


async def test_what_is_wrong_is_said_before_anything_starts(tmp_path: Path) -> None:
    (tmp_path / "trunks.yaml").write_text(TRUNKS.format(uri="sip:127.0.0.1:5066"))
    (tmp_path / "winter.yaml").write_text(CAMPAIGN.format(phone="sip:anna@192.0.2.9"))
    (tmp_path / "leads.csv").write_text(LEADS)
    run = ("run", "winter.yaml", "--sip-config", "trunks.yaml")
    code, _, err = await command(tmp_path, *run, "--lab", "--data", "house")
    assert code == 2 and "a lab's phones are on this machine" in err
    code, _, err = await command(tmp_path, *run, "--clock", "2026-11-23T10:00:00Z")
    assert code == 2 and "only a lab has another clock" in err
    assert not (tmp_path / "house").exists()
