"""The keys of sealed recordings: each its own, itself sealed in the vault.

Rule: the vault keeps one key for each recording and nothing else of it; destroying that key makes
the recording unreadable wherever a copy of it lies.
"""

import os
import sqlite3
from base64 import b64decode, b64encode
from typing import Final
from uuid import UUID

from dialer.call_events import CallId
from dialer.database.recordings import own_key
from dialer.telephony.audio_file import KEY_BYTES, AudioKey
from leads.store.vault import Vault

_LABEL: Final = "recording"


class AudioKeys:
    """Keys of recordings, from a vault."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault

    def new(self, recording: str) -> AudioKey:
        """Return a key for a recording, named after its call, that is about to be written.

        Raises:
            OSError: the vault cannot be written to; later it may.
        """
        key = os.urandom(KEY_BYTES)
        owner = own_key(CallId(UUID(recording)))
        try:
            envelope = self._vault.seal_one(owner, b64encode(key).decode(), _LABEL)
        except sqlite3.Error as error:
            raise OSError(f"the vault cannot be used: {error}") from None
        return AudioKey(key=key, envelope=envelope)

    def opened(self, envelope: bytes) -> bytes | None:
        """Return the key in an envelope; ``None`` when it has been destroyed.

        Raises:
            Tampered: the envelope was changed.
            UnusableVault: this is an older copy of the vault.
        """
        text = self._vault.unseal_one(envelope, _LABEL)
        return None if text is None else b64decode(text)
