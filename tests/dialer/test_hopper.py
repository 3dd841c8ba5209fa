"""The hopper: leases end in any order, since leads are passed on and put back."""

from datetime import datetime, timedelta

from dialer.campaign import CampaignId
from dialer.hopper import Hopper
from dialer.ports import Candidate
from leads.lead import LeadId, NumberId, PersonId
from leads.phone import PhoneNumber
from tests.builders import MONDAY_MORNING


def a_candidate(lead: int, claimed_until: datetime) -> Candidate:
    return Candidate(
        lead=LeadId(lead),
        person=PersonId(lead),
        campaign=CampaignId(1),
        number=PhoneNumber("+441134960001"),
        number_id=NumberId(lead),
        languages=(),
        claimed_until=claimed_until,
    )


def test_an_old_lease_behind_newer_ones_is_dropped_when_it_ends():
    hopper, now = Hopper(), MONDAY_MORNING
    hopper.add([a_candidate(1, now + timedelta(minutes=5))])
    hopper.add([a_candidate(2, now + timedelta(minutes=2))])  # was looked at and passed on
    later = now + timedelta(minutes=3)
    hopper.expire(later)
    assert [each.lead for each in hopper] == [1]
    hopper.add([a_candidate(2, later + timedelta(minutes=5))])  # its new lease is taken
    assert [each.lead for each in hopper] == [1, 2]
