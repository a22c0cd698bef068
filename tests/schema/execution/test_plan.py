"""Plans: a level has a dictionary for each row, in the order of the selection; documents keep them."""

from typing import Any

from graphql import execute, parse

from schema.core.context import RequestContext
from schema.execution.executor import MAX_PLANS, LevelExecutor
from tests.schema.execution.small_schema import GRAPHQL, answers
from tests.support.organizations import NOW, TestOrganization


async def test_keys_have_the_order_of_the_selection() -> None:
    own, stock = await answers("{ items { plain number ... { later } attribute } }")

    assert own[0].startswith('{"items": [{"plain": "row 1", "number": 1, "later": "row 1", "attribute"')
    assert own == stock


async def test_a_level_without_fields_has_empty_objects() -> None:
    own, stock = await answers("{ items { number @skip(if: true) } }")

    assert own[0] == '{"items": [{}, {}, null, {}]}'
    assert own == stock


async def test_a_document_keeps_one_plan_for_each_combination_of_conditions(
    organization: TestOrganization,
) -> None:
    document = parse("query ($a: Boolean!) { items { number plain @skip(if: $a) } }")
    plans: dict[Any, Any] = {}

    async def run(condition: bool) -> Any:
        context = RequestContext(viewer=organization.ctx.viewer, now=NOW, request_id="test", plans=plans)
        result: Any = execute(
            GRAPHQL,
            document,
            context_value=context,
            variable_values={"a": condition},
            executor_class=LevelExecutor,
        )
        return (await result).data["items"][0]

    assert [await run(condition) for condition in (True, False, True)] == [
        {"number": 1},
        {"number": 1, "plain": "row 1"},
        {"number": 1},
    ]
    assert len(plans) == 2


async def test_the_plans_of_a_document_are_bounded(organization: TestOrganization) -> None:
    names = [f"v{number}" for number in range(8)]
    declared = ", ".join(f"${name}: Boolean" for name in names)
    used = " ".join(f"{name}: number @skip(if: ${name})" for name in names)
    document = parse(f"query ({declared.replace('Boolean', 'Boolean!')}) {{ items {{ {used} }} }}")
    plans: dict[Any, Any] = {}

    for number in range(2 * MAX_PLANS):
        context = RequestContext(viewer=organization.ctx.viewer, now=NOW, request_id="test", plans=plans)
        values = {name: bool(number >> bit & 1) for bit, name in enumerate(names)}
        result: Any = execute(
            GRAPHQL, document, context_value=context, variable_values=values, executor_class=LevelExecutor
        )
        assert (await result).errors is None

    assert len(plans) <= MAX_PLANS
