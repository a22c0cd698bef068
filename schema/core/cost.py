"""The cost of an operation in points, before it runs: a point is about 0.1 ms of work.

An object costs one point, whatever its scalar fields. The tables add the points of fields, totals and inputs
that take longer; `python -m bench.points` measures them on 20,000 opportunities. Values of variables count as
if they were written in the document.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLNamedType,
    GraphQLSchema,
    IntValueNode,
    ListValueNode,
    NullValueNode,
    ObjectValueNode,
    OperationDefinitionNode,
    SelectionNode,
    SelectionSetNode,
    Undefined,
    ValueNode,
    VariableNode,
    get_named_type,
    get_nullable_type,
    is_composite_type,
    is_list_type,
)

MAX_PAGE_ROWS = 100
"""The assumed rows of a page whose size is not known."""
DEFAULT_PAGE_ROWS = 20
"""The assumed rows of a page without a size, if the schema has no default."""
ASSUMED_LIST_ROWS = 3
"""The assumed rows of a list without pages."""
MUTATION_POINTS = 100
"""The points of a mutation, without those of its inputs and its result."""
MAX_INPUT_DEPTH = 10
"""The depth to which inputs are counted; deeper filters are refused when they run."""
INTROSPECTION = frozenset({"__schema", "__type"})

FIELD_POINTS: Mapping[str, int] = {
    "Reports.pipeline": 250,
    "Reports.funnel": 3_000,
    "Reports.velocity": 600,
    "Reports.forecast": 400,
    "Reports.outcomes": 1_500,
    "Reports.slippage": 500,
    "Reports.overrides": 250,
    "Query.processImpact": 9_000,
    "Opportunity.transitions": 5,
    "Opportunity.insight": 5,
    "Opportunity.health": 2,
    "Health.factors": 3,
    "Opportunity.qualification": 3,
    "Opportunity.buyer": 2,
    "Opportunity.progress": 3,
    "Opportunity.timeInStates": 2,
}
"""The points of one value of a field, without those of the objects in it."""
TOTAL_POINTS: Mapping[str, int] = {
    "Query.opportunities": 150,
    "Query.accounts": 30,
    "Query.contacts": 30,
    "Query.alerts": 50,
    "Query.members": 10,
    "Account.opportunities": 15,
    "Account.contacts": 10,
    "Opportunity.history": 5,
    "Opportunity.activities": 5,
}
"""The points of the totals of a page, by the field that returns it."""
INPUT_POINTS: Mapping[str, int] = {
    "OpportunityFilter.text": 150,
    "OpportunityFilter.not": 150,
    "OpportunityFilter.competitorName": 100,
    "OpportunityFilter.collaboratorId": 30,
    "OpportunityFilter.alertSeverity": 30,
    "OpportunityFilter.alertCode": 30,
    "OpportunityFilter.missing": 50,
    "AccountFilter.text": 50,
    "ContactFilter.text": 50,
    "BulkTransitionInput.opportunities": 90,
    "AssignOpportunitiesInput.opportunities": 90,
    "MigrateOpportunitiesInput.opportunities": 90,
    "ImportOpportunitiesInput.rows": 15,
    "AcknowledgeAlertsInput.ids": 3,
    "SnoozeAlertsInput.ids": 3,
}
"""The points of a field of an input; in a list, of each of its values."""
LIST_SIZES: Mapping[str, str] = {"Query.nodes": "ids"}
"""Lists with one row for each value of an argument."""


class Points(NamedTuple):
    """The points of a selection; a selection on a page also has those of each row, and may ask for totals."""

    own: int = 0
    row: int = 0
    totals: bool = False

    def combine(self, other: "Points") -> "Points":
        """Return the points of both together."""
        return Points(self.own + other.own, self.row + other.row, self.totals or other.totals)


NO_POINTS = Points()
_NO_FIELDS: Mapping[str, GraphQLField] = {}


def measure_cost(
    schema: GraphQLSchema,
    document: DocumentNode,
    operation: OperationDefinitionNode,
    variables: Mapping[str, Any] | None = None,
) -> int:
    """Return the cost of an operation in points."""
    return _CostCounter(schema, document, operation, variables or {}).count()


def cost_variables(
    schema: GraphQLSchema, document: DocumentNode, operation: OperationDefinitionNode
) -> frozenset[str]:
    """Return the names of the variables on whose values the cost depends."""
    counter = _CostCounter(schema, document, operation, {})
    counter.count()
    return frozenset(counter.variables_read)


class _CostCounter:
    """Counts the points of one operation; those of each fragment are stored."""

    def __init__(
        self,
        schema: GraphQLSchema,
        document: DocumentNode,
        operation: OperationDefinitionNode,
        variables: Mapping[str, Any],
    ) -> None:
        self.variables_read: set[str] = set()
        self._schema = schema
        self._operation = operation
        self._variables = variables
        self._defaults = {
            node.variable.name.value: node.default_value for node in operation.variable_definitions or ()
        }
        self._fragments = {
            node.name.value: node for node in document.definitions if isinstance(node, FragmentDefinitionNode)
        }
        self._counted_fragments: dict[str, Points] = {}

    def count(self) -> int:
        """Return the points of the operation."""
        root = self._schema.get_root_type(self._operation.operation)
        return self._count_selection(self._operation.selection_set, root).own

    def _count_selection(self, node: SelectionSetNode | None, kind: GraphQLNamedType | None) -> Points:
        total = NO_POINTS
        for part in node.selections if node else ():
            total = total.combine(self._count_node(part, kind))
        return total

    def _count_node(self, node: SelectionNode, kind: GraphQLNamedType | None) -> Points:
        if isinstance(node, FieldNode):
            return self._count_field(node, kind)
        if isinstance(node, FragmentSpreadNode):
            return self._count_fragment(node.name.value)
        condition = getattr(node, "type_condition", None)
        narrowed = self._schema.get_type(condition.name.value) if condition else kind
        return self._count_selection(node.selection_set, narrowed)  # type: ignore[attr-defined]  # an inline fragment

    def _count_fragment(self, name: str) -> Points:
        """Return the points of a fragment; 0 for one inside itself, which validation refuses."""
        if name not in self._counted_fragments and name in self._fragments:
            self._counted_fragments[name] = NO_POINTS
            node = self._fragments[name]
            kind = self._schema.get_type(node.type_condition.name.value)
            self._counted_fragments[name] = self._count_selection(node.selection_set, kind)
        return self._counted_fragments.get(name, NO_POINTS)

    def _count_field(self, node: FieldNode, kind: GraphQLNamedType | None) -> Points:
        name = node.name.value
        if name in INTROSPECTION:
            return Points(1)
        definition: GraphQLField | None = getattr(kind, "fields", _NO_FIELDS).get(name)
        if kind is None or definition is None:
            return NO_POINTS
        coordinate = f"{kind.name}.{name}"
        named = get_named_type(definition.type)
        nested = self._count_selection(node.selection_set, named)
        is_page_part = kind.name.endswith("Connection")
        if is_page_part and name in ("nodes", "edges"):
            return Points(row=1 + nested.own)
        own = FIELD_POINTS.get(coordinate, 0)
        own += MUTATION_POINTS if kind is self._schema.mutation_type else 0
        inputs = self._count_inputs(node, definition)
        if named.name.endswith("Connection"):
            # The filter of a page is evaluated once more for its totals.
            totals = TOTAL_POINTS.get(coordinate, 0) + inputs if nested.totals else 0
            page = self._page_size(node, definition) * nested.row
            return Points(own + inputs + 1 + nested.own + page + totals)
        if is_composite_type(named):
            own += self._list_size(node, definition, coordinate) * (1 + nested.own)
        return Points(own + inputs, totals=is_page_part and name.startswith("total"))

    def _list_size(self, node: FieldNode, definition: GraphQLField, coordinate: str) -> int:
        """Return the number of objects that a field returns."""
        if coordinate in LIST_SIZES:
            given = self._argument(node, LIST_SIZES[coordinate])
            return len(given) if isinstance(given, list) else 1
        return ASSUMED_LIST_ROWS if is_list_type(get_nullable_type(definition.type)) else 1

    def _page_size(self, node: FieldNode, definition: GraphQLField) -> int:
        """Return the number of rows that a page can have."""
        for name in ("first", "last"):
            size = self._argument(node, name)
            if size is not Undefined:
                return max(1, min(size, MAX_PAGE_ROWS)) if isinstance(size, int) else MAX_PAGE_ROWS
        default = definition.args["first"].default_value if "first" in definition.args else None
        return default if isinstance(default, int) else DEFAULT_PAGE_ROWS

    def _count_inputs(self, node: FieldNode, definition: GraphQLField) -> int:
        """Return the points of the fields of a field's inputs."""
        return sum(
            _input_points(self._argument(node, name), get_named_type(argument.type))
            for name, argument in definition.args.items()
            if isinstance(get_named_type(argument.type), GraphQLInputObjectType)
        )

    def _argument(self, node: FieldNode, name: str) -> Any:  # Any: JSON
        """Return the value of an argument, Undefined if it is left out."""
        given = next((one.value for one in node.arguments or () if one.name.value == name), None)
        return Undefined if given is None else self._value(given)

    def _value(self, node: ValueNode) -> Any:
        """Return a value as JSON with the values of variables; other scalars than integers are not read."""
        if isinstance(node, VariableNode):
            return self._variable(node.name.value)
        if isinstance(node, ListValueNode):
            return [self._value(one) for one in node.values]
        if isinstance(node, ObjectValueNode):
            return {field.name.value: self._value(field.value) for field in node.fields}
        if isinstance(node, IntValueNode):
            # 9 digits are far above the maximum, and int() takes long for millions of them.
            return int(node.value[:9])
        return None if isinstance(node, NullValueNode) else node

    def _variable(self, name: str) -> Any:
        """Return the value of a variable, else its default; Undefined if it has none, None if unknown."""
        self.variables_read.add(name)
        if name in self._variables:
            return self._variables[name]
        default = self._defaults.get(name)
        if default is not None:
            return self._value(default)
        return Undefined if name in self._defaults else None


def _input_points(value: Any, kind: GraphQLNamedType, depth: int = 0) -> int:
    """Return the points of the fields of an input, or of a list of inputs."""
    if not isinstance(kind, GraphQLInputObjectType) or depth > MAX_INPUT_DEPTH:
        return 0
    if isinstance(value, list):
        return sum(_input_points(one, kind, depth + 1) for one in value)
    if not isinstance(value, Mapping):
        return 0
    points = 0
    for name, field in kind.fields.items():
        given = value.get(name)
        if given is not None and given is not Undefined:
            count = len(given) if isinstance(given, list) else 1
            points += count * INPUT_POINTS.get(f"{kind.name}.{name}", 0)
            points += _input_points(given, get_named_type(field.type), depth + 1)
    return points
