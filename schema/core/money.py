"""Money as people write it."""

from decimal import Decimal

import strawberry

from schema.core.nodes import described
from workflow.operations.core.validation import MoneyAmount
from workflow.rules.money import amount


@strawberry.type(description="An exact amount of a currency.")
class Money:
    amount: Decimal = described("In major units, with as many decimals as the currency has.")
    currency: str = described("ISO 4217 code.")


@strawberry.input(description="An exact amount of a currency.")
class MoneyInput:
    amount: Decimal = strawberry.field(
        description="In major units, 0 or more, with no more decimals than the currency has."
    )
    currency: str = strawberry.field(description="ISO 4217 code, e.g. EUR.")


def money(minor: int | None, currency: str | None) -> Money | None:
    """Minor units as Money."""
    if minor is None or currency is None:
        return None
    return Money(amount=amount(minor, currency), currency=currency)


def parse_money(value: MoneyInput | None) -> MoneyAmount | None:
    """Money as an operation takes it."""
    return None if value is None else MoneyAmount(amount=value.amount, currency=value.currency)
