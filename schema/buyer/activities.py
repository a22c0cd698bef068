"""Activities: what was done with the buyer."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import strawberry

from schema.accounts.types import Contact
from schema.core import connections, ids
from schema.core.context import Info
from schema.core.inputs import optional, or_none, provided_fields
from schema.core.nodes import Node, PageInfo, Root, backed_by, described, node_id
from schema.people.types import ActorType
from schema.results.changed_part import load_changed_opportunity, load_changed_part
from schema.results.problems import Duplicate, InvalidInput, NotFound, PermissionDenied
from workflow.operations.buyer import activities as operations
from workflow.operations.buyer.activities import NewActivity
from workflow.queries.opportunity.accounts import ContactRow
from workflow.queries.opportunity.activities import ACTIVITIES, ActivityRow
from workflow.queries.opportunity.rows import OpportunityRow
from workflow.rules.enums import ActivityDirection, ActivityKind

if TYPE_CHECKING:
    from schema.opportunity.type import Opportunity
else:
    Opportunity = Annotated["Opportunity", strawberry.lazy("schema.opportunity.type")]


@strawberry.type(description="Something that was done.")
class Activity(Node):
    is_type_of = backed_by(ActivityRow)
    id: strawberry.ID = node_id("Activity")
    kind: ActivityKind = described("What was done.")
    direction: ActivityDirection = described("Who began it; INTERNAL never reached the buyer.")
    two_way: bool = described("Whether the buyer answered or took part.")
    at: datetime = described("When it was done.")
    summary: str = described("What came of it.")
    actor: ActorType = described("Who logged it.")

    @strawberry.field(name="with", graphql_type=list[Contact], description="The contacts who took part.")
    async def with_(self, root: Root, info: Info) -> Sequence[ContactRow]:
        contacts = await info.context.loaders.contact.load_many(await info.context.loaders.parts.participants(root.id))
        return [contact for contact in contacts if contact is not None]


@strawberry.type(description="An activity in a list.")
class ActivityEdge:
    is_type_of = backed_by(connections.Edge)
    cursor: str = described("Go on from here with `after`.")
    node: Activity = described("The activity.")


@strawberry.type(description="A page of activities, newest first.")
class ActivityConnection:
    is_type_of = backed_by(connections.Connection)
    edges: list[ActivityEdge] = described("The rows with their cursors.")
    nodes: list[Activity] = described("The rows.")
    page_info: PageInfo = described("Where the page stands.")

    @strawberry.field(description="How many there are, not only this page.")
    async def total_count(self, root: Root, info: Info) -> int:
        return await info.context.loaders.parts.total(ACTIVITIES, root)


@strawberry.type
class DealActivities:
    @strawberry.field(graphql_type=ActivityConnection, description="What was done, newest first.")
    async def activities(
        self,
        root: Root,
        info: Info,
        first: int | None = 20,
        after: str | None = strawberry.UNSET,
        last: int | None = strawberry.UNSET,
        before: str | None = strawberry.UNSET,
    ) -> Any:
        window = connections.window(ACTIVITIES.order, first=first, after=after, last=last, before=before)
        page = await info.context.loaders.parts.page(ACTIVITIES, root.id, window)
        return connections.to_connection(page, ACTIVITIES.order, root.id)


@strawberry.input(description="Something that was done. It does not count in the opportunity's version.")
class LogActivityInput:
    opportunity_id: strawberry.ID = described("Any opportunity that you see.")
    kind: ActivityKind = described("What was done.")
    direction: ActivityDirection = described("Who began it; INTERNAL never reached the buyer.")
    two_way: bool = strawberry.field(
        default=False,
        description="Whether the buyer answered or took part; then name who, and no NOTE, nothing INTERNAL.",
    )
    at: datetime | None = optional("When; left out: now. Never in the future.")
    summary: str = described("What came of it.")
    contact_ids: list[strawberry.ID] = strawberry.field(
        default_factory=list, description="Contacts of the opportunity's account who took part."
    )
    external_system: str | None = optional("The system it comes from; goes with `externalId`.")
    external_id: str | None = optional("Its id there: the same twice is a Duplicate.")


@strawberry.input(description="Changes of an activity: what is left out is kept.")
class CorrectActivityInput:
    id: strawberry.ID = described("The activity.")
    kind: ActivityKind | None = optional("What was done.")
    direction: ActivityDirection | None = optional("Who began it.")
    two_way: bool | None = optional("Whether the buyer answered or took part.")
    at: datetime | None = optional("When.")
    summary: str | None = optional("What came of it.")
    contact_ids: list[strawberry.ID] | None = optional("All who took part.")
    void: bool | None = optional("It did not happen: taken out of lists and counts. False brings it back.")


@strawberry.type(description="The activity was logged or corrected.")
class ActivityChanged:
    key: strawberry.Private[UUID]

    @strawberry.field(graphql_type=Activity, description="The activity as stored.")
    async def activity(self, info: Info) -> ActivityRow:
        row: ActivityRow = await load_changed_part(info, "Activity", self.key)
        return row

    @strawberry.field(graphql_type=Opportunity, description="The opportunity that it hangs on.")
    async def opportunity(self, info: Info) -> OpportunityRow:
        return await load_changed_opportunity(info, "Activity", self.key)


ActivityResult = Annotated[
    ActivityChanged | Duplicate | NotFound | PermissionDenied | InvalidInput,
    strawberry.union("ActivityResult", description="The activity, or why not."),
]


@strawberry.type
class ActivityMutation:
    @strawberry.mutation(graphql_type=ActivityResult, description="Does not count in the opportunity's version.")
    async def log_activity(self, info: Info, input: LogActivityInput) -> ActivityChanged:
        id, fields = (
            ids.parse("Opportunity", input.opportunity_id),
            _parse_contact_ids(provided_fields(input, "opportunity_id")),
        )
        return ActivityChanged(
            key=await operations.log_activity(info.context.operation_context(), id, NewActivity(**fields))
        )

    @strawberry.mutation(
        graphql_type=ActivityResult, description="By who logged it, or who may write the opportunity; closed ones too."
    )
    async def correct_activity(self, info: Info, input: CorrectActivityInput) -> ActivityChanged:
        id, changes = ids.parse("Activity", input.id), _parse_contact_ids(provided_fields(input, "id"))
        return ActivityChanged(key=await operations.correct_activity(info.context.operation_context(), id, changes))


def _parse_contact_ids(fields: Any) -> Any:  # Any: the fields of one of the inputs
    if or_none(fields.get("contact_ids")) is not None:
        fields["contact_ids"] = [ids.parse("Contact", id) for id in fields["contact_ids"]]
    return fields
