"""Lists in PostgreSQL: what becomes of rows, people and numbers."""

import time

import pytest

from leads.importing import Fate, Reason, read_list, rows_csv
from leads.importing.result import ImportOptions
from leads.store import lists, people
from leads.store.importing import import_list, numbers_of_client
from tests.database.leads_scene import MONDAY, a_list_of, a_number, a_scene, beside


async def test_every_row_of_a_list_has_one_fate_in_the_tables_too(connection):
    scene = await a_scene(connection)
    imported = await scene.imported(
        a_list_of(f"{a_number(1)},Ann,en", f"{a_number(1)},Ann again,en", "n/a,Bob,en")
    )
    row = await lists.load_list(connection, imported.list_id)
    assert (row.rows_total, row.rows_accepted, row.rows_rejected, row.rows_duplicate) == (
        3,
        1,
        1,
        1,
    )
    kept = await lists.unaccepted_rows(connection, imported.list_id)
    assert [(one.line, one.fate, one.reason) for one in kept] == [
        (3, Fate.DUPLICATE, Reason.DUPLICATE_IN_LIST),
        (4, Fate.REJECTED, Reason.NUMBER_UNREADABLE),
    ]


async def test_rejected_rows_come_back_from_the_table_and_can_be_sent_again(connection):
    scene = await a_scene(connection)
    imported = await scene.imported(a_list_of(f"{a_number(1)},Ann,en", "0113 496,Bob,en"))
    row = await lists.load_list(connection, imported.list_id)
    rejected = await lists.unaccepted_rows(connection, row.id, fate=Fate.REJECTED)
    file = rows_csv(row.columns, rejected, delimiter=row.delimiter)
    mended = file.replace(b"0113 496,", b"0113 496 0002,", 1)
    again = await scene.imported(mended)
    assert [one.line for one in again.leads] == [2]
    assert again.result.accepted[0].fields == {}


async def test_a_number_on_another_list_of_the_client_is_a_duplicate(connection):
    scene = await a_scene(connection)
    await scene.with_leads(2)
    other = await beside(scene, same_client=True)
    again = await other.imported(a_list_of(f"{a_number(0)},X,en", f"{a_number(5)},Y,en"))
    assert [row.reason for row in again.result.unaccepted] == [Reason.DUPLICATE_OF_CLIENT]
    assert len(again.leads) == 1
    assert await numbers_of_client(connection, scene.client) == {
        a_number(0),
        a_number(1),
        a_number(5),
    }


async def test_a_person_on_lists_of_two_clients_is_one_person_with_two_leads(connection):
    scene = await a_scene(connection)
    [first] = (await scene.with_leads(1)).leads
    other = await beside(scene, same_client=False)
    [second] = (await other.imported(a_list_of(f"{a_number(0)},X,en"))).leads
    assert first.person == second.person
    assert first.lead != second.lead


async def test_a_lead_is_never_dialed_at_a_number_another_client_knew(connection):
    scene = await a_scene(connection)
    await scene.imported(a_list_of(f"{a_number(1)} / {a_number(2)},Ann,en"))
    other = await beside(scene, same_client=False)
    [lead] = (await other.imported(a_list_of(f"{a_number(1)},Ann,en"))).leads
    numbers = await people.numbers_of_leads(connection, [lead.lead])
    assert [number.number for number in numbers[lead.lead]] == [a_number(1)]
    assert len(await people.numbers_of_person(connection, lead.person)) == 2


async def test_two_rows_of_one_known_person_are_one_lead(connection):
    scene = await a_scene(connection)
    await scene.imported(a_list_of(f"{a_number(1)} / {a_number(2)},Ann,en"))
    other = await beside(scene, same_client=False)
    again = await other.imported(a_list_of(f"{a_number(1)},Ann,en", f"{a_number(2)},Ann,en"))
    assert [row.reason for row in again.result.unaccepted] == [Reason.SAME_PERSON]


async def test_a_row_that_joins_two_people_stays_with_the_first(connection):
    scene = await a_scene(connection)
    await scene.with_leads(2)
    other = await beside(scene, same_client=False)
    [lead] = (await other.imported(a_list_of(f"{a_number(0)} / {a_number(1)},X,en"))).leads
    numbers = await people.numbers_of_leads(connection, [lead.lead])
    assert [number.number for number in numbers[lead.lead]] == [a_number(0)]


async def test_consents_come_out_with_the_person_they_are_of(connection):
    scene = await a_scene(connection)
    content = a_list_of(
        f"{a_number(1)},form-1.txt,2026-03-05,I agree",
        f"{a_number(2)},,,",
        header="phone,consent evidence,consent date,consent wording",
    )
    with_consent, without = (await scene.imported(content)).leads
    assert with_consent.consent.evidence_reference == "form-1.txt"
    assert without.consent is None


async def test_an_import_that_fails_leaves_nothing(connection):
    scene = await a_scene(connection)
    with pytest.raises(Exception, match="foreign key"):
        await import_list(
            connection,
            client=scene.client,
            campaign=scene.campaign + 999,
            name="x",
            file_name="x.csv",
            file_sha256=b"",
            result=read_list(a_list_of(f"{a_number(1)},Ann,en")),
            now=MONDAY,
        )
    assert await connection.fetchval("SELECT count(*) FROM people") == 0


@pytest.mark.benchmark
async def test_how_long_ten_thousand_rows_take(connection):
    scene = await a_scene(connection)
    rows = "".join(f"0888 {place:06},Person {place},Firm {place}\n" for place in range(10_000))
    content = ("phone,name,company\n" + rows).encode()
    began = time.monotonic()
    result = read_list(content, ImportOptions(default_country="BG"))
    read = time.monotonic()
    imported = await import_list(
        connection,
        client=scene.client,
        campaign=scene.campaign,
        name="x",
        file_name="x.csv",
        file_sha256=b"",
        result=result,
        now=MONDAY,
    )
    stored = time.monotonic()
    print(
        f'{{"benchmark": "import", "rows": {len(imported.leads)}, "read_s": {read - began:.2f}, '
        f'"stored_s": {stored - read:.2f}}}'
    )
