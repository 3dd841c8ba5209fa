"""Rights of persons and the record from a terminal: ``person``, ``retention``, ``trail`` ..."""

import json
from datetime import UTC, datetime

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from compliance.retention import Category, Due
from compliance.store.retention import record_run
from compliance.writing import canonical
from dialer.commands.rulebook import keyring_of
from dialer.settings import Settings
from tests.commands.scene import NUMBER
from tests.opened import everything_in
from tests.rights.scene import decided_on


async def test_an_export_is_json_and_a_page_that_nobody_else_can_read(town):
    out = town.state / "export"
    assert (await town.dialer("person", "export", NUMBER, "--out", out)).code == 0
    content = json.loads((out / "export.json").read_text())
    assert content["leads"][0]["name"] == "Ivan Petrov"
    assert content["consents"][0]["wording"] == "You may call me about energy."
    page = (out / "export.html").read_text()
    assert "Ivan Petrov" in page
    assert "Maria" not in page
    assert (out / "export.json").stat().st_mode & 0o077 == 0
    again = await town.dialer("person", "export", NUMBER, "--out", out)
    assert again.code == 2
    assert "give another name" in again.err


async def test_an_erasure_prints_what_is_gone_and_what_must_stay(town):
    ran = await town.dialer("person", "erase", NUMBER)
    receipt = json.loads(ran.out)
    gone = {one["what"]: one["count"] for one in receipt["erased"]}
    assert (gone["numbers"], gone["leads"]) == (1, 1)
    assert {"suppression hashes", "consents without content"} <= {
        one["what"] for one in receipt["stays"]
    }
    async with town.pool.acquire() as connection:
        left = await everything_in(connection)
    for trace in ("Ivan", "Petrov", "ivan@", "888123456", "form.txt"):
        assert trace not in left
    assert "SUPPRESSED" not in (await town.dialer("why", "+359888123457")).out
    assert "suppressions: 1" in (await town.dialer("why", NUMBER)).out.lower()


async def test_a_request_is_received_extended_and_fulfilled_with_a_receipt(town):
    asked = await town.dialer("person", "ask", NUMBER, "access", "--client", town.client)
    assert asked.out.startswith("request 1: access, due ")
    assert "access" in (await town.dialer("person", "requests")).out
    extended = await town.dialer("person", "extend", 1, "--because", "many recordings")
    assert "tell the person why" in extended.out
    assert (await town.dialer("person", "extend", 1, "--because", "more")).code == 1
    assert (await town.dialer("person", "fulfil", 1)).code == 2
    out = town.state / "answer"
    assert (await town.dialer("person", "fulfil", 1, "--out", out)).code == 0
    assert (out / "export.html").exists()
    assert (await town.dialer("person", "requests")).out == "no open requests\n"
    assert (await town.dialer("person", "fulfil", 1, "--out", out)).code == 1


async def test_an_objection_works_before_anybody_fulfils_it(town):
    await town.dialer("person", "ask", NUMBER, "objection", "--client", town.client)
    shown = (await town.dialer("why", NUMBER)).out
    assert "OBJECTION_ART21" in shown
    assert "SUPPRESSED_INTERNAL" in shown


async def test_an_erasure_asked_for_stops_calls_until_it_is_done(town):
    await town.dialer("person", "ask", NUMBER, "erasure", "--client", town.client)
    assert "PROCESSING_RESTRICTED" in (await town.dialer("why", NUMBER)).out
    receipt = json.loads((await town.dialer("person", "fulfil", 1)).out)
    assert receipt["recipients_to_be_told"] == [f"client {town.client}"]


async def test_a_correction_reaches_the_lists(town):
    await town.dialer("person", "ask", NUMBER, "rectification", "--client", town.client)
    assert (await town.dialer("person", "fulfil", 1)).code == 1
    corrected = await town.dialer("person", "fulfil", 1, "--name", "Ivan Petkov")
    assert json.loads(corrected.out)["corrected"] == ["name"]
    async with town.pool.acquire() as connection:
        left = await everything_in(connection)
    assert "Ivan Petkov" in left
    assert "Ivan Petrov" not in left


async def test_a_refused_request_says_why_and_is_closed(town):
    await town.dialer("person", "ask", NUMBER, "access", "--client", town.client)
    assert (await town.dialer("person", "refuse", 1, "--because", "not the person")).code == 0
    assert (await town.dialer("person", "refuse", 1, "--because", "again")).code == 2


