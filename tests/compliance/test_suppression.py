"""Keys, hashes and the file they are kept in."""

import stat

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compliance.register_file import UnusableRegister, read_register
from compliance.suppression import (
    Entry,
    Keyring,
    Reach,
    UnusableKeyring,
    keep_keyring,
    load_keyring,
    load_or_make_keyring,
    protects,
)

KEYS = Keyring(active="k1", keys={"k1": b"\1" * 32})


def test_a_rotated_keyring_still_finds_what_the_old_key_hashed():
    rotated = KEYS.rotated("k2", b"\2" * 32)
    assert KEYS.digest("+442079460123") in rotated.digests("+442079460123")
    assert rotated.digest("+442079460123") != KEYS.digest("+442079460123")
    assert rotated.subject(7) == KEYS.subject(7)


def test_a_key_is_named_once_and_long_enough():
    with pytest.raises(ValueError, match="already"):
        KEYS.rotated("k1", b"\2" * 32)
    with pytest.raises(ValueError, match="shorter"):
        KEYS.rotated("k2", b"short")
    with pytest.raises(ValueError, match="not among"):
        Keyring(active="k9", keys=KEYS.keys)


def test_a_keyring_never_shows_its_keys():
    assert "01" * 8 not in repr(KEYS) and "\\x01" not in repr(KEYS)


def test_keys_are_made_once_and_readable_by_us_alone(tmp_path):
    path = tmp_path / "keys.json"
    made = load_or_make_keyring(path, lambda length: b"\7" * length)
    assert load_or_make_keyring(path, lambda length: b"\6" * length) == made
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    keep_keyring(path, made.rotated("k2", b"\2" * 32))
    assert load_keyring(path).active == "k2"


@pytest.mark.parametrize("content", ["", "[]", '{"keys": {}}', '{"active": "k", "keys": {"k": 1}}'])
def test_a_spoilt_file_of_keys_stops_the_program_with_a_remedy(tmp_path, content):
    path = tmp_path / "keys.json"
    path.write_text(content)
    with pytest.raises(UnusableKeyring, match="restore the file from its backup"):
        load_keyring(path)


@given(st.booleans(), st.booleans(), st.sampled_from([None, 1, 2]), st.sampled_from(Reach))
def test_an_entry_protects_its_number_or_its_person_from_its_client(dialled, own, client, reach):
    entry = Entry(hash=b"x", key_id="k1", client_id=client, reach=reach)
    found = protects(
        entry,
        dialled=[b"x"] if dialled else [b"y"],
        of_person=[b"x"] if own else [],
        client_id=1,
    )
    binds = client in (None, 1)
    assert found == (binds and (dialled or (own and reach is Reach.PERSON)))


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", "the file is empty"),
        (b"number\n", "a header and nothing else"),
        (b"02079460123\n0207946", "ends in the middle"),
        (b"02079460123\nabc\n", "line 2: the first cell is not a telephone number"),
        (b"02079460123;soon\n", "line 1: the second cell is not a date"),
        (b"\xff\xfe\n", "not UTF-8"),
    ],
)
def test_half_a_register_is_not_a_register(content, expected):
    with pytest.raises(UnusableRegister, match=expected):
        read_register(content, region="GB")


def test_a_register_says_when_and_for_whom():
    [listing] = read_register(
        b"\xef\xbb\xbfnumber\n020 7946 0123;2026-01-02;energy, telecom\n", region="GB"
    )
    assert listing.number == "+442079460123"
    assert listing.listed_at.isoformat() == "2026-01-02T00:00:00+00:00"
    assert listing.allowed_sectors == ("energy", "telecom")
