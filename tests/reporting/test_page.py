"""The page a client is sent: whole in itself, and without anybody's number."""

import re
from html.parser import HTMLParser

import pytest

from dialer.reporting.page import bars, page
from dialer.reporting.record import Decisions, Met, Rows
from dialer.reporting.report import report_of
from dialer.reporting.words import WORDS
from dialer.ringing_in import RingBackEnd
from leads.disposition import Disposition
from leads.importing import Reason
from sip_config.causes import Outcome
from tests.reporting.calls import a_record, abandoned, after, talked, tried, unanswered


class _Reader(HTMLParser):
    """Collects tags, what they refer to, and the text."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.refers: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in ("meta", "br", "hr", "img"):
            self.open.append(tag)
        self.refers += [value or "" for name, value in attrs if name in ("src", "href")]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def a_page() -> _Reader:
    record = a_record(
        client="Müller & <Söhne>",
        rows=Rows(total=5, accepted=3, rejected=1, duplicates=1, reasons={"number_missing": 1}),
        decisions=Decisions(permitted=3, refused={"CONSENT_REQUIRED": 2}),
        attempts=(
            tried(1, talked(), outcome="answered", disposition="meeting_booked", qualified=True),
            tried(2, abandoned(), outcome="answered", abandoned=True),
            tried(3, unanswered()),
        ),
        agents=4,
        ring_backs={"agent": 2, "left_alone": 1},
        meetings=(
            Met(starts_at=after(86_400), rep="Elena", time_zone="Europe/Sofia", state="booked"),
        ),
    )
    reader = _Reader()
    reader.feed(page(record, report_of(record)))
    return reader


def test_the_page_is_well_formed_and_refers_to_nothing_outside():
    reader = a_page()
    assert not reader.open
    assert not reader.refers


def test_what_a_client_is_called_cannot_break_the_page():
    assert "Müller & <Söhne>" in a_page().text


def test_the_page_says_what_happened_in_words():
    text = re.sub(r"\s+", " ", a_page().text)
    for expected in (
        *("3 calls reached 1 person. 1 of them fits", "1 meeting is in your calendar"),
        *("1 row was rejected and 1 was a duplicate", "meeting booked", "rang, nobody answered"),
        *("no telephone number", "no consent", "Tue 24 Nov 2026", "12:00 Sofia", "50.00%"),
        *("People who called back", "asked not to be called again"),
    ):
        assert expected in text


def test_the_page_holds_no_telephone_number():
    assert not re.search(r"\+\d{7,}|\d{10,}", a_page().text)


def test_a_campaign_in_which_nothing_happened_has_a_page():
    record = a_record()
    assert "nothing to show" in page(record, report_of(record))


@pytest.mark.parametrize("words", [Outcome, Disposition, Reason, RingBackEnd])
def test_every_word_a_report_may_hold_is_said_for_a_client(words):
    assert not [word for word in words if word.value not in WORDS]


def test_the_longest_bar_is_full():
    assert [bar.share for bar in bars({"busy": 1, "no_answer": 4})] == [1.0, 0.25]
    assert not bars({})
