"""GraphQL executed in the process of the test, as a given person."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from schema import schema
from schema.core.context import RequestContext
from workflow.operations.core.context import Ctx


async def execute(ctx: Ctx, query: str, *, now: datetime | None = None, **variables: Any) -> dict[str, Any]:
    """Return the data of a query; fail if it has errors."""
    result = await execute_with_errors(ctx, query, now=now, **variables)
    assert result["errors"] == [], result["errors"]
    data: dict[str, Any] = result["data"]
    return data


async def execute_with_errors(
    ctx: Ctx, query: str, *, now: datetime | None = None, **variables: Any
) -> dict[str, Any]:
    """Return the data and the messages of the errors of a query."""
    ctx = replace(ctx, now=now or ctx.now)
    context = RequestContext(viewer=ctx.viewer, now=ctx.now, request_id="test")
    result = await schema.execute(query, variable_values=variables, context_value=context)
    return {"data": result.data, "errors": [error.message for error in result.errors or []]}
