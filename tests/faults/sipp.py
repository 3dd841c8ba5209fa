"""Faulty far ends, played by SIPp: a scenario is written in steps, and SIPp follows it.

Rule: a far end plays one call and ends; what it was told that it did not expect, it complains of.
"""

import asyncio
import contextlib
import itertools
import shutil
import socket
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final, Self

import pytest

SDP = """\
v=0
o=far 1 {version} IN IP4 127.0.0.1
s=-
c=IN IP4 127.0.0.1
t=0 0
m=audio [media_port] RTP/AVP {payload}
a=rtpmap:{payload} {codec}/8000
a={direction}
"""
_LIMIT_S = 15


def sdp(
    *, payload: int = 8, codec: str = "PCMA", direction: str = "sendrecv", version: int = 1
) -> str:
    """A session description of one audio stream."""
    return SDP.format(payload=payload, codec=codec, direction=direction, version=version)


REMEMBERED = ("via", "them", "us", "cseq", "target")


def invited() -> str:
    """The INVITE comes; what later messages of ours need is remembered."""
    headers = zip(REMEMBERED, ("Via", "From", "To", "CSeq"), strict=False)
    kept = "".join(
        f'\n      <ereg regexp=".*" search_in="hdr" header="{header}:" assign_to="{name}"/>'
        for name, header in headers
    )
    return f"""
  <recv request="INVITE">
    <action>{kept}
      <ereg regexp="sip:[^&gt;]+" search_in="hdr" header="Contact:" assign_to="target"/>
    </action>
  </recv>"""


def answers(status: str, *headers: str, body: str = "", tag: str = "far") -> str:
    """An answer to the INVITE, whatever has come since."""
    return _send(
        [
            f"SIP/2.0 {status}",
            "Via:[$via]",
            "From:[$them]",
            f"To:[$us];tag={tag}" if tag else "To:[$us]",
            "Call-ID: [call_id]",
            "CSeq:[$cseq]",
            "Contact: <sip:far@[local_ip]:[local_port]>",
            *headers,
        ],
        body,
    )


def agrees(*headers: str, body: str = "") -> str:
    """200 to whatever has just come, in a dialog that has its tags."""
    names = ("Via", "From", "To", "Call-ID", "CSeq")
    contact = "Contact: <sip:far@[local_ip]:[local_port]>"
    return _send(["SIP/2.0 200 OK", *(f"[last_{n}:]" for n in names), contact, *headers], body)


def asks(method: str, *headers: str, number: int = 1, body: str = "", tag: str = "far") -> str:
    """A request of ours in the dialog."""
    return _send(
        [
            f"{method} [$target] SIP/2.0",
            "Via: SIP/2.0/UDP [local_ip]:[local_port];branch=[branch]",
            f"From:[$us];tag={tag}",
            "To:[$them]",
            "Call-ID: [call_id]",
            f"CSeq: {number} {method}",
            "Contact: <sip:far@[local_ip]:[local_port]>",
            "Max-Forwards: 70",
            *headers,
        ],
        body,
    )


def hears(what: str, *, optional: bool = False) -> str:
    """A request (``ACK``) or an answer (``200``) comes."""
    kind = "response" if what.isdigit() else "request"
    maybe = ' optional="true"' if optional else ""
    return f'\n  <recv {kind}="{what}"{maybe}/>'


def waits(milliseconds: int) -> str:
    return f'\n  <pause milliseconds="{milliseconds}"/>'


def _send(lines: Sequence[str], body: str) -> str:
    kind = ["Content-Type: application/sdp"] if body else []
    text = "\n".join([*lines, *kind, "Content-Length: [len]", "", body])
    return f"\n  <send><![CDATA[\n{text}\n]]></send>"


class FarEnd:
    """One SIPp process that plays one scenario."""

    def __init__(self, name: str, steps: Sequence[str], options: Sequence[str] = ()) -> None:
        self.name = name
        self._options = options
        self._steps = steps
        self._home = Path(tempfile.mkdtemp(prefix="callwright-sipp-"))
        self._process: asyncio.subprocess.Process | None = None
        self.port = _free_port()

    @property
    def uri(self) -> str:
        return f"sip:{self.name}@127.0.0.1:{self.port}"

    async def start(self) -> Self:
        content = "".join(self._steps)
        reference = f'\n  <Reference variables="{",".join(REMEMBERED)}"/>'
        scenario = self._home / "scenario.xml"
        scenario.write_text(
            f'<?xml version="1.0" encoding="ISO-8859-1"?>\n<scenario name="{self.name}">'
            f"{content}{reference}\n</scenario>\n"
        )
        media = _free_media_ports()
        self._process = await asyncio.create_subprocess_exec(
            *("sipp", "-sf", str(scenario), "-i", "127.0.0.1", "-p", str(self.port)),
            *("-mi", "127.0.0.1", "-mp", str(media), "-m", "1", "-nostdin", "-nd"),
            *("-recv_timeout", str(1000 * _LIMIT_S), "-timeout", f"{_LIMIT_S}s"),
            *("-trace_err", "-error_file", str(self._home / "errors")),
            *self._options,
            cwd=self._home,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
        )
        async with asyncio.timeout(_LIMIT_S):
            while not _is_bound(self.port) and self._process.returncode is None:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        return self

    async def complaint(self) -> str | None:
        """Wait for its end; say what it did not expect."""
        assert self._process is not None
        assert self._process.stderr is not None
        said = (await self._process.stderr.read()).decode(errors="replace")
        code = await self._process.wait()
        errors = self._home / "errors"
        noted = errors.read_text(errors="replace") if errors.exists() else ""
        return None if code == 0 else f"SIPp ended with {code}: {said[-300:]} {noted[-700:]}"

    async def close(self) -> None:
        if self._process is not None and self._process.returncode is None:
            self._process.kill()
            await self._process.wait()
        shutil.rmtree(self._home, ignore_errors=True)


def needs_sipp() -> None:
    """Skip the test where SIPp is not installed."""
    if shutil.which("sipp") is None:
        pytest.skip("SIPp is not installed (make setup-develop, or apt-get install sip-tester)")


def _free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


#: Below the ports that the system gives away, so that nobody else is given one in between.
_MEDIA: Final = itertools.cycle(range(24_000, 29_000, 4))


def _free_media_ports() -> int:
    """Return the first of four free ports in a row: for SIPp's audio and video, each with RTCP."""
    while True:
        first = next(_MEDIA)
        with contextlib.suppress(OSError), contextlib.ExitStack() as stack:
            for port in range(first, first + 4):
                probe = stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
                probe.bind(("127.0.0.1", port))
            return first


def _is_bound(port: int) -> bool:
    table = Path("/proc/net/udp").read_text().splitlines()[1:]
    return any(int(line.split()[1].split(":")[1], 16) == port for line in table)
