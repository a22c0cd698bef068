"""Rows of any table are written with one statement, whatever their number and their values."""

from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any
from uuid import UUID

import pytest
from tortoise.exceptions import OperationalError

from tests.support.organizations import NOW, TestOrganization
from tests.support.statements import statements
from tests.support.team import SalesTeam, new_sales_team
from workflow.models import Account, Collaborator, Milestone, Opportunity
from workflow.models.columns import new_id
from workflow.models.engine.database import dialect, transaction
from workflow.operations.core import rows as rows_module
from workflow.operations.core.rows import delete_rows, insert_rows, update_rows
from workflow.rules.enums import MilestoneSide, MilestoneStatus, OpportunityState

PARIS = timezone(timedelta(hours=1))


def account(organization: TestOrganization, number: int, **columns: Any) -> dict[str, Any]:
    """Return the columns of an account."""
    return {
        "id": new_id(),
        "organization_id": organization.id,
        "name": f"Account {number}",
        "name_folded": f"account {number}",
        "name_search": None,
        "attributes": {"number": number, "text": "Zoë's"},
        "version": 1,
        "created_at": NOW,
        "updated_at": datetime(2026, 3, 1, 12, tzinfo=PARIS),
        **columns,
    }


@pytest.mark.parametrize("count", [1, 2, 25])
async def test_rows_are_inserted_with_one_statement_and_read_back_as_they_were(
    organization: TestOrganization, count: int
) -> None:
    rows = [account(organization, number) for number in range(count)]

    async with statements() as seen:
        await transaction(lambda: insert_rows(Account, rows))

    assert len(seen) == 1
    stored = await Account.filter(organization_id=organization.id).order_by("id").values(*rows[0])
    assert stored == rows


async def test_many_rows_are_inserted_in_several_statements_in_their_order(
    organization: TestOrganization, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rows_module, "MAX_VALUES", 50)
    rows = [account(organization, number) for number in range(12)]

    await transaction(lambda: insert_rows(Account, rows))

    stored = await Account.filter(organization_id=organization.id).order_by("id").values("name")
    assert [row["name"] for row in stored] == [row["name"] for row in rows]


@pytest.mark.parametrize("count", [1, 3])
async def test_each_row_is_updated_with_its_own_values(organization: TestOrganization, count: int) -> None:
    rows = [account(organization, number) for number in range(count)]
    other = account(organization, 99)
    await transaction(lambda: insert_rows(Account, [*rows, other]))
    changes = [
        {"id": row["id"], "employee_count": number or None, "attributes": {}, "updated_at": NOW}
        for number, row in enumerate(rows)
    ]

    async with statements() as seen:
        await transaction(lambda: update_rows(Account, changes))

    assert len(seen) == 1
    names = ("id", "employee_count", "attributes", "updated_at")
    stored = await Account.filter(organization_id=organization.id).order_by("id").values(*names)
    assert stored[:-1] == changes
    assert stored[-1]["attributes"] == other["attributes"]


@pytest.mark.parametrize("count", [1, 2])
async def test_rows_are_updated_by_another_key_if_they_meet_the_condition(count: int) -> None:
    team = await new_sales_team()
    deals = list(team.deals.values())[:count]
    steps = [milestone(team, deal, due) for deal in deals for due in (date(2026, 1, 1), None)]
    await transaction(lambda: insert_rows(Milestone, steps))

    changes = [{"opportunity_id": deal, "name": f"Step of {deal}"} for deal in deals]
    await transaction(
        lambda: update_rows(
            Milestone, changes, key="opportunity_id", condition=' AND "milestone"."due" IS NULL'
        )
    )

    stored = (
        await Milestone.filter(id__in=[step["id"] for step in steps]).order_by("id").values("due", "name")
    )
    assert [step["name"] for step in stored] == [
        name for deal in deals for name in ("Step", f"Step of {deal}")
    ]


def milestone(team: SalesTeam, deal: UUID, due: date | None) -> dict[str, Any]:
    """Return the columns of a milestone."""
    return {
        "id": new_id(),
        "organization_id": team.organization.id,
        "opportunity_id": deal,
        "name": "Step",
        "side": MilestoneSide.BUYER,
        "weight": 1,
        "status": MilestoneStatus.PLANNED,
        "due": due,
        "position": 1,
        "created_at": NOW,
    }


async def test_only_rows_with_all_the_ids_are_deleted() -> None:
    team = await new_sales_team()
    lead = team.deals[OpportunityState.LEAD]
    qualified = team.deals[OpportunityState.QUALIFIED]
    helper = team.member("helper")
    await Collaborator.filter(organization_id=team.organization.id).delete()
    keys = [(lead, helper), (lead, team.member("stranger")), (qualified, helper)]
    rows = [
        {"id": new_id(), "organization_id": team.organization.id, "opportunity_id": deal, "member_id": member}
        for deal, member in keys
    ]
    await transaction(lambda: insert_rows(Collaborator, rows))

    async with statements() as seen:
        await transaction(
            lambda: delete_rows(
                Collaborator, [{"opportunity_id": deal, "member_id": member} for deal, member in keys[1:]]
            )
        )

    assert len(seen) == 1
    left = await Collaborator.filter(organization_id=team.organization.id).values(
        "opportunity_id", "member_id"
    )
    assert left == [{"opportunity_id": lead, "member_id": helper}]


async def test_no_rows_need_no_statement() -> None:
    async with statements() as seen:
        await insert_rows(Account, [])
        await update_rows(Account, [])
        await delete_rows(Account, [])

    assert list(seen) == []


@pytest.mark.parametrize("count", [1, 2])
async def test_a_text_that_is_too_long_is_not_cut_off(organization: TestOrganization, count: int) -> None:
    rows = [account(organization, number, country="x" * 256) for number in range(count)]

    if dialect() == "postgres":
        with pytest.raises(OperationalError, match="too long"):
            await transaction(lambda: insert_rows(Account, rows))
        rows = []
    else:
        await transaction(lambda: insert_rows(Account, rows))

    stored = await Account.filter(organization_id=organization.id).values("country")
    assert [row["country"] for row in stored] == [row["country"] for row in rows]


async def test_a_computed_column_is_an_expression_of_the_database(organization: TestOrganization) -> None:
    row = account(organization, 1)
    del row["version"]

    await transaction(lambda: insert_rows(Account, [row], {"version": "3 + 4"}))

    assert (await Account.get(id=row["id"])).version == 7


async def test_instants_are_stored_in_utc(organization: TestOrganization) -> None:
    row = account(organization, 1)

    await transaction(lambda: insert_rows(Account, [row]))

    stored = (
        await Account.filter(id=row["id"], updated_at__lt=datetime(2026, 3, 1, 11, 30, tzinfo=UTC))
    ).pop()
    assert stored.updated_at == row["updated_at"]
    assert await Opportunity.filter(organization_id=organization.id).count() == 0
