"""A person's rights over what the leads' tables hold."""

import json

from leads.disposition import Disposition
from leads.lead import LeadState, RetiredBecause
from leads.store.claiming import claim
from leads.store.ending import Recorded
from leads.store.leads import load_lead
from leads.store.subject import erase_person, export_person
from tests.database.leads_scene import LEASE, MONDAY, a_list_of, a_number, a_scene
from tests.opened import everything_in

LOCAL = "0113 496 0001"


async def a_person_with_a_past(scene):
    imported = await scene.imported(
        a_list_of(
            f"{LOCAL};Ann Example;Leeds;ann@example.com;likes tea",
            "0113 / 496 0001;Ann twice;;;",
            f"{a_number(2)};Bob Other;;;",
            header="phone;name;city;email;remark",
        )
    )
    attempt = await scene.opened()
    recorded = Recorded(disposition=Disposition.NOT_INTERESTED, agent=None, note="Ann is busy")
    await scene.closed(attempt, "answered", recorded=recorded)
    return imported.leads[0]


async def test_an_export_holds_all_that_is_known_of_a_person_and_of_nobody_else(connection):
    scene = await a_scene(connection)
    lead = await a_person_with_a_past(scene)
    text = json.dumps(await export_person(connection, lead.person))
    for known in ("Ann Example", "Leeds", "ann@example.com", "likes tea", "Ann is busy",
                  "Ann twice", str(a_number(1))):  # fmt: skip
        assert known in text
    assert "Bob" not in text


async def test_after_an_erasure_no_trace_is_left_and_nobody_dials(connection):
    scene = await a_scene(connection)
    lead = await a_person_with_a_past(scene)
    erased = await erase_person(connection, lead.person, now=MONDAY)
    assert (erased.numbers, erased.leads, erased.attempts, erased.rows) == (1, 1, 1, 1)
    left = await everything_in(connection)
    for trace in ("Ann", "Leeds", "ann@", "likes tea", "Ann is busy", "4960001", "496 0001"):
        assert trace not in left
    assert "Bob Other" in left
    assert (await load_lead(connection, lead.lead)).lead.state is LeadState.RETIRED
    again = await erase_person(connection, lead.person, now=MONDAY)
    assert (again.numbers, again.rows) == (0, 0)


async def test_an_erased_lead_that_was_waiting_is_not_claimed_again(connection):
    scene = await a_scene(connection)
    [lead] = (await scene.with_leads(1)).leads
    await erase_person(connection, lead.person, now=MONDAY)
    claimed = await claim(connection, campaign=scene.campaign, count=9, lease=LEASE, now=MONDAY)
    assert claimed == []
    row = await load_lead(connection, lead.lead)
    assert row.lead.retired_because is RetiredBecause.ERASED
    assert row.name == ""
