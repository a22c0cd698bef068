"""GraphQL documents: each is parsed, checked against the limits, validated, and cached."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Any

from cachetools import LRUCache
from graphql import (
    DocumentNode,
    FieldNode,
    GraphQLError,
    GraphQLSyntaxError,
    OperationDefinitionNode,
    Visitor,
    parse,
    specified_rules,
    validate,
    visit,
)
from strawberry.schema.validation_rules.maybe_null import MaybeNullValidationRule
from strawberry.schema.validation_rules.one_of import OneOfInputValidationRule
from strawberry.types.graphql import OperationType

from schema import schema
from schema.core.cost import INTROSPECTION, cost_variables, measure_cost
from schema.core.limits import (
    Complexity,
    TooDeepError,
    limit_errors,
    measure_complexity,
    too_complex_error,
)
from schema.execution.executor import MAX_PLANS, Plans

MAX_CACHED_CHARACTERS = 2_000_000
"""Size of the documents cached in this process; the least recently used are dropped first.

A parsed document takes about 90 bytes for each character, so this is at most about 180 MB.
"""
FIELD_SIZE = 14 * MAX_PLANS
"""Size of a field, in characters: each plan of a document takes about 1,200 bytes for a field."""
MAX_TOKENS = 2_000
MAX_OPERATIONS = 20
MAX_FAULTS = 20
"""Faults reported for one document."""
RULES = (*specified_rules, MaybeNullValidationRule, OneOfInputValidationRule)
TOO_LONG = (
    f"The document has more than {MAX_TOKENS:,} tokens. Ask for less, or split it into several requests."
)
PARSING_ABORTED = "Parsing aborted."
"""End of graphql-core's message about a document that is too long or too deeply nested."""
SCHEMA = schema._schema


class DocumentError(Exception):
    """Faults of a document that cannot run, each with its code."""

    def __init__(self, errors: Sequence[GraphQLError]) -> None:
        super().__init__(errors[0].message)
        self.errors = errors


@dataclass(frozen=True)
class Operation:
    """One operation of a document."""

    node: OperationDefinitionNode
    document: DocumentNode
    measure: Complexity
    cost_variables: frozenset[str] = frozenset()
    """The variables on whose values the cost depends."""

    @property
    def kind(self) -> OperationType:
        """Query, mutation or subscription."""
        return OperationType(self.node.operation.value)

    @property
    def name(self) -> str | None:
        """Name of the operation, or None if it is anonymous."""
        return self.node.name.value if self.node.name else None

    def cost(self, variables: Mapping[str, Any] | None) -> int:
        """Return the cost in points with these variables; raise DocumentError if it exceeds the limit."""
        points = self.measure.cost
        if self.cost_variables:
            points = measure_cost(SCHEMA, self.document, self.node, variables)
            if errors := list(limit_errors(self.measure._replace(cost=points))):
                raise DocumentError(errors)
        return points


@dataclass(frozen=True)
class Document:
    """A valid document within the limits."""

    node: DocumentNode
    operations: Sequence[Operation] = field(default_factory=tuple)
    plans: Plans = field(default_factory=dict)
    size: int = 0
    """Size in the cache: the characters of its text, and what the plans of its fields take."""

    def operation(self, name: str | None) -> Operation:
        """Return the operation of that name, or the only one; raise DocumentError if there is none."""
        if name is None and len(self.operations) > 1:
            names = ", ".join(str(one.name) for one in self.operations)
            raise _resolution_error(
                f"The document contains several operations. Set `operationName` to one of {names}."
            )
        found = next((one for one in self.operations if name is None or one.name == name), None)
        if found is None:
            raise _resolution_error(f"The document contains no operation named {name!r}.")
        return found


class DocumentCache:
    """Cache of the documents that clients send, by their text."""

    def __init__(self, *, introspection: bool) -> None:
        self._introspection = introspection
        self._cache: LRUCache[str, Document] = LRUCache(MAX_CACHED_CHARACTERS, getsizeof=attrgetter("size"))

    def read(self, text: str) -> Document:
        """Return the document of a text; raise DocumentError with all its faults."""
        found = self._cache.get(text)
        if found is None:
            found = self._read(text)
            if found.size <= MAX_CACHED_CHARACTERS:
                self._cache[text] = found
        return found

    def _read(self, text: str) -> Document:
        node = _parse(text)
        operations = [one for one in node.definitions if isinstance(one, OperationDefinitionNode)]
        if not operations:
            raise _resolution_error("The document contains no operation.")
        if len(operations) > MAX_OPERATIONS:
            message = (
                f"The document contains {len(operations)} operations; at most {MAX_OPERATIONS} are allowed. "
                "Send only those that you run."
            )
            raise DocumentError([too_complex_error(message)])
        measured = [_operation(node, one) for one in operations]
        fields = sum(one.measure.fields for one in measured)
        document = Document(node, measured, size=len(text) + FIELD_SIZE * fields)
        if not self._introspection:
            _refuse_introspection(node)
        # Suggestions would list names of the schema to a client that may not introspect it.
        faults = validate(SCHEMA, node, RULES, MAX_FAULTS, hide_suggestions=True)
        if faults:
            raise DocumentError([_validation_error(fault) for fault in faults])
        return document


def _parse(text: str) -> DocumentNode:
    try:
        return parse(text, max_tokens=MAX_TOKENS)
    except GraphQLSyntaxError as fault:
        if fault.message.endswith(PARSING_ABORTED):
            raise DocumentError(
                [_too_deep() if "nested" in fault.message else too_complex_error(TOO_LONG)]
            ) from None
        fault.extensions = {"code": "GRAPHQL_PARSE_FAILED"}
        raise DocumentError([fault]) from None
    except RecursionError:
        raise DocumentError([_too_deep()]) from None


def _operation(node: DocumentNode, operation: OperationDefinitionNode) -> Operation:
    """Measure an operation and check the limits, except the cost if it depends on variables."""
    try:
        measure = measure_complexity(SCHEMA, node, operation)
        variables = cost_variables(SCHEMA, node, operation)
    except (TooDeepError, RecursionError):
        raise DocumentError([_too_deep()]) from None
    without_variables = measure._replace(cost=0) if variables else measure
    if errors := list(limit_errors(without_variables)):
        raise DocumentError(errors)
    return Operation(operation, node, measure, variables)


def _too_deep() -> GraphQLError:
    return too_complex_error(
        "The document is nested too deeply. Select fewer levels, or start from `node(id:)`."
    )


def _resolution_error(message: str) -> DocumentError:
    return DocumentError([GraphQLError(message, extensions={"code": "OPERATION_RESOLUTION_FAILURE"})])


def _validation_error(error: GraphQLError) -> GraphQLError:
    error.extensions = {**(error.extensions or {}), "code": "GRAPHQL_VALIDATION_FAILED"}
    return error


def _refuse_introspection(node: DocumentNode) -> None:
    visitor = _SchemaFields()
    visit(node, visitor)
    if visitor.found:
        message = (
            "Introspection is disabled on this server. "
            "Ask the administrator for the output of `pursuit schema`."
        )
        raise DocumentError([GraphQLError(message, extensions={"code": "GRAPHQL_VALIDATION_FAILED"})])


class _SchemaFields(Visitor):
    found = False

    def enter_field(self, node: FieldNode, *_: Any) -> None:
        """Record whether a field reads the schema."""
        self.found = self.found or node.name.value in INTROSPECTION
