"""Sealed words open with their own key, in their own place, unchanged, and not otherwise."""

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given
from hypothesis import strategies as st

from leads.sealing import KEY_BYTES, Tampered, key_of, seal, unseal

KEY = AESGCM(bytes(KEY_BYTES))


@given(text=st.text(), number=st.integers(0, 2**63 - 1))
def test_what_was_sealed_opens_and_says_which_key_it_needs(text, number):
    sealed = seal(text, KEY, number, "note")
    assert key_of(sealed) == number
    assert unseal(sealed, KEY, "note") == text


@given(text=st.text(min_size=1), data=st.data())
def test_a_changed_byte_is_found(text, data):
    sealed = bytearray(seal(text, KEY, 7, "note"))
    place = data.draw(st.integers(1, len(sealed) - 1))
    sealed[place] ^= data.draw(st.integers(1, 255))
    with pytest.raises(Tampered, match="changed or moved"):
        unseal(bytes(sealed), KEY, "note")


def test_what_was_sealed_as_a_note_is_no_number():
    with pytest.raises(Tampered):
        unseal(seal("+442079460123", KEY, 7, "note"), KEY, "number")


def test_another_key_does_not_open_it():
    with pytest.raises(Tampered):
        unseal(seal("Ann", KEY, 7, "name"), AESGCM(b"\1" * KEY_BYTES), "name")


@pytest.mark.parametrize("sealed", [b"", b"\1", b"\2" + bytes(60)])
def test_what_was_never_sealed_is_refused(sealed):
    with pytest.raises(Tampered):
        key_of(sealed)


def test_the_same_text_is_sealed_differently_each_time():
    assert seal("Ann", KEY, 7, "name") != seal("Ann", KEY, 7, "name")
