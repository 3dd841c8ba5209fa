"""What managers, reps and clients do over HTTP: lists, campaigns, meetings, calls, the switch."""

import csv
import io
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from aiohttp import FormData
from aiohttp.test_utils import TestClient
from icalendar import Calendar

from compliance.suppression import Keyring
from dialer.api.context import ApiContext
from dialer.call_events import AgentAssigned, Answered, CallId, Connected, Ended, EndedBy, Invited
from dialer.database import events, recordings
from dialer.database.accounts import Role
from dialer.database.pool import Pool
from dialer.ports import CallRow
from dialer.rights.audio_keys import AudioKeys
from dialer.telephony.audio_file import AudioWriter
from leads.rep import Interval
from leads.store import meetings
from leads.store.connection import vault_of
from tests.api.scripted import SCRIPT, House
from tests.api.visiting import PREFIX, Visitor
from tests.builders import MONDAY_MORNING, a_call_in, the_number_in

People = Callable[[Role | None], Visitor]

LIST = """\
company,phone,country,consent_evidence,consent_date
Example Bakery,+44 20 7946 0123,GB,form.txt,2026-01-05
Example Mill,020 7946 0456,GB,missing.txt,2026-01-05
Example Bakery again,020 79460123,GB,,
Nothing,,GB,,
"""


@pytest.fixture
def manager(visitor: People) -> Visitor:
    return visitor(Role.MANAGER)


def a_wish(house: House, **changes: object) -> dict[str, object]:
    return {
        "client": house.client,
        "team": house.team,
        "name": "Spring tariff",
        "purpose": "sales.energy",
        "caller_id": "+441134960001",
        "caller_name": "Example Energy",
        "script": SCRIPT,
        **changes,
    }


# --- campaigns -------------------------------------------------------------------------------


async def test_a_campaign_is_drafted_started_paused_and_finished(manager: Visitor, house: House):
    made = await manager.post("/campaigns", a_wish(house))
    assert (made.status, made.json["state"], made.json["script"]) == (201, "draft", SCRIPT)
    address = f"/campaigns/{made.json['id']}"
    assigned = await manager.put(f"{address}/agents", {"agents": [house.agent]})
    assert assigned.json["agents"] == [house.agent]
    states = [
        (await manager.post(f"{address}/{move}")).json["state"]
        for move in ("start", "pause", "start", "finish", "start")
    ]
    assert states == ["running", "paused", "running", "finished", "running"]
    assert house.desk.refreshed == 6
    refused = await manager.post("/campaigns", a_wish(house))
    assert (refused.status, refused.type) == (409, "campaign-names-are-unique-per-client")


@pytest.mark.parametrize(
    ("changes", "type_"),
    [
        ({"client": 99}, "campaigns-client-id-fkey"),
        ({"caller_id": "12"}, "invalid-number"),
        ({"ring_limit_seconds": 5}, "invalid"),
        (
            {"script": {"questions": [{"id": "Bad Name", "kind": "text", "text": "?"}]}},
            "invalid-script",
        ),
        ({"script": {"questions": [], "qualification": {"rules": 7}}}, "invalid-script"),
        ({"retry": {"busy": {"after_minutes": "soon"}}}, "invalid-retry-plan"),
        ({"mode": "robocall"}, "invalid"),
    ],
)
async def test_a_campaign_that_could_not_run_is_not_stored(
    manager: Visitor, house: House, changes: dict[str, object], type_: str
):
    refused = await manager.post("/campaigns", a_wish(house, **changes))
    assert (refused.status, refused.type) == (422, type_)
    assert len((await manager.get("/campaigns")).json) == 1


async def test_an_impossible_move_names_the_state(manager: Visitor, house: House):
    made = (await manager.post("/campaigns", a_wish(house))).json
    refused = await manager.post(f"/campaigns/{made['id']}/pause")
    assert (refused.status, refused.type, refused.json["state"]) == (
        409,
        "impossible-move",
        "draft",
    )
    assert (await manager.post("/campaigns/99/start")).status == 404


# --- lists -----------------------------------------------------------------------------------


