"""All about one person, exported and erased, over rows and files."""

import json
from pathlib import Path
from uuid import uuid4

import pytest

from compliance.store.auditing import verify_trail
from compliance.writing import plain
from dialer.database import campaigns, outbox, recordings
from dialer.database.inviting import INVITATION
from dialer.rights.page import page
from dialer.rights.subject import PersonInCall, erase_person, export_person
from leads.disposition import Disposition
from leads.lead import AttemptId, LeadId
from leads.rep import Interval
from leads.store import meetings, reps
from leads.store.connection import vault_of
from leads.store.dispositions import DispositionRow, record, save_answers
from leads.store.people import person_of
from tests.builders import MONDAY_MORNING, a_campaign_in
from tests.opened import SEALED, everything_in, stored_in
from tests.rights.conftest import Village, import_into
from tests.rights.scene import KEYS, decided_on, spoken_to

TRACES = ("Ivan", "Petrov", "ivan@", "888123456", "123-456", "likes tea", "form.txt", "busy man")


async def with_a_past(village: Village) -> tuple[Path, Path]:
    """Ivan was decided on, spoken to and recorded, and met a rep; return the files about him."""
    connection, lead = village.connection, village.imported.list.leads[0].lead
    await decided_on(connection, village.imported, village.campaign)
    attempt, call = await spoken_to(connection, lead, village.campaign)
    told = DispositionRow(
        attempt=attempt,
        agent=None,
        code=Disposition.MEETING_BOOKED,
        at=MONDAY_MORNING,
        note="a busy man",
        judgement=None,
    )
    await record(connection, told, lead=lead)
    await save_answers(
        connection, attempt, {"owner": "Ivan owns it"}, lead=lead, now=MONDAY_MORNING
    )
    await recordings.expect(connection, call, path="2026/a.flac")
    await recordings.measured(
        connection,
        call,
        seconds=60.0,
        seconds_by_events=59.8,
        sha256=b"\2" * 32,
        size=1000,
        available_at=MONDAY_MORNING,
    )
    invitation = await _invited(village, lead, attempt)
    tape = village.places.recordings / "2026/a.flac"
    letter = village.places.outbox / INVITATION / invitation
    for file in (tape, letter):
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("Ivan Petrov")
    return tape, letter


async def _invited(village: Village, lead: LeadId, attempt: AttemptId) -> str:
    connection = village.connection
    rep = await reps.add_rep(
        connection,
        client=village.client,
        name="Rita Rep",
        email="rita@example.com",
        time_zone="Europe/Sofia",
    )
    uid = uuid4()
    await meetings.add_meeting(
        connection,
        rep=rep,
        lead=lead,
        attempt=attempt,
        uid=uid,
        slot=Interval(MONDAY_MORNING.replace(hour=12), MONDAY_MORNING.replace(hour=13)),
        now=MONDAY_MORNING,
    )
    name = f"{uid}-0.ics"
    await outbox.add(
        connection, kind=INVITATION, file_name=name, content="Ivan Petrov", now=MONDAY_MORNING
    )
    return name


async def exported(village: Village, **changes: object) -> str:
    content = await export_person(
        village.connection,
        village.ivan,
        **{"client": None, "keyring": KEYS, "now": MONDAY_MORNING, **changes},
    )
    return json.dumps(plain(content), ensure_ascii=False)


async def erased(village: Village, **changes: object) -> dict:
    return await erase_person(
        village.connection,
        village.ivan,
        **{
            "client": None,
            "keyring": KEYS,
            "places": village.places,
            "now": MONDAY_MORNING,
            **changes,
        },
    )


async def test_an_export_holds_everything_about_a_person_and_nothing_about_others(village):
    await with_a_past(village)
    text = await exported(village)
    for known in (
        *("Ivan Petrov", "likes tea", "You may call me.", "a busy man", "Ivan owns it"),
        *("2026/a.flac", "rita@example.com", "Ivan again", "+359888123456"),
    ):
        assert known in text, known
    assert "Maria" not in text
    shown = page(json.loads(text))
    assert "Ivan Petrov" in shown
    assert "we may" in shown
    assert "2026-11-23T" not in shown and "2026-11-23 " in shown
    assert "client id" not in shown
    assert "<dd>recordings of calls, from the call</dd><dt>days</dt><dd>90</dd>" in shown
    assert "<script" not in shown


