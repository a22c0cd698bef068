"""The limits of an operation: its complexity is measured before it is validated or executed.

Fields are counted as if all fragments were written out. Each fragment is measured once, so the time is linear
in the length of the document. Fields, fragments and overlaps are limited so that validation stays cheap.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from graphql import (
    ArgumentNode,
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLField,
    GraphQLNamedType,
    GraphQLSchema,
    IntValueNode,
    OperationDefinitionNode,
    SelectionNode,
    SelectionSetNode,
    ValueNode,
    VariableNode,
    get_named_type,
    get_nullable_type,
    is_composite_type,
    is_list_type,
)

from schema.core.overlaps import count_overlaps

MAX_PAGE_ROWS = 100
"""The assumed rows of a page whose size is not known."""
DEFAULT_PAGE_ROWS = 20
"""The assumed rows of a page without a size, if the schema has no default."""
ASSUMED_LIST_ROWS = 3
"""The assumed rows of a list without pages."""
MUTATION_COST = 10
"""The cost of a mutation, without that of its result."""
MAX_NESTING = 60
"""The depth of nested selections, with fragments; real clients use far less."""
MAX_SHOWN_COUNT = 10**9
INTROSPECTION = frozenset({"__schema", "__type"})
_NO_FIELDS: Mapping[str, GraphQLField] = {}


class TooDeepError(Exception):
    """The document is nested too deeply to be measured."""


class Complexity(NamedTuple):
    """The size of an operation; `cost` estimates the objects in the response, from the sizes of pages."""

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
            self.cost + other.cost,
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
    "cost": ("points of cost", "Ask for fewer rows with `first`, or for fewer lists inside lists."),
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
    counter = _ComplexityCounter(schema, document, variables or {})
    total = counter.count_selection(operation.selection_set, schema.get_root_type(operation.operation), 0)
    return total._replace(
        directives=total.directives + len(operation.directives or ()),
        fragments=len(counter.fragments),
        overlaps=count_overlaps(operation.selection_set, counter.fragments)
        if total.fields <= LIMITS.fields
        else 0,
    )


class _ComplexityCounter:
    """Measures one operation; the complexity of each fragment is stored."""

    def __init__(self, schema: GraphQLSchema, document: DocumentNode, variables: Mapping[str, Any]) -> None:
        self.schema = schema
        self.variables = variables
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
            1 if is_introspection else self._cost(node, definition, kind, nested.cost),
        )

    def _cost(
        self,
        node: FieldNode,
        definition: GraphQLField | None,
        kind: GraphQLNamedType | None,
        nested_cost: int,
    ) -> int:
        """Return the objects that a field makes and the cost of a mutation; scalars are free."""
        own_cost = MUTATION_COST if kind is self.schema.mutation_type else 0
        if definition is None or not is_composite_type(get_named_type(definition.type)):
            return own_cost
        if get_named_type(definition.type).name.endswith("Connection"):
            return own_cost + 1 + self._page_size(node, definition) * nested_cost
        paged = kind is not None and kind.name.endswith("Connection")
        listed = is_list_type(get_nullable_type(definition.type)) and not paged
        return own_cost + (ASSUMED_LIST_ROWS if listed else 1) * (1 + nested_cost)

    def _page_size(self, node: FieldNode, definition: GraphQLField) -> int:
        """Return the number of items that a page can have."""
        for name in ("first", "last"):
            argument = _argument(node.arguments or (), name)
            if argument is not None:
                size = self._size(argument.value)
                return max(1, min(size, MAX_PAGE_ROWS)) if isinstance(size, int) else MAX_PAGE_ROWS
        default = definition.args["first"].default_value if "first" in definition.args else None
        return default if isinstance(default, int) else DEFAULT_PAGE_ROWS

    def _size(self, value: ValueNode) -> Any:  # Any: the value of a variable
        if isinstance(value, VariableNode):
            return self.variables.get(value.name.value, MAX_PAGE_ROWS)
        # 9 digits are far above the maximum, and int() takes long for millions of them.
        return int(value.value[:9]) if isinstance(value, IntValueNode) else None


def _argument(arguments: Sequence[ArgumentNode], name: str) -> ArgumentNode | None:
    return next((node for node in arguments if node.name.value == name), None)