async def test_a_list_is_looked_at_then_imported_and_its_faults_returned(
    manager: Visitor, http: TestClient, house: House, database: Pool
):
    address = f"/lists?campaign={house.campaign}&name=autumn"
    headers = {"Content-Type": "text/csv"}
    seen = await manager.post(f"{address}&preview=true", data=LIST.encode(), headers=headers)
    assert (seen.status, seen.json["list"]) == (200, None)
    counts = {name: seen.json[name] for name in ("total", "accepted", "rejected", "duplicates")}
    assert counts == {"total": 4, "accepted": 2, "rejected": 1, "duplicates": 1}
    done = await manager.post(address, data=LIST.encode(), headers=headers)
    assert (done.status, done.json["consents_with_evidence"]) == (201, 0)
    number = done.json["list"]
    [listed, *_] = (await manager.get("/lists")).json
    assert (listed["id"], listed["name"], listed["accepted"]) == (number, "autumn", 2)
    token = {"Authorization": f"Bearer {manager.token}"}
    async with http.get(f"{PREFIX}/lists/{number}/unaccepted", headers=token) as response:
        assert response.content_type == "text/csv"
        rows = list(csv.DictReader(io.StringIO((await response.read()).decode("utf-8-sig"))))
    assert [row["company"] for row in rows] == ["Nothing"]


async def test_evidence_uploaded_beside_the_list_proves_its_consents(
    manager: Visitor, http: TestClient, house: House, context: ApiContext, tmp_path: Path
):
    object.__setattr__(context, "evidence_dir", tmp_path / "evidence")
    form = FormData()
    form.add_field("list", LIST.encode(), filename="leads.csv", content_type="text/csv")
    form.add_field("evidence", b"I agree to be called.", filename="form.txt")
    done = await manager.post(f"/lists?campaign={house.campaign}", data=form)
    assert (done.status, done.json["consents_with_evidence"]) == (201, 1)
    [listed, *_] = (await manager.get("/lists")).json
    assert (listed["file_name"], listed["name"]) == ("leads.csv", "leads.csv")
    [kept] = (tmp_path / "evidence").iterdir()
    assert kept.read_bytes() == b"I agree to be called."


@pytest.mark.parametrize(
    ("content", "media", "status", "type_"),
    [
        (b"", "text/csv", 422, "unreadable-list"),
        (b"\x00\x01\x02binary", "text/csv", 422, "unreadable-list"),
        (b"company,city\na,b\n", "text/csv", 422, "unreadable-list"),
        (b"{}", "application/json", 415, "not-a-list"),
        (b"no parts", "multipart/form-data; boundary=x", 400, "not-multipart"),
        (b"no parts", "multipart/form-data", 400, "not-multipart"),
        (
            b'--x\r\nContent-Disposition: form-data; name="other"\r\n\r\n1\r\n--x--\r\n',
            "multipart/form-data; boundary=x",
            422,
            "invalid",
        ),
        (b"--x--\r\n", "multipart/form-data; boundary=x", 422, "invalid"),
        (b"--x\r\nno header\r\n\r\n", "multipart/form-data; boundary=x", 400, "not-multipart"),
        (b"--x\r\n\xff: y\r\n\r\n", "multipart/form-data; boundary=x", 400, "not-multipart"),
        (
            b'--x\r\nContent-Disposition: form-data; name="list"\r\n'
            b"Content-Transfer-Encoding: none\r\n\r\nphone\r\n--x--\r\n",
            "multipart/form-data; boundary=x",
            400,
            "not-multipart",
        ),
    ],
)
async def test_a_broken_upload_imports_nothing_and_says_why(
    manager: Visitor, house: House, content: bytes, media: str, status: int, type_: str
):
    refused = await manager.post(
        f"/lists?campaign={house.campaign}", data=content, headers={"Content-Type": media}
    )
    assert (refused.status, refused.type) == (status, type_)
    assert len((await manager.get("/lists")).json) == 1  # the one of the builder


# --- meetings --------------------------------------------------------------------------------


@pytest.fixture
async def meeting(database: Pool, house: House) -> int:
    """Booked for tomorrow morning."""
    async with database.acquire() as connection:
        lead = await connection.fetchval(
            "UPDATE leads SET state = 'booked' "
            "WHERE id = (SELECT lead_id FROM attempts WHERE id = $1) RETURNING id",
            house.attempt,
        )
        begin = MONDAY_MORNING + timedelta(days=1)
        booked = await meetings.add_meeting(
            connection,
            uid=uuid4(),
            rep=house.rep,
            lead=lead,
            attempt=house.attempt,
            slot=Interval(begin, begin + timedelta(minutes=30)),
            now=MONDAY_MORNING,
        )
    return int(booked.id)


