"""Independent SIP peers as child processes: a proxy that asks for passwords, and a phone.

Each has a directory of its own, a free port, and ends with its test.
"""

import asyncio
import os
import shutil
import signal
import socket
from contextlib import suppress
from pathlib import Path
from typing import Final, Self

import pytest

PASSWORD: Final = "only-for-tests"
_STARTS_WITHIN_S: Final = 20.0

_PROXY: Final = """
debug=0
log_stderror=yes
children=1
auto_aliases=no
disable_tcp=yes
listen=udp:127.0.0.1:{port}
loadmodule "tm.so"
loadmodule "sl.so"
loadmodule "rr.so"
loadmodule "pv.so"
loadmodule "siputils.so"
loadmodule "textops.so"
loadmodule "usrloc.so"
loadmodule "registrar.so"
loadmodule "auth.so"
request_route {{
  if (is_method("OPTIONS") && uri==myself) {{ sl_send_reply("200", "OK"); exit; }}
  if (is_method("CANCEL")) {{ if (t_check_trans()) t_relay(); exit; }}
  if (has_totag()) {{
    if (loose_route()) {{ t_relay(); exit; }}
    if (is_method("ACK") && t_check_trans()) t_relay();
    exit;
  }}
  if (is_method("REGISTER")) {{
    if (!pv_www_authenticate("lab", "{password}", "0")) {{ www_challenge("lab", "0"); exit; }}
    save("location");
    exit;
  }}
  if (!pv_proxy_authenticate("lab", "{password}", "0")) {{ proxy_challenge("lab", "0"); exit; }}
  consume_credentials();
  record_route();
  $ru = "sip:" + $rU + "@127.0.0.1:{behind}";
  t_relay();
}}
"""

_PHONE: Final = """
sip_listen 127.0.0.1:{port}
audio_source ausine,440
ausrc_srate 48000
ausrc_channels 2
auplay_srate 48000
audio_player aufile,{folder}/heard.wav
audio_alert aufile,{folder}/alert.wav
rtp_ports {rtp}-{rtp_last}
module_path /usr/lib/baresip/modules
module g711.so
module ausine.so
module aufile.so
module_app account.so
module_app menu.so
"""


class _Peer:
    """A program that listens on a UDP port of 127.0.0.1."""

    program = ""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self._process: asyncio.subprocess.Process | None = None

    async def _run(self, *arguments: str) -> None:
        if shutil.which(self.program) is None:
            pytest.skip(f"{self.program} is not installed; `make setup-develop` does it")
        with (self.folder / f"{self.program}.log").open("wb") as log:
            self._process = await asyncio.create_subprocess_exec(
                *(self.program, *arguments),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={"PATH": os.environ.get("PATH", ""), "HOME": str(self.folder)},
                start_new_session=True,
            )
        async with asyncio.timeout(_STARTS_WITHIN_S):
            while not is_bound(self.port):
                assert self._process.returncode is None, (
                    self.folder / f"{self.program}.log"
                ).read_text(errors="replace")[-2000:]
                await asyncio.sleep(0.05)

    async def stop(self) -> None:
        if self._process is not None and self._process.returncode is None:
            os.killpg(self._process.pid, signal.SIGKILL)
            await self._process.wait()


class Proxy(_Peer):
    """Kamailio: asks INVITE and REGISTER for a password and sends calls on to *behind*."""

    program = "kamailio"

    async def start(self, *, behind: int) -> Self:
        config = self.folder / "kamailio.cfg"
        config.write_text(_PROXY.format(port=self.port, password=PASSWORD, behind=behind))
        await self._run(
            *("-f", str(config), "-DD", "-E", "-m", "16", "-M", "4"),
            *("-P", str(self.folder / "kamailio.pid"), "-Y", str(self.folder)),
        )
        return self

    @property
    def uri(self) -> str:
        return f"sip:127.0.0.1:{self.port}"


class SoftPhone(_Peer):
    """baresip: answers at once and plays a tone of 440 Hz."""

    program = "baresip"

    async def start(self, user: str) -> Self:
        rtp = free_port() & ~1
        config = _PHONE.format(port=self.port, folder=self.folder, rtp=rtp, rtp_last=rtp + 20)
        (self.folder / "config").write_text(config)
        account = f"<sip:{user}@127.0.0.1:{self.port}>;regint=0;answermode=auto\n"
        (self.folder / "accounts").write_text(account)
        self.uri = f"sip:{user}@127.0.0.1:{self.port}"
        await self._run("-f", str(self.folder))
        return self


def free_port() -> int:
    """Return a port of 127.0.0.1 that is free at this moment, for UDP and for TCP."""
    while True:
        with (
            socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as datagrams,
            socket.socket(socket.AF_INET, socket.SOCK_STREAM) as stream,
        ):
            datagrams.bind(("127.0.0.1", 0))
            port = int(datagrams.getsockname()[1])
            with suppress(OSError):
                stream.bind(("127.0.0.1", port))
                return port


def is_bound(port: int) -> bool:
    """Whether somebody listens on a UDP port of 127.0.0.1."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return True
    return False
