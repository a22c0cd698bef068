"""Exchange rates: what one unit of a currency is worth in the base currency, from a day on."""

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


@strawberry.type(description="What one unit of a currency is worth in the base currency, from a day on.")
class ExchangeRate(Node):
    is_type_of = backed_by(RateRow)
    id: strawberry.ID = node_id("ExchangeRate")
    currency: str = described("ISO 4217 code.")
    rate: Decimal = described("Base currency per one unit.")
    valid_from: date = described("From that day on, until a later rate.")


@strawberry.input(description="A rate from a day on; the same currency and day again replaces it.")
class SetExchangeRateInput:
    currency: str = described("ISO 4217 code, not the base currency.")
    rate: Decimal = described("Base currency per one unit.")
    valid_from: date = described("From that day on, until a later rate.")


@strawberry.type(description="The rate holds; open opportunities in the currency are worth it at once.")
class ExchangeRateSet:
    key: strawberry.Private[UUID]

    @strawberry.field(graphql_type=ExchangeRate, description="The rate as stored.")
    async def exchange_rate(self, info: Info) -> RateRow:
        return await load_required(info.context.loaders.rate, self.key)


ExchangeRateResult = Annotated[
    ExchangeRateSet | PermissionDenied | InvalidInput,
    strawberry.union("ExchangeRateResult", description="The rate, or why not."),
]


@strawberry.type
class RateQuery:
    @strawberry.field(graphql_type=list[ExchangeRate], description="All rates, by currency and day.")
    async def exchange_rates(self, info: Info, currency: list[str] | None = strawberry.UNSET) -> Sequence[RateRow]:
        return await rates.rates(info.context.viewer, or_none(currency))


@strawberry.type
class RateMutation:
    @strawberry.mutation(
        graphql_type=ExchangeRateResult,
        description="Say what a currency is worth from a day on; closed opportunities keep the rate of their day.",
    )
    async def set_exchange_rate(self, info: Info, input: SetExchangeRateInput) -> ExchangeRateSet:
        context = info.context.operation_context()
        key = await pricing.set_exchange_rate(context, input.currency, input.rate, input.valid_from)
        return ExchangeRateSet(key=key)