async def test_a_rep_sees_the_own_meetings_and_says_what_came_of_them(
    visitor: People, meeting: int
):
    rep = visitor(Role.REP)
    [found] = (await rep.get("/meetings")).json
    assert (found["id"], found["lead_company"], found["state"]) == (
        meeting,
        "Example Bakery",
        "booked",
    )
    judged = await rep.post(f"/meetings/{meeting}/verdict", {"verdict": "no_show"})
    assert (judged.json["state"], judged.json["verdict"]) == ("not_held", "no_show")
    other = await rep.post(f"/meetings/{meeting}/verdict", {"verdict": "good"})
    assert (other.status, other.type) == (409, "meeting-closed")


async def test_another_rep_has_no_such_meeting(visitor: People, meeting: int, database: Pool):
    async with database.acquire() as connection:
        await connection.execute("UPDATE reps SET user_id = NULL")
    rep = visitor(Role.REP)
    assert (await rep.get("/meetings")).json == []
    assert (await rep.get(f"/meetings/{meeting}")).status == 404


async def test_a_moved_meeting_sends_an_invitation_that_replaces_the_old_one(
    visitor: People, meeting: int, database: Pool, http: TestClient
):
    supervisor = visitor(Role.SUPERVISOR)
    later = MONDAY_MORNING + timedelta(days=1, hours=2)
    moved = await supervisor.post(f"/meetings/{meeting}/move", {"starts_at": later.isoformat()})
    assert moved.json["starts_at"] == later.isoformat().replace("+00:00", "Z")
    at_night = await supervisor.post(
        f"/meetings/{meeting}/move", {"starts_at": (later + timedelta(hours=12)).isoformat()}
    )
    assert (at_night.status, at_night.type) == (422, "outside-availability")
    gone = await supervisor.post(f"/meetings/{meeting}/cancel", {})
    assert gone.json["state"] == "cancelled"
    async with database.acquire() as connection:
        sent = await connection.fetch("SELECT sealed FROM outbox ORDER BY id")
        left = vault_of(connection).unseal([row["sealed"] for row in sent], "content")
    first, second = (Calendar.from_ical(content) for content in left)
    assert (str(first["METHOD"]), str(second["METHOD"])) == ("REQUEST", "CANCEL")
    [one], [other] = first.walk("VEVENT"), second.walk("VEVENT")
    assert (one["UID"], one["SEQUENCE"], other["SEQUENCE"]) == (other["UID"], 1, 2)
    headers = {"Authorization": f"Bearer {supervisor.token}"}
    async with http.get(f"{PREFIX}/meetings/{meeting}/invitation", headers=headers) as response:
        assert response.content_type == "text/calendar"
        assert b"METHOD:CANCEL" in await response.read()


# --- calls and recordings --------------------------------------------------------------------


@pytest.fixture
async def taped(database: Pool, house: House, tmp_path: Path) -> str:
    """A call of a minute with a recording of ten thousand bytes."""
    async with database.acquire() as connection:
        call = await a_call_in(connection, house.campaign)
        await connection.execute(
            "INSERT INTO lead_numbers SELECT lead_id, number_id, 0 FROM attempts "
            "WHERE id = (SELECT attempt_id FROM calls WHERE id = $1)",
            call,
        )
        second = timedelta(seconds=1)
        happened = (
            Invited(MONDAY_MORNING, "id@127.0.0.1"),
            Answered(MONDAY_MORNING + 5 * second),
            AgentAssigned(MONDAY_MORNING + 5 * second, house.agent),
            Connected(MONDAY_MORNING + 6 * second),
            Ended(MONDAY_MORNING + 66 * second, EndedBy.CALLEE),
        )
        rows = [
            CallRow(call=call, number=number, event=event)
            for number, event in enumerate(happened, start=1)
        ]
        await events.append(connection, rows)
        await recordings.expect(connection, call, path="2026/call.ogg")
        await recordings.measured(
            connection,
            call,
            seconds=60.0,
            seconds_by_events=60.0,
            sha256=b"x" * 32,
            size=10_000,
            available_at=MONDAY_MORNING,
        )
    (tmp_path / "2026").mkdir()
    (tmp_path / "2026" / "call.ogg").write_bytes(bytes(range(250)) * 40)
    return str(call)


