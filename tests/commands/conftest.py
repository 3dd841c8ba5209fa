"""The command line over a real database."""

from pathlib import Path

import pytest

from dialer.database.pool import Pool
from tests.commands.scene import Town, a_town


@pytest.fixture
async def town(
    database: Pool,
    database_dsn: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Town:
    return await a_town(database, database_dsn, tmp_path, monkeypatch, capsys)
