"""The conversion of figures: rounded once, half up, and keys as clients know them."""

from uuid import UUID

import pytest

from schema.core.ids import encode
from schema.reports.types import exact_money, group_key, rounded_money

SOME = UUID("01a20f40-53a6-773d-aacd-9de01f03bea6")


@pytest.mark.parametrize(
    ("minor", "base", "shown"),
    [
        (250.5, "EUR", "2.51"),
        (250.49, "EUR", "2.50"),
        (-250.5, "EUR", "-2.51"),
        (2.5, "JPY", "3"),
        (0.0, "EUR", "0.00"),
    ],
)
def test_a_mean_is_rounded_half_up(minor: float, base: str, shown: str) -> None:
    found = rounded_money(minor, base)

    assert found is not None
    assert (str(found.amount), found.currency) == (shown, base)


def test_no_mean_is_no_money() -> None:
    assert rounded_money(None, "EUR") is None


def test_a_sum_is_exact() -> None:
    assert str(exact_money(123_456_789_012_345_678, "EUR").amount) == "1234567890123456.78"


@pytest.mark.parametrize(
    ("key", "by", "shown"),
    [
        (str(SOME), "OWNER", encode("Member", SOME)),
        (str(SOME), "TEAM", encode("Team", SOME)),
        (str(SOME), "ACCOUNT", encode("Account", SOME)),
        ("", "TEAM", ""),
        ("TOTAL", "OWNER", "TOTAL"),
        ("2026-03", "CLOSE_MONTH", "2026-03"),
        ("Fair", "SOURCE", "Fair"),
    ],
)
def test_the_key_of_a_record_is_its_id(key: str, by: str, shown: str) -> None:
    assert group_key(key, by) == shown
