"""Execution of a document that the server has parsed and validated already."""

from collections.abc import Iterator
from inspect import isawaitable
from typing import Any

from graphql import DocumentNode, ExecutionResult, execute
from strawberry import Schema
from strawberry.execution import optimized_is_awaitable
from strawberry.extensions import SchemaExtension

from schema.core.context import RequestContext


async def execute_document(
    schema: Schema,
    document: DocumentNode,
    context: RequestContext,
    *,
    variables: dict[str, Any] | None = None,
    operation_name: str | None = None,
) -> ExecutionResult:
    """Run a query or a mutation; the result has the errors of its variables and fields.

    Strawberry's `execute` would run its extensions and copy the context for each request, which takes as long
    as a small query.
    """
    result = execute(
        schema._schema,
        document,
        context_value=context,
        variable_values=variables,
        operation_name=operation_name,
        executor_class=schema.execution_context_class,
        is_awaitable=optimized_is_awaitable,  # type: ignore[arg-type]  # returns a plain bool
        hide_suggestions=True,
    )
    return await result if isawaitable(result) else result


class ParsedDocumentExtension(SchemaExtension):
    """Lets Strawberry use the parsed document of a subscription. Without one, it parses and validates."""

    def on_parse(self) -> Iterator[None]:
        """Use the parsed document, if there is one."""
        document = getattr(self.execution_context.context, "document", None)
        if document is not None:
            self.execution_context.graphql_document = document
        yield

    def on_validate(self) -> Iterator[None]:
        """Skip the validation of a document that the server has validated."""
        if getattr(self.execution_context.context, "document", None) is not None:
            self.execution_context.pre_execution_errors = []
        yield
