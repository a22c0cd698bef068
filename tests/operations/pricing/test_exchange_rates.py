"""Exchange rates, and the values of deals in the base currency."""

import asyncio
from datetime import date, timedelta
from decimal import Decimal
from uuid import UUID

import pytest

from tests.support.organizations import NOW, TestOrganization, new_organization
from tests.support.team import event_payloads
from workflow.models import ExchangeRate, Opportunity
from workflow.operations.accounts.accounts import create_account
from workflow.operations.core.validation import MoneyAmount
from workflow.operations.opportunity.edit import (
    NewOpportunity,
    create_opportunity,
    delete_opportunity,
    update_opportunity,
)
from workflow.operations.opportunity.transitions import TransitionOptions
from workflow.operations.opportunity.triggers import disqualify
from workflow.operations.pricing.exchange_rates import (
    base_value,
    rates_on,
    set_exchange_rate,
    to_stored_money,
)
from workflow.rules.enums import DisqualifyReason, Role
from workflow.rules.errors import InvalidInputError, PermissionDeniedError

TODAY = NOW.date()
DAY = timedelta(days=1)
USD_100 = MoneyAmount(Decimal(100), "USD")


async def new_deal(organization: TestOrganization, value: MoneyAmount = USD_100) -> UUID:
    """Create a lead with a value."""
    ctx = organization.ctx
    account = await create_account(ctx, {"name": f"Acme {await Opportunity.all().count()}"})
    return await create_opportunity(
        ctx, NewOpportunity(account, None, None), {"name": "Pilot", "value": value}
    )


async def base_values(*deals: UUID) -> list[int | None]:
    """Return the deals' values in the base currency."""
    found = dict(await Opportunity.filter(id__in=deals).values_list("id", "base_minor"))
    return [found[deal] for deal in deals]


async def set_rate(organization: TestOrganization, rate: str, day: date = TODAY) -> UUID:
    """Set the rate of the dollar."""
    return await set_exchange_rate(organization.ctx, "USD", Decimal(rate), day)


async def test_the_rate_of_a_day_is_the_latest_that_began_until_then(organization: TestOrganization) -> None:
    await set_rate(organization, "0.8", TODAY - 2 * DAY)
    await set_rate(organization, "0.9", TODAY)
    await set_rate(organization, "2", TODAY + DAY)

    values = [
        await base_value(organization.ctx, 1000, "USD", day, "value")
        for day in (TODAY - 2 * DAY, TODAY - DAY, TODAY, None, TODAY + DAY)
    ]

    assert values == [800, 800, 900, 900, 2000]
    assert await rates_on(organization.id, TODAY) == {"USD": Decimal("0.9")}


async def test_a_value_in_the_base_currency_needs_no_rate(organization: TestOrganization) -> None:
    stored = await to_stored_money(organization.ctx, MoneyAmount(Decimal("1.5"), "EUR"), "value")

    assert (stored.minor, stored.currency, stored.base_minor) == (150, "EUR", 150)


async def test_a_currency_without_a_rate_on_the_day_is_refused(organization: TestOrganization) -> None:
    await set_rate(organization, "0.9", TODAY)
    yesterday = TODAY - DAY

    with pytest.raises(InvalidInputError) as refusal:
        await base_value(organization.ctx, 100, "USD", yesterday, "value")

    assert refusal.value.message == (
        f"There is no exchange rate from USD to EUR valid on {yesterday}. "
        "Enter the amount in EUR, or ask an admin to set the rate."
    )


async def test_an_amount_too_large_in_the_base_currency_is_refused(organization: TestOrganization) -> None:
    await set_rate(organization, "1000")

    with pytest.raises(InvalidInputError, match="too large to be stored in EUR"):
        await to_stored_money(organization.ctx, MoneyAmount(Decimal(10) ** 12, "USD"), "value")


