"""Foreign files understood by their maps: each system's usual export, and however its numbers, dates and bytes are written."""

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from api.files import csv_lines
from api.files.import_map import PRESETS, InvalidMapError, best_preset, load_preset, parse_map, propose_map
from api.files.mapped_rows import DATE_FIELDS, RowMapper, ValueFormat, detect_date_order, detect_decimal_mark
from workflow.operations.core.validation import MoneyAmount
from workflow.operations.transfer.row import LEFT_OUT, ImportRow
from workflow.rules.enums import LossReason, OpportunityState, OpportunityType, WinReason
from workflow.rules.errors import InvalidInputError

S = OpportunityState
OWNERS = {"rita rep": "rita@example.com"}
FILES = {
    "salesforce": (
        "Opportunity ID,Opportunity Name,Account Name,Opportunity Owner,Stage,Amount,Amount Currency,Close Date,Created Date,Type,Lead Source\n"
        '006A,"Pilot, phase 2",Acme,Rita Rep,Closed Won,"12,500.50",USD,1/31/2026,1/5/2026,New Business,Web\n'
        "006B,Rollout,Acme,Rita Rep,Negotiation/Review,,USD,12/15/2026,1/6/2026,Existing Business,\n"
    ),
    "hubspot": (
        "Record ID,Deal Name,Deal Stage,Amount,Close Date,Create Date,Deal owner,Associated Company,Deal Type,Closed Lost Reason\n"
        '77,"Pilot, phase 2",Closed Lost,12500.50,2026-01-31 10:20,2026-01-05 09:00,Rita Rep,Acme,newbusiness,Too expensive\n'
        "78,Rollout,Qualified To Buy,,2026-12-15 00:00,2026-01-06 09:00,Rita Rep,Acme,,\n"
    ),
    "pipedrive": (
        "Deal - ID;Deal - Title;Deal - Organization;Deal - Owner;Deal - Value;Deal - Currency;Deal - Stage;Deal - Status;"
        "Deal - Deal created;Deal - Won time;Deal - Lost time;Deal - Expected close date;Deal - Lost reason\n"
        "5;Pilot, phase 2;Acme;Rita Rep;12.500,50;EUR;Proposal Made;Won;05.01.2026 09:00;31.01.2026 10:00;;;\n"
        "6;Rollout;Acme;Rita Rep;;EUR;Contact Made;Open;06.01.2026;;;15.12.2026;\n"
    ),
    "pursuit": (
        "externalId,name,accountName,ownerEmail,state,value,currency,createdAt,closedOn,expectedCloseDate,winReason\n"
        'a,"Pilot, phase 2",Acme,rita@example.com,WON,12500.50,EUR,2026-01-05T00:00:00+00:00,2026-01-31,,SPEED\n'
        "b,Rollout,Acme,rita@example.com,LEAD,,EUR,2026-01-06T00:00:00+00:00,,2026-12-15,\n"
    ),
}
"""Two deals as each system exports them: one closed and worth 12,500.50, one open."""


def read_lines(file: Path, text: str, encoding: str = "utf-8", **formats: str) -> list[ImportRow | str]:
    """What each line of a file means by the preset that fits, or why it means nothing."""
    file.write_bytes(text.encode(encoding))
    shape = csv_lines.detect_format(file)
    known = best_preset(shape.header)
    assert known is not None
    values = [
        one
        for ours in DATE_FIELDS
        for one in csv_lines.column_values(file, shape, known.columns_for(shape.header, ours))
    ]
    amounts = csv_lines.column_values(file, shape, known.columns_for(shape.header, "amount"))
    dates = detect_date_order(values, formats.get("dates", "auto"))
    reading = ValueFormat(
        ZoneInfo("UTC"), "EUR", dates, detect_decimal_mark(amounts, formats.get("decimal", "auto")), OWNERS
    )
    reader = RowMapper(known, shape.header, reading)
    return [_meaning(reader, line) for line in csv_lines.lines(file, shape)]


def _meaning(reader: RowMapper, line: csv_lines.CsvLine) -> ImportRow | str:
    try:
        return reader.row(line)
    except InvalidInputError as problem:
        return problem.message


