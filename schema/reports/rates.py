"""Exchange rates: type, query and mutation."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Annotated
from uuid import UUID

import strawberry

from schema.core.context import Info
from schema.core.dataloader import load_required
from schema.core.inputs import or_none
from schema.core.nodes import Node, backed_by, described, node_id
from schema.results.problems import InvalidInput, PermissionDenied
from workflow.operations.pricing import exchange_rates as pricing
from workflow.queries.reports import rates
from workflow.queries.reports.rates import RateRow


@strawberry.type(description="The worth of one unit of a currency in the base currency, from a day on.")
class ExchangeRate(Node):
    is_type_of = backed_by(RateRow)
    id: strawberry.ID = node_id("ExchangeRate")
    currency: str = described("The ISO 4217 code of the currency.")
    rate: Decimal = described("The amount of base currency for one unit.")
    valid_from: date = described("The first day of the rate. It ends when a later rate begins.")


@strawberry.input(description="A rate from a day on. The same currency and day again replaces it.")
class SetExchangeRateInput:
    currency: str = described("The ISO 4217 code of the currency. Not the base currency.")
    rate: Decimal = described("The amount of base currency for one unit, more than 0.")
    valid_from: date = described("The first day of the rate. It ends when a later rate begins.")


@strawberry.type(description="The exchange rate is set.")
class ExchangeRateSet:
    key: strawberry.Private[UUID]

    @strawberry.field(graphql_type=ExchangeRate, description="The exchange rate, read after the change.")
    async def exchange_rate(self, info: Info) -> RateRow:
        return await load_required(info.context.loaders.rate, self.key)


ExchangeRateResult = Annotated[
    ExchangeRateSet | PermissionDenied | InvalidInput,
    strawberry.union(
        "ExchangeRateResult", description="The exchange rate, or the reason why it was not set."
    ),
]


Currencies = Annotated[
    list[str] | None, strawberry.argument(description="Only rates of these currencies, by ISO 4217 code.")
]


@strawberry.type
class RateQuery:
    @strawberry.field(graphql_type=list[ExchangeRate], description="The exchange rates, by currency and day.")
    async def exchange_rates(self, info: Info, currency: Currencies = strawberry.UNSET) -> Sequence[RateRow]:
        return await rates.rates(info.context.viewer, or_none(currency))


@strawberry.type
class RateMutation:
    @strawberry.mutation(
        graphql_type=ExchangeRateResult,
        description="Set the exchange rate of a currency from a day on. Open opportunities in the "
        "currency get their new base value at once; closed ones keep theirs. Only admins "
        "may do this.",
    )
    async def set_exchange_rate(self, info: Info, input: SetExchangeRateInput) -> ExchangeRateSet:
        context = info.context.operation_context()
        key = await pricing.set_exchange_rate(context, input.currency, input.rate, input.valid_from)
        return ExchangeRateSet(key=key)
