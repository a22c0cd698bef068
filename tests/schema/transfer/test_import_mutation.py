"""The import mutation: one result for each row, whether it is stored or only tried."""

from typing import Any

import pytest

from tests.support.graphql import execute
from tests.support.organizations import TestOrganization
from workflow.models import Opportunity
from workflow.rules.enums import Role

IMPORT = """mutation($input: ImportOpportunitiesInput!) { importOpportunities(input: $input) { __typename
  ... on ImportSummary { created updated unchanged rejected dryRun rows { row externalId outcome
    opportunity { name value { amount currency } source } possibleDuplicates { name }
    problem { __typename ... on InvalidInput { fields { path } } } } } } }"""
VALUE = {"amount": "1000.00", "currency": "EUR"}
ROOF = {"externalId": "1", "name": "Roof", "accountName": "Acme", "value": VALUE, "source": "Fair"}


async def import_rows(
    organization: TestOrganization, *rows: dict[str, Any], dry_run: bool = False
) -> dict[str, Any]:
    """Import rows as the admin."""
    input = {"externalSystem": "crm", "rows": list(rows), "dryRun": dry_run}
    result: dict[str, Any] = (await execute(organization.ctx, IMPORT, input=input))["importOpportunities"]
    return result


def counts(result: dict[str, Any]) -> tuple[int, ...]:
    """Created, updated, unchanged and rejected rows."""
    return tuple(result[name] for name in ("created", "updated", "unchanged", "rejected"))


async def test_each_row_has_its_own_outcome(organization: TestOrganization) -> None:
    await import_rows(organization, ROOF)
    rows = (
        ROOF,
        {**ROOF, "externalId": "2"},
        {**ROOF, "externalId": "3", "ownerEmail": "nobody@example.com"},
    )

    result = await import_rows(organization, *rows)

    assert counts(result) == (1, 0, 1, 1)
    assert [(row["row"], row["externalId"], row["outcome"]) for row in result["rows"]] == [
        (1, "1", "UNCHANGED"),
        (2, "2", "CREATED"),
        (3, "3", "REJECTED"),
    ]
    assert [row["problem"] for row in result["rows"][:2]] == [None, None]
    assert result["rows"][2]["problem"]["__typename"] == "InvalidInput"
    assert result["rows"][2]["opportunity"] is None


async def test_a_field_that_is_left_out_stays_and_null_clears_it(organization: TestOrganization) -> None:
    await import_rows(organization, ROOF)
    key = {name: ROOF[name] for name in ("externalId", "name", "accountName")}

    result = await import_rows(organization, {**key, "source": None})

    [row] = result["rows"]
    assert (counts(result), row["opportunity"]) == (
        (0, 1, 0, 0),
        {"name": "Roof", "value": VALUE, "source": None},
    )


async def test_a_dry_run_stores_nothing_and_names_possible_duplicates(organization: TestOrganization) -> None:
    await import_rows(organization, ROOF)

    result = await import_rows(organization, {**ROOF, "externalId": "2"}, dry_run=True)

    [row] = result["rows"]
    assert (result["dryRun"], counts(result), row["opportunity"]) == (True, (1, 0, 0, 0), None)
    assert row["possibleDuplicates"] == [{"name": "Roof"}]
    assert await Opportunity.filter(organization_id=organization.id).count() == 1


@pytest.mark.parametrize(("role", "allowed"), [(Role.INTEGRATOR, True), (Role.MANAGER, False)])
async def test_only_admins_and_integrators_import(
    organization: TestOrganization, role: Role, allowed: bool
) -> None:
    email = None if role is Role.INTEGRATOR else "m@example.com"
    ctx = await organization.ctx_of(role, email)
    input = {"externalSystem": "crm", "rows": [{**ROOF, "ownerEmail": "admin@example.com"}]}

    result = (await execute(ctx, IMPORT, input=input))["importOpportunities"]

    assert result["__typename"] == ("ImportSummary" if allowed else "PermissionDenied")