async def test_a_new_rate_revalues_open_deals_only(organization: TestOrganization) -> None:
    await set_rate(organization, "0.8", TODAY - DAY)
    open_deal = await new_deal(organization)
    in_euro = await new_deal(organization, MoneyAmount(Decimal(100), "EUR"))
    closed = await new_deal(organization)
    deleted = await new_deal(organization)
    note = TransitionOptions(note="They have no budget this year.")
    await disqualify(organization.ctx, closed, DisqualifyReason.NO_PAIN, note)
    await delete_opportunity(organization.ctx, deleted, reason="A test", expected_version=None)

    await set_rate(organization, "0.9", TODAY)

    assert await base_values(open_deal, in_euro, closed, deleted) == [9000, 10000, 8000, 8000]


async def test_a_rate_of_the_future_changes_no_value_yet(organization: TestOrganization) -> None:
    await set_rate(organization, "0.8")
    deal = await new_deal(organization)

    await set_rate(organization, "0.9", TODAY + DAY)

    assert await base_values(deal) == [8000]


async def test_a_second_rate_of_a_day_replaces_the_first(organization: TestOrganization) -> None:
    first = await set_rate(organization, "0.8")
    second = await set_rate(organization, "0.9")

    assert first == second
    assert await ExchangeRate.filter(organization_id=organization.id).values_list("rate", flat=True) == [
        Decimal("0.9")
    ]
    payloads = await event_payloads(first, "exchangeRate.set")
    assert [payload["rate"] for payload in payloads] == ["0.8", "0.9"]


@pytest.mark.parametrize(
    ("currency", "rate", "path"),
    [
        ("usd", "1", "currency"),
        ("EUR", "1", "currency"),
        ("USD", "0", "rate"),
        ("USD", "-1", "rate"),
        ("USD", "1000000000000", "rate"),
        ("USD", "0.0000000000001", "rate"),
    ],
)
async def test_an_invalid_rate_is_refused_and_not_stored(
    organization: TestOrganization, currency: str, rate: str, path: str
) -> None:
    with pytest.raises(InvalidInputError) as refusal:
        await set_exchange_rate(organization.ctx, currency, Decimal(rate), TODAY)

    assert [problem.path for problem in refusal.value.fields] == [(path,)]
    assert not await ExchangeRate.filter(organization_id=organization.id).exists()


async def test_a_rate_that_makes_a_deal_too_large_is_refused_and_changes_nothing(
    organization: TestOrganization,
) -> None:
    await set_rate(organization, "1")
    deal = await new_deal(organization, MoneyAmount(Decimal(10) ** 10, "USD"))
    before = await base_values(deal)

    with pytest.raises(InvalidInputError, match="the value of a deal is too large to be stored in EUR"):
        await set_rate(organization, "999999999999")

    assert await base_values(deal) == before
    assert await rates_on(organization.id, TODAY) == {"USD": Decimal(1)}


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.ADMIN])
async def test_only_an_admin_sets_rates(organization: TestOrganization, role: Role) -> None:
    ctx = await organization.ctx_of(role, "somebody@example.com")

    with pytest.raises(PermissionDeniedError):
        await set_exchange_rate(ctx, "USD", Decimal(1), TODAY)


async def test_the_rate_of_another_organization_does_not_apply(organization: TestOrganization) -> None:
    await set_rate(await new_organization(), "0.9")

    with pytest.raises(InvalidInputError):
        await base_value(organization.ctx, 100, "USD", None, "value")


async def test_concurrent_changes_of_a_value_and_of_the_rate_agree(organization: TestOrganization) -> None:
    await set_rate(organization, "1")
    deals = [await new_deal(organization) for _ in range(3)]

    for cents in range(2, 6):
        value = MoneyAmount(Decimal(cents), "USD")
        await asyncio.gather(
            set_rate(organization, str(cents)),
            *(
                update_opportunity(organization.ctx, deal, {"value": value}, expected_version=None)
                for deal in deals
            ),
        )

        assert await base_values(*deals) == [cents * cents * 100] * 3
