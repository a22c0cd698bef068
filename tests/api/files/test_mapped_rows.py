"""Rows from CSV lines: amounts, dates and words in the notation of the file."""

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from api.files.import_map import InvalidMapError
from tests.api.files.crm_files import FILES, read_lines
from workflow.operations.core.validation import MoneyAmount
from workflow.operations.transfer.row import LEFT_OUT, ImportRow
from workflow.rules.enums import LossReason, OpportunityState, OpportunityType, WinReason


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
    lines = [
        "1,Deal,Acme,Nobody,LEAD,",
        "2,Deal,Acme,Rita Rep,Somewhere,",
        "3,Deal,Acme,Rita Rep,LEAD,abc",
        "4,Deal",
    ]
    header = "externalId,name,accountName,owner,state,value"

    meanings = read_lines(tmp_path / "deals.csv", "\n".join([header, *lines]))

    words = (
        "is not the name of exactly one active member",
        "is not a known stage",
        "is not an amount",
        "The line has 2 cells, but the header has 6",
    )
    assert [word in str(one) for word, one in zip(words, meanings, strict=True)] == [True] * 4


def test_the_status_decides_before_the_stage(tmp_path: Path) -> None:
    won, still_open = read_lines(tmp_path / "deals.csv", FILES["pipedrive"])

    assert isinstance(won, ImportRow) and won.state is OpportunityState.WON
    assert isinstance(still_open, ImportRow) and still_open.state is OpportunityState.LEAD


def test_the_apostrophe_of_an_export_is_removed(tmp_path: Path) -> None:
    header = "externalId,name,accountName,state"

    formula, quoted = read_lines(tmp_path / "deals.csv", f"{header}\n1,'=1+1,Acme,LEAD\n2,'s Lands,Acme,LEAD")

    assert isinstance(formula, ImportRow) and formula.name == "=1+1"
    assert isinstance(quoted, ImportRow) and quoted.name == "'s Lands"
