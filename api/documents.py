"""What a GraphQL document holds, looked at before it runs and only where its text gives a reason to."""

import re
from typing import Any

from graphql import DocumentNode, FieldNode, GraphQLError, OperationDefinitionNode, Visitor, parse, visit

KEYWORD = re.compile(r"\b(?:query|mutation|subscription)\b")
INTROSPECTION = re.compile(r"__(?:schema|type)\b")


def document_problem(query: str, *, operation_name: str | None, introspection: bool) -> GraphQLError | None:
    """Several operations and none named, or introspection where it is off; the rest is found by execution."""
    several = operation_name is None and len(KEYWORD.findall(query)) > 1
    asks_schema = not introspection and INTROSPECTION.search(query) is not None
    if not several and not asks_schema:
        return None
    try:
        document = parse(query)
    except (GraphQLError, RecursionError):
        return None
    return _unnamed(document) if several and _unnamed(document) else _introspects(document) if asks_schema else None


def _unnamed(document: DocumentNode) -> GraphQLError | None:
    operations = [node for node in document.definitions if isinstance(node, OperationDefinitionNode)]
    names = ", ".join(node.name.value for node in operations if node.name)
    if len(operations) < 2 or not all(node.name for node in operations):
        return None
    message = f"The document holds several operations: say in `operationName` which one to run of {names}."
    return GraphQLError(message, extensions={"code": "OPERATION_RESOLUTION_FAILURE"})


def _introspects(document: DocumentNode) -> GraphQLError | None:
    seen = _SchemaFields()
    visit(document, seen)
    if not seen.found:
        return None
    message = "Introspection is off here. Ask for the schema's text: `pursuit schema` prints it."
    return GraphQLError(message, extensions={"code": "GRAPHQL_VALIDATION_FAILED"})


class _SchemaFields(Visitor):
    found = False

    def enter_field(self, node: FieldNode, *_: Any) -> None:
        """Remember that a field reads the schema."""
        self.found = self.found or node.name.value in {"__schema", "__type"}
