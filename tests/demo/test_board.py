"""The board in the terminal shows what the API says."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from io import StringIO

from rich.console import Console

from dialer.agent import AgentState
from dialer.api.resources.board import Floor
from dialer.call_events import AgentId
from dialer.campaign import CampaignId, CampaignState, Mode
from dialer.demo.board import drawing, glance, line
from dialer.views import AgentOnBoard, Board, CampaignBoard

NOW = datetime(2026, 11, 23, 10, 5, tzinfo=UTC)
CAMPAIGN = CampaignBoard(
    campaign=CampaignId(3),
    name="Winter tariff",
    state=CampaignState.RUNNING,
    mode=Mode.PREDICTIVE,
    calls_by_state={"ringing": 5, "connected": 2},
    placed=120,
    answered=30,
    live_answers=25,
    machines=5,
    connected=24,
    abandoned=1,
    abandon_rate=0.04,
    abandon_rate_limit=0.025,
    answer_rate=0.25,
    pacing="3 calls, because",
    due=400,
    later=50,
    meetings=2,
    callbacks=1,
    ends_at=NOW + timedelta(minutes=4),
)
AGENT = AgentOnBoard(
    agent=AgentId(1),
    name="Agent 1",
    languages=("bg",),
    state=AgentState.TALKING,
    since=NOW,
    reason="",
    call_state=None,
)
BOARD = Board(
    at=NOW,
    team="Floor 1",
    stopped=False,
    draining=False,
    trouble=("the database does not answer",),
    agents=(AGENT,),
    agents_by_state={"talking": 2, "ready": 1},
    campaigns=(CAMPAIGN,),
    version=4,
)


def told(board: Board = BOARD) -> dict:
    """The floor as the API tells it."""
    floor = Floor(at=NOW, lab=True, teams=(board,), version="4")
    return floor.model_dump(mode="json")


def test_a_line_tells_the_floor():
    seen = glance(told(), 3)
    assert seen is not None
    text = line(seen)
    for expected in (
        *("10:05:00", "1 ready, 2 talking", "5 ringing, 2 connected", "placed 120"),
        *("answered 25%", "abandoned 1 (4.0%)", "left 400", "ends about 10:09"),
        "the database does not answer",
    ):
        assert expected in text
    assert (seen.busy, seen.live) == (2, 7)


def test_the_drawing_shows_the_same_with_the_reason_of_the_pacing():
    seen = glance(told(), 3)
    assert seen is not None
    console = Console(width=120, record=True, file=StringIO())
    console.print(drawing(seen, note="http://127.0.0.1:8080"))
    text = console.export_text()
    for expected in (
        "3 calls, because",
        "4.00%",
        "limit 2.5%",
        "meetings 2",
        "http://127.0.0.1:8080",
    ):
        assert expected in text


def test_a_large_floor_is_drawn_within_80_columns_and_does_not_jump():
    places = set()
    for agents, calls in ((0, 0), (7, 12), (20, 20), (19, 300)):
        board = replace(
            BOARD,
            agents_by_state={"ready": agents, "talking": 20 - agents},
            campaigns=(replace(CAMPAIGN, calls_by_state={"ringing": calls}),),
        )
        seen = glance(told(board), 3)
        assert seen is not None
        console = Console(width=80, record=True, file=StringIO())
        console.print(drawing(seen, note=""))
        lines = console.export_text().splitlines()
        [ringing] = [line for line in lines if "ringing" in line]
        assert str(calls) in ringing
        places.add(ringing.index("ringing"))
    assert len(places) == 1


def test_a_campaign_that_is_not_there_yet_shows_nothing():
    assert glance(told(), 99) is None
    assert glance(told(replace(BOARD, campaigns=())), 3) is None
