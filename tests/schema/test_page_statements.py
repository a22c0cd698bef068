"""A page takes the same number of statements whatever its size, and no table is asked more often than it must be."""

from typing import Any

import pytest
from graphql import GraphQLObjectType, build_schema, get_named_type, is_required_argument

from schema import schema
from schema.context import RequestContext
from tests.crew import SELLER, deals_of
from tests.organizations import NOW, TestOrganization
from tests.rows import families
from tests.statements import Statements, statements
from workflow.models import Opportunity
from workflow.operations.accounts import create_contact
from workflow.operations.activities import NewActivity, log_activity
from workflow.operations.arrows import Won, win
from workflow.operations.competitors import NewCompetitor, add_competitor
from workflow.operations.debts import OverrideGiven
from workflow.operations.mitigating import NewMitigation, add_mitigation
from workflow.operations.risks import NewRisk, raise_risk, review_risks
from workflow.operations.stakeholders import NewStakeholder, add_stakeholder
from workflow.operations.transitions import Terms
from workflow.rules.states import (
    ActivityDirection,
    ActivityKind,
    BuyingRole,
    CompetitorKind,
    MitigationKind,
    OpportunityState,
    RiskCategory,
    Role,
    WinReason,
)

SIZES = (1, 10, 50, 100)
PEOPLE = 6
PAGE = """query($first: Int!) { opportunities(first: $first) { nodes { name
  owner { name } account { name }
  buyer { stakeholders { coverage contact { name } } }
  transitions { trigger readiness requirements { key status explanation } } } } }"""
TYPES = build_schema(schema.as_str()).type_map
DEEPEST = 3


def object_type(name: str) -> GraphQLObjectType:
    """An object type of our schema."""
    kind = TYPES[name]
    assert isinstance(kind, GraphQLObjectType)
    return kind


def selection(type_name: str, deep: int = DEEPEST) -> str:
    """Every field of a type and of what hangs on it, but lists that are paged of their own."""
    kind = object_type(type_name)
    return " ".join(_selected(name, kind, deep) for name in kind.fields)


def _selected(name: str, kind: GraphQLObjectType, deep: int) -> str:
    below = get_named_type(kind.fields[name].type)
    if any(is_required_argument(argument) for argument in kind.fields[name].args.values()):
        return ""
    if not isinstance(below, GraphQLObjectType):
        return "" if getattr(below, "types", None) or getattr(below, "fields", None) else name
    if below.name.endswith("Connection") or not deep:
        return ""
    inner = selection(below.name, deep - 1)
    return f"{name} {{ {inner} }}" if inner.strip() else ""


DEAL = object_type("Opportunity")
FIELDS = {name: selected for name in DEAL.fields if (selected := _selected(name, DEAL, DEEPEST))}


EVERYTHING = """query($first: Int!) { opportunities(first: $first) { totalCount totalValue { amount } nodes {
  name owner { name } collaborators { name } account { name } process { key } value { amount } baseValue { amount }
  weightedValue { amount } probability forecastCategory pushCount nextStep { text overdue } timeInStates { state visits }
  buyer { stakeholders { coverage relations { kind } contact { name } } coverage { met } coveragePercent singleThreaded
    decisionSteps { name } objectives { text } competitors { name } }
  risks { level mitigations { action } perceivedBy { id } owner { name } } riskLevel riskReview { by { name } }
  milestones { overdue completedBy { name } } progress { percent momentum next { name } }
  activities(first: 5) { totalCount nodes { summary with { name } actor { name } } }
  transitions { trigger readiness requirements { key status explanation } }
  history(first: 5) { totalCount nodes { trigger override { reason } close { competitor { name } } } }
  openOverrides { reason } qualification { score assessments { grade saidBy { id } } } close { competitor { name } }
  viewerCanUpdate viewerCanAssign viewerCanDelete } } }"""
AGAIN = {"activity": 3, "activity_contact": 2, "opportunity": 3, "override": 2, "transition": 3}
"""Asked more than once: activities and arrows as the rules read them, as a page, and how many in all; a list's two totals."""


async def asked(organization: TestOrganization, query: str, first: int) -> tuple[list[dict[str, Any]], Statements]:
    """The deals of a page, and the statements that it took."""
    context = RequestContext(viewer=organization.ctx.viewer, now=NOW, request_id="page")
    async with statements() as seen:
        answer = await schema.execute(query, variable_values={"first": first}, context_value=context)
    assert answer.errors is None, answer.errors
    assert answer.data is not None
    return answer.data["opportunities"]["nodes"], seen


