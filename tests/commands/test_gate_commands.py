"""``dialer why``, ``waterfall``, ``profiles``, ``lists``, ``suppress``, ``registers``."""

import json
import secrets
from datetime import UTC, datetime

import pytest

from compliance.store.hashing_keys import bound_keyring
from compliance.suppression import Keyring, keep_keyring
from dialer.commands.rulebook import instant, keyring_file
from dialer.settings import load
from dialer.supervisor import owned
from tests.commands.scene import NUMBER


async def test_why_says_in_plain_words_what_every_gate_found(town):
    ran = await town.dialer("why", NUMBER)
    assert ran.code == 0
    assert "…3456" in ran.out
    assert "basis" in ran.out
    assert "You may call me about energy." in ran.out
    assert NUMBER not in ran.out
    local = await town.dialer("why", "0888 123 457", "--country", "BG")
    assert "CONSENT_EVIDENCE_MISSING" in local.out
    assert "BG-ZES-261" in local.out


async def test_why_as_json_holds_every_field_and_no_whole_number(town):
    ran = await town.dialer("why", NUMBER, "--json")
    report = json.loads(ran.out)
    [lead] = report["leads"]
    assert lead["state"] == "waiting"
    assert {gate["gate"] for gate in lead["gates"]} >= {"BASIS", "RIGHTS", "HOURS", "FREQUENCY"}
    assert NUMBER not in ran.out


async def test_why_refuses_what_is_no_number_without_repeating_it(town):
    ran = await town.dialer("why", "0888 999")
    assert ran.code == 2
    assert "0888 999" not in ran.err
    assert "Traceback" not in ran.err


async def test_why_for_one_client_knows_nothing_of_anothers_people(town):
    ran = await town.dialer("why", NUMBER, "--client", "nobody")
    assert ran.code == 2
    assert "known:" in ran.err


async def test_the_waterfall_adds_up_and_names_the_remedy(town):
    ran = await town.dialer("waterfall", "Winter tariff", "--json")
    found = json.loads(ran.out)
    left = {step["name"]: step["left"] for step in found["steps"]}
    assert (left["rows"], left["leads"], left["valid"], left["basis"]) == (4, 3, 3, 1)
    words = await town.dialer("waterfall", town.campaign)
    assert "attest the list" in words.out
    unknown = await town.dialer("waterfall", "Summer")
    assert unknown.code == 2
    assert "Winter tariff" in unknown.err


async def test_a_suppression_typed_here_refuses_the_next_call_and_can_be_lifted(town):
    assert (await town.dialer("suppress", NUMBER, "--client", town.client)).code == 0
    assert "SUPPRESSED_INTERNAL" in (await town.dialer("why", NUMBER)).out
    lifted = await town.dialer("suppress", NUMBER, "--client", town.client, "--lift", "asked to")
    assert lifted.out == "1 suppressions lifted\n"
    assert "SUPPRESSED_INTERNAL" not in (await town.dialer("why", NUMBER)).out


async def test_a_rotated_key_finds_what_was_suppressed_under_the_old_one(town):
    await town.dialer("suppress", NUMBER, "--client", town.client)
    rotated = await town.dialer("keys", "rotate")
    assert (rotated.code, "made under k2" in rotated.out) == (0, True)
    listed = await town.dialer("keys", "list")
    assert listed.out.splitlines() == ["k1\tfor look-ups", "k2\tfor new entries"]
    assert "SUPPRESSED_INTERNAL" in (await town.dialer("why", NUMBER)).out
    await town.dialer("suppress", "+359888123457")
    async with town.pool.acquire() as connection:
        keys = await connection.fetch("SELECT DISTINCT key_id FROM suppressions ORDER BY key_id")
    assert [row["key_id"] for row in keys] == ["k1", "k2"]
    twice = await town.dialer("keys", "rotate", "--name", "k2")
    assert (twice.code, "is a key 'k2' already" in twice.err) == (2, True)
    with owned(town.state):
        running = await town.dialer("keys", "rotate")
    assert (running.code, "stop it first" in running.err) == (1, True)


async def test_a_database_refuses_other_keys_than_those_its_suppressions_were_hashed_with(town):
    await town.dialer("suppress", NUMBER)
    file = keyring_file(load(None))
    async with town.pool.acquire() as connection:
        now = datetime(2026, 11, 23, tzinfo=UTC)
        await bound_keyring(connection, file, make_key=secrets.token_bytes, now=now)
    kept = file.read_bytes()
    file.unlink()
    lost = await town.dialer("why", NUMBER)
    assert (lost.code, "is missing, with the whole file" in lost.err) == (3, True)
    assert not file.exists()
    keep_keyring(file, Keyring(active="k1", keys={"k1": secrets.token_bytes(32)}))
    other = await town.dialer("suppress", "+359888123457")
    assert (other.code, "is another one in it" in other.err) == (3, True)
    keep_keyring(file, Keyring(active="k2", keys={"k2": secrets.token_bytes(32)}))
    assert "is not in it; restore the file" in (await town.dialer("waterfall", "Winter tariff")).err
    file.write_bytes(kept)
    assert "SUPPRESSED_INTERNAL" in (await town.dialer("why", NUMBER)).out


async def test_a_file_of_numbers_is_suppressed_whole_or_not_at_all(town):
    file = town.state / "never.csv"
    file.write_text("number;why\n0888 123 456;asked\nnonsense;\n")
    broken = await town.dialer("suppress", file, "--country", "BG")
    assert broken.code == 2
    assert "line 3" in broken.err
    assert "SUPPRESSED" not in (await town.dialer("why", NUMBER)).out
    file.write_text("number;why\n0888 123 456;asked\n")
    assert (await town.dialer("suppress", file, "--country", "BG")).code == 0
    shown = await town.dialer("why", NUMBER)
    assert "client_list" in shown.out


