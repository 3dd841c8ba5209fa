"""What the core process is made of."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from dialer.settings import Settings


def test_the_core_loads_no_sip_stack():
    """A fault in native telephony code must not be able to end a campaign."""
    loaded = "import sys, dialer.app.running; sys.exit('pjsua2' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", loaded]).returncode == 0


def test_a_taken_port_is_said_in_one_sentence(
    tmp_path: Path, database_dsn: str, capfd: pytest.CaptureFixture[str]
):
    settings = Settings(state_dir=tmp_path / "state", runtime_dir=tmp_path / "run")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        changes = {"http_port": taken.getsockname()[1], "database_url": database_dsn}
        environment = {**os.environ, **settings.environment(**changes)}
        command = [sys.executable, "-m", "dialer.app", "--settings", os.devnull]
        assert subprocess.run(command, env=environment, timeout=60).returncode == 3
    said = capfd.readouterr()
    assert "Traceback" not in said.err + said.out
    assert "set DIALER_HTTP_PORT to another port" in said.err
