"""Execution of a document that the server has parsed and validated already."""

from collections.abc import Iterator

from strawberry.extensions import SchemaExtension


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