@pytest.mark.parametrize("name", FILES)
def test_each_systems_standard_export_is_recognized_by_its_columns(name: str, tmp_path: Path) -> None:
    closed, still_open = read_lines(tmp_path / "deals.csv", FILES[name])

    assert isinstance(closed, ImportRow) and isinstance(still_open, ImportRow)
    assert best_preset(csv_lines.detect_format(tmp_path / "deals.csv").header) == load_preset(name)
    currency = "USD" if name == "salesforce" else "EUR"
    assert (closed.name, closed.account_name, closed.owner_email) == ("Pilot, phase 2", "Acme", "rita@example.com")
    assert closed.value == MoneyAmount(Decimal("12500.50"), currency)
    assert (closed.state, closed.closed_on) == (S.LOST if name == "hubspot" else S.WON, date(2026, 1, 31))
    assert isinstance(closed.created_at, datetime) and closed.created_at.date() == date(2026, 1, 5)
    assert (still_open.value, still_open.closed_on) == (LEFT_OUT, LEFT_OUT)
    assert still_open.expected_close_date == date(2026, 12, 15)


def test_known_values_are_mapped_and_unknown_ones_kept(tmp_path: Path) -> None:
    sold, _ = read_lines(tmp_path / "a.csv", FILES["pursuit"])
    lost, _ = read_lines(tmp_path / "b.csv", FILES["hubspot"])
    typed, other = read_lines(tmp_path / "c.csv", FILES["salesforce"])

    assert isinstance(sold, ImportRow) and sold.win_reason is WinReason.SPEED
    assert isinstance(lost, ImportRow)
    assert (lost.loss_reason, lost.attributes) == (LossReason.OTHER, {"lossReason": "Too expensive"})
    assert isinstance(typed, ImportRow) and isinstance(other, ImportRow)
    assert (typed.type, typed.source) == (OpportunityType.NEW_BUSINESS, "Web")
    assert (other.type, other.source) == (OpportunityType.EXISTING_BUSINESS, LEFT_OUT)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("mark", [",", ";", "\t", "|"])
def test_encodings_and_delimiters_are_detected(encoding: str, mark: str, tmp_path: Path) -> None:
    lines = [["externalId", "name", "accountName", "state"], ["ä1", "Größe", "Café", "LEAD"]]
    text = "\r\n".join(mark.join(line) for line in lines)

    [row] = read_lines(tmp_path / "deals.csv", text, encoding)

    assert isinstance(row, ImportRow)
    assert (row.external_id, row.name, row.account_name) == ("ä1", "Größe", "Café")


@pytest.mark.parametrize(
    ("amounts", "first"),
    [
        (["1234.50"], "1234.50"),
        (["1,234.50"], "1234.50"),
        (["1.234,50"], "1234.50"),
        (["1234,5"], "1234.5"),
        (["$ 1,234"], "1234"),
        (["1.234", "5,50"], "1234"),
        (["1,234", "5.50"], "1234"),
        (["1 234,50 €"], "1234.50"),
        (["1.234.567"], "1234567"),
        (["1,234,567"], "1234567"),
    ],
)
def test_decimal_commas_and_points_are_detected(amounts: list[str], first: str, tmp_path: Path) -> None:
    header = "externalId;name;accountName;state;value"
    text = "\n".join([header, *(f"{place};Deal;Acme;LEAD;{amount}" for place, amount in enumerate(amounts))])

    row = read_lines(tmp_path / "deals.csv", text)[0]

    assert isinstance(row, ImportRow)
    assert row.value == MoneyAmount(Decimal(first), "EUR")


