"""Reading CSV lines of any encoding and delimiter."""

from pathlib import Path

import pytest

from api.files.csv_lines import UnreadableFileError, column_values, count_lines, detect_format, lines
from tests.api.files.crm_files import read_lines
from workflow.operations.transfer.row import ImportRow


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("mark", [",", ";", "\t", "|"])
def test_encodings_and_delimiters_are_detected(encoding: str, mark: str, tmp_path: Path) -> None:
    lines = [["externalId", "name", "accountName", "state"], ["ä1", "Größe", "Café", "LEAD"]]
    text = "\r\n".join(mark.join(line) for line in lines)

    [row] = read_lines(tmp_path / "deals.csv", text, encoding)

    assert isinstance(row, ImportRow)
    assert (row.external_id, row.name, row.account_name) == ("ä1", "Größe", "Café")


def test_a_line_that_is_too_long_is_rejected_and_the_others_are_read(tmp_path: Path) -> None:
    header = "externalId,name,accountName,state"
    good = "1,Deal,Acme,LEAD"
    long = f"2,{'x' * 3_000_000},Acme,LEAD"

    meanings = read_lines(tmp_path / "deals.csv", "\n".join([header, good, long, good.replace("1", "3", 1)]))

    assert [isinstance(one, ImportRow) for one in meanings] == [True, False, True]
    assert "longer than 1,000,000 bytes" in str(meanings[1])


def test_empty_lines_and_spaces_around_cells_are_ignored(tmp_path: Path) -> None:
    file = tmp_path / "deals.csv"
    file.write_text("\n \nname , state\n\n Pilot ,LEAD\n,\n")

    csv_format = detect_format(file)

    assert csv_format.header == ("name", "state")
    assert [line.cells for line in lines(file, csv_format)] == [{"name": "Pilot", "state": "LEAD"}]
    assert count_lines(file, csv_format) == 1


def test_a_repeated_column_gets_a_number(tmp_path: Path) -> None:
    file = tmp_path / "deals.csv"
    file.write_text("Owner,Name,Owner\nRita,Pilot,Sam\n")

    csv_format = detect_format(file)

    assert csv_format.header == ("Owner", "Name", "Owner (2)")
    assert list(column_values(file, csv_format, ["Owner", "Owner (2)"])) == ["Rita", "Sam"]


def test_a_delimiter_inside_quotes_is_not_counted(tmp_path: Path) -> None:
    file = tmp_path / "deals.csv"
    file.write_text('"a, b, c";state\nPilot;LEAD\n')

    assert detect_format(file).delimiter == ";"


def test_bytes_that_are_not_text_are_reported_on_their_line(tmp_path: Path) -> None:
    file = tmp_path / "deals.csv"
    file.write_bytes("name,state\nPilot,LEAD\n".encode("utf-16") + b"\x00\xd8x\x00,\x00y\x00")

    faults = [line.fault for line in lines(file, detect_format(file))]

    assert faults[0] is None
    assert faults[1] is not None and "not text in utf-16" in faults[1]


@pytest.mark.parametrize("content", [None, b"", b"  \n\n"], ids=["no file", "no bytes", "blank"])
def test_a_missing_or_empty_file_is_unreadable(content: bytes | None, tmp_path: Path) -> None:
    file = tmp_path / "deals.csv"
    if content is not None:
        file.write_bytes(content)

    with pytest.raises(UnreadableFileError, match=r"cannot be read|is empty"):
        detect_format(file)
