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

from schema.core.overlaps import overlaps

MOST_ROWS = 100
"""Rows of a page where its size is not known."""
USUAL_ROWS = 20
"""Rows of a page that names no size, where the schema says none."""
LISTED = 3
"""Rows that a list without pages is taken to have."""
MUTATION = 10
"""What a mutation costs beside what it gives."""
LEVELS = 60
"""Selections inside selections, fragments among them; no honest document comes near."""
COUNTLESS = 10**9
INTROSPECTION = frozenset({"__schema", "__type"})
_NO_FIELDS: Mapping[str, GraphQLField] = {}


class TooDeep(Exception):
    """The document is nested beyond what is even counted."""


class Measure(NamedTuple):
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

    def beside(self, other: "Measure") -> "Measure":
        """Both asked for in one selection."""
        return Measure(
            max(self.depth, other.depth),
            max(self.introspection_depth, other.introspection_depth),
            self.fields + other.fields,
            self.aliases + other.aliases,
            self.directives + other.directives,
            self.mutations + other.mutations,
            self.unknown + other.unknown,
            self.cost + other.cost,
        )


NOTHING = Measure()
LIMITS = Measure(
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
WORDS: Mapping[str, tuple[str, str]] = {
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


def excess(measure: Measure) -> Iterator[GraphQLError]:
    """Each limit that is passed, with what was found and what to do."""
    for name, found, most in zip(Measure._fields, measure, LIMITS, strict=True):
        if found > most:
            what, remedy = WORDS[name]
            told = f"{found:,}" if found < COUNTLESS else "countless"
            yield too_complex(f"The operation has {told} {what}; at most {most:,} are taken. {remedy}")


def too_complex(message: str) -> GraphQLError:
    """A document that asks for too much."""
    return GraphQLError(message, extensions={"code": "QUERY_TOO_COMPLEX"})


def measured(
    schema: GraphQLSchema,
    document: DocumentNode,
    operation: OperationDefinitionNode,
    variables: Mapping[str, Any] | None = None,
) -> Measure:
    """How much an operation asks for, with these variables. Raises TooDeep."""
    counting = _Pass(schema, document, variables or {})
    whole = counting.selection(operation.selection_set, schema.get_root_type(operation.operation), 0)
    return whole._replace(
        directives=whole.directives + len(operation.directives or ()),
        fragments=len(counting.fragments),
        overlaps=overlaps(operation.selection_set, counting.fragments) if whole.fields <= LIMITS.fields else 0,
    )


class _Pass:
    """One pass over an operation; what a fragment asks for is remembered."""

    def __init__(self, schema: GraphQLSchema, document: DocumentNode, variables: Mapping[str, Any]) -> None:
        self.schema, self.variables = schema, variables
        self.fragments = {
            node.name.value: node for node in document.definitions if isinstance(node, FragmentDefinitionNode)
        }
        self._known: dict[str, Measure] = {}
        self._inside: set[str] = set()

    def selection(self, node: SelectionSetNode | None, kind: GraphQLNamedType | None, level: int) -> Measure:
        """What all of a selection asks for."""
        if level > LEVELS:
            raise TooDeep
        whole = NOTHING
        for part in node.selections if node else ():
            asked = self._part(part, kind, level)
            whole = asked if whole is NOTHING else whole.beside(asked)
        return whole

    def _part(self, node: SelectionNode, kind: GraphQLNamedType | None, level: int) -> Measure:
        if isinstance(node, FieldNode):
            asked = self._field(node, kind, level)
        elif isinstance(node, FragmentSpreadNode):
            asked = self._fragment(node.name.value, level)
        else:
            condition = getattr(node, "type_condition", None)
            narrowed = self.schema.get_type(condition.name.value) if condition else kind
            asked = self.selection(node.selection_set, narrowed, level + 1)  # type: ignore[attr-defined]  # an inline fragment
        return asked._replace(directives=asked.directives + len(node.directives)) if node.directives else asked

    def _fragment(self, name: str, level: int) -> Measure:
        """What a fragment asks for, counted once; one inside itself counts nothing, for validation refuses it."""
        if name not in self._known:
            node = self.fragments.get(name)
            if node is None or name in self._inside:
                return NOTHING
            self._inside.add(name)
            kind = self.schema.get_type(node.type_condition.name.value)
            self._known[name] = self.selection(node.selection_set, kind, level + 1)
            self._inside.discard(name)
        return self._known[name]

    def _field(self, node: FieldNode, kind: GraphQLNamedType | None, level: int) -> Measure:
        name = node.name.value
        spec: GraphQLField | None = getattr(kind, "fields", _NO_FIELDS).get(name)
        named = get_named_type(spec.type) if spec else None
        below = self.selection(node.selection_set, named, level + 1) if node.selection_set else NOTHING
        apart = name in INTROSPECTION
        return Measure(
            1 if apart else 1 + below.depth,
            1 + max(below.depth, below.introspection_depth) if apart else below.introspection_depth,
            1 + below.fields,
            below.aliases + (node.alias is not None),
            below.directives,
            below.mutations + (kind is not None and kind is self.schema.mutation_type),
            0 if apart else below.unknown + (spec is None and not name.startswith("__")),
            1 if apart else self._cost(node, spec, kind, below.cost),
        )

    def _cost(self, node: FieldNode, spec: GraphQLField | None, kind: GraphQLNamedType | None, below: int) -> int:
        """An object and what hangs on it, as often as there may be rows; a mutation's work beside it; a leaf is free."""
        work = MUTATION if kind is self.schema.mutation_type else 0
        if spec is None or not is_composite_type(get_named_type(spec.type)):
            return work
        if get_named_type(spec.type).name.endswith("Connection"):
            return work + 1 + self._rows(node, spec) * below
        paged = kind is not None and kind.name.endswith("Connection")
        listed = is_list_type(get_nullable_type(spec.type)) and not paged
        return work + (LISTED if listed else 1) * (1 + below)

    def _rows(self, node: FieldNode, spec: GraphQLField) -> int:
        """The size of the page that is asked for."""
        for name in ("first", "last"):
            found = _argument(node.arguments or (), name)
            if found is not None:
                value = found.value
                size: Any = self.variables.get(value.name.value, MOST_ROWS) if isinstance(value, VariableNode) else None
                size = int(value.value[:9]) if isinstance(value, IntValueNode) else size
                return max(1, min(size, MOST_ROWS)) if isinstance(size, int) else MOST_ROWS
        usual = spec.args["first"].default_value if "first" in spec.args else None
        return usual if isinstance(usual, int) else USUAL_ROWS


def _argument(arguments: Sequence[ArgumentNode], name: str) -> ArgumentNode | None:
    return next((node for node in arguments if node.name.value == name), None)
