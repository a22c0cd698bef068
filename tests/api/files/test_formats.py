"""The format of an import file is found by its name, its columns and its first line."""

from pathlib import Path

import pytest

from api.files.cells import RecordKind
from api.files.csv_lines import UnreadableFileError
from api.files.formats import open_json_lines, open_mapped_csv
from api.files.import_batches import ImportTally
from api.files.import_map import InvalidMapError, load_preset
from tests.api.files.crm_files import FILES
from tests.support.organizations import TestOrganization
from workflow.models import Member, Opportunity
from workflow.queries.people.people import emails_by_name, find_organization
from workflow.rules.enums import ImportOutcome, Role


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ('{"externalId": "1", "name": "Pilot", "accountName": "Acme"}', RecordKind.OPPORTUNITIES),
        ('{"name": "Acme"}', RecordKind.ACCOUNTS),
        ('{"name": "Grace", "accountName": "Acme", "accountId": "x"}', RecordKind.CONTACTS),
        ("[1", RecordKind.OPPORTUNITIES),
    ],
)
def test_the_kind_of_json_lines_is_detected_from_the_first_line(
    line: str, kind: RecordKind, tmp_path: Path
) -> None:
    file = tmp_path / "some.jsonl"
    file.write_text(f"{line}\n\n{line}\n")

    opened = open_json_lines(file)

    assert (opened.kind, opened.total, opened.header) == (kind, 2, ("line",))


def test_a_csv_file_is_opened_with_the_preset_that_fits_its_header(tmp_path: Path) -> None:
    file = tmp_path / "deals.csv"
    file.write_text(FILES["salesforce"])

    opened = open_mapped_csv(file, None)

    assert opened is not None
    assert (opened.map, opened.total, opened.header[0]) == (load_preset("salesforce"), 2, "Opportunity ID")


def test_a_csv_file_that_no_preset_fits_needs_a_map(tmp_path: Path) -> None:
    file = tmp_path / "deals.csv"
    file.write_text("Number,Title\n1,Pilot\n")

    assert open_mapped_csv(file, None) is None


def test_a_map_without_a_column_for_a_required_field_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "deals.csv"
    file.write_text("Deal Name,Deal Stage\nPilot,Contract Sent\n")

    with pytest.raises(UnreadableFileError, match=r"no column for `externalId`.*reads it from: Record ID"):
        open_mapped_csv(file, load_preset("hubspot"))


async def test_an_owner_is_found_by_a_name_that_only_one_active_member_has(
    organization: TestOrganization,
) -> None:
    for email in ("rita@example.com", "sam@example.com", "gone@example.com"):
        await organization.ctx_of(Role.REP, email)
    mine = Member.filter(organization_id=organization.id)
    await mine.filter(email__in=["sam@example.com", "admin@example.com"]).update(name="Sam Same")
    await mine.filter(email="rita@example.com").update(name="Rita Rep")
    await mine.filter(email="gone@example.com").update(name="Gone", active=False)

    assert await emails_by_name(organization.ctx.viewer) == {"rita rep": "rita@example.com"}


async def test_an_ambiguous_date_order_stops_the_import_before_it_starts(
    organization: TestOrganization, tmp_path: Path
) -> None:
    file = tmp_path / "deals.csv"
    file.write_text(
        "externalId,name,accountName,ownerEmail,state,createdAt\n1,Deal,Acme,admin@example.com,LEAD,2/3/2026\n"
    )
    started: list[bool] = []
    opened = open_mapped_csv(file, None)
    assert opened is not None
    home = await find_organization(str(organization.id))

    with pytest.raises(InvalidMapError, match="day or the month first"):
        tally = ImportTally(on_start=lambda: started.append(True))
        await opened.run(organization.ctx, home, tally, dry_run=False)

    assert started == []


async def test_a_dry_run_of_a_csv_file_counts_and_writes_nothing(
    organization: TestOrganization, tmp_path: Path
) -> None:
    file = tmp_path / "deals.csv"
    file.write_text(FILES["pursuit"].replace("rita@example.com", "admin@example.com"))
    opened = open_mapped_csv(file, None)
    assert opened is not None
    tally = ImportTally()

    await opened.run(organization.ctx, await find_organization(str(organization.id)), tally, dry_run=True)

    assert tally.counts == {ImportOutcome.CREATED: 2}
    assert await Opportunity.filter(organization_id=organization.id).count() == 0
