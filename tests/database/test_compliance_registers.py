"""Registers of objections: files believed or not, answers kept, the latest data asked."""

from datetime import UTC, datetime, timedelta

import asyncpg
import pytest

from compliance.register_file import Listing, UnusableRegister
from compliance.store.registers import (
    RegisterCollapsed,
    SnapshotKnown,
    import_register_file,
    record_answers,
    screen_numbers,
    snapshots_for,
)
from compliance.suppression import Keyring
from tests.database.leads_scene import a_number

KEYS = Keyring(active="k1", keys={"k1": b"\1" * 32})
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
DAY = timedelta(days=1)


async def imported(connection, *numbers: str, as_of=NOON - DAY, keys=KEYS, **changes) -> int:
    content = "".join(f"{number}\n" for number in numbers).encode()
    given = {
        "region": "GB",
        "as_of": as_of,
        "fetched_at": NOON,
        "supplier": "a test",
        "keyring": keys,
    }
    return await import_register_file(connection, "TPS", content, **{**given, **changes})


async def asked(connection, *numbers: str, registers=("TPS",), keys=KEYS):
    return await screen_numbers(connection, numbers, registers=registers, keyring=keys)


async def test_the_latest_snapshot_answers_under_the_key_it_was_hashed_with(connection):
    one, two = a_number(1), a_number(2)
    await imported(connection, one, as_of=NOON - 20 * DAY)
    await imported(connection, two)
    rotated = KEYS.rotated("k2", b"\2" * 32)
    found = await asked(connection, one, two, keys=rotated)
    assert [(a.listed, a.as_of) for a in found[one]] == [(False, NOON - DAY)]
    assert [a.listed for a in found[two]] == [True]


async def test_the_files_a_decision_can_have_been_made_on_are_those_since_the_last_before(
    connection,
):
    for number, days in enumerate((9, 6, 3)):
        day = NOON - days * DAY
        await imported(connection, a_number(number), as_of=day - DAY, fetched_at=day)
    found = await snapshots_for(connection, since=NOON - 5 * DAY, until=NOON)
    assert [row["as_of"] for row in found] == [NOON - 7 * DAY, NOON - 4 * DAY]
    assert {row["register"] for row in found} == {"TPS"}
    found = await snapshots_for(connection, since=NOON - 5 * DAY, until=NOON - 4 * DAY)
    assert [row["rows"] for row in found] == [1]


async def test_a_register_nobody_imported_gives_no_answer(connection):
    assert await asked(connection, a_number(1)) == {a_number(1): ()}


async def test_a_file_that_shrinks_is_not_believed_unless_somebody_says_so(connection):
    await imported(connection, *(a_number(n) for n in range(10)))
    with pytest.raises(RegisterCollapsed, match="found 7 rows, the last snapshot had 10"):
        await imported(connection, *(a_number(n) for n in range(7)), as_of=NOON)
    assert (await asked(connection, a_number(9)))[a_number(9)][0].listed
    shrunk = [a_number(n) for n in range(7)]
    assert await imported(connection, *shrunk, as_of=NOON, collapse_is_real=True) == 7


async def test_the_same_file_again_does_not_make_the_data_younger(connection):
    await imported(connection, a_number(1), as_of=NOON - 20 * DAY)
    with pytest.raises(SnapshotKnown, match="imported before"):
        await imported(connection, a_number(1))
    [answer] = (await asked(connection, a_number(1)))[a_number(1)]
    assert answer.as_of == NOON - 20 * DAY


async def test_half_a_file_changes_nothing(connection):
    with pytest.raises(UnusableRegister):
        await imported(connection, a_number(1), "07")
    assert await connection.fetchval("SELECT count(*) FROM register_snapshots") == 0


async def test_data_from_the_future_are_refused_by_the_database(connection):
    with pytest.raises(asyncpg.CheckViolationError, match="not_from_the_future"):
        await imported(connection, a_number(1), as_of=NOON + DAY)


async def test_a_register_that_is_never_handed_out_keeps_its_newest_answers(connection):
    one, two = a_number(1), a_number(2)
    listing = Listing(number=one, listed_at=NOON - 9 * DAY, allowed_sectors=("energy",))
    await record_answers(
        connection, "BLOCTEL", {one: listing, two: None}, as_of=NOON - DAY, keyring=KEYS
    )
    await record_answers(connection, "BLOCTEL", {one: None}, as_of=NOON - 5 * DAY, keyring=KEYS)
    found = await asked(connection, one, two, a_number(3), registers=["BLOCTEL"])
    [first], [second] = found[one], found[two]
    assert (first.listed, first.allowed_sectors) == (True, ("energy",))
    assert not second.listed
    assert found[a_number(3)] == ()
