"""What the agent recorded about a conversation, and what it means for the lead.

Rule: :data:`MEANINGS` has one row per disposition: the lead's event, whether the number or the
person is done with, and whether a suppression must be written. Nothing else interprets the
agent's word.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from leads.lead import LeadEvent, RetiredBecause


class Disposition(StrEnum):
    """What became of a conversation, in the agent's judgement."""

    MEETING_BOOKED = "meeting_booked"
    CALLBACK = "callback"  #: promised to call again at a time the person named
    HOT_TRANSFER = "hot_transfer"  #: fits, and was handed over to the client's people in the call
    QUALIFIED = "qualified"  #: fits what the client looks for; handed over without a meeting
    NOT_QUALIFIED = "not_qualified"  #: went through the script and does not fit
    NOT_INTERESTED = "not_interested"  #: said no to this offer
    DO_NOT_CALL = "do_not_call"  #: said no to being called
    WRONG_PERSON = "wrong_person"  #: the one the list means is not there; may be another time
    WRONG_NUMBER = "wrong_number"  #: the number is not that of the one the list means
    LANGUAGE_BARRIER = "language_barrier"
    ANSWERING_MACHINE = "answering_machine"
    HUNG_UP = "hung_up"  #: ended the call before anything could be said
    SILENCE = "silence"  #: answered, and nobody was heard
    NO_DISPOSITION = "no_disposition"  #: the agent recorded nothing; written by the dialer


@dataclass(frozen=True, slots=True, kw_only=True)
class Meaning:
    """What a disposition does to the lead and who was reached."""

    event: LeadEvent
    retired_because: RetiredBecause | None = None  #: with GIVEN_UP and only then
    suppresses: bool = False  #: a suppression of the person is written in the same transaction
    refused: bool = False  #: counts as a refusal for cool-downs
    drops_number: bool = False  #: this number is not dialed again for this lead
    live: bool = True  #: a person answered, not a machine and not silence
    reached: bool = True  #: the right person was spoken to


MEANINGS: Final[dict[Disposition, Meaning]] = {
    Disposition.MEETING_BOOKED: Meaning(event=LeadEvent.MEETING_BOOKED),
    Disposition.CALLBACK: Meaning(event=LeadEvent.CALLBACK_PROMISED),
    Disposition.HOT_TRANSFER: Meaning(
        event=LeadEvent.GIVEN_UP, retired_because=RetiredBecause.QUALIFIED
    ),
    Disposition.QUALIFIED: Meaning(
        event=LeadEvent.GIVEN_UP, retired_because=RetiredBecause.QUALIFIED
    ),
    Disposition.NOT_QUALIFIED: Meaning(
        event=LeadEvent.GIVEN_UP, retired_because=RetiredBecause.NOT_QUALIFIED
    ),
    Disposition.NOT_INTERESTED: Meaning(
        event=LeadEvent.GIVEN_UP, retired_because=RetiredBecause.NOT_INTERESTED, refused=True
    ),
    Disposition.DO_NOT_CALL: Meaning(
        event=LeadEvent.GIVEN_UP,
        retired_because=RetiredBecause.DO_NOT_CALL,
        suppresses=True,
        refused=True,
    ),
    Disposition.WRONG_PERSON: Meaning(event=LeadEvent.RETRY_PLANNED, reached=False),
    Disposition.WRONG_NUMBER: Meaning(
        event=LeadEvent.RETRY_PLANNED, drops_number=True, reached=False
    ),
    Disposition.LANGUAGE_BARRIER: Meaning(
        event=LeadEvent.GIVEN_UP, retired_because=RetiredBecause.LANGUAGE
    ),
    Disposition.ANSWERING_MACHINE: Meaning(
        event=LeadEvent.RETRY_PLANNED, live=False, reached=False
    ),
    Disposition.HUNG_UP: Meaning(event=LeadEvent.RETRY_PLANNED, reached=False),
    Disposition.SILENCE: Meaning(event=LeadEvent.RETRY_PLANNED, live=False, reached=False),
    Disposition.NO_DISPOSITION: Meaning(event=LeadEvent.RETRY_PLANNED, reached=False),
}
