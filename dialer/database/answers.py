"""A campaign's answered calls, counted as each country's law counts them.

Rule: taken from the record of events, never from a counter. A closed call does not change any
more, so each is read once and remembered.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Final

from compliance.abandonment import AbandonReport, AnsweredCall, side_by_side
from compliance.decision import AbandonStatistics
from compliance.profile import Abandonment, Bundle
from dialer.campaign import CampaignId
from dialer.database import events
from dialer.database.pool import Connection
from leads.disposition import Disposition
from leads.lead import AttemptId
from leads.store import attempts, dispositions

#: With fewer live answers a share of three in a hundred says nothing.
JUDGED_FROM: Final = 200
#: Nobody was there to be abandoned.
NOT_LIVE: Final = frozenset({Disposition.ANSWERING_MACHINE, Disposition.SILENCE})
#: Instants are stamped by several processes; closer than this they cannot be told apart.
MEASURED_WITHIN: Final = timedelta(seconds=0.1)
_BEGINNING: Final = datetime(2000, 1, 1, tzinfo=UTC)
#: No call lasts so long, its wrap-up included: what was opened before is closed and was read.
_CLOSED_AFTER: Final = timedelta(days=1)


class Answers:
    """The answered calls of one campaign."""

    def __init__(self, campaign: CampaignId) -> None:
        self._campaign = campaign
        self._calls: dict[AttemptId, AnsweredCall] = {}
        self._open_since = _BEGINNING

    async def update(self, connection: Connection) -> None:
        """Read the calls that were closed since the last time."""
        closed = await attempts.answered_since(connection, self._campaign, since=self._open_since)
        new = [attempt.id for attempt in closed if attempt.id not in self._calls]
        if not new:
            return
        recorded = await dispositions.codes(connection, new)
        for attempt, heard in (await events.answers(connection, new)).items():
            self._calls[attempt] = AnsweredCall(
                answered_at=heard.answered_at,
                connected_at=None
                if heard.connected_at is None
                else max(heard.answered_at, heard.connected_at - MEASURED_WITHIN),
                ended_at=heard.ended_at,
                machine=recorded.get(attempt) in NOT_LIVE,
            )
            self._open_since = max(self._open_since, heard.answered_at - _CLOSED_AFTER)

    def counted(
        self, definitions: Iterable[Abandonment], *, now: datetime
    ) -> dict[Abandonment, AbandonStatistics]:
        """Return the counts under each definition that has enough answers to judge by."""
        return {
            definition: AbandonStatistics(
                live_answered=_as_the_gate_takes_it(report, definition), abandoned=report.abandoned
            )
            for definition, report in self.reports(definitions, now=now).items()
            if report.live >= JUDGED_FROM
        }

    def reports(
        self, definitions: Iterable[Abandonment], *, now: datetime
    ) -> Mapping[Abandonment, AbandonReport]:
        """Return the calls under each definition, side by side."""
        return side_by_side(tuple(self._calls.values()), {each: each for each in definitions}, now)


def _as_the_gate_takes_it(report: AbandonReport, definition: Abandonment) -> int:
    """Return the live answers; where connected calls are counted, the gate takes off abandoned."""
    if definition.denominator == "calls_connected_ok":
        return report.answered + report.abandoned
    return report.live


def definitions_of(bundle: Bundle, *, controller: str, campaign: str) -> frozenset[Abandonment]:
    """Return every definition of abandonment that may hold for calls of a campaign."""
    places = {(country, None) for country in bundle.countries} | bundle.subdivisions
    return frozenset(
        rules.abandonment
        for country, subdivision in places
        for rules in bundle.versions(
            country, subdivision=subdivision, controller=controller, campaign=campaign
        )
    )
