"""Lists and evidence on disk."""

import hashlib

import pytest

from leads.importing import Unreadable, UnreadableList
from leads.list_files import evidence_hashes, read_list_file


def test_evidence_lies_beside_the_list_and_nowhere_else(tmp_path):
    folder = tmp_path / "client"
    (folder / "evidence").mkdir(parents=True)
    (folder / "evidence" / "form1.txt").write_bytes(b"I agree")
    (folder / "form2.txt").write_bytes(b"I agree too")
    (folder / "evidence" / "empty.txt").write_bytes(b"")
    (tmp_path / "secret.txt").write_bytes(b"not for you")
    (folder / "evidence" / "link.txt").symlink_to(tmp_path / "secret.txt")
    references = [
        "form1.txt", "form2.txt", "form3.txt", "empty.txt", "link.txt", "../secret.txt",
        str(tmp_path / "secret.txt"), "", ".", "..", "a\0b", "x" * 5000, "evidence",
    ]  # fmt: skip
    found = evidence_hashes(folder / "leads.csv", references)
    assert set(found) == set(references)
    assert {name: digest for name, digest in found.items() if digest} == {
        "form1.txt": hashlib.sha256(b"I agree").digest(),
        "form2.txt": hashlib.sha256(b"I agree too").digest(),
    }


def test_a_file_that_is_too_large_is_refused_unread(tmp_path):
    path = tmp_path / "leads.csv"
    path.write_bytes(b"phone\n" * 10)
    assert read_list_file(path) == b"phone\n" * 10
    with pytest.raises(UnreadableList) as refused:
        read_list_file(path, bytes_limit=10)
    assert refused.value.code is Unreadable.TOO_LARGE


@pytest.mark.parametrize("name", ["absent.csv", "."])
def test_a_file_that_is_not_there_is_refused(tmp_path, name):
    with pytest.raises(UnreadableList, match="cannot be read"):
        read_list_file(tmp_path / name)
