"""What an amount is worth in the organization's base currency on a day, and what becomes of it when a rate changes."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from workflow.models import ExchangeRate, Opportunity
from workflow.models.columns import new_id
from workflow.operations.core.context import Ctx
from workflow.operations.core.journal import record_event
from workflow.operations.core.locking import lock_rates, lock_rows, lock_settings
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
    """The amount in minor units and in base currency at today's rate; refuses what no ledger could hold."""
    minor = minor_units(money, *path)
    worth = await base_value(ctx, minor, money.currency, None, *path, "currency")
    return StoredMoney(minor=minor, currency=money.currency, base_minor=worth)


async def base_value(ctx: Ctx, minor: int, currency: str, on: date | None, *path: str) -> int:
    """Minor units of base currency at the rate valid on a day, today where none is named; InvalidInput where there is none."""
    settings = await lock_settings(ctx.viewer.organization_id)
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
            f"Give the amount in {base}, or ask an admin to set the rate with setExchangeRate."
        )
        raise invalid_field(*path, message=message)
    worth = convert_minor(minor, currency, base, rate)
    if worth >= MAX_MINOR:
        raise invalid_field(*path, message=f"In {base} this is more than can be kept. Check the amount and the rate.")
    return worth


async def set_exchange_rate(ctx: Ctx, currency: str, rate: Decimal, valid_from: date) -> UUID:
    """Base currency per one unit of `currency` from a day on; open deals in it are worth the new rate at once."""

    async def work() -> UUID:
        require_permission(ctx.viewer, Action.ADMINISTER, to="set exchange rates")
        settings = await lock_settings(ctx.viewer.organization_id)
        _check_rate(currency, rate, settings["base_currency"])
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
        validator.add("currency", message=f"`{currency}` is no ISO 4217 currency code such as EUR or USD.")
    if currency == base:
        validator.add("currency", message=f"{base} is the base currency; its rate is always 1. Name another currency.")
    if not 0 < rate < MAX_RATE or rate != round(rate, RATE_DECIMALS):
        message = (
            f"`rate` is above 0, below {MAX_RATE:,} and has at most {RATE_DECIMALS} decimals: {base} for one unit."
        )
        validator.add("rate", message=message)
    validator.raise_if_any()


async def rates_on(organization_id: UUID, day: date) -> dict[str, Decimal]:
    """The rate of each currency that is valid on a day; one statement."""
    rates = ExchangeRate.filter(organization_id=organization_id, valid_from__lte=day).order_by("valid_from")
    return {rate["currency"]: rate["rate"] for rate in await rates.values("currency", "rate")}


async def _rate_on(ctx: Ctx, currency: str, day: date) -> Decimal | None:
    rates = ExchangeRate.filter(organization_id=ctx.viewer.organization_id, currency=currency, valid_from__lte=day)
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
        same: UUID = found[0]["id"]
        await ExchangeRate.filter(id=same).update(rate=rate)
        return same
    id = new_id()
    await ExchangeRate.create(id=id, rate=rate, **key)
    return id


async def _revalue(ctx: Ctx, currency: str, base: str, today: date) -> None:
    """Write the worth of every open deal in the currency anew; a closed or deleted one keeps what it was worth then."""
    rate = await _rate_on(ctx, currency, today)
    deals_in_currency = Opportunity.filter(
        organization_id=ctx.viewer.organization_id, value_currency=currency, deleted_at=None
    )
    deals = deals_in_currency.filter(state__in=list(OPEN_STATES)).order_by("id")
    ids: Sequence[UUID] = [record["id"] for record in await deals.values("id")] if rate else ()
    for start in range(0, len(ids), BATCH_SIZE):
        await _revalue_batch(ids[start : start + BATCH_SIZE], currency, base, rate or Decimal(0))


async def _revalue_batch(ids: Sequence[UUID], currency: str, base: str, rate: Decimal) -> None:
    await lock_rows(Opportunity, ids)
    for deal in await Opportunity.filter(id__in=list(ids)).values(*_VALUE_COLUMNS):
        if deal["value_currency"] != currency or deal["state"] not in OPEN_STATES or deal["deleted_at"]:
            continue
        worth = convert_minor(deal["value_minor"], currency, base, rate)
        if worth >= MAX_MINOR:
            raise invalid_field(
                "rate", message=f"At this rate a deal is worth more {base} than can be kept. Check the rate."
            )
        if worth != deal["base_minor"]:
            await Opportunity.filter(id=deal["id"]).update(base_minor=worth)
