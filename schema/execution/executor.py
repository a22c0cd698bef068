"""The executor: graphql-core's, except that the fields of an object are read level by level."""

from typing import Any

from graphql import GraphQLObjectType, GraphQLResolveInfo, OperationType
from graphql.execution.collect_fields import FieldDetails
from graphql.pyutils import Path
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

from schema.execution.columns import ColumnCollector
from schema.execution.completion import FieldSite
from schema.execution.driver import Driver
from schema.execution.failures import Failure
from schema.execution.places import Place, Start
from schema.execution.plan import LevelPlan
from workflow.queries.scope import reading

Plans = dict[Any, LevelPlan]  # Any: a key, from _plan_key
MAX_PLANS = 10
"""The plans kept for one document: several, if Boolean variables decide what it selects."""


class LevelExecutor(StrawberryGraphQLCoreExecutionContext):
    """Executes one operation. If the context holds plans, those of the levels are kept there."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.has_failures = False
        context = self.context_value
        self._driver: Driver = getattr(context, "driver", None) or Driver()
        self._plans: Plans = getattr(context, "plans", {})
        self.columns = ColumnCollector()
        self._conditions = tuple(
            (name, value) for name, value in self.variable_values.coerced.items() if type(value) is bool
        )

    @property
    def converter(self) -> Any:
        """Strawberry's converter of the schema."""
        return self.schema._strawberry_schema.schema_converter  # type: ignore[attr-defined]

    async def execute_fields(
        self,
        parent_type: GraphQLObjectType,
        source_value: Any,
        path: Path | None,
        grouped_field_set: dict[str, list[FieldDetails]],
        position_context: Any,
    ) -> dict[str, Any]:
        """Read the selected fields of one object, and all levels below it."""
        plan = self._cached_plan(parent_type, grouped_field_set)
        if self.context_value is not None and self.operation.operation is OperationType.QUERY:
            self.context_value.select_columns(plan.columns)
        async with reading():
            (result,) = await self._driver.run(plan.read(self, [source_value], Start(path)))
        if type(result) is Failure:
            raise result.error
        return result  # type: ignore[no-any-return]

    def plan_of(self, type_: GraphQLObjectType, details: list[FieldDetails]) -> LevelPlan:
        """Return the plan of the level below a field, for one type of its values."""
        return LevelPlan(self, type_, self.collect_subfields(type_, details).grouped_field_set)

    def info_of(self, site: FieldSite, place: Place) -> GraphQLResolveInfo[Any]:
        """Return what resolvers of a field know about it; the path is that of the first row."""
        return self.build_resolve_info(site.definition, site.nodes, site.parent_type, place.path(0))  # type: ignore[arg-type]

    def count_rows(self, rows: int) -> bool:
        """Count the rows of several lists; return False, and count none, if they are too many.

        Then each list is counted for itself, to find the one that is too long.
        """
        return self.context_value is None or bool(self.context_value.count_rows_of_lists(rows))

    def count_list(self, rows: int) -> None:
        """Count the rows of one list; raise if the response has too many, or if the time is over."""
        if self.context_value is not None:
            self.context_value.count_rows(rows)

    def _cached_plan(self, type_: GraphQLObjectType, selection: dict[str, list[FieldDetails]]) -> LevelPlan:
        nodes = tuple((key, *(id(detail.node) for detail in details)) for key, details in selection.items())
        key = (type_.name, self._conditions, nodes)
        plan = self._plans.get(key)
        if plan is None:
            self.columns = ColumnCollector()
            plan = LevelPlan(self, type_, selection)
            plan.columns = self.columns.columns
            if len(self._plans) >= MAX_PLANS:
                self._plans.clear()
            self._plans[key] = plan
        return plan
