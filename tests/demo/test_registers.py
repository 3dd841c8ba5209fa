"""Invented registers are read like real ones, and find something."""

from compliance.register_file import read_register
from dialer.demo.registers import numbers_in, register_file, suppressed_numbers
from leads.importing import ImportOptions, read_list

ROWS = read_list(
    "\n".join(
        ["phone,country", *(f"011349{60000 + n},GB" for n in range(300)), "0888123456,BG", ""]
    ).encode(),
    ImportOptions(),
).accepted


def test_a_register_lists_some_numbers_of_its_country_and_can_be_read():
    numbers = numbers_in("GB", ROWS)
    listed = {
        entry.number for entry in read_register(register_file("TPS", numbers, seed=7), region="GB")
    }
    assert len(numbers) == 300
    assert 50 < len(listed & set(numbers)) < 150


def test_the_same_seed_lists_the_same_and_each_register_its_own():
    numbers = numbers_in("GB", ROWS)
    assert register_file("TPS", numbers, seed=7) == register_file("TPS", numbers, seed=7)
    assert register_file("TPS", numbers, seed=7) != register_file("CTPS", numbers, seed=7)


def test_a_register_of_nobody_can_be_read_too():
    assert read_register(register_file("TPS", [], seed=7), region="GB")


def test_some_have_asked_never_to_be_called_again():
    assert 1 <= len(suppressed_numbers(ROWS, seed=7)) < 30