async def test_a_page_escapes_whatever_a_list_says(village):
    content = {"made_at": "now", "leads": [{"name": "<script>alert(1)</script>"}]}
    assert "<script>" not in page(content)


async def test_after_an_erasure_rows_and_files_hold_no_readable_trace(village, capsys):
    files = await with_a_past(village)
    capsys.readouterr()
    receipt = await erased(village)
    said = capsys.readouterr()
    left = await everything_in(village.connection)
    for trace in TRACES:
        assert trace not in left, trace
        assert trace not in said.out + said.err + json.dumps(plain(receipt)), trace
    assert not any(file.exists() for file in files)
    assert "Maria Georgieva" in left
    gone = {one["what"]: one["count"] for one in receipt["erased"]}
    assert gone["files of recordings and invitations"] == 2
    assert (gone["numbers"], gone["leads"], gone["inputs of decisions"]) == (1, 1, 1)
    stays = {one["what"] for one in receipt["stays"]}
    assert stays == {
        *("suppression hashes", "consents without content", "decisions"),
        "calls without words and numbers",
    }
    assert "Rita Rep <rita@example.com> (invitation)" in receipt["recipients_to_be_told"]
    assert (await verify_trail(village.connection)).intact


async def test_a_backup_restored_after_an_erasure_says_nothing_about_the_person(village):
    await with_a_past(village)
    backup = [
        (label, bytes(row["sealed"]))
        for table, column, label in SEALED
        for row in await village.connection.fetch(
            f"SELECT {column} AS sealed FROM {table} WHERE {column} IS NOT NULL"
        )
    ]
    stored = await stored_in(village.connection)
    vault = vault_of(village.connection)

    def restored() -> str:
        opened = [vault.unseal_one(sealed, label) for label, sealed in backup]
        return stored + "\n".join(text for text in opened if text is not None)

    assert all(trace in restored() for trace in ("Ivan", "888123456", "likes tea", "busy man"))
    receipt = await erased(village)
    for trace in TRACES:
        assert trace not in restored(), trace
    assert "Maria Georgieva" in restored()
    gone = {one["what"]: one["count"] for one in receipt["erased"]}
    assert gone["keys, and with them all older copies"] == 5  # person, lead, consents, row, letter
    again = {one["what"]: one["count"] for one in (await erased(village))["erased"]}
    assert again["keys, and with them all older copies"] == 0


async def test_an_erasure_may_be_repeated_and_removes_what_a_crash_has_left(village):
    tape, _ = await with_a_past(village)
    await erased(village)
    tape.write_text("Ivan Petrov")  # as if the file had not been removed
    again = await erased(village)
    assert not tape.exists()
    assert {one["what"]: one["count"] for one in again["erased"]}["numbers"] == 0


async def test_a_recording_that_is_not_where_recordings_are_kept_is_named_in_the_receipt(village):
    tape, _ = await with_a_past(village)
    tape.rename(tape.with_name("elsewhere.flac"))
    assert (await erased(village))["files_not_found"] == ["2026/a.flac"]
    assert (await erased(village))["files_not_found"] == []


async def test_a_person_in_a_call_is_erased_when_it_has_ended(village):
    connection = village.connection
    attempt, _ = await spoken_to(connection, village.imported.list.leads[0].lead, village.campaign)
    await connection.execute(
        "UPDATE attempts SET closed_at = NULL, outcome = NULL WHERE id = $1", attempt
    )
    with pytest.raises(PersonInCall, match="when it has ended"):
        await erased(village)
    assert "Ivan Petrov" in await everything_in(connection)


async def test_erasing_for_one_client_leaves_anothers_list_alone(village):
    connection = village.connection
    other = await a_campaign_in(connection)
    await import_into(connection, other, "phone;name;country\n0888 123 456;Mr Petrov;BG\n")
    client = (await campaigns.campaign_setup(connection, other)).client
    assert "Mr Petrov" not in await exported(village, client=village.client)
    await erased(village, client=village.client)
    left = await everything_in(connection)
    assert "Mr Petrov" in left
    assert "Ivan Petrov" not in left
    assert await person_of(connection, "+359888123456") == village.ivan
    await erased(village, client=client)
    assert "Mr Petrov" not in await everything_in(connection)
    assert await person_of(connection, "+359888123456") is None
