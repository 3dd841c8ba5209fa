"""The text behind a reference to a secret, from the environment or a file.

Rule: the text goes into :class:`Secrets` and nowhere else; messages name the place, never what
stands there.
"""

import dataclasses
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path

from sip_config.endpoint import SecretSource, SecretsPlace
from sip_config.secret import SecretReference

SIZE_LIMIT = 4096


class CannotRead(ValueError):
    """There is no usable secret at the place referred to."""


def references_in(value: object) -> Iterator[SecretReference]:
    """Yield every reference inside *value* and the value types it holds."""
    if isinstance(value, SecretReference):
        yield value
    elif isinstance(value, tuple):
        for item in value:
            yield from references_in(item)
    elif dataclasses.is_dataclass(value) and not isinstance(value, type):
        for f in dataclasses.fields(value):
            yield from references_in(getattr(value, f.name))


def read_secret(
    reference: SecretReference,
    *,
    place: SecretsPlace,
    folder: Path,
    environment: Mapping[str, str],
) -> str:
    """Return the text *reference* stands for.

    Args:
        folder: Where relative paths begin: the folder of the configuration file.

    Raises:
        CannotRead: it is not there, empty, too long, not text, or readable by everybody.
    """
    if reference.file is not None:
        return _from_file(folder / reference.file)
    if reference.env is not None:
        return _from_environment(reference.env, environment)
    name = reference.name or ""
    if place.source is SecretSource.ENV:
        return _from_environment(name, environment)
    if Path(name).name != name:
        raise CannotRead(f"secret {name!r}: expected a plain name without folders")
    return _from_file(folder / (place.directory or "") / name)


def _from_environment(name: str, environment: Mapping[str, str]) -> str:
    if not (text := environment.get(name, "")):
        raise CannotRead(f"environment variable {name} is not set; set it before starting")
    return _checked(text, f"environment variable {name}")


def _from_file(path: Path) -> str:
    try:
        if path.stat().st_mode & stat.S_IROTH:
            raise CannotRead(f"secret file {path} can be read by everybody; `chmod 600` it")
        if path.stat().st_size > SIZE_LIMIT:
            raise CannotRead(f"secret file {path} is too long; expected {SIZE_LIMIT} bytes at most")
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not UTF-8 text"
        raise CannotRead(f"secret file {path} cannot be read: {reason}") from None
    return _checked(text.rstrip("\r\n"), f"secret file {path}")


def _checked(text: str, place: str) -> str:
    if not text or len(text) > SIZE_LIMIT or not text.isprintable():
        raise CannotRead(f"{place} holds no usable secret; expected one line of text")
    return text
