"""A company's own requirements: their gate, their overrides and the base currency."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from tests.support.organizations import NOW
from tests.support.rules.deal_facts import default_document
from tests.support.scenarios.overrides import REASON, new_lead, stored_overrides
from tests.support.team import SalesTeam, new_sales_team
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

OWN_REQUIREMENT = "own.rule"
LATER = NOW + timedelta(hours=1)


async def team_with_requirement(expression: str, when: str | None = None) -> tuple[SalesTeam, UUID]:
    """A team whose QUALIFY has one more requirement, and a lead that meets all others."""
    team = await new_sales_team()
    document = default_document()
    asked = {
        "key": OWN_REQUIREMENT,
        "label": "Our own rule",
        "test": {"expression": expression},
        "when": when,
    }
    next(gate for gate in document["gates"] if gate["trigger"] == "QUALIFY")["requirements"].append(asked)
    await publish(team.organization.ctx, parse_process(document))
    return team, await new_lead(team, unmet=())


async def set_value(team: SalesTeam, id: UUID, amount: int, currency: str = "EUR") -> None:
    """Set the value of the deal."""
    changes: OpportunityChanges = {"value": MoneyAmount(Decimal(amount), currency)}
    await update_opportunity(team.at("admin", LATER), id, changes, expected_version=None)


async def set_employees(team: SalesTeam, id: UUID, people: int) -> None:
    """Set the employees of the deal's account."""
    account = (await Opportunity.filter(id=id).values("account_id"))[0]["account_id"]
    await update_account(team.at("admin", LATER), account, {"employee_count": people}, expected_version=None)


async def override_states(id: UUID) -> list[bool]:
    """Return for each override of the deal whether it is settled."""
    return [at is not None for _, at in await stored_overrides(id)]


async def test_an_unmet_company_requirement_blocks_with_its_remedy_until_it_is_met() -> None:
    team, id = await team_with_requirement("opportunity.value > 50000")

    with pytest.raises(TransitionBlockedError) as refusal:
        await qualify(team.at("owner", LATER), id, QualifyChanges(), TransitionOptions())
    await set_value(team, id, 50_001)
    await qualify(team.at("owner", LATER), id, QualifyChanges(), TransitionOptions())

    verdicts: list[Any] = list(refusal.value.unmet)
    assert [(one.key, one.remedy) for one in verdicts] == [(OWN_REQUIREMENT, "updateOpportunity")]
    assert (await Opportunity.get(id=id)).state == OpportunityState.QUALIFIED


@pytest.mark.parametrize("when", [None, "opportunity.value == null || opportunity.value > 50000"])
async def test_an_override_of_a_company_requirement_is_open_until_met_or_not_applicable(
    when: str | None,
) -> None:
    expression = "opportunity.value < 50000" if when is None else "account.employeeCount > 100"
    team, id = await team_with_requirement(expression, when)
    given = NewOverride((OWN_REQUIREMENT,), REASON)

    await qualify(team.at("admin", LATER), id, QualifyChanges(), TransitionOptions(override=given))
    await set_value(team, id, 50_001)
    owed = await override_states(id)
    await set_value(team, id, 49_999)

    assert (owed, await override_states(id)) == ([False], [True])


async def test_an_override_met_by_the_account_is_settled_by_the_next_write_on_the_deal() -> None:
    team, id = await team_with_requirement("account.employeeCount > 100")
    await qualify(
        team.at("admin", LATER),
        id,
        QualifyChanges(),
        TransitionOptions(override=NewOverride((OWN_REQUIREMENT,), REASON)),
    )

    await set_employees(team, id, 101)
    await set_value(team, id, 1)

    assert await override_states(id) == [True]


async def test_expressions_see_the_value_in_base_currency() -> None:
    team, id = await team_with_requirement("opportunity.value > 50000")
    await set_exchange_rate(team.ctx["admin"], "USD", Decimal("0.5"), date(2026, 1, 1))
    await set_value(team, id, 100_003, "USD")

    facts = (await load_facts(team.organization.id, [id], NOW))[id]

    assert value_of(CelReference("opportunity.value"), CelContext(facts, 0, NOW.date())) == 50001.5
    assert facts.base_currency == "EUR"
