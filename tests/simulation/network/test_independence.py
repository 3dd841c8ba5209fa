"""The witness is independent: the simulated network imports nothing of the dialer."""

import ast
from pathlib import Path

SIMULATION = Path(__file__).parents[3] / "dialer" / "simulation"
OURS = ("dialer", "leads", "compliance", "sip_config")
ALLOWED = ("dialer.simulation.network", "dialer.simulation.voices", "dialer.simulation.phrases")


def imported_by(file: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add(node.module or ".")
    return found


def test_the_network_imports_nothing_of_the_dialer():
    files = [*(SIMULATION / "network").glob("*.py"), SIMULATION / "voices.py"]
    assert len(files) > 20
    for file in files:
        for name in imported_by(file):
            if name.split(".")[0] in OURS:
                assert name.startswith(ALLOWED), f"{file.name} imports {name}"
