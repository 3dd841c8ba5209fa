"""From bytes to text.

    BOM ─▶ UTF-8, UTF-16, UTF-32      no BOM ─▶ the encoding named, else strict UTF-8,
                                               else the single-byte encoding that fits best

Rule: bytes that are not text are told apart by what they are, so that the message names the
remedy. A guess (:mod:`~leads.importing.guessing`) is the last resort, since every byte string is
a text in some encoding: UTF-8 that was damaged in one place would be read as gibberish.
"""

import codecs
import re
from typing import Final

from leads.importing.guessing import ranked_encodings
from leads.importing.result import ImportOptions, Unreadable, UnreadableList

_BOMS: Final = (  # UTF-32 first: its mark begins with that of UTF-16
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_MAGIC: Final = (
    (b"PK\x03\x04", "an Excel workbook (xlsx) or another archive"),
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook (xls)"),
    (b"%PDF", "a PDF"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"7z\xbc\xaf", "an archive"),
    (b"Rar!", "an archive"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"<!doctype", "a web page, as some programs call xls"),
    (b"<html", "a web page, as some programs call xls"),
    (b"<?xml", "XML"),
)
_SAVE_AS: Final = "in the spreadsheet choose Save as, CSV UTF-8"

_HIGHEST: Final = 0x05  #: first byte, of two, of Latin, Greek and Cyrillic letters
_DAMAGED: Final = 4  #: so many signs beyond ASCII for each that is none: UTF-8, but damaged
_CONTROL: Final = re.compile(rb"[\x00-\x08\x0e-\x1f]")


def decoded(content: bytes, options: ImportOptions) -> tuple[str, str]:
    """Return the text of *content* and the name of its encoding.

    Raises:
        UnreadableList: It is empty, too large, not text, or in no encoding that is expected.
    """
    _refuse_what_is_no_text(content, options)
    for mark, encoding in _BOMS:
        if content.startswith(mark):
            return _strict(content, encoding), encoding
    if options.encoding is not None:
        return _strict(content, _known(options.encoding)), options.encoding
    _refuse_nul_bytes(content)
    try:
        return content.decode("utf-8"), "utf-8"
    except UnicodeDecodeError as fault:
        _refuse_damaged_utf8(content, fault)
        return _guessed(content, options)


def _refuse_what_is_no_text(content: bytes, options: ImportOptions) -> None:
    if not content.strip(b" \t\r\n"):
        raise UnreadableList(
            Unreadable.EMPTY, "the file is empty", "a header and rows", "export the list again"
        )
    if len(content) > options.bytes_limit:
        raise UnreadableList(
            Unreadable.TOO_LARGE,
            f"the file has {len(content):,} bytes",
            f"at most {options.bytes_limit:,}",
            "split the list into several files",
        )
    head = content[:100].removeprefix(codecs.BOM_UTF8).lstrip().lower()
    for magic, what in _MAGIC:
        if content.startswith(magic) or head.startswith(magic):
            raise UnreadableList(Unreadable.NOT_TEXT, f"the file is {what}", "CSV text", _SAVE_AS)


def _refuse_nul_bytes(content: bytes) -> None:
    head = content[:4096]
    if b"\x00" not in content:
        controls = len(_CONTROL.findall(head))
        if controls * 50 > len(head):
            raise UnreadableList(Unreadable.NOT_TEXT, "the file is binary", "CSV text", _SAVE_AS)
        return
    for pairs in (head[0::2], head[1::2]):
        if len(head) >= 8 and sum(byte <= _HIGHEST for byte in pairs) * 10 > 9 * len(pairs):
            raise UnreadableList(
                Unreadable.UTF16_WITHOUT_BOM,
                "the file looks like UTF-16 without its byte order mark",
                "UTF-8, or UTF-16 with the mark",
                _SAVE_AS + ", or name the encoding: utf-16-le or utf-16-be",
            )
    line = content[: content.index(b"\x00")].count(b"\n") + 1
    raise UnreadableList(
        Unreadable.NOT_TEXT, f"there is a NUL byte in line {line}", "CSV text", _SAVE_AS
    )


def _refuse_damaged_utf8(content: bytes, fault: UnicodeDecodeError) -> None:
    """Refuse what is UTF-8 but for a few bytes; other encodings hardly ever look like it."""
    text = content.decode("utf-8", "replace")
    beyond_ascii = len(text) - len(text.encode("ascii", "ignore"))
    if beyond_ascii > _DAMAGED * text.count("\ufffd"):
        line = content[: fault.start].count(b"\n") + 1
        raise UnreadableList(
            Unreadable.ENCODING,
            f"line {line} is not UTF-8, and the rest of the file is",
            "the whole file in UTF-8",
            f"correct line {line}, or export as CSV UTF-8; if UTF-8 is wrong, name the encoding",
        )


def _known(encoding: str) -> str:
    try:
        name = codecs.lookup(encoding).name
        "a".encode(name)  # also refuses codecs that are no text encodings, such as base64
    except (LookupError, UnicodeError, ValueError):
        raise UnreadableList(
            Unreadable.ENCODING,
            f"the encoding {encoding[:40]!r} is unknown",
            "a name such as utf-8, cp1250 or cp1251",
            "correct the name or leave it out",
        ) from None
    return name


def _strict(content: bytes, encoding: str) -> str:
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError as fault:
        line = content[: fault.start].count(b"\n") + 1
        raise UnreadableList(
            Unreadable.ENCODING,
            f"line {line} is not {encoding}",
            f"the whole file in {encoding}",
            "name the right encoding, or export as CSV UTF-8",
        ) from None
    if "\x00" in text or any("\ud800" <= sign <= "\udfff" for sign in set(text)):
        raise UnreadableList(
            Unreadable.NOT_TEXT, "there are NUL or half characters in it", "CSV text", _SAVE_AS
        )
    return text


def _guessed(content: bytes, options: ImportOptions) -> tuple[str, str]:
    candidates = ranked_encodings(content, options)
    for encoding in candidates:
        try:
            return content.decode(encoding), encoding
        except UnicodeDecodeError:
            continue
    raise UnreadableList(
        Unreadable.ENCODING,
        "the file is neither UTF-8 nor " + " nor ".join(candidates),
        "one of these encodings",
        "name the encoding, or export as CSV UTF-8",
    )