async def test_a_page_takes_the_same_statements_whatever_its_size(organization: TestOrganization) -> None:
    await families(organization, max(SIZES), people=PEOPLE)

    taken = {}
    for size in SIZES:
        deals, seen = await asked(organization, PAGE, size)
        assert (
            len({deal["owner"]["name"] for deal in deals}) == len({deal["account"]["name"] for deal in deals}) == size
        )
        assert len({who["contact"]["name"] for deal in deals for who in deal["buyer"]["stakeholders"]}) == size * PEOPLE
        taken[size] = seen.by_table()

    assert [taken[size] for size in SIZES] == [taken[1]] * len(SIZES)


async def test_a_page_asks_each_table_once(organization: TestOrganization) -> None:
    await families(organization, 50, people=PEOPLE)

    _, seen = await asked(organization, PAGE, 50)

    asked_twice = {table: times for table, times in seen.by_table().items() if times > 1}
    assert asked_twice == {}


@pytest.mark.parametrize("name", FIELDS)
async def test_every_field_of_a_deal_takes_the_same_statements_whatever_the_size(
    organization: TestOrganization, name: str
) -> None:
    await families(organization, 20, people=2)
    query = f"query($first: Int!) {{ opportunities(first: $first) {{ nodes {{ id {FIELDS[name]} }} }} }}"

    _, few = await asked(organization, query, 2)
    _, many = await asked(organization, query, 20)

    assert many.by_table() == few.by_table()


async def lively(organization: TestOrganization, size: int) -> None:
    """Deals under way on which something of everything hangs."""
    seller = await organization.ctx_of(Role.REP, SELLER)
    deals = await deals_of(organization, {str(number): OpportunityState.PROGRESSING for number in range(size)})
    for id in deals.values():
        account = (await Opportunity.filter(id=id).values("account_id"))[0]["account_id"]
        contact = await create_contact(seller, account, {"name": "Maria Plant"})
        await add_stakeholder(seller, id, NewStakeholder(contact, [BuyingRole.CHAMPION]))
        await add_competitor(seller, id, NewCompetitor(CompetitorKind.VENDOR, "Globex"))
        risk = await raise_risk(seller, id, NewRisk(RiskCategory.TIME, "It takes too long", 2, 2))
        await add_mitigation(seller, risk, NewMitigation(MitigationKind.PILOT, "Show it in a week"))
        await review_risks(seller, id, none_found=False, note=None)
        call = NewActivity(ActivityKind.CALL, ActivityDirection.INBOUND, "They called", True, None, [contact])
        await log_activity(seller, id, call)
        asked = ("field.value", "milestone.decision_made", "milestone.terms_agreed")
        passed = Terms(override=OverrideGiven(asked, "The board wants this one and pays for it."))
        await win(organization.ctx, id, Won(WinReason.SPEED), passed)


async def test_a_page_with_everything_takes_the_same_statements_whatever_its_size(
    organization: TestOrganization,
) -> None:
    await lively(organization, 12)

    _, few = await asked(organization, EVERYTHING, 2)
    deals, many = await asked(organization, EVERYTHING, 12)

    assert [len(deal["activities"]["nodes"]) for deal in deals] == [1] * 12
    assert many.by_table() == few.by_table()
    assert {table: times for table, times in many.by_table().items() if times > 1} == AGAIN


AT_A_GLANCE = """query($first: Int!) { opportunities(first: $first) { nodes { name
  health { score band factors { key points explanation } }
  insight { completenessPercent topics { topic status summary missing } }
  progress { percent momentum next { name } }
  transitions { trigger readiness requirements { key status explanation } } } } }"""


@pytest.mark.parametrize("judged", [True, False], ids=["stored", "not judged yet"])
async def test_a_page_of_judgements_asks_each_table_once(organization: TestOrganization, judged: bool) -> None:
    await organization.ctx_of(Role.REP, SELLER)
    states = (OpportunityState.LEAD, OpportunityState.PROGRESSING, OpportunityState.LOST)
    wanted = {str(number): states[number % 3] for number in range(50)}
    await deals_of(organization, wanted)
    if not judged:
        await Opportunity.filter(organization_id=organization.id).update(
            health=None, health_factors=None, closed_insight=None
        )

    deals, seen = await asked(organization, AT_A_GLANCE, 50)

    assert len(deals) == 50
    assert {len(deal["insight"]["topics"]) for deal in deals} == {12}
    assert {table: times for table, times in seen.by_table().items() if times > 1} == {}
