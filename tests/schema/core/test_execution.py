"""Execution: a parsed document is executed, and every list is counted."""

from typing import Any

from graphql import parse

from schema import schema
from schema.core.context import RequestContext
from schema.core.execution import execute_document
from tests.support.organizations import NOW, TestOrganization


async def test_a_parsed_document_is_executed(organization: TestOrganization) -> None:
    context = RequestContext(viewer=organization.ctx.viewer, now=NOW, request_id="test")
    document = parse("query ($is: Boolean!) { viewer { role name @skip(if: $is) } }")

    result = await execute_document(schema, document, context, variables={"is": True})

    assert (result.errors, result.data) == (None, {"viewer": {"role": "ADMIN"}})


async def test_strawberry_executes_the_parsed_document_not_the_text(
    organization: TestOrganization,
) -> None:
    context = RequestContext(
        viewer=organization.ctx.viewer, now=NOW, request_id="test", document=parse("{ viewer { role } }")
    )

    result = await schema.execute("this text is not GraphQL", context_value=context)

    assert (result.errors, result.data) == (None, {"viewer": {"role": "ADMIN"}})


async def test_a_wrong_variable_is_an_error_without_data(organization: TestOrganization) -> None:
    context = RequestContext(viewer=organization.ctx.viewer, now=NOW, request_id="test")
    document = parse("query ($is: Boolean!) { viewer { role @skip(if: $is) } }")

    result = await execute_document(schema, document, context, variables={"is": "perhaps"})

    assert result.data is None
    assert [error.message for error in result.errors or []] == [
        "Variable '$is' has invalid value: Boolean cannot represent a non boolean value: 'perhaps'"
    ]


async def test_without_a_parsed_document_the_text_is_validated() -> None:
    result = await schema.execute("{ viewer { salary } }")

    assert [error.message for error in result.errors or []] == [
        "Cannot query field 'salary' on type 'Viewer'."
    ]


async def test_the_rows_of_every_list_are_counted(organization: TestOrganization) -> None:
    counted: list[int] = []

    class Counting(RequestContext):
        def count_rows_of_lists(self, rows: int) -> bool:
            counted.append(rows)
            return True

    context: Any = Counting(viewer=organization.ctx.viewer, now=NOW, request_id="test")

    result = await schema.execute(
        "{ members { nodes { name } } teams { name } viewer { role } }", context_value=context
    )

    assert result.errors is None
    assert sorted(counted) == [0, 1]
