"""Why and the waterfall on the list the demo works with."""

import time
from pathlib import Path

import pytest

from compliance.waterfall import in_words
from dialer.database import campaigns, explaining, house
from dialer.demo.installing import furnish
from leads.store.leads import leads_of_lists
from leads.store.people import numbers_of_leads
from tests.builders import MONDAY_MORNING
from tests.rights.scene import BUNDLE, KEYS

LIST = Path(__file__).parents[2] / "examples" / "leads.csv"


@pytest.fixture
async def demo(connection):
    offset = (await house.installation(connection)).clock_offset
    await house.set_up(connection, lab=True, clock_offset=offset)
    return await furnish(
        connection,
        list_file=LIST,
        agents=20,
        phones="127.0.0.1:5080",
        seed=7,
        keyring=KEYS,
        now=MONDAY_MORNING,
    )


async def test_the_waterfall_of_the_demos_list_adds_up_and_finds_three_thousand(
    connection, demo, capsys
):
    campaign = await campaigns.campaign(connection, demo.campaign)
    began = time.monotonic()
    fallen = await explaining.waterfall(
        connection, campaign, bundle=BUNDLE, keyring=KEYS, now=MONDAY_MORNING
    )
    with capsys.disabled():
        print(f"\nwaterfall of 5,000 rows: {time.monotonic() - began:.2f} s")
        print(in_words(fallen))
    for before, after in zip(fallen.steps, fallen.steps[1:], strict=False):
        assert before.left - sum(after.lost.values()) == after.left
    assert fallen.steps[0].left == 5000
    left = {step.name: step.left for step in fallen.steps}
    assert 2500 < left["basis"] < 3500
    assert "CONSENT_EVIDENCE_MISSING" in {unlock.code for unlock in fallen.unlocks}
    assert sum(count for _, count in fallen.per_hour) > left["caps"]


async def test_why_answers_for_any_number_of_the_demos_list(connection, demo):
    ids = await leads_of_lists(connection, [demo.imported.list.list_id])
    numbers = await numbers_of_leads(connection, sorted(ids)[:20])
    for of_lead in numbers.values():
        report = await explaining.why(
            connection,
            of_lead[0].number,
            client=None,
            bundle=BUNDLE,
            keyring=KEYS,
            now=MONDAY_MORNING,
        )
        [lead] = report.leads
        assert lead.verdict in ("allow", "deny", "defer")
        assert len(lead.gates) >= 12
