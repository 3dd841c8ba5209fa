"""``dialer trunks check --online`` against far ends on this machine."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
import yaml

from dialer.cli import main
from tests.sip.uas import Message, Uas
from tests.sip_config.files import LONDON, a_file, a_trunk

pytestmark = [pytest.mark.sip, pytest.mark.real_time]


class Gateway(Uas):
    """A far end that answers OPTIONS, and calls as a test says."""

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        message = Message.of(data.decode())
        if message.method == "OPTIONS":
            self._accept(message, addr)
        else:
            super().datagram_received(data, addr)


@pytest.fixture
async def gateway() -> AsyncIterator[Gateway]:
    gateway = await Gateway.open()
    yield gateway
    gateway.close()


async def answers(gateway: Gateway) -> None:
    call = await gateway.invited.get()
    call.ring()
    call.answer(hertz=400)
    await call.ended.wait()


async def check(folder: Path, *trunks: dict[str, object], call: str | None = None) -> int:
    file = folder / "trunks.yaml"
    content = a_file(trunks=list(trunks), media={"rtp_ports": [33000, 33999]})
    file.write_text(yaml.safe_dump(content))
    arguments = ["trunks", "check", "--sip-config", str(file), "--lab", "--online"]
    return await asyncio.to_thread(main, [*arguments, *(["--call", call] if call else [])])


async def test_a_trunk_that_answers_and_takes_a_call_passes(
    gateway: Gateway, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    callee = asyncio.create_task(answers(gateway))
    trunk = a_trunk(hosts=[{"uri": f"sip:127.0.0.1:{gateway.port}"}])
    assert await check(tmp_path, trunk, call=LONDON) == 0
    await callee
    said = capsys.readouterr().out
    assert f"passed  pbx  OPTIONS sip:127.0.0.1:{gateway.port}: 200" in said
    assert "passed  pbx  test call: answered after" in said
    assert LONDON not in said


async def test_a_silent_trunk_and_a_number_nobody_may_call_fail(
    far_end: Callable[[], Awaitable[Uas]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    silent = await far_end()
    trunk = a_trunk(hosts=[{"uri": f"sip:127.0.0.1:{silent.port}"}])
    assert await check(tmp_path, trunk, call="+44999") == 1
    said = capsys.readouterr().out
    assert f"FAILED  pbx  OPTIONS sip:127.0.0.1:{silent.port}: no answer" in said
    assert "FAILED  -  test call: no way: blocked" in said
    assert silent.invited.empty()
