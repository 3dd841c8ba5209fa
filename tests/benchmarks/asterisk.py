"""The same work on a stock Asterisk: calls bridged by Dial and recorded by MixMonitor, G.711.

    python -m tests.benchmarks.asterisk [--calls 50] [--seconds 10] [--program asterisk]

Prints JSON lines; skipped, with the reason, where there is no Asterisk. Its recordings are mixed
to one mono WAV, so what it costs holds no coding; compare it with ``steady`` of
``tests.benchmarks.telephony`` without ``coding``.
"""

import argparse
import asyncio
import json
import os
import shutil
import tempfile
import time
from pathlib import Path
from typing import Any, Final

from tests.benchmarks.telephones import Telephones

RATE: Final = 20.0  #: calls a second; more, and it sheds load
PORT: Final = 25_060
_TICKS: Final = os.sysconf("SC_CLK_TCK")

_CONFIGURATION: Final = {
    "asterisk.conf": """[directories]
astetcdir => {home}
{places}
astvarlibdir => {home}
astkeydir => {home}
astdbdir => {home}
astspooldir => {home}
astrundir => {home}
astlogdir => {home}
""",
    "modules.conf": "[modules]\nautoload=yes\nnoload=chan_iax2.so\nnoload=chan_unistim.so\n",
    "logger.conf": "[general]\n[logfiles]\n",
    "rtp.conf": "[general]\nrtpstart=26000\nrtpend=30000\nstrictrtp=no\n",
    "pjsip.conf": """[loopback]
type=transport
protocol=udp
bind=127.0.0.1:{port}
[phones]
type=endpoint
transport=loopback
context=talk
disallow=all
allow=alaw
direct_media=no
rtp_symmetric=yes
""",
    "extensions.conf": """[talk]
exten => _X.,1,MixMonitor({home}/${{EXTEN}}.wav)
 same => n,Dial(PJSIP/phones/${{URI_${{EXTEN}}}})
[globals]
""",
}


def say(what: str, **figures: Any) -> None:
    print(json.dumps({"benchmark": "asterisk", "what": what, **figures}), flush=True)


class Asterisk:
    """One Asterisk with a configuration of its own."""

    def __init__(self, program: str, root: Path | None) -> None:
        self.program = program
        memory = Path("/dev/shm")
        self.home = Path(
            tempfile.mkdtemp(prefix="callwright-asterisk-", dir=memory if memory.is_dir() else None)
        )
        self._places = ""
        if root is not None:
            [modules] = root.glob("usr/lib/*/asterisk/modules")
            self._places = f"astmoddir => {modules}\nastdatadir => {root / 'usr/share/asterisk'}"

    async def start(self, agents: list[str]) -> None:
        for name, text in _CONFIGURATION.items():
            content = text.format(home=self.home, port=PORT, places=self._places)
            if name == "extensions.conf":
                content += "".join(f"URI_{n}={uri}\n" for n, uri in enumerate(agents, 1000))
            (self.home / name).write_text(content)
        self.process = await asyncio.create_subprocess_exec(
            *(self.program, "-f", "-C", str(self.home / "asterisk.conf")),
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )
        async with asyncio.timeout(60):
            while "Asterisk" not in await self.ask("core show version"):  # noqa: ASYNC110
                await asyncio.sleep(0.5)
            await self.ask("core waitfullybooted")

    async def ask(self, command: str) -> str:
        asked = await asyncio.create_subprocess_exec(
            *(self.program, "-C", str(self.home / "asterisk.conf"), "-rx", command),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
        )
        return (await asked.communicate())[0].decode(errors="replace")

    async def bridged(self) -> int:
        """How many calls are up."""
        said = await self.ask("core show channels count")
        return next((int(line.split()[0]) for line in said.splitlines() if "call" in line), 0)

    def cpu_s(self) -> float:
        stat = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(stat[11]) + int(stat[12])) / _TICKS

    def memory_mib(self) -> float:
        pages = int(Path(f"/proc/{self.process.pid}/statm").read_text().split()[1])
        return round(pages * os.sysconf("SC_PAGE_SIZE") / 2**20, 1)

    async def stop(self) -> None:
        if self.process.returncode is None:
            self.process.kill()
            await self.process.wait()
        shutil.rmtree(self.home, ignore_errors=True)


async def run(program: str, root: Path | None, calls: int, seconds: float) -> None:
    phones, asterisk = Telephones(calls), Asterisk(program, root)
    await phones.start()
    try:
        await asterisk.start(phones.agents)
        for number, uri in enumerate(phones.callees, 1000):
            await asterisk.ask(f"channel originate PJSIP/phones/{uri} extension {number}@talk")
            await asyncio.sleep(1 / RATE)
        async with asyncio.timeout(30):
            while (up := await asterisk.bridged()) < calls:  # noqa: ASYNC110
                await asyncio.sleep(0.5)
        await asyncio.sleep(2)
        before, started = asterisk.cpu_s(), time.monotonic()
        await asyncio.sleep(seconds)
        cpu = (asterisk.cpu_s() - before) / (time.monotonic() - started)
        say(
            "steady",
            calls=up,
            version=(await asterisk.ask("core show version")).split(" built")[0],
            cpu_cores=round(cpu, 3),
            cpu_percent_per_call=round(100 * cpu / calls, 3),
            memory_mib=asterisk.memory_mib(),
            load=round(os.getloadavg()[0], 1),
        )
    finally:
        await asterisk.stop()
        await phones.stop()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--calls", type=int, nargs="+", default=[50])
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--program", default="asterisk", help="Asterisk, by name or path")
    parser.add_argument("--root", type=Path, help="where the file system is that it belongs to")
    chosen = parser.parse_args()
    for program, package in ((chosen.program, "asterisk"), ("sipp", "sip-tester")):
        if shutil.which(program) is None:
            say("steady", skipped=f"{program} is not installed (the package {package})")
            return
    for calls in chosen.calls:
        asyncio.run(run(chosen.program, chosen.root, calls, chosen.seconds))


if __name__ == "__main__":
    main()
