"""The keys of people, in a file of their own; and how a database and its vault belong together."""

import subprocess
import sys
from pathlib import Path

import pytest

from dialer.database.migrating import Migration, MigrationFailed, migrate, read, shipped
from dialer.database.pool import connected
from dialer.database.sealing import MIGRATION, bind, open_vault, seal_what_is_plain
from leads.importing import ImportOptions, read_list
from leads.lead import LeadId
from leads.sealing import Owner, Unsealable, of_lead
from leads.store import lists, people
from leads.store.connection import vault_of
from leads.store.dispositions import answers_of, load_dispositions
from leads.store.importing import import_list
from leads.store.leads import load_lead
from leads.store.vault import UnusableVault, Vault
from tests.builders import MONDAY_MORNING, a_campaign_in
from tests.opened import everything_in, stored_in

ANN, BOB = Owner("lead:1"), Owner("lead:2")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "people.sqlite"


def test_what_one_process_seals_another_opens(file):
    one = Vault.opened(file)
    sealed = one.seal([(ANN, "Ann"), (BOB, "Bob"), (ANN, "again")], "name")
    other = Vault.opened(file)
    assert other.unseal([*sealed, None], "name") == ["Ann", "Bob", "again", None]
    assert other.lookup("+442079460123") == one.lookup("+442079460123")
    assert file.stat().st_mode & 0o077 == 0


def test_a_destroyed_key_is_gone_for_every_process_and_from_the_file(file):
    one, other = Vault.opened(file), Vault.opened(file)
    sealed = one.seal([(ANN, "Ann"), (BOB, "Bob")], "name")
    assert other.unseal(sealed, "name") == ["Ann", "Bob"]
    [key] = one._connection.execute("SELECT key FROM keys WHERE owner = ?", (ANN,)).fetchone()
    assert key in file.read_bytes()
    assert one.destroy([ANN]) == 1
    assert one.destroy([ANN]) == 0
    assert other.unseal(sealed, "name") == [None, "Bob"]
    assert key not in file.read_bytes()


def test_an_owner_gets_another_key_after_the_first_was_destroyed(file):
    one, other = Vault.opened(file), Vault.opened(file)
    old = one.seal_one(ANN, "before", "name")
    other.destroy([ANN])
    new = one.seal_one(ANN, "after", "name")
    assert other.unseal([old, new], "name") == [None, "after"]


def test_an_older_copy_of_the_vault_says_so_instead_of_losing_people(file):
    vault = Vault.opened(file)
    old = file.read_bytes()
    sealed = vault.seal_one(ANN, "Ann", "name")
    vault.close()
    file.write_bytes(old)
    with pytest.raises(UnusableVault, match="older than the database"):
        Vault.opened(file).unseal_one(sealed, "name")


@pytest.mark.parametrize("content", [b"not a vault" * 100, b"SQLite format 3\0" + bytes(4096)])
def test_a_file_that_is_no_vault_is_refused_with_the_remedy(file, content):
    file.write_bytes(content)
    with pytest.raises(UnusableVault, match="restore the file"):
        Vault.opened(file)


def test_half_a_sign_is_refused():
    with pytest.raises(Unsealable, match="half a sign"):
        Vault.in_memory().seal_one(ANN, "\ud800", "note")


def test_processes_that_seal_for_the_same_people_at_once_agree_on_the_keys(file):
    Vault.opened(file).close()
    program = f"""
from leads.store.vault import Vault
from pathlib import Path
vault = Vault.opened(Path({str(file)!r}))
owners = [f"lead:{{n}}" for n in range(500)]
print(b"".join(vault.seal([(owner, owner) for owner in owners], "name")).hex())
"""
    running = [
        subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE) for _ in range(3)
    ]
    said = [process.communicate()[0] for process in running]
    assert [process.returncode for process in running] == [0, 0, 0]
    vault = Vault.opened(file)
    assert vault._connection.execute("SELECT count(*) FROM keys").fetchone() == (500,)
    assert all(said)


async def test_a_connection_without_a_vault_reads_nothing_about_people(database_dsn):
    async with connected(database_dsn) as connection:
        with pytest.raises(TypeError, match="without a vault"):
            vault_of(connection)


async def test_a_database_stays_with_its_vault(database_dsn, tmp_path):
    first, second = open_vault(tmp_path / "one"), open_vault(tmp_path / "two")
    async with connected(database_dsn, vault=first) as connection:
        await bind(connection)
        await bind(connection)
    async with connected(database_dsn, vault=second) as connection:
        with pytest.raises(UnusableVault, match="another vault"):
            await bind(connection)


async def test_nothing_about_people_is_stored_readable(connection):
    campaign = await a_campaign_in(connection)
    client = await connection.fetchval("SELECT client_id FROM campaigns")
    content = b"phone;name;email\n+442079460123;Ann Example;ann@example.com\nnonsense;Bob Broken;\n"
    await _import(connection, client, campaign, content)
    readable, stored = await everything_in(connection), await stored_in(connection)
    for known in ("Ann Example", "ann@example.com", "+442079460123", "Bob Broken"):
        assert known in readable
        assert known not in stored


