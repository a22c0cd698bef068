"""What a document may ask for: counted in one pass that reads each fragment once, before anything is validated or run.

Counts are of the document as it would be written out without fragments. The pass takes time in proportion to the document's
length, whatever its fragments multiply to; what else could cost more than that is bounded too, so that validation is cheap.
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
    VariableNode,
    get_named_type,
    get_nullable_type,
    is_composite_type,
    is_list_type,
)

from schema.core.overlaps import count_overlaps

MAX_PAGE_ROWS = 100
"""Rows of a page where its size is not known."""
DEFAULT_PAGE_ROWS = 20
"""Rows of a page that names no size, where the schema says none."""
ASSUMED_LIST_ROWS = 3
"""Rows that a list without pages is taken to have."""
MUTATION_COST = 10
"""What a mutation costs beside what it gives."""
MAX_NESTING = 60
"""Selections inside selections, fragments among them; no honest document comes near."""
MAX_SHOWN_COUNT = 10**9
INTROSPECTION = frozenset({"__schema", "__type"})
_NO_FIELDS: Mapping[str, GraphQLField] = {}


class TooDeepError(Exception):
    """The document is nested beyond what is even counted."""


class Complexity(NamedTuple):
    """How much an operation asks for; `cost` counts the objects that would be made, a page as many times as it has rows."""

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
        """Both asked for in one selection."""
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
"""The most of each that an operation may ask for."""
LIMIT_MESSAGES: Mapping[str, tuple[str, str]] = {
    "depth": ("fields inside fields", "Ask for less at once, or start from `node(id:)`."),
    "introspection_depth": ("fields inside fields under `__schema` and `__type`", "Ask for less at once."),
    "fields": ("fields, with fragments written out", "Ask in several requests."),
    "aliases": ("aliases", "Ask for lists with filters, or in several requests."),
    "directives": ("directives", "Leave out by the client what it does not want."),
    "mutations": ("mutations", "Send the others in requests of their own, or use a bulk mutation."),
    "fragments": ("fragments", "Write some of them out where they are used."),
    "unknown": ("fields that no type has", "Ask for what the schema describes."),
    "overlaps": ("pairs of fields under one name in one place", "Ask for each field once."),
    "cost": ("points of cost", "Ask for fewer rows with `first`, or for fewer lists inside lists."),
}


def limit_errors(complexity: Complexity) -> Iterator[GraphQLError]:
    """Each limit that is passed, with what was found and what to do."""
    for name, found, limit in zip(Complexity._fields, complexity, LIMITS, strict=True):
        if found > limit:
            unit, remedy = LIMIT_MESSAGES[name]
            shown = f"{found:,}" if found < MAX_SHOWN_COUNT else "countless"
            yield too_complex_error(f"The operation has {shown} {unit}; at most {limit:,} are taken. {remedy}")


def too_complex_error(message: str) -> GraphQLError:
    """A document that asks for too much."""
    return GraphQLError(message, extensions={"code": "QUERY_TOO_COMPLEX"})


def measure_complexity(
    schema: GraphQLSchema,
    document: DocumentNode,
    operation: OperationDefinitionNode,
    variables: Mapping[str, Any] | None = None,
) -> Complexity:
    """How much an operation asks for, with these variables. Raises TooDeep."""
    counter = _ComplexityCounter(schema, document, variables or {})
    total = counter.count_selection(operation.selection_set, schema.get_root_type(operation.operation), 0)
    return total._replace(
        directives=total.directives + len(operation.directives or ()),
        fragments=len(counter.fragments),
        overlaps=count_overlaps(operation.selection_set, counter.fragments) if total.fields <= LIMITS.fields else 0,
    )


class _ComplexityCounter:
    """One pass over an operation; what a fragment asks for is remembered."""

    def __init__(self, schema: GraphQLSchema, document: DocumentNode, variables: Mapping[str, Any]) -> None:
        self.schema, self.variables = schema, variables
        self.fragments = {
            node.name.value: node for node in document.definitions if isinstance(node, FragmentDefinitionNode)
        }
        self._counted_fragments: dict[str, Complexity] = {}
        self._open_fragments: set[str] = set()

    def count_selection(self, node: SelectionSetNode | None, kind: GraphQLNamedType | None, level: int) -> Complexity:
        """What all of a selection asks for."""
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
        return counted._replace(directives=counted.directives + len(node.directives)) if node.directives else counted

    def _count_fragment(self, name: str, level: int) -> Complexity:
        """What a fragment asks for, counted once; one inside itself counts nothing, for validation refuses it."""
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
        nested = self.count_selection(node.selection_set, named, level + 1) if node.selection_set else NO_COMPLEXITY
        is_introspection = name in INTROSPECTION
        return Complexity(
            1 if is_introspection else 1 + nested.depth,
            1 + max(nested.depth, nested.introspection_depth) if is_introspection else nested.introspection_depth,
            1 + nested.fields,
            nested.aliases + (node.alias is not None),
            nested.directives,
            nested.mutations + (kind is not None and kind is self.schema.mutation_type),
            0 if is_introspection else nested.unknown + (definition is None and not name.startswith("__")),
            1 if is_introspection else self._cost(node, definition, kind, nested.cost),
        )

    def _cost(
        self, node: FieldNode, definition: GraphQLField | None, kind: GraphQLNamedType | None, nested_cost: int
    ) -> int:
        """An object and what hangs on it, as often as there may be rows; a mutation's work beside it; a leaf is free."""
        own_cost = MUTATION_COST if kind is self.schema.mutation_type else 0
        if definition is None or not is_composite_type(get_named_type(definition.type)):
            return own_cost
        if get_named_type(definition.type).name.endswith("Connection"):
            return own_cost + 1 + self._page_size(node, definition) * nested_cost
        paged = kind is not None and kind.name.endswith("Connection")
        listed = is_list_type(get_nullable_type(definition.type)) and not paged
        return own_cost + (ASSUMED_LIST_ROWS if listed else 1) * (1 + nested_cost)

    def _page_size(self, node: FieldNode, definition: GraphQLField) -> int:
        """The size of the page that is asked for."""
        for name in ("first", "last"):
            found = _argument(node.arguments or (), name)
            if found is not None:
                value = found.value
                size: Any = (
                    self.variables.get(value.name.value, MAX_PAGE_ROWS) if isinstance(value, VariableNode) else None
                )
                size = int(value.value[:9]) if isinstance(value, IntValueNode) else size
                return max(1, min(size, MAX_PAGE_ROWS)) if isinstance(size, int) else MAX_PAGE_ROWS
        default = definition.args["first"].default_value if "first" in definition.args else None
        return default if isinstance(default, int) else DEFAULT_PAGE_ROWS


def _argument(arguments: Sequence[ArgumentNode], name: str) -> ArgumentNode | None:
    return next((node for node in arguments if node.name.value == name), None)
