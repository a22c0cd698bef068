"""The settings of an organization, and the base currency, which is fixed once amounts are stored in it."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from tests.support.counts import count
from tests.support.organizations import TestOrganization, new_organization
from tests.support.team import event_payloads
from workflow.models import Event, ExchangeRate, Opportunity, Organization, Target
from workflow.models.columns import new_id
from workflow.operations.accounts.accounts import create_account
from workflow.operations.core.context import Ctx
from workflow.operations.core.validation import MoneyAmount
from workflow.operations.opportunity.edit import (
    NewOpportunity,
    create_opportunity,
    delete_opportunity,
    update_opportunity,
)
from workflow.operations.people.organizations import OrganizationChanges, update_organization
from workflow.operations.pricing.exchange_rates import set_exchange_rate
from workflow.operations.transfer.import_rows import import_rows
from workflow.operations.transfer.row import ImportRow
from workflow.rules.enums import Role
from workflow.rules.errors import InvalidInputError, PermissionDeniedError, Refusal

VALUE = MoneyAmount(Decimal(100), "EUR")
RACES = count(200)


async def stored_rows(organization: TestOrganization) -> tuple[Any, ...]:
    """Return the rows that an attempt could have written."""
    rows = await Organization.filter(id=organization.id).values()
    return rows, await Event.filter(organization_id=organization.id).count()


async def refusal_of(organization: TestOrganization, attempt: Any) -> Refusal:
    """Return the refusal of an attempt, which must write nothing."""
    before = await stored_rows(organization)
    with pytest.raises(Refusal) as refusal:
        await attempt
    assert await stored_rows(organization) == before
    return refusal.value


def fault_paths(refusal: Refusal) -> list[str]:
    """Return the paths of an input's faults."""
    assert isinstance(refusal, InvalidInputError), refusal
    return [".".join(fault.path) for fault in refusal.fields]


async def test_changed_settings_are_recorded_once(organization: TestOrganization) -> None:
    given: OrganizationChanges = {"name": " Acme ", "time_zone": "Europe/Berlin", "base_currency": "USD"}

    for _ in range(2):
        await update_organization(organization.ctx, given)

    [row] = await Organization.filter(id=organization.id).values("name", "time_zone", "base_currency")
    assert row == {"name": "Acme", "time_zone": "Europe/Berlin", "base_currency": "USD"}
    [payload] = await event_payloads(organization.id, "organization.updated")
    assert payload["changes"] == {
        "name": {"old": organization.name, "new": "Acme"},
        "timeZone": {"old": "UTC", "new": "Europe/Berlin"},
        "baseCurrency": {"old": "EUR", "new": "USD"},
    }
    assert payload["organizationId"] == str(organization.id)


@pytest.mark.parametrize(
    ("given", "faults"),
    [
        ({"name": " "}, ["name"]),
        ({"name": "x" * 256}, ["name"]),
        ({"time_zone": "Mars"}, ["timeZone"]),
        ({"base_currency": "eur"}, ["baseCurrency"]),
        ({"name": None, "time_zone": None, "base_currency": None}, ["name", "timeZone", "baseCurrency"]),
    ],
)
async def test_every_fault_is_reported(
    organization: TestOrganization, given: OrganizationChanges, faults: list[str]
) -> None:
    assert fault_paths(await refusal_of(organization, update_organization(organization.ctx, given))) == faults


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.ADMIN])
async def test_only_an_admin_changes_settings(organization: TestOrganization, role: Role) -> None:
    ctx = await organization.ctx_of(role, "somebody@example.com")

    for given in ({"name": "Ours"}, {"name": " "}):
        attempt: Any = update_organization(ctx, given)  # type: ignore[arg-type]  # a literal of the same shape
        assert type(await refusal_of(organization, attempt)) is PermissionDeniedError


