"""Execution of a document that was read before, in bounds: what it lists is counted, and its time ends."""

from collections.abc import Iterator, Sized
from typing import Any

from strawberry.extensions import SchemaExtension
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext


class ParsedDocumentExtension(SchemaExtension):
    """Hands over the document that the request was read into; one that was not is parsed and validated as usual."""

    def on_parse(self) -> Iterator[None]:
        """Take the document instead of parsing the text again."""
        document = getattr(self.execution_context.context, "document", None)
        if document is not None:
            self.execution_context.graphql_document = document
        yield

    def on_validate(self) -> Iterator[None]:
        """It was validated when it was read."""
        if getattr(self.execution_context.context, "document", None) is not None:
            self.execution_context.pre_execution_errors = []
        yield


class LimitedExecutionContext(StrawberryGraphQLCoreExecutionContext):
    """Counts the rows of an answer's lists and looks at the clock with each list, for a cancelled task is not stopped while it computes."""

    def complete_list_value(self, return_type: Any, fields: Any, info: Any, path: Any, result: Any, *rest: Any) -> Any:
        """The list, unless the answer grows too long or takes too long with it."""
        if self.context_value is not None:
            self.context_value.count_rows(len(result) if isinstance(result, Sized) else 1)
        return super().complete_list_value(return_type, fields, info, path, result, *rest)
