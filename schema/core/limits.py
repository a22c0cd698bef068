"""The limits of an operation: its complexity is measured before it is validated or executed.

Fields are counted as if all fragments were written out. Each fragment is measured once, so the time is linear
in the length of the document. Fields, fragments and overlaps are limited so that validation stays cheap.
"""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLField,
    GraphQLNamedType,
    GraphQLSchema,
    OperationDefinitionNode,
    SelectionNode,
    SelectionSetNode,
    get_named_type,
)

from schema.core.cost import INTROSPECTION, measure_cost
from schema.core.overlaps import count_overlaps

MAX_NESTING = 60
"""The depth of nested selections, with fragments; real clients use far less."""
MAX_SHOWN_COUNT = 10**9
_NO_FIELDS: Mapping[str, GraphQLField] = {}


class TooDeepError(Exception):
    """The document is nested too deeply to be measured."""


class Complexity(NamedTuple):
    """The size of an operation; `cost` is in points, of the objects in the response and the work for them."""

    depth: int = 0
    introspection_depth: int = 0
    fields: int = 0
    aliases: int = 0
    directives: int = 0
    mutations: int = 0
    unknown: int = 0
    cost: int = 0
    fragments: int = 0
    overlaps: int = 0

    def combine(self, other: "Complexity") -> "Complexity":
        """Return the complexity of both together."""
        return Complexity(
            max(self.depth, other.depth),
            max(self.introspection_depth, other.introspection_depth),
            self.fields + other.fields,
            self.aliases + other.aliases,
            self.directives + other.directives,
            self.mutations + other.mutations,
            self.unknown + other.unknown,
        )


NO_COMPLEXITY = Complexity()
LIMITS = Complexity(
    depth=12,
    introspection_depth=20,
    fields=1_500,
    aliases=30,
    directives=50,
    mutations=10,
    unknown=100,
    fragments=60,
    overlaps=2_000,
    cost=10_000,
)
"""The maximum of each value."""
LIMIT_MESSAGES: Mapping[str, tuple[str, str]] = {
    "depth": ("fields inside fields", "Ask for less at once, or start from `node(id:)`."),
    "introspection_depth": ("fields inside fields under `__schema` and `__type`", "Ask for less at once."),
    "fields": ("fields, with fragments written out", "Use several requests."),
    "aliases": ("aliases", "Use lists with filters, or several requests."),
    "directives": ("directives", "Build the query without the unwanted fields instead."),
    "mutations": ("mutations", "Use several requests, or a bulk mutation."),
    "fragments": ("fragments", "Write some of them out inline."),
    "unknown": ("unknown fields", "Check their names in the schema."),
    "overlaps": ("pairs of fields with the same name in the same place", "Ask for each field once."),
    "cost": (
        "points of cost",
        "Ask for fewer rows with `first`, for fewer lists inside lists, or for one report at a time.",
    ),
}


def limit_errors(complexity: Complexity) -> Iterator[GraphQLError]:
    """Yield an error for each limit that is exceeded."""
    for name, found, limit in zip(Complexity._fields, complexity, LIMITS, strict=True):
        if found > limit:
            unit, remedy = LIMIT_MESSAGES[name]
            shown = f"{found:,}" if found < MAX_SHOWN_COUNT else "countless"
            yield too_complex_error(
                f"The operation has {shown} {unit}; at most {limit:,} are allowed. {remedy}"
            )


def too_complex_error(message: str) -> GraphQLError:
    """Return the error for an operation that exceeds a limit."""
    return GraphQLError(message, extensions={"code": "QUERY_TOO_COMPLEX"})


def measure_complexity(
    schema: GraphQLSchema,
    document: DocumentNode,
    operation: OperationDefinitionNode,
    variables: Mapping[str, Any] | None = None,
) -> Complexity:
    """Return the complexity of an operation; raise TooDeepError if it is nested too deeply."""
    counter = _ComplexityCounter(schema, document)
    total = counter.count_selection(operation.selection_set, schema.get_root_type(operation.operation), 0)
    return total._replace(
        directives=total.directives + len(operation.directives or ()),
        cost=measure_cost(schema, document, operation, variables),
        fragments=len(counter.fragments),
        overlaps=count_overlaps(operation.selection_set, counter.fragments)
        if total.fields <= LIMITS.fields
        else 0,
    )


class _ComplexityCounter:
    """Measures one operation; the complexity of each fragment is stored."""

    def __init__(self, schema: GraphQLSchema, document: DocumentNode) -> None:
        self.schema = schema
        self.fragments = {
            node.name.value: node for node in document.definitions if isinstance(node, FragmentDefinitionNode)
        }
        self._counted_fragments: dict[str, Complexity] = {}
        self._open_fragments: set[str] = set()

    def count_selection(
        self, node: SelectionSetNode | None, kind: GraphQLNamedType | None, level: int
    ) -> Complexity:
        """Return the complexity of a selection."""
        if level > MAX_NESTING:
            raise TooDeepError
        total = NO_COMPLEXITY
        for part in node.selections if node else ():
            counted = self._count_node(part, kind, level)
            total = counted if total is NO_COMPLEXITY else total.combine(counted)
        return total

    def _count_node(self, node: SelectionNode, kind: GraphQLNamedType | None, level: int) -> Complexity:
        if isinstance(node, FieldNode):
            counted = self._count_field(node, kind, level)
        elif isinstance(node, FragmentSpreadNode):
            counted = self._count_fragment(node.name.value, level)
        else:
            condition = getattr(node, "type_condition", None)
            narrowed = self.schema.get_type(condition.name.value) if condition else kind
            counted = self.count_selection(node.selection_set, narrowed, level + 1)  # type: ignore[attr-defined]  # an inline fragment
        return (
            counted._replace(directives=counted.directives + len(node.directives))
            if node.directives
            else counted
        )

    def _count_fragment(self, name: str, level: int) -> Complexity:
        """Return the complexity of a fragment; 0 for one inside itself, which validation refuses."""
        if name not in self._counted_fragments:
            node = self.fragments.get(name)
            if node is None or name in self._open_fragments:
                return NO_COMPLEXITY
            self._open_fragments.add(name)
            kind = self.schema.get_type(node.type_condition.name.value)
            self._counted_fragments[name] = self.count_selection(node.selection_set, kind, level + 1)
            self._open_fragments.discard(name)
        return self._counted_fragments[name]

    def _count_field(self, node: FieldNode, kind: GraphQLNamedType | None, level: int) -> Complexity:
        name = node.name.value
        definition: GraphQLField | None = getattr(kind, "fields", _NO_FIELDS).get(name)
        named = get_named_type(definition.type) if definition else None
        nested = (
            self.count_selection(node.selection_set, named, level + 1)
            if node.selection_set
            else NO_COMPLEXITY
        )
        is_introspection = name in INTROSPECTION
        return Complexity(
            1 if is_introspection else 1 + nested.depth,
            1 + max(nested.depth, nested.introspection_depth)
            if is_introspection
            else nested.introspection_depth,
            1 + nested.fields,
            nested.aliases + (node.alias is not None),
            nested.directives,
            nested.mutations + (kind is not None and kind is self.schema.mutation_type),
            0 if is_introspection else nested.unknown + (definition is None and not name.startswith("__")),
        )
