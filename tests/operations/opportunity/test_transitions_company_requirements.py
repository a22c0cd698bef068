"""A company's own requirements on stored deals: judged on the worth in base currency, and owed until they hold or no longer apply."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from tests.support.organizations import NOW
from tests.support.rules.deal_facts import default_document
from tests.support.scenarios.overrides import REASON, debts, lead
from tests.support.team import Crew, new_crew
from workflow.models import Opportunity
from workflow.operations.accounts.accounts import update_account
from workflow.operations.change.columns import OpportunityChanges
from workflow.operations.change.overrides import NewOverride
from workflow.operations.core.validation import MoneyAmount
from workflow.operations.opportunity.edit import update_opportunity
from workflow.operations.opportunity.transitions import TransitionOptions
from workflow.operations.opportunity.triggers import QualifyChanges, qualify
from workflow.operations.pricing.exchange_rates import set_exchange_rate
from workflow.operations.process.processes import publish
from workflow.queries.opportunity.facts import load_facts
from workflow.rules.enums import OpportunityState
from workflow.rules.errors import TransitionBlockedError
from workflow.rules.gates.cel_variables import CelContext, CelReference, value_of
from workflow.rules.process.document import parse_process

OWN = "own.rule"
LATER = NOW + timedelta(hours=1)


async def crew_that_asks(expression: str, when: str | None = None) -> tuple[Crew, UUID]:
    """A crew whose QUALIFY asks one thing more, and a lead that lacks nothing else."""
    crew, document = await new_crew(), default_document()
    asked = {"key": OWN, "label": "Our own rule", "test": {"expression": expression}, "when": when}
    next(gate for gate in document["gates"] if gate["trigger"] == "QUALIFY")["requirements"].append(asked)
    await publish(crew.organization.ctx, parse_process(document))
    return crew, await lead(crew, unmet=())


async def priced(crew: Crew, id: UUID, amount: int, currency: str = "EUR") -> None:
    """The deal is worth that much."""
    changes: OpportunityChanges = {"value": MoneyAmount(Decimal(amount), currency)}
    await update_opportunity(crew.at("admin", LATER), id, changes, expected_version=None)


async def employing(crew: Crew, id: UUID, people: int) -> None:
    """The deal's account has so many employees."""
    account = (await Opportunity.filter(id=id).values("account_id"))[0]["account_id"]
    await update_account(crew.at("admin", LATER), account, {"employee_count": people}, expected_version=None)


async def settled(id: UUID) -> list[bool]:
    """Of each override of the deal, whether it was made good."""
    return [at is not None for _, at in await debts(id)]


async def test_what_is_unmet_is_told_with_its_remedy_and_let_through_once_it_is_so() -> None:
    crew, id = await crew_that_asks("opportunity.value > 50000")

    with pytest.raises(TransitionBlockedError) as refusal:
        await qualify(crew.at("owner", LATER), id, QualifyChanges(), TransitionOptions())
    await priced(crew, id, 50_001)
    await qualify(crew.at("owner", LATER), id, QualifyChanges(), TransitionOptions())

    told: list[Any] = list(refusal.value.unmet)
    assert [(one.key, one.remedy) for one in told] == [(OWN, "updateOpportunity")]
    assert (await Opportunity.get(id=id)).state == OpportunityState.QUALIFIED


@pytest.mark.parametrize("when", [None, "opportunity.value == null || opportunity.value > 50000"])
async def test_a_debt_of_an_own_requirement_is_owed_until_it_holds_or_no_longer_applies(when: str | None) -> None:
    expression = "opportunity.value < 50000" if when is None else "account.employeeCount > 100"
    crew, id = await crew_that_asks(expression, when)
    given = NewOverride((OWN,), REASON)

    await qualify(crew.at("admin", LATER), id, QualifyChanges(), TransitionOptions(override=given))
    await priced(crew, id, 50_001)
    owed = await settled(id)
    await priced(crew, id, 49_999)

    assert (owed, await settled(id)) == ([False], [True])


async def test_a_debt_on_the_account_is_made_good_by_the_next_write_on_the_deal() -> None:
    crew, id = await crew_that_asks("account.employeeCount > 100")
    await qualify(
        crew.at("admin", LATER), id, QualifyChanges(), TransitionOptions(override=NewOverride((OWN,), REASON))
    )

    await employing(crew, id, 101)
    await priced(crew, id, 1)

    assert await settled(id) == [True]


async def test_the_value_is_what_the_deal_is_worth_in_base_currency() -> None:
    crew, id = await crew_that_asks("opportunity.value > 50000")
    await set_exchange_rate(crew.ctx["admin"], "USD", Decimal("0.5"), date(2026, 1, 1))
    await priced(crew, id, 100_003, "USD")

    facts = (await load_facts(crew.organization.id, [id], NOW))[id]

    assert value_of(CelReference("opportunity.value"), CelContext(facts, 0, NOW.date())) == 50001.5
    assert facts.base_currency == "EUR"