async def test_a_hold_keeps_a_person_until_it_is_lifted(town):
    held = await town.dialer("person", "hold", NUMBER, "--because", "claim 7", "--by", "dpo")
    assert held.out == "hold 1 is in force\n"
    holds = (await town.dialer("person", "holds")).out
    assert "…3456" in holds and holds.endswith("by dpo: claim 7\n")
    refused = await town.dialer("person", "erase", NUMBER)
    assert refused.code == 1
    assert "claim 7" in refused.err
    assert (await town.dialer("person", "lift", 1)).code == 0
    assert (await town.dialer("person", "holds")).out == "no legal holds\n"
    assert (await town.dialer("person", "lift", 1)).code == 2
    assert (await town.dialer("person", "erase", NUMBER)).code == 0


async def test_a_stranger_and_a_request_without_its_client_are_refused(town):
    stranger = await town.dialer("person", "erase", "+359888000001")
    assert "nobody on our lists" in stranger.err
    nobody = await town.dialer("person", "ask", NUMBER, "access")
    assert "--client" in nobody.err


async def test_the_trail_is_verified_against_checkpoints_and_a_change_is_named(town):
    async with town.pool.acquire() as connection:
        await decided_on(connection, town.imported, town.campaign)
    assert "signed" in (await town.dialer("trail", "checkpoint")).out
    intact = await town.dialer("trail", "verify")
    assert intact.code == 0
    assert "3 entries, 1 checkpoints: intact" in intact.out
    replayed = await town.dialer("trail", "replay")
    assert (replayed.code, "3 decisions come out the same, 0 differ" in replayed.out) == (0, True)
    async with town.pool.acquire() as connection:
        await connection.execute("ALTER TABLE decisions DISABLE TRIGGER USER")
        await connection.execute("UPDATE decisions SET verdict = 'allow' WHERE number = 2")
    broken = await town.dialer("trail", "verify")
    assert broken.code == 1
    assert "entry 2: columns" in broken.out
    missing = await town.dialer("trail", "verify", "--checkpoints", town.state / "nowhere")
    assert missing.code == 3


async def test_the_evidence_pack_comes_with_a_signed_receipt_and_no_number(town):
    keys = keyring_of(Settings(state_dir=town.state))
    async with town.pool.acquire() as connection:
        await decided_on(connection, town.imported, town.campaign, keys=keys)
    out = town.state / "pack.json"
    await town.dialer("trail", "checkpoint")
    period = ("--from", "2026-11-01", "--until", "2026-12-01")
    ran = await town.dialer("evidence", NUMBER, *period, "--out", out)
    assert ran.out.startswith("1 decisions in ")
    pack = json.loads(out.read_text())
    assert pack["consents"][0]["evidence_sha256"]
    assert NUMBER not in out.read_text()
    [rules] = pack["rules"]
    assert rules["text"]["country"] == "BG"
    assert "art. 261" in rules["sources"]["BG-ZES-261"]["title"]
    [point] = pack["checkpoints"]
    assert point["number"] >= pack["decisions"][-1]["number"]
    receipt = json.loads((town.state / "pack.receipt.json").read_text())
    signature, key = bytes.fromhex(receipt.pop("signature")), receipt.pop("public_key")
    public = Ed25519PublicKey.from_public_bytes(bytes.fromhex(key))
    public.verify(signature, canonical(receipt).encode())
    wrong = await town.dialer(
        "evidence", NUMBER, "--from", "2026-12-01", "--until", "2026-11-01", "--out", out
    )
    assert wrong.code == 2


async def test_the_table_of_retention_is_shown_and_changed(town):
    known = (await town.dialer("retention", "list")).out.splitlines()
    assert len(known) == len(Category)
    assert "90 days  house; has not run" in known[0]
    changed = await town.dialer("retention", "set", "recordings", "--days", 30, "--source", "r. 12")
    assert changed.out == "recordings: 30 days (r. 12)\n"
    async with town.pool.acquire() as connection:
        await record_run(
            connection,
            Category.RECORDINGS,
            Due(remove=(1, 2), held=(3,)),
            now=datetime(2026, 11, 23, 12, tzinfo=UTC),
        )
    [shown, *_] = (await town.dialer("retention", "list")).out.splitlines()
    assert shown.endswith("30 days  r. 12; last run 2026-11-23 12:00 UTC: 2 removed, 1 held")
    for days in (0, 40_000):
        none = await town.dialer("retention", "set", "recordings", "--days", days, "--source", "x")
        assert (none.code, none.err) == (2, "dialer: --days: from 1 to 36500\n")