async def create_deal(ctx: Ctx, value: MoneyAmount | None = VALUE) -> UUID:
    """Create a lead with a value."""
    account = await create_account(ctx, {"name": "Acme"})
    return await create_opportunity(
        ctx, NewOpportunity(account, None, None), {"name": "Pilot", "value": value}
    )


async def create_and_delete_deal(ctx: Ctx) -> None:
    """Create a lead with a value, and delete it."""
    await delete_opportunity(ctx, await create_deal(ctx), reason="A test", expected_version=None)


async def create_target(ctx: Ctx) -> None:
    """Create a target for this year."""
    days: Any = {"from_day": date(2026, 1, 1), "to_day": date(2026, 12, 31)}
    worth: Any = {"value_minor": 100, "value_currency": "EUR"}
    await Target.create(id=new_id(), organization_id=ctx.viewer.organization_id, **days, **worth)


async def import_deal(ctx: Ctx) -> None:
    """Import a lead with a value."""
    [row] = await import_rows(ctx, "crm", [ImportRow("1", "Pilot", "Acme", value=VALUE)])
    assert row.problem is None


VALUED_RECORDS: Mapping[str, Callable[[Ctx], Awaitable[object]]] = {
    "a deal": create_deal,
    "a deleted deal": create_and_delete_deal,
    "an imported deal": import_deal,
    "a rate": lambda ctx: set_exchange_rate(ctx, "USD", Decimal("0.9"), date(2026, 1, 1)),
    "a target": create_target,
}


@pytest.mark.parametrize("kept", VALUED_RECORDS)
async def test_the_base_currency_is_fixed_once_something_is_valued_in_it(
    organization: TestOrganization, kept: str
) -> None:
    await VALUED_RECORDS[kept](organization.ctx)

    attempt = update_organization(organization.ctx, {"name": "Acme", "base_currency": "USD"})
    assert fault_paths(await refusal_of(organization, attempt)) == ["baseCurrency"]
    await update_organization(organization.ctx, {"name": "Acme", "base_currency": "EUR"})

    assert await Organization.filter(id=organization.id).values("name") == [{"name": "Acme"}]


async def test_deals_without_a_value_do_not_fix_the_base_currency(organization: TestOrganization) -> None:
    id = await create_deal(organization.ctx)
    await update_opportunity(organization.ctx, id, {"value": None}, expected_version=None)
    await create_deal((await new_organization()).ctx)

    await update_organization(organization.ctx, {"base_currency": "USD"})

    assert await Organization.filter(id=organization.id).values("base_currency") == [{"base_currency": "USD"}]


RATE_OF_NEW_CURRENCY = "a rate of the currency that becomes the base"
RACING_RECORDS: Mapping[str, Callable[[Ctx], Awaitable[object]]] = {
    **{name: VALUED_RECORDS[name] for name in ("a deal", "an imported deal")},
    RATE_OF_NEW_CURRENCY: lambda ctx: set_exchange_rate(ctx, "JPY", Decimal("0.006"), date(2026, 1, 1)),
}


@pytest.mark.parametrize("kept", RACING_RECORDS)
async def test_a_concurrent_currency_change_never_leaves_values_in_the_old_currency(kept: str) -> None:
    for _ in range(RACES):
        organization = await new_organization()
        changing = update_organization(organization.ctx, {"base_currency": "JPY"})
        answers = await asyncio.gather(
            RACING_RECORDS[kept](organization.ctx), changing, return_exceptions=True
        )

        [about] = await Organization.filter(id=organization.id).values("base_currency")
        valued = await Opportunity.filter(
            organization_id=organization.id, base_minor__not_isnull=True
        ).count()
        rates = await ExchangeRate.filter(organization_id=organization.id).count()
        done = [not isinstance(answer, BaseException) for answer in answers]
        assert (done, valued + rates) in (([True, False], 1), ([False, True], 0)), answers
        assert about == {"base_currency": "JPY" if done[1] else "EUR"}