async def test_calls_are_listed_with_their_times_page_by_page(
    manager: Visitor, house: House, taped: str
):
    [line] = (await manager.get(f"/calls?campaign={house.campaign}&limit=1")).json["calls"]
    assert (line["id"], line["talk_s"], line["connect_ms"]) == (taped, 60.0, 1000.0)
    assert (line["agent"], line["recording"]) == (house.agent, "2026/call.ogg")
    first = (await manager.get(f"/calls?campaign={house.campaign}&limit=1")).json
    rest = (await manager.get(f"/calls?campaign={house.campaign}&after={first['next']}")).json
    assert rest == {"calls": [], "next": None}


async def test_a_recording_is_played_in_ranges(
    manager: Visitor, http: TestClient, taped: str, visitor: People
):
    headers = {"Authorization": f"Bearer {manager.token}", "Range": "bytes=10-19"}
    address = f"{PREFIX}/recordings/{taped}/audio"
    async with http.get(address, headers=headers) as response:
        assert (response.status, response.content_type) == (206, "audio/ogg")
        assert response.headers["Content-Range"] == "bytes 10-19/10000"
        assert await response.read() == bytes(range(10, 20))
    assert (await visitor(Role.AGENT).get(f"/recordings/{taped}/audio")).status == 403


async def test_a_recording_outside_its_directory_is_not_sent(
    manager: Visitor, taped: str, database: Pool
):
    async with database.acquire() as connection:
        await connection.execute("UPDATE recordings SET path = '../../../etc/passwd'")
    assert (await manager.get(f"/recordings/{taped}/audio")).status == 404


async def test_while_the_call_goes_on_the_floor_hears_what_was_said_so_far(
    manager: Visitor, taped: str, database: Pool, visitor: People, http: TestClient, tmp_path: Path
):
    async with database.acquire() as connection:
        await connection.execute("UPDATE recordings SET state = 'expected'")
    (tmp_path / "2026" / ".call.ogg.unfinished").write_bytes(bytes(range(100)))
    address = f"{PREFIX}/recordings/{taped}/audio"
    headers = {"Authorization": f"Bearer {manager.token}"}
    async with http.get(address, headers=headers) as response:
        assert (response.status, await response.read()) == (200, bytes(range(100)))
    async with http.get(address, headers=headers | {"Range": "bytes=-10"}) as response:
        assert response.headers["Content-Range"] == "bytes 90-99/100"
        assert (response.status, await response.read()) == (206, bytes(range(90, 100)))
    for wrong in ("bytes=100-", "bytes=x"):
        async with http.get(address, headers=headers | {"Range": wrong}) as response:
            assert response.status == 416
    assert (await visitor(Role.CLIENT).get(f"/recordings/{taped}/audio")).type == "not-yet"


async def test_a_sealed_recording_is_opened_for_those_who_may_hear_it_until_its_key_is_gone(
    manager: Visitor, taped: str, database: Pool, http: TestClient, tmp_path: Path
):
    path = tmp_path / "2026" / "call.ogg"
    async with database.acquire() as connection:
        vault = vault_of(connection)
    writer = AudioWriter(path, AudioKeys(vault).new(taped))
    writer.write(b"0123456789", is_last=True)
    writer.sync()
    assert b"0123456789" not in path.read_bytes()
    headers = {"Authorization": f"Bearer {manager.token}", "Range": "bytes=2-4"}
    async with http.get(f"{PREFIX}/recordings/{taped}/audio", headers=headers) as response:
        assert (response.status, await response.read()) == (206, b"234")
        assert response.headers["Content-Range"] == "bytes 2-4/10"
    path.write_bytes(path.read_bytes()[:-1])
    assert (await manager.get(f"/recordings/{taped}/audio")).type == "recording-damaged"
    vault.destroy([recordings.own_key(CallId(UUID(taped)))])
    assert (await manager.get(f"/recordings/{taped}/audio")).status == 404


async def test_a_recording_in_the_making_says_so(manager: Visitor, taped: str, database: Pool):
    async with database.acquire() as connection:
        await connection.execute("UPDATE recordings SET state = 'expected'")
    refused = await manager.get(f"/recordings/{taped}/audio")
    assert (refused.status, refused.type) == (409, "not-yet")


