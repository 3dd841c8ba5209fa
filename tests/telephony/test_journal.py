"""The worker's events, numbered and kept until they are taken."""

from hypothesis import given
from hypothesis import strategies as st

from dialer.telephony.events import Answered, Gap
from dialer.telephony.journal import Journal


def a_journal(events: int, *, limit: int = 100) -> Journal:
    journal = Journal(limit=limit)
    for number in range(1, events + 1):
        journal.append(float(number), Answered(leg=f"leg{number}"))
    return journal


def test_events_are_told_again_until_they_are_taken() -> None:
    journal = a_journal(5)
    assert [h.number for h in journal.after(0)] == [1, 2, 3, 4, 5]
    journal.take(3)
    assert [h.number for h in journal.after(0)] == [4, 5]
    assert [h.number for h in journal.after(4)] == [5]
    assert (journal.oldest, journal.newest) == (4, 5)


def test_taking_more_than_there_is_takes_all() -> None:
    journal = a_journal(2)
    journal.take(99)
    assert journal.after(0) == []
    journal.append(3.0, Answered(leg="later"))
    assert [h.number for h in journal.after(0)] == [3]


def test_what_had_to_be_forgotten_is_told_of() -> None:
    journal = a_journal(10, limit=4)
    [gap, *rest] = journal.after(2)
    assert gap.event == Gap(first=3, last=6)
    assert [h.number for h in rest] == [7, 8, 9, 10]
    journal.take(8)
    assert [h.number for h in journal.after(0)] == [9, 10]


@given(st.integers(1, 20), st.lists(st.integers(0, 30), max_size=10), st.integers(1, 30))
def test_a_core_never_misses_an_event_unknowingly(
    limit: int, takes: list[int], events: int
) -> None:
    journal, seen = Journal(limit=limit), 0
    for number in range(1, events + 1):
        journal.append(float(number), Answered(leg="x"))
        if takes and number % 3 == 0:
            for happened in journal.after(seen):
                is_gap = isinstance(happened.event, Gap)
                assert is_gap or happened.number == seen + 1
                seen = happened.number
            journal.take(min(takes.pop(), seen))
    for happened in journal.after(seen):
        assert isinstance(happened.event, Gap) or happened.number == seen + 1
        seen = happened.number
    assert seen == events
