"""Accounts and contacts are exported to JSON lines and imported from them."""

import csv
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from api.files.cells import RecordKind
from api.files.jsonl_accounts_contacts import IGNORED_FIELDS
from tests.support.organizations import TestOrganization, new_organization
from tests.support.serving import pursuit
from tests.support.transfer import export_lines, import_text
from workflow.models import Account, Contact
from workflow.operations.accounts.accounts import create_account, create_contact
from workflow.operations.core.validation import MoneyAmount
from workflow.rules.enums import ImportOutcome as O


@pytest.fixture
async def exported_organization(organization: TestOrganization) -> TestOrganization:
    """Two accounts, one of them with every field, and two contacts."""
    revenue = MoneyAmount(Decimal("1250000.50"), "EUR")
    known: Any = {
        "name": "Grün & Söhne",
        "domain": "gruen.example",
        "industry": "Brewing",
        "employee_count": 40,
        "annual_revenue": revenue,
        "country": "Austria",
        "external_system": "crm",
        "external_id": "A1",
        "attributes": {"tier": "A", "tags": [1, None]},
    }
    account = await create_account(organization.ctx, known)
    other = await create_account(organization.ctx, {"name": "=Plain"})
    person: Any = {
        "name": "Grace",
        "email": "grace@gruen.example",
        "title": "CFO",
        "phone": "+43 1",
        "attributes": {"vip": True},
    }
    await create_contact(organization.ctx, account, person)
    await create_contact(organization.ctx, other, {"name": "Kim"})
    return organization


def without_own_fields(lines: list[str]) -> list[dict[str, Any]]:
    """Return the lines without the fields that belong to one organization."""
    return [
        {name: value for name, value in json.loads(line).items() if name not in IGNORED_FIELDS}
        for line in lines
    ]


def json_lines(*records: dict[str, Any]) -> str:
    """Return the records as the lines of a file."""
    return "".join(json.dumps(record) + "\n" for record in records)


async def test_an_export_is_imported_completely_and_again_without_changes(
    exported_organization: TestOrganization, tmp_path: Path
) -> None:
    other = await new_organization()
    for kind in (RecordKind.ACCOUNTS, RecordKind.CONTACTS):
        lines = await export_lines(exported_organization, kind)
        tried, _ = await import_text(other, kind, lines, tmp_path, dry_run=True)
        done, _ = await import_text(other, kind, lines, tmp_path)
        again, _ = await import_text(other, kind, lines, tmp_path)

        assert tried.counts == done.counts == {O.CREATED: 2}
        assert again.counts == {O.UNCHANGED: 2}
        assert without_own_fields(await export_lines(other, kind)) == without_own_fields(lines)


async def test_the_command_reports_counts_and_writes_rejected_lines(
    organization: TestOrganization, database: str, tmp_path: Path
) -> None:
    (tmp_path / "accounts.jsonl").write_text(json_lines({"name": "Acme"}, {"name": "Globex", "size": 3}))
    files = (str(tmp_path / "accounts.jsonl"), "--rejects", str(tmp_path / "rejects.csv"))

    ended = await pursuit(
        "import", *files, "--organization", organization.name, environ={"PURSUIT_DATABASE_URL": database}
    )

    assert (ended.code, "created   │    1" in ended.out, "rejected  │    1" in ended.out) == (
        2,
        True,
        True,
    ), ended.err
    with (tmp_path / "rejects.csv").open(newline="") as file:
        assert [row[-1].split(".")[0] for row in csv.reader(file)] == [
            "problem",
            "`size` is not a field of a line",
        ]


async def test_existing_accounts_are_matched_by_key_domain_or_name_and_updated(
    organization: TestOrganization, tmp_path: Path
) -> None:
    keyed: Any = {"name": "Old name", "external_system": "crm", "external_id": "A1"}
    there: list[Any] = [keyed, {"name": "By domain", "domain": "b.example"}, {"name": "By Name"}]
    for given in there:
        await create_account(organization.ctx, given)
    lines = (
        {"name": "New name", "externalSystem": "crm", "externalId": "A1"},
        {"name": "Domain Ltd", "domain": "B.example"},
        {"name": " by name ", "country": "France"},
        {"name": "By Name", "externalSystem": "crm", "externalId": "A2", "country": None},
    )

    tally, why = await import_text(organization, RecordKind.ACCOUNTS, json_lines(*lines), tmp_path)

    assert (tally.counts, why) == ({O.UPDATED: 4}, [])
    rows = (
        await Account.filter(organization_id=organization.id)
        .order_by("name")
        .values("name", "external_id", "country")
    )
    assert [tuple(row.values()) for row in rows] == [
        ("By Name", "A2", None),
        ("Domain Ltd", None, None),
        ("New name", "A1", None),
    ]


async def test_a_bad_line_is_rejected_and_the_others_are_imported(
    organization: TestOrganization, tmp_path: Path
) -> None:
    await create_account(organization.ctx, {"name": "Acme"})
    lines = (
        '{"accountName": "Acme", "accountId": "x", "name": "Grace"}',
        '{"accountName": "Nobody", "name": "Lost"}',
        '{"accountName": "Acme", "name": "Kim", "email": "no address"}',
        '{"accountName": "Acme", "name": "Kim", "salary": 1}',
        '{"accountName": "Acme"}',
        "[1",
        '{"accountName": "Acme", "name": "Ann", "title": "=1+1"}',
    )

    tally, why = await import_text(organization, RecordKind.CONTACTS, "\n".join(lines), tmp_path)

    assert tally.counts == {O.CREATED: 2, O.REJECTED: 5}
    kept = await Contact.filter(organization_id=organization.id).order_by("name").values("name")
    assert [row["name"] for row in kept] == ["Ann", "Grace"]
    for said, expected in zip(
        why,
        (
            "no account with the name 'Nobody'",
            "`no address` is not an e-mail address",
            "`salary` is not a field",
            "`name` is missing",
            "is not JSON",
        ),
        strict=True,
    ):
        assert expected in said


async def test_a_line_with_an_invalid_external_system_is_rejected_and_the_others_are_imported(
    organization: TestOrganization, tmp_path: Path
) -> None:
    deal = {"name": "Pilot", "accountName": "Acme", "ownerEmail": "admin@example.com"}
    lines = [{**deal, "externalId": "1", "externalSystem": system} for system in ("a\x00", "x" * 300, "crm")]

    tally, _ = await import_text(organization, RecordKind.OPPORTUNITIES, json_lines(*lines), tmp_path)

    assert tally.counts == {O.CREATED: 1, O.REJECTED: 2}


async def test_oversized_texts_are_rejected_without_a_lookup(
    organization: TestOrganization, tmp_path: Path
) -> None:
    long = "x" * 70_000
    homes = json_lines({"name": long}, {"name": "Acme"})
    people = [{"accountName": long, "name": "Kim"}, {"accountName": "Acme", "name": "Kim", "email": long}]

    accounts, _ = await import_text(organization, RecordKind.ACCOUNTS, homes, tmp_path)
    contacts, _ = await import_text(organization, RecordKind.CONTACTS, json_lines(*people), tmp_path)

    assert (accounts.counts, contacts.counts) == ({O.CREATED: 1, O.REJECTED: 1}, {O.REJECTED: 2})
