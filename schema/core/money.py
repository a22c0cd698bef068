"""Money in major units, as clients read and write it."""

from decimal import Decimal

import strawberry

from schema.core.nodes import described
from workflow.operations.core.validation import MoneyAmount
from workflow.rules.money import amount


@strawberry.type(description="An exact amount of money.")
class Money:
    amount: Decimal = described(
        "The amount in major units, such as euros, with as many decimals as the currency has."
    )
    currency: str = described("The ISO 4217 code of the currency, such as EUR.")


@strawberry.input(description="An exact amount of money.")
class MoneyInput:
    amount: Decimal = strawberry.field(
        description="The amount in major units, such as euros: 0 or more, with at most as many decimals "
        "as the currency has."
    )
    currency: str = strawberry.field(description="The ISO 4217 code of the currency, such as EUR.")


def money(minor: int | None, currency: str | None) -> Money | None:
    """Return an amount in minor units as Money; None without an amount or a currency."""
    if minor is None or currency is None:
        return None
    return Money(amount=amount(minor, currency), currency=currency)


def parse_money(value: MoneyInput | None) -> MoneyAmount | None:
    """Convert the input for an operation."""
    return None if value is None else MoneyAmount(amount=value.amount, currency=value.currency)