async def test_a_report_adds_up(manager: Visitor, house: House, taped: str):
    report = (await manager.get(f"/reports/campaigns/{house.campaign}")).json
    assert (report["attempts"]["placed"], report["answered"], report["connected"]) == (1, 1, 1)


# --- suppressions, leads, callbacks ----------------------------------------------------------


async def test_a_suppressed_person_is_told_to_the_engines(
    visitor: People, house: House, context: ApiContext, database: Pool
):
    object.__setattr__(context, "keyring", Keyring(active="k1", keys={"k1": b"k" * 32}))
    officer = visitor(Role.DPO)
    async with database.acquire() as connection:
        number = await the_number_in(connection)
    done = await officer.post("/suppressions", {"number": number, "reason": "objection"})
    assert (done.status, done.json) == (201, {"numbers": 1, "calls_ended": 1})
    assert len(house.desk.revoked) == 1
    async with database.acquire() as connection:
        rows = await connection.fetch("SELECT s::text AS row, reason FROM suppressions s")
    assert [row["reason"] for row in rows] == ["objection"]
    assert number[1:] not in rows[0]["row"]
    unknown = await officer.post("/suppressions", {"number": "+447700900999"})
    assert unknown.json == {"numbers": 1, "calls_ended": 0}
    refused = await officer.post("/suppressions", {"number": "no number"})
    assert (refused.status, refused.type) == (422, "invalid-number")


async def test_a_lead_is_shown_with_its_past(manager: Visitor, house: House):
    lead = (await manager.get(f"/attempts/{house.attempt}")).json["lead"]["id"]
    found = (await manager.get(f"/leads/{lead}")).json
    assert (found["lead"]["company"], len(found["history"])) == ("Example Bakery", 2)
    assert (await manager.get("/leads/999999")).status == 404


async def test_agents_see_the_calls_they_promised(visitor: People, house: House, database: Pool):
    async with database.acquire() as connection:
        await connection.execute(
            "INSERT INTO callbacks (lead_id, attempt_id, agent_id, due_at, promised_at) "
            "SELECT lead_id, id, $2, $3, $4 FROM attempts WHERE id = $1",
            house.attempt,
            house.agent,
            MONDAY_MORNING + timedelta(hours=3),
            MONDAY_MORNING,
        )
    [promise] = (await visitor(Role.AGENT).get("/callbacks")).json
    assert promise["due_at"] == "2026-11-23T11:00:00Z"
    supervisor = visitor(Role.SUPERVISOR)
    assert (await supervisor.get(f"/callbacks?agent={house.agent}")).json == [promise]
    assert (await supervisor.get("/callbacks")).status == 422


# --- the floor -------------------------------------------------------------------------------


async def test_stop_all_is_durable_told_to_the_engines_and_released_by_a_person(
    visitor: People, house: House
):
    supervisor = visitor(Role.SUPERVISOR)
    stopped = (await supervisor.post("/stop")).json
    assert (stopped["stopped"], stopped["stopped_by"]) == (True, house.logins[Role.SUPERVISOR])
    assert house.desk.refreshed == 1
    assert (await supervisor.get("/stop")).json == stopped
    assert (await supervisor.post("/resume")).json["stopped"] is False
    assert (await visitor(Role.AGENT).post("/stop")).status == 403


async def test_the_board_streams_what_changed_at_most_four_times_a_second(
    visitor: People, http: TestClient, house: House
):
    token = {"Authorization": f"Bearer {visitor(Role.SUPERVISOR).token}"}
    async with http.get(f"{PREFIX}/board/events", headers=token) as stream:
        first = await _frame(stream)
        for _ in range(20):
            house.desk.bump()
        second = await _frame(stream)
    assert (first["id"], second["id"]) == ("1", "21")
    assert '"name":"Anna"' in second["data"]
    async with http.get(
        f"{PREFIX}/board/events", headers={**token, "Last-Event-ID": "21"}
    ) as stream:
        house.desk.bump()
        assert (await _frame(stream))["id"] == "22"


async def _frame(stream) -> dict[str, str]:
    while True:
        block = (await stream.content.readuntil(b"\n\n")).decode()
        if block.startswith("event: board"):
            return dict(line.split(": ", 1) for line in block.strip().splitlines())
