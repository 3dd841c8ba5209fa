"""The example list is what a client would send, and the same every time."""

from pathlib import Path

import pytest

from dialer.simulation.example_list import ENCODINGS, list_bytes, main, write
from leads.importing import ImportOptions, read_list
from leads.list_files import evidence_hashes, read_list_file

EXAMPLES = Path(__file__).parents[2] / "examples"


def test_the_committed_list_is_what_the_generator_makes():
    assert (EXAMPLES / "leads.csv").read_bytes() == list_bytes(5000, 7)


def test_the_committed_list_gives_about_three_thousand_leads_with_proof():
    path = EXAMPLES / "leads.csv"
    result = read_list(read_list_file(path))
    assert result.total == 5000
    assert 120 <= len(result.rejected) <= 180
    assert 160 <= len(result.duplicates) <= 240
    assert len(result.reasons) >= 6
    claims = [row.consent for row in result.accepted if row.consent is not None]
    hashes = evidence_hashes(path, {claim.evidence_reference for claim in claims})
    proven = [claim for claim in claims if hashes[claim.evidence_reference] and claim.given_at]
    assert 2900 <= len(proven) <= 3300
    assert len(claims) - len(proven) > 500
    assert {row.country for row in result.accepted} == {"BG", "PL", "RO", "GB"}
    assert {row.subject for row in result.accepted} == {"consumer", "sole_trader", "legal_person"}
    several = sum(len(row.numbers) > 1 for row in result.accepted)
    assert 0.15 < several / len(result.accepted) < 0.25


@pytest.mark.parametrize("encoding", sorted(ENCODINGS))
def test_a_list_in_any_encoding_is_read_without_a_hint(encoding):
    result = read_list(list_bytes(600, 3, encoding))
    plain = read_list(list_bytes(600, 3, encoding), ImportOptions(encoding=encoding))
    assert result.encoding == encoding
    assert result.accepted == plain.accepted
    assert len(result.accepted) > 500


def test_british_numbers_are_those_kept_for_drama():
    result = read_list(list_bytes(2000, 11))
    british = {
        found.number
        for row in result.accepted
        for found in row.numbers
        if found.number.startswith("+44")
    }
    drama = ("2079460", "1134960", "1144960", "1164960", "1174960", "1184960", "1214960",
             "1314960", "1414960", "1614960", "1914980", "2920180", "2896496")  # fmt: skip
    assert british
    assert all(number[3:].startswith(drama) for number in british)


def test_a_list_is_written_with_its_evidence(tmp_path, capsys):
    assert main(["--rows", "50", "--seed", "1", "--out", str(tmp_path)]) == 0
    assert "50 rows" in capsys.readouterr().out
    assert (tmp_path / "evidence" / "bg1.txt").exists()
    again = write(tmp_path / "again", count=50, seed=1)
    assert again.read_bytes() == (tmp_path / "leads.csv").read_bytes()
    with pytest.raises(SystemExit):
        main(["--rows", "0"])
