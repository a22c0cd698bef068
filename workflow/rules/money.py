"""Money in minor units: exact whole numbers, rounded half up once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache

from iso4217 import Currency

MAX_MINOR = 10**15


@lru_cache(maxsize=1000)
def exponent(currency: str) -> int | None:
    """Return how many decimals the currency has (ISO 4217); None if there is no such currency."""
    try:
        digits = Currency(currency).exponent
    except ValueError:
        return None
    # ISO 4217 gives gold and the test currency no number of decimals.
    return digits if digits is not None else 0


def amount(minor: int, currency: str) -> Decimal:
    """Return minor units as an amount in whole units."""
    return Decimal(minor).scaleb(-(exponent(currency) or 0))


def convert_minor(minor: int, currency: str, base: str, rate: Decimal) -> int:
    """Convert to minor units of the base currency; `rate` is base currency per one unit."""
    return round_half_up((amount(minor, currency) * rate).scaleb(exponent(base) or 0))


def weighted_minor(minor: int | None, probability: Decimal) -> int | None:
    """Return an amount times the probability of the deal."""
    return None if minor is None else round_half_up(minor * probability)


def round_half_up(value: Decimal) -> int:
    """Round half up to a whole number."""
    return int(value.quantize(Decimal(1), rounding=ROUND_HALF_UP))


@dataclass(frozen=True, slots=True)
class ExchangeRates:
    """Rates into the base currency: for each currency the rates with their first days, earliest first."""

    base: str
    rates: Mapping[str, Sequence[tuple[date, Decimal]]]

    def to_base(self, minor: int, currency: str, on: date) -> int:
        """Convert to minor units of the base currency at the rate of a day, at the earliest the first."""
        if currency == self.base:
            return minor
        known = self.rates.get(currency, ())
        rate = next((rate for since, rate in reversed(known) if since <= on), known[0][1] if known else None)
        return 0 if rate is None else convert_minor(minor, currency, self.base, rate)
