"""Files that exist completely or not at all."""

from pathlib import Path

import pytest

from api.files.atomic_file import OWNER_ONLY, write_atomically


def test_the_file_appears_when_it_is_complete(tmp_path: Path) -> None:
    file = tmp_path / "rows.csv"

    with write_atomically(file) as opened:
        opened.write("a\r\n")
        before = file.exists()

    assert (before, file.read_bytes()) == (False, b"a\r\n")
    assert [one.name for one in tmp_path.iterdir()] == ["rows.csv"]


def test_a_failure_leaves_the_former_file(tmp_path: Path) -> None:
    file = tmp_path / "rows.csv"
    file.write_text("former")

    with pytest.raises(ZeroDivisionError), write_atomically(file) as opened:
        opened.write("half")
        raise ZeroDivisionError

    assert file.read_text() == "former"
    assert [one.name for one in tmp_path.iterdir()] == ["rows.csv"]


def test_a_private_file_is_readable_by_its_owner_only_whatever_it_replaces(tmp_path: Path) -> None:
    file = tmp_path / "keys.json"
    file.write_text("{}")
    file.chmod(0o644)

    with write_atomically(file, mode=OWNER_ONLY) as opened:
        opened.write("{}")

    assert file.stat().st_mode & 0o777 == OWNER_ONLY
