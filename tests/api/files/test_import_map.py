"""Maps from columns to fields: presets, proposals and faults of a map."""

from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from api.files import csv_lines
from api.files.import_map import PRESETS, InvalidMapError, best_preset, load_preset, parse_map, propose_map
from tests.api.files.crm_files import FILES, read_lines
from workflow.operations.core.validation import MoneyAmount
from workflow.operations.transfer.row import LEFT_OUT, ImportRow
from workflow.rules.enums import OpportunityState

S = OpportunityState


@pytest.mark.parametrize("name", FILES)
def test_each_systems_standard_export_is_recognized_by_its_columns(name: str, tmp_path: Path) -> None:
    closed, still_open = read_lines(tmp_path / "deals.csv", FILES[name])

    assert isinstance(closed, ImportRow) and isinstance(still_open, ImportRow)
    assert best_preset(csv_lines.detect_format(tmp_path / "deals.csv").header) == load_preset(name)
    currency = "USD" if name == "salesforce" else "EUR"
    assert (closed.name, closed.account_name, closed.owner_email) == (
        "Pilot, phase 2",
        "Acme",
        "rita@example.com",
    )
    assert closed.value == MoneyAmount(Decimal("12500.50"), currency)
    assert (closed.state, closed.closed_on) == (S.LOST if name == "hubspot" else S.WON, date(2026, 1, 31))
    assert isinstance(closed.created_at, datetime) and closed.created_at.date() == date(2026, 1, 5)
    assert (still_open.value, still_open.closed_on) == (LEFT_OUT, LEFT_OUT)
    assert still_open.expected_close_date == date(2026, 12, 15)


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
    ("text", "message"),
    [
        ("x = ", "is not TOML"),
        ('system = "a"', "the unknown key `system`"),
        ("[columns]\nname = []", "has no `external_system`"),
        ('external_system = "a"\n[columns]\nprice = "x"', "[columns] of it has the unknown field `price`"),
        ('external_system = "a"\n[columns]\nname = 3', "`name` of it is not a column"),
        ('external_system = "a"\n[states]\nNew = "NEW"', "[states] of it has 'NEW' for 'New'"),
        (
            'external_system = "a"\n[format]\ndates = "us"',
            "`dates` of it is 'us'. Give one of auto, ymd, dmy, mdy",
        ),
        ('external_system = "a"\ncolumns = 3', "`columns` of it is not a table"),
        ('external_system = "a"\n[defaults]\ncurrency = 3', "`currency` of it is 3. Give a text in quotes"),
    ],
)
def test_an_unusable_map_is_reported_in_one_sentence(text: str, message: str) -> None:
    with pytest.raises(InvalidMapError) as refusal:
        parse_map(text, "it")

    assert message in str(refusal.value)
