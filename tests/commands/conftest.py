"""The command line over a real database."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from dialer.database.pool import Pool
from dialer.database.sealing import open_vault
from leads.store.vault import Vault
from tests.commands.scene import Town, a_town


@pytest.fixture
def vault(tmp_path: Path) -> Iterator[Vault]:
    """The one of the installation, in its state directory."""
    vault = open_vault(tmp_path)
    yield vault
    vault.close()


@pytest.fixture
async def town(
    database: Pool,
    database_dsn: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Town:
    return await a_town(database, database_dsn, tmp_path, monkeypatch, capsys)