async def _import(connection, client, campaign, content):
    return await import_list(
        connection,
        client=client,
        campaign=campaign,
        name="l",
        file_name="l.csv",
        file_sha256=b"",
        result=read_list(content, ImportOptions(default_country="GB")),
        now=MONDAY_MORNING,
    )


# --- What an earlier version stored plain --------------------------------------------------------

PLAIN = """
INSERT INTO clients (name, created_at) VALUES ('c', '2026-01-01Z');
INSERT INTO teams (name) VALUES ('t');
INSERT INTO campaigns (client_id, team_id, name, purpose, caller_id, caller_name)
VALUES (1, 1, 'n', 'sales', '+441134960000', 'x');
INSERT INTO lists (client_id, campaign_id, name, file_name, file_sha256, encoding, delimiter,
                   columns, imported_at, rows_total, rows_accepted, rows_rejected, rows_duplicate)
VALUES (1, 1, 'l', 'l.csv', '', 'utf-8', ',', '{}', '2026-01-01Z', 2, 1, 1, 0);
INSERT INTO unaccepted_rows VALUES
  (1, 3, 'rejected', 'phone', 'nonsense', 'number_unreadable', 'no', '{nonsense,Bob}');
INSERT INTO people (created_at) VALUES ('2026-01-01Z');
INSERT INTO person_numbers (person_id, number, kind) VALUES (1, '+442079460123', 'fixed');
INSERT INTO person_numbers (person_id, number, kind) VALUES (1, NULL, 'fixed');
INSERT INTO leads (person_id, list_id, campaign_id, line, next_attempt_at, country, name, fields)
VALUES (1, 1, 1, 2, '2026-01-01Z', 'GB', 'Ann', '{"Likes": "tea"}');
INSERT INTO lead_numbers VALUES (1, 1, 0);
INSERT INTO attempts (lead_id, person_id, campaign_id, number_id, was_callback, opened_at,
                      permit_expires_at, closed_at, outcome)
VALUES (1, 1, 1, 1, false, '2026-01-01Z', '2026-01-01Z', '2026-01-01Z', 'answered');
INSERT INTO dispositions (attempt_id, code, at, note)
VALUES (1, 'not_interested', '2026-01-01Z', 'Ann is busy');
INSERT INTO answers VALUES (1, 'owner', '"Ann owns it"', '2026-01-01Z');
INSERT INTO evidence_objects VALUES (sha256('x'), 'Ann.pdf', '2026-01-01Z');
INSERT INTO consents (client_id, person_id, purposes, method, evidence_reference, recorded_at)
VALUES (1, 1, '{sales}', 'import', 'Ann.pdf', '2026-01-01Z');
INSERT INTO outbox (kind, file_name, content, created_at, deliver_after)
VALUES ('invitation', 'a.ics', 'Ann', '2026-01-01Z', '2026-01-01Z');
"""


def _files(tmp_path: Path, upto: int) -> Path:
    directory = tmp_path / f"upto{upto}"
    directory.mkdir()
    migrations: tuple[Migration, ...] = read(shipped())
    for migration in migrations:
        if migration.number <= upto:
            (directory / migration.name).write_text(migration.sql)
    return directory


async def _before_sealing(cluster, name: str, tmp_path: Path) -> str:
    async with connected(cluster.dsn("postgres")) as maintenance:
        await maintenance.execute(f"CREATE DATABASE {name}")
    async with connected(cluster.dsn(name)) as connection:
        await migrate(connection, now=MONDAY_MORNING, directory=_files(tmp_path, MIGRATION - 1))
        await connection.execute(PLAIN)
    return cluster.dsn(name)


async def test_what_was_stored_plain_is_sealed_by_the_migration(cluster, tmp_path):
    dsn = await _before_sealing(cluster, "plain_before", tmp_path)
    async with connected(dsn, vault=open_vault(tmp_path)) as connection:
        await migrate(connection, now=MONDAY_MORNING, conversions={MIGRATION: seal_what_is_plain})
        await bind(connection)
        stored = await stored_in(connection)
        for word in ("Ann", "tea", "+442079460123", "Bob", "nonsense"):
            assert word not in stored, word
        lead = await load_lead(connection, LeadId(1))
        assert (lead.name, lead.fields) == ("Ann", {"Likes": "tea"})
        assert await people.person_of(connection, "+442079460123") == 1
        assert len(await people.numbers_of_person(connection, 1)) == 1
        assert (await load_dispositions(connection, [1]))[1].note == "Ann is busy"
        assert await answers_of(connection, [1]) == {1: {"owner": "Ann owns it"}}
        [row] = await lists.unaccepted_rows(connection, 1)
        assert (row.value, row.cells) == ("nonsense", ("nonsense", "Bob"))
        assert "Ann.pdf" in await everything_in(connection)
        assert vault_of(connection).destroy([of_lead(LeadId(1))]) == 1
        assert (await load_lead(connection, LeadId(1))).name == ""


async def test_people_are_not_migrated_without_a_vault(cluster, tmp_path):
    dsn = await _before_sealing(cluster, "plain_stays", tmp_path)
    async with connected(dsn) as connection:
        with pytest.raises(MigrationFailed, match="no vault was given"):
            await migrate(connection, now=MONDAY_MORNING)
        assert await connection.fetchval("SELECT name FROM leads") == "Ann"