@pytest.mark.parametrize(
    ("days", "first"),
    [
        (["2026-02-03"], date(2026, 2, 3)),
        (["2026/02/03"], date(2026, 2, 3)),
        (["03.02.2026"], date(2026, 2, 3)),
        (["3/2/2026", "13/2/2026"], date(2026, 2, 3)),
        (["2/3/2026", "2/13/2026"], date(2026, 2, 3)),
        (["2/2/26"], date(2026, 2, 2)),
    ],
)
def test_the_order_of_day_and_month_is_detected_from_the_whole_column(
    days: list[str], first: date, tmp_path: Path
) -> None:
    header = "externalId,name,accountName,state,expectedCloseDate"
    text = "\n".join([header, *(f"{place},Deal,Acme,LEAD,{day}" for place, day in enumerate(days))])

    row = read_lines(tmp_path / "deals.csv", text)[0]

    assert isinstance(row, ImportRow)
    assert row.expected_close_date == first


def test_an_ambiguous_date_order_must_be_set_in_the_map(tmp_path: Path) -> None:
    text = "externalId,name,accountName,state,createdAt\n1,Deal,Acme,LEAD,2/3/2026 4:05 PM"

    with pytest.raises(InvalidMapError, match="dates = "):
        read_lines(tmp_path / "deals.csv", text)
    [row] = read_lines(tmp_path / "deals.csv", text, dates="mdy")

    assert isinstance(row, ImportRow)
    assert row.created_at == datetime(2026, 2, 3, 16, 5, tzinfo=UTC)


def test_an_unreadable_line_is_reported_with_its_remedy(tmp_path: Path) -> None:
    lines = ["1,Deal,Acme,Nobody,LEAD,", "2,Deal,Acme,Rita Rep,Somewhere,", "3,Deal,Acme,Rita Rep,LEAD,abc", "4,Deal"]
    header = "externalId,name,accountName,owner,state,value"

    meanings = read_lines(tmp_path / "deals.csv", "\n".join([header, *lines]))

    words = (
        "is not the name of exactly one active member",
        "is not a known stage",
        "is not an amount",
        "The line has 2 cells, but the header has 6",
    )
    assert [word in str(one) for word, one in zip(words, meanings, strict=True)] == [True] * 4


def test_a_line_that_is_too_long_is_rejected_and_the_others_are_read(tmp_path: Path) -> None:
    header, good = "externalId,name,accountName,state", "1,Deal,Acme,LEAD"
    long = f"2,{'x' * 3_000_000},Acme,LEAD"

    meanings = read_lines(tmp_path / "deals.csv", "\n".join([header, good, long, good.replace("1", "3", 1)]))

    assert [isinstance(one, ImportRow) for one in meanings] == [True, False, True]
    assert "longer than 1,000,000 bytes" in str(meanings[1])


def test_every_preset_maps_to_known_fields_only() -> None:
    for name in PRESETS:
        assert load_preset(name).external_system
        assert {"externalId", "name", "stage"} <= load_preset(name).columns.keys()


def test_a_map_proposed_from_any_header_is_readable() -> None:
    text = propose_map(["Deal No", "Opportunity Name", "Stage", 'The "Company"', "Amount", "Close Date"])

    guessed = parse_map(text, "The proposal")

    assert guessed.columns["name"] == ("Opportunity Name",)
    assert (guessed.columns["stage"], guessed.columns["amount"]) == (("Stage",), ("Amount",))
    assert "# externalId = []" in text
    assert '# Not used: Deal No, The "Company"' in text


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("x = ", "is not TOML"),
        ('system = "a"', "the unknown key `system`"),
        ("[columns]\nname = []", "has no `external_system`"),
        ('external_system = "a"\n[columns]\nprice = "x"', "[columns] of it has the unknown field `price`"),
        ('external_system = "a"\n[columns]\nname = 3', "`name` of it is not a column"),
        ('external_system = "a"\n[states]\nNew = "NEW"', "[states] of it has 'NEW' for 'New'"),
        ('external_system = "a"\n[format]\ndates = "us"', "`dates` of it is 'us'. Give one of auto, ymd, dmy, mdy"),
        ('external_system = "a"\ncolumns = 3', "`columns` of it is not a table"),
        ('external_system = "a"\n[defaults]\ncurrency = 3', "`currency` of it is 3. Give a text in quotes"),
    ],
)
def test_an_unusable_map_is_reported_in_one_sentence(text: str, says: str) -> None:
    with pytest.raises(InvalidMapError) as told:
        parse_map(text, "it")

    assert says in str(told.value)
