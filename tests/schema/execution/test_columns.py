"""The columns of a selection: statements read those that the answer needs, or all if that is not known."""

from typing import Any

import pytest
from graphql import GraphQLObjectType

from schema import schema
from schema.core.context import RequestContext
from schema.execution.columns import ColumnCollector, Columns, Needs, row_classes
from tests.support.organizations import NOW, TestOrganization
from tests.support.rows import create_deals_with_people
from tests.support.statements import statements
from workflow.queries.opportunity.accounts import AccountRow, ContactRow
from workflow.queries.opportunity.rows import OpportunityRow
from workflow.queries.people.people import MemberRow

BOARD = """{ opportunities(first: 50) { totalCount nodes { id name value { amount } owner { name }
    account { name } buyer { decisionDate stakeholders { roles contact { email } } }
    milestones { name } } } }"""


async def selected(query: str, organization: TestOrganization) -> Columns | None:
    """Return the columns that an answer to the query has selected."""
    found: list[Columns | None] = []

    class Recording(RequestContext):
        def select_columns(self, columns: Columns | None) -> None:
            found.append(columns)
            super().select_columns(columns)

    context: Any = Recording(viewer=organization.ctx.viewer, now=NOW, request_id="test")
    result = await schema.execute(query, context_value=context)
    assert result.errors is None
    return found[-1]


async def test_a_page_needs_the_columns_of_its_fields_alone(organization: TestOrganization) -> None:
    await create_deals_with_people(organization, 2, people=2)

    columns = await selected(BOARD, organization)

    assert columns is not None
    assert columns[OpportunityRow] == {
        "id", "name", "value_minor", "value_currency", "owner_id", "account_id", "decision_date",
    }  # fmt: skip
    assert [columns[kind] for kind in (AccountRow, ContactRow, MemberRow)] == [{"name"}, {"email"}, {"name"}]


@pytest.mark.parametrize("field", ["transitions { trigger }", "insight { completenessPercent }"])
async def test_a_resolver_that_does_not_say_what_it_needs_reads_all(
    organization: TestOrganization, field: str
) -> None:
    await create_deals_with_people(organization, 1, people=1)

    assert await selected(f"{{ opportunities {{ nodes {{ name {field} }} }} }}", organization) is None


async def test_a_resolver_may_need_columns_of_other_rows(organization: TestOrganization) -> None:
    await create_deals_with_people(organization, 1, people=1)

    columns = await selected("{ opportunities { nodes { viewerCanUpdate } } }", organization)

    assert columns is not None
    assert columns[MemberRow] == {"team_id"}


async def test_the_statement_of_a_page_reads_no_other_columns(organization: TestOrganization) -> None:
    await create_deals_with_people(organization, 1, people=1)
    context = RequestContext(viewer=organization.ctx.viewer, now=NOW, request_id="test")

    async with statements() as seen:
        result = await schema.execute("{ opportunities { nodes { number } } }", context_value=context)

    assert result.errors is None
    assert "closed_insight" not in " ".join(map(str, seen.texts))


def test_a_field_without_declaration_makes_the_columns_unknown() -> None:
    kind = schema._schema.type_map["Member"]
    assert isinstance(kind, GraphQLObjectType)
    collector = ColumnCollector()

    collector.add(kind, Needs(frozenset({"name"})))
    known = collector.columns
    collector.add(kind, None)

    assert known is not None
    assert known[MemberRow] == {"name"}
    assert collector.columns is None


def test_types_of_the_same_rows_share_their_columns() -> None:
    kinds = schema._schema.type_map
    classes = {name: tuple(row_classes(kinds[name])) for name in ("Opportunity", "Buyer", "Money", "__Type")}  # type: ignore[arg-type]  # object types

    assert classes == {
        "Opportunity": (OpportunityRow,),
        "Buyer": (OpportunityRow,),
        "Money": (),
        "__Type": (),
    }
