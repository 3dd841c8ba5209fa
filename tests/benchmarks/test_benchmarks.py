"""Runs every benchmark with the size it has by default; their figures go to standard output."""

import subprocess
import sys

import pytest

BENCHMARKS = ("gate", "importing", "claims", "telephony", "asterisk")


@pytest.mark.benchmark
@pytest.mark.timeout(900)
@pytest.mark.parametrize("name", BENCHMARKS)
def test_measure(name: str, capfd: pytest.CaptureFixture[str]) -> None:
    with capfd.disabled():
        subprocess.run([sys.executable, "-m", f"tests.benchmarks.{name}"], check=True)
