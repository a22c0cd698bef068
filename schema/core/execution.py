"""Execution of a parsed document, with limits on the rows and the time of a response."""

from collections.abc import Iterator, Sized
from typing import Any

from strawberry.extensions import SchemaExtension
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext


class ParsedDocumentExtension(SchemaExtension):
    """Reuses the document that the server has parsed and validated. Without one, Strawberry does both."""

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


class LimitedExecutionContext(StrawberryGraphQLCoreExecutionContext):
    """Counts the rows of all lists, and stops a response that takes too long.

    The clock is checked at each list: a cancelled task goes on until its next await.
    """

    def complete_list_value(
        self, return_type: Any, fields: Any, info: Any, path: Any, result: Any, *rest: Any
    ) -> Any:
        """Count the rows, then complete the list."""
        if self.context_value is not None:
            self.context_value.count_rows(len(result) if isinstance(result, Sized) else 1)
        return super().complete_list_value(return_type, fields, info, path, result, *rest)