async def test_a_register_comes_in_whole_and_says_how_old_it_is(town):
    file = town.state / "tps.csv"
    file.write_text("number\n020 7946 0123\n")
    listed = await town.dialer("registers", "list")
    assert "leads it covers wait" in listed.out
    command = ("registers", "import", file, "--register", "TPS", "--as-of", "2026-01-05")
    assert (await town.dialer(*command)).out == "TPS: 1 numbers, as of 2026-01-05\n"
    again = await town.dialer(*command)
    assert again.code == 2
    assert "imported before" in again.err
    assert "as of 2026-01-05" in (await town.dialer("registers", "list")).out
    unknown = await town.dialer(
        "registers", "import", file, "--register", "X", "--as-of", "2026-01-05"
    )
    assert unknown.code == 2
    assert "known: " in unknown.err


async def test_answers_of_a_register_that_is_never_handed_out_are_kept(town):
    file = town.state / "answers.csv"
    file.write_text("number;listed\n020 7946 0123;yes\n020 7946 0124;no\n")
    command = ("registers", "answers", file, "--register", "TPS", "--as-of", "2026-01-05")
    assert (await town.dialer(*command)).out == "TPS: 2 answers, as of 2026-01-05\n"
    file.write_text("020 7946 0123;perhaps\n")
    assert "write yes or no" in (await town.dialer(*command)).err


async def test_a_profile_is_approved_by_a_person_with_a_note_and_revoked(town):
    first = await town.dialer("profiles", "approve", "bg", "--by", "A. Jurist", "--note", "read it")
    assert "approved" in first.out
    again = await town.dialer("profiles", "approve", "bg", "--by", "A. Jurist", "--note", "read it")
    assert "nothing changed" in again.out
    listed = (await town.dialer("profiles", "list")).out.splitlines()
    [bg] = [line for line in listed if line.startswith("bg ")]
    assert bg.endswith("  approved")
    assert (await town.dialer("profiles", "revoke", "bg")).code == 0
    assert (await town.dialer("profiles", "revoke", "bg")).code == 1
    empty = await town.dialer("profiles", "approve", "bg", "--by", " ", "--note", "x")
    assert empty.code == 2


async def test_profiles_are_checked_without_a_database(town):
    assert "bg\t" in (await town.dialer("profiles", "check")).out
    assert (await town.dialer("profiles", "check", "--profiles", town.state)).code == 2


async def test_an_attested_list_opens_until_an_audited_row_fails(town):
    (town.state / "signed.pdf").write_bytes(b"signed")
    (town.state / "wording.txt").write_text("You may call me about energy.")
    listed = await town.dialer("lists", "list")
    assert "spring" in listed.out
    attested = await town.dialer(
        *("lists", "attest", town.imported.list.list_id, "--document", town.state / "signed.pdf"),
        *(
            "--statement",
            "all agreed",
            "--wording",
            town.state / "wording.txt",
            "--form",
            "the fair",
        ),
        *("--from", "2026-01-01", "--until", "2026-02-01", "--by", "A. Director", "--sample", "1"),
    )
    assert attested.out.startswith("attestation 1: 1 rows to be audited")
    other = ("why", "+359888123457")
    assert "CONSENT_EVIDENCE_MISSING" not in (await town.dialer(*other)).out
    sample = await town.dialer("lists", "sample", 1)
    assert "line 3  to be audited" in sample.out
    consent = sample.out.split()[1]
    audited = await town.dialer("lists", "audit", 1, consent, "--not-proven", "--by", "dpo")
    assert "blocked" in audited.out
    assert "CONSENT_EVIDENCE_MISSING" in (await town.dialer(*other)).out
    assert (await town.dialer("lists", "audit", 1, 999, "--proven", "--by", "dpo")).code == 2


async def test_a_balancing_test_is_recorded_once(town):
    command = (
        *("lists", "balance", "--client", town.client, "--purpose", "sales.energy"),
        *("--country", "gb", "--reference", "folder 7", "--by", "A. Jurist"),
        *("--signed", "2026-01-01"),
    )
    assert (await town.dialer(*command)).code == 0
    again = await town.dialer(*command)
    assert again.code == 2
    assert "one live test per purpose and country" in again.err


async def test_a_statement_about_a_list_is_recorded_once_with_its_proof(town):
    words = ("lists", "notice", town.imported.list.list_id, "--given", "2026-01-11")
    assert (await town.dialer(*words, "--reference", " ", "--by", "N")).code == 2
    proven = (*words, "--reference", "letters/2026", "--by", "N")
    assert (await town.dialer(*proven)).out == "recorded\n"
    assert "is on record already" in (await town.dialer(*proven)).err
    ahead = ("lists", "presume", town.imported.list.list_id, "--signed", "2199-01-01")
    refused = await town.dialer(*ahead, "--reference", "memo", "--by", "N")
    assert (refused.code, "in the future" in refused.err) == (2, True)
    assert (await town.dialer("lists", "notice", 999, *proven[3:])).code == 2


@pytest.mark.parametrize("text", ["tomorrow", "2026-13-01", "2026-01-01T10:00"])
async def test_a_time_that_could_be_misread_is_refused(town, text):
    ran = await town.dialer(
        "evidence", NUMBER, "--from", text, "--until", "2027-01-01", "--out", "x"
    )
    assert ran.code == 2
    assert instant("2026-01-01T10:00+02:00") == datetime(2026, 1, 1, 8, tzinfo=UTC)
