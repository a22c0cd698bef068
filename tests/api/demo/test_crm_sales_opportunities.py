"""The demo's data set as rows of an import."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from api.demo import crm_sales_opportunities as crm
from api.files.csv_lines import UnreadableFileError
from api.files.import_batches import ImportTally
from tests.support.organizations import TestOrganization
from tests.support.serving import ROOT
from workflow.models import Account, Member, Opportunity
from workflow.operations.core.validation import MoneyAmount
from workflow.operations.transfer.row import ImportRow
from workflow.queries.people.people import find_organization
from workflow.rules.enums import ImportOutcome, OpportunityState
from workflow.rules.errors import InvalidInputError

DATA = ROOT / "api" / "demo" / "data"
HEADER = ",".join(crm.HEADER)
WON = "1,Moses Frase,GTXPro,Cancity,Won,2016-10-20,2017-03-01,1054"
OPTIONS = crm.DataSetOptions(currency="USD", zone=ZoneInfo("America/New_York"), date_shift=timedelta(days=1))


def write_pipeline(folder: Path, *lines: str) -> Path:
    """Write a pipeline file with the data set's other files beside it."""
    for name in ("accounts.csv", "sales_teams.csv"):
        (folder / name).write_bytes((DATA / name).read_bytes())
    file = folder / crm.PIPELINE
    file.write_text("\n".join([HEADER, *lines]))
    return file


def test_a_line_is_read_with_its_dates_shifted_and_its_spelling_corrected(tmp_path: Path) -> None:
    [line] = crm.parse_pipeline(write_pipeline(tmp_path, WON), OPTIONS)

    assert isinstance(line.row, ImportRow)
    assert (line.system, line.key, line.row.name) == ("crm-sales-opportunities", "1", "GTX Pro for Cancity")
    assert (line.row.owner_email, line.row.state) == ("moses.frase@example.com", OpportunityState.WON)
    assert line.row.value == MoneyAmount(Decimal(1054), "USD")
    assert line.row.created_at == datetime(2016, 10, 21, 4, tzinfo=UTC)
    assert line.row.closed_on == date(2017, 3, 2)
    assert line.row.attributes == {"product": "GTX Pro"}


def test_a_deal_without_an_account_is_named_after_its_product(tmp_path: Path) -> None:
    [line] = crm.parse_pipeline(write_pipeline(tmp_path, "1,,GTX Basic,,Prospecting,,,"), OPTIONS)

    assert isinstance(line.row, ImportRow)
    assert (line.row.name, line.row.account_name, line.row.owner_email) == ("GTX Basic", "(no account)", None)
    assert (line.row.value, line.row.created_at, line.row.closed_on) == (None, None, None)


@pytest.mark.parametrize("line", ["1,Moses Frase", f"{WON},9"], ids=["too few cells", "too many cells"])
def test_a_line_with_another_number_of_cells_has_no_row(line: str, tmp_path: Path) -> None:
    [parsed] = crm.parse_pipeline(write_pipeline(tmp_path, line), OPTIONS)

    assert isinstance(parsed.row, InvalidInputError)
    assert "more or fewer cells" in parsed.row.message


def test_a_file_that_is_not_utf_8_is_unreadable(tmp_path: Path) -> None:
    file = tmp_path / crm.PIPELINE
    file.write_bytes(f"{HEADER}\n{WON}".encode() + b"\xff")

    with pytest.raises(UnreadableFileError, match="not CSV in UTF-8"):
        crm.count_rows(file)


def test_sellers_are_in_a_team_per_manager_and_accounts_have_their_revenue_in_dollars() -> None:
    seller = crm.read_sellers(DATA)[0]
    account = crm.read_accounts(DATA)[0]

    assert (seller.email, seller.team) == ("anna.snelling@example.com", "Central (Dustin Brinkmann)")
    assert seller.manager_email == "dustin.brinkmann@example.com"
    assert account["annual_revenue"] == MoneyAmount(Decimal("1100040000.00"), "USD")
    assert (account["industry"], account["attributes"]) == ("technology", {"year_established": 1996})


async def test_a_dry_run_rolls_back_sellers_and_accounts(
    organization: TestOrganization, tmp_path: Path
) -> None:
    file = write_pipeline(tmp_path, WON)
    before = await Member.filter(organization_id=organization.id).count()
    tally = ImportTally()
    opened = crm.DataSetFile(file, crm.count_rows(file))

    await opened.run(organization.ctx, await find_organization(str(organization.id)), tally, dry_run=True)

    assert tally.counts == {ImportOutcome.CREATED: 1}
    assert await Member.filter(organization_id=organization.id).count() == before
    assert await Account.filter(organization_id=organization.id).count() == 0
    assert await Opportunity.filter(organization_id=organization.id).count() == 0
