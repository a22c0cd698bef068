"""Accounts and contacts from JSON lines: what was exported comes back, the same again changes nothing, and a bad line spoils no other."""

import csv
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from api.jsonl_parties import FOREIGN
from tests.organizations import TestOrganization, new_organization
from tests.serving import Finished, pursuit
from workflow.models import Account, Contact
from workflow.operations.accounts import create_account, create_contact
from workflow.operations.checks import MoneyGiven


@pytest.fixture
async def told(organization: TestOrganization) -> TestOrganization:
    """Two accounts, one with all that can be known of it, and two contacts."""
    revenue = MoneyGiven(Decimal("1250000.50"), "EUR")
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


async def exported(database: str, organization: TestOrganization, kind: str) -> list[dict[str, Any]]:
    """The lines of an export, without what is an organization's own."""
    command = ("export", kind, "--organization", organization.name)
    ended = await pursuit(*command, environ={"PURSUIT_DATABASE_URL": database})
    assert ended.code == 0, ended.err
    rows = [json.loads(line) for line in ended.out.splitlines()]
    return [{name: value for name, value in row.items() if name not in FOREIGN} for row in rows]


async def imported(database: str, organization: TestOrganization, file: Path, *more: str) -> Finished:
    """What the command said."""
    command = ("import", str(file), "--organization", organization.name, *more)
    return await pursuit(*command, environ={"PURSUIT_DATABASE_URL": database})


async def test_what_was_exported_comes_back_whole_and_the_same_again_changes_nothing(
    told: TestOrganization, database: str, tmp_path: Path
) -> None:
    other = await new_organization()
    for kind in ("accounts", "contacts"):
        out = await pursuit(
            *("export", kind, "--organization", told.name, "--out", str(tmp_path / f"{kind}.jsonl")),
            environ={"PURSUIT_DATABASE_URL": database},
        )
        tried = await imported(database, other, tmp_path / f"{kind}.jsonl", "--dry-run")
        done = await imported(database, other, tmp_path / f"{kind}.jsonl")
        again = await imported(database, other, tmp_path / f"{kind}.jsonl")

        assert out.code == 0, out.err
        assert ["created   │    2" in one.out for one in (tried, done)] == [True, True], tried.out + done.err
        assert "unchanged │    2" in again.out
        assert await exported(database, other, kind) == await exported(database, told, kind)


async def test_what_is_there_is_found_by_its_key_its_domain_or_its_name_and_brought_to_what_is_told(
    organization: TestOrganization, database: str, tmp_path: Path
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
    (tmp_path / "accounts.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))

    ended = await imported(database, organization, tmp_path / "accounts.jsonl")

    assert "updated   │    4" in ended.out, ended.out + ended.err
    rows = (
        await Account.filter(organization_id=organization.id).order_by("name").values("name", "external_id", "country")
    )
    assert [tuple(row.values()) for row in rows] == [
        ("By Name", "A2", None),
        ("Domain Ltd", None, None),
        ("New name", "A1", None),
    ]


async def test_a_bad_line_is_told_and_the_others_are_kept(
    organization: TestOrganization, database: str, tmp_path: Path
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
    (tmp_path / "contacts.jsonl").write_text("\n".join(lines))

    ended = await imported(
        database, organization, tmp_path / "contacts.jsonl", "--rejects", str(tmp_path / "rejects.csv")
    )

    assert (ended.code, "created   │    2" in ended.out) == (2, True), ended.out + ended.err
    kept = await Contact.filter(organization_id=organization.id).order_by("name").values("name")
    assert [row["name"] for row in kept] == ["Ann", "Grace"]
    with (tmp_path / "rejects.csv").open(newline="") as file:
        problems = [row[-1] for row in csv.reader(file)][1:]
    for said, expected in zip(
        problems,
        ("no account called 'Nobody'", "no e-mail", "`salary` is no field", "`name` is missing", "no JSON"),
        strict=True,
    ):
        assert expected in said


async def test_a_line_of_a_system_that_is_none_is_told_and_the_others_are_kept(
    organization: TestOrganization, database: str, tmp_path: Path
) -> None:
    deal = {"name": "Pilot", "accountName": "Acme", "ownerEmail": "admin@example.com"}
    lines = [{**deal, "externalId": "1", "externalSystem": system} for system in ("a\x00", "x" * 300, "crm")]
    (tmp_path / "deals.jsonl").write_text("\n".join(json.dumps(line) for line in lines))

    ended = await imported(database, organization, tmp_path / "deals.jsonl")

    assert (ended.code, "created   │    1" in ended.out, "rejected  │    2" in ended.out) == (2, True, True), ended.err


async def test_texts_as_long_as_a_book_are_refused_and_not_looked_for(
    organization: TestOrganization, database: str, tmp_path: Path
) -> None:
    (tmp_path / "accounts.jsonl").write_text(json.dumps({"name": "x" * 70_000}) + '\n{"name": "Acme"}\n')
    (tmp_path / "contacts.jsonl").write_text(
        json.dumps({"accountId": "x", "accountName": "x" * 70_000, "name": "Kim"})
        + "\n"
        + json.dumps({"accountId": "x", "accountName": "Acme", "name": "Kim", "email": "x" * 70_000})
    )

    accounts = await imported(database, organization, tmp_path / "accounts.jsonl")
    contacts = await imported(database, organization, tmp_path / "contacts.jsonl")

    assert (accounts.code, contacts.code) == (2, 2), accounts.err + contacts.err
    assert "created   │    1" in accounts.out and "rejected  │    2" in contacts.out
