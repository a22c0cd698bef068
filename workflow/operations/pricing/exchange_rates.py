"""Exchange rates to the organization's base currency, and the values of deals in it."""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from workflow.models import ExchangeRate, Opportunity
from workflow.models.columns import new_id
from workflow.operations.core.context import Ctx
from workflow.operations.core.journal import record_event
from workflow.operations.core.locking import lock_deals, lock_rates, lock_settings
from workflow.operations.core.perform import perform
from workflow.operations.core.validation import MoneyAmount, StoredMoney, Validator, minor_units
from workflow.rules.enums import OPEN_STATES
from workflow.rules.errors import invalid_field
from workflow.rules.money import MAX_MINOR, convert_minor, exponent
from workflow.rules.permissions import Action, require_permission

BATCH_SIZE = 500
RATE_DECIMALS = 12
MAX_RATE = Decimal(10) ** 12
_VALUE_COLUMNS = ("id", "state", "deleted_at", "value_minor", "value_currency", "base_minor")


async def to_stored_money(ctx: Ctx, money: MoneyAmount, *path: str) -> StoredMoney:
    """Convert an amount to minor units, and to the base currency at today's rate."""
    minor = minor_units(money, *path)
    base_minor = await base_value(ctx, minor, money.currency, None, *path, "currency")
    return StoredMoney(minor=minor, currency=money.currency, base_minor=base_minor)


async def base_value(ctx: Ctx, minor: int, currency: str, on: date | None, *path: str) -> int:
    """Convert minor units to the base currency at the rate of a day, by default today."""
    settings = await lock_settings(ctx.viewer.organization_id)
    return await base_value_with(ctx, settings, minor, currency, on, *path)


async def base_value_with(
    ctx: Ctx, settings: Mapping[str, Any], minor: int, currency: str, on: date | None, *path: str
) -> int:
    """Convert minor units like `base_value`, with the settings that the caller has locked."""
    base = settings["base_currency"]
    if currency == base:
        return minor
    await lock_rates(ctx.viewer.organization_id)
    day = on or ctx.today(settings["time_zone"])
    rate = await _rate_on(ctx, currency, day)
    if rate is None:
        when = "today" if on is None else f"on {day}"
        message = (
            f"There is no exchange rate from {currency} to {base} valid {when}. "
            f"Enter the amount in {base}, or ask an admin to set the rate."
        )
        raise invalid_field(*path, message=message)
    base_minor = convert_minor(minor, currency, base, rate)
    if base_minor >= MAX_MINOR:
        message = f"This amount is too large to be stored in {base}. Check the amount and the exchange rate."
        raise invalid_field(*path, message=message)
    return base_minor


async def set_exchange_rate(ctx: Ctx, currency: str, rate: Decimal, valid_from: date) -> UUID:
    """Set the rate of a currency from a day on, in base currency per unit. Revalue the open deals in it."""

    async def work() -> UUID:
        require_permission(ctx.viewer, Action.ADMINISTER, to="set exchange rates")
        settings = await lock_settings(ctx.viewer.organization_id)
        _check_rate(currency, rate, settings["base_currency"])
        # Until the commit, nobody values a deal at the old rate and misses being revalued.
        await lock_rates(ctx.viewer.organization_id, exclusive=True)
        id = await _store_rate(ctx, currency, rate, valid_from)
        await _revalue(ctx, currency, settings["base_currency"], ctx.today(settings["time_zone"]))
        payload = {"exchangeRateId": id, "currency": currency, "rate": rate, "validFrom": valid_from}
        await record_event(ctx, "exchangeRate.set", aggregate="exchangeRate", id=id, payload=payload)
        return id

    return await perform(ctx, work)


def _check_rate(currency: str, rate: Decimal, base: str) -> None:
    validator = Validator()
    if exponent(currency) is None:
        message = f"`{currency[:80]}` is not an ISO 4217 currency code such as EUR or USD."
        validator.add("currency", message=message)
    if currency == base:
        message = f"{base} is the base currency, whose rate is always 1. Choose another currency."
        validator.add("currency", message=message)
    if not 0 < rate < MAX_RATE or rate != round(rate, RATE_DECIMALS):
        message = (
            f"`rate` must be above 0 and below {MAX_RATE:,}, with at most {RATE_DECIMALS} decimals. "
            f"It is the amount in {base} for one unit of the currency."
        )
        validator.add("rate", message=message)
    validator.raise_if_any()


async def rates_on(organization_id: UUID, day: date) -> dict[str, Decimal]:
    """Return the rate of each currency on a day, with one SQL statement."""
    rates = ExchangeRate.filter(organization_id=organization_id, valid_from__lte=day).order_by("valid_from")
    return {rate["currency"]: rate["rate"] for rate in await rates.values("currency", "rate")}


async def _rate_on(ctx: Ctx, currency: str, day: date) -> Decimal | None:
    rates = ExchangeRate.filter(
        organization_id=ctx.viewer.organization_id, currency=currency, valid_from__lte=day
    )
    found = await rates.order_by("-valid_from").limit(1).values("rate")
    return found[0]["rate"] if found else None


async def _store_rate(ctx: Ctx, currency: str, rate: Decimal, valid_from: date) -> UUID:
    key: dict[str, Any] = {  # Any: columns of several kinds
        "organization_id": ctx.viewer.organization_id,
        "currency": currency,
        "valid_from": valid_from,
    }
    found = await ExchangeRate.filter(**key).values("id")
    if found:
        existing_id: UUID = found[0]["id"]
        await ExchangeRate.filter(id=existing_id).update(rate=rate)
        return existing_id
    id = new_id()
    await ExchangeRate.create(id=id, rate=rate, **key)
    return id


async def _revalue(ctx: Ctx, currency: str, base: str, today: date) -> None:
    """Revalue the open deals in a currency at today's rate. Closed and deleted deals keep their value."""
    rate = await _rate_on(ctx, currency, today)
    deals_in_currency = Opportunity.filter(
        organization_id=ctx.viewer.organization_id, value_currency=currency, deleted_at=None
    )
    deals = deals_in_currency.filter(state__in=list(OPEN_STATES)).order_by("id")
    ids: Sequence[UUID] = [record["id"] for record in await deals.values("id")] if rate else ()
    for start in range(0, len(ids), BATCH_SIZE):
        await _revalue_batch(ctx, ids[start : start + BATCH_SIZE], currency, base, rate or Decimal(0))


async def _revalue_batch(ctx: Ctx, ids: Sequence[UUID], currency: str, base: str, rate: Decimal) -> None:
    await lock_deals(ctx.viewer.organization_id, ids)
    # Read under the locks: a deal may have been closed, deleted or given another value since its id was read.
    for deal in await Opportunity.filter(id__in=list(ids)).values(*_VALUE_COLUMNS):
        if deal["value_currency"] != currency or deal["state"] not in OPEN_STATES or deal["deleted_at"]:
            continue
        base_minor = convert_minor(deal["value_minor"], currency, base, rate)
        if base_minor >= MAX_MINOR:
            message = (
                f"At this rate, the value of a deal is too large to be stored in {base}. Check the rate."
            )
            raise invalid_field("rate", message=message)
        if base_minor != deal["base_minor"]:
            await Opportunity.filter(id=deal["id"]).update(base_minor=base_minor)
