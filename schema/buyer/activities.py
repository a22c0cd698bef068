"""Activities: calls, meetings, e-mails and notes."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import strawberry

from schema.accounts.types import Contact
from schema.core import connections, ids
from schema.core.context import Info
from schema.core.inputs import optional, or_none, provided_fields
from schema.core.nodes import Node, Root, backed_by, described, needs, node_id
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


@strawberry.type(description="A call, meeting, e-mail or note about an opportunity.")
class Activity(Node):
    is_type_of = backed_by(ActivityRow)
    id: strawberry.ID = node_id("Activity")
    kind: ActivityKind = described("The kind of activity.")
    direction: ActivityDirection = described("The side that started it.")
    two_way: bool = described("True if the buyer answered or took part.")
    at: datetime = described("The time of the activity.")
    summary: str = described("The result, in a few words.")
    actor: ActorType = described("The member or API key that logged it.")

    @strawberry.field(name="with", graphql_type=list[Contact], description="The contacts who took part.")
    async def with_(self, root: Root, info: Info) -> Sequence[ContactRow]:
        contacts = await info.context.loaders.contact.load_many(
            await info.context.loaders.parts.participants(root.id)
        )
        return [contact for contact in contacts if contact is not None]


@strawberry.type(description="A page of activities, newest first.")
class ActivityConnection(connections.Connection[Activity]):
    @strawberry.field(description="The number of items on all pages together.")
    @needs()
    async def total_count(self, root: Root, info: Info) -> int:
        return await info.context.loaders.parts.total(ACTIVITIES, root)


@needs("id")
async def deal_activities(
    root: Root,
    info: Info,
    first: connections.First = 20,
    after: connections.After = strawberry.UNSET,
    last: connections.Last = strawberry.UNSET,
    before: connections.Before = strawberry.UNSET,
) -> connections.Connection[ActivityRow]:
    """Return a page of a deal's activities."""
    window = connections.window(ACTIVITIES.order, first=first, after=after, last=last, before=before)
    page = await info.context.loaders.parts.page(ACTIVITIES, root.id, window)
    return connections.to_connection(page, ACTIVITIES.order, root.id)


@strawberry.input(description="An activity to log.")
class LogActivityInput:
    opportunity_id: strawberry.ID = described("The opportunity. Any that you can see, open or closed.")
    kind: ActivityKind = described("The kind of activity.")
    direction: ActivityDirection = described("The side that started it.")
    two_way: bool = strawberry.field(
        default=False,
        description="True if the buyer answered or took part. Requires `contactIds`; not allowed for a "
        "NOTE or an INTERNAL activity.",
    )
    at: datetime | None = optional("The time of the activity. Default: now. Not in the future.")
    summary: str = described("The result, in a few words.")
    contact_ids: list[strawberry.ID] = strawberry.field(
        default_factory=list, description="The contacts of the opportunity's account who took part."
    )
    external_system: str | None = optional(
        "The system that the record comes from, such as `hubspot`. Required together with `externalId`."
    )
    external_id: str | None = optional(
        "Its id in `externalSystem`. Logging the same id again gives a Duplicate."
    )


@strawberry.input(description="Changes to an activity. Fields that you leave out stay as they are.")
class CorrectActivityInput:
    id: strawberry.ID = described("The activity.")
    kind: ActivityKind | None = optional("The kind of activity.")
    direction: ActivityDirection | None = optional("The side that started it.")
    two_way: bool | None = optional("True if the buyer answered or took part.")
    at: datetime | None = optional("The time of the activity.")
    summary: str | None = optional("The result, in a few words.")
    contact_ids: list[strawberry.ID] | None = optional(
        "The contacts who took part. The list replaces the present one."
    )
    void: bool | None = optional("True removes the activity from all lists and counts. False brings it back.")


@strawberry.type(description="The activity was logged or corrected.")
class ActivityChanged:
    key: strawberry.Private[UUID]

    @strawberry.field(graphql_type=Activity, description="The activity, read after the change.")
    async def activity(self, info: Info) -> ActivityRow:
        row: ActivityRow = await load_changed_part(info, "Activity", self.key)
        return row

    @strawberry.field(graphql_type=Opportunity, description="The opportunity, read after the change.")
    async def opportunity(self, info: Info) -> OpportunityRow:
        return await load_changed_opportunity(info, "Activity", self.key)


ActivityResult = Annotated[
    ActivityChanged | Duplicate | NotFound | PermissionDenied | InvalidInput,
    strawberry.union("ActivityResult", description="The activity, or the reason why it was not stored."),
]


@strawberry.type
class ActivityMutation:
    @strawberry.mutation(
        graphql_type=ActivityResult,
        description="Log a call, meeting, e-mail or note. Does not change the opportunity's version, "
        "and works on closed opportunities. Refused if it is in the future, or if its "
        "external id was logged before.",
    )
    async def log_activity(self, info: Info, input: LogActivityInput) -> ActivityChanged:
        id = ids.parse("Opportunity", input.opportunity_id)
        fields = _parse_contact_ids(provided_fields(input, "opportunity_id"))
        return ActivityChanged(
            key=await operations.log_activity(info.context.operation_context(), id, NewActivity(**fields))
        )

    @strawberry.mutation(
        graphql_type=ActivityResult,
        description="Correct an activity, or remove it with `void`. Only the member who logged it and "
        "those who may write the opportunity may do this.",
    )
    async def correct_activity(self, info: Info, input: CorrectActivityInput) -> ActivityChanged:
        id = ids.parse("Activity", input.id)
        changes = _parse_contact_ids(provided_fields(input, "id"))
        return ActivityChanged(
            key=await operations.correct_activity(info.context.operation_context(), id, changes)
        )


def _parse_contact_ids(fields: Any) -> Any:  # Any: the fields of one of the inputs
    if or_none(fields.get("contact_ids")) is not None:
        fields["contact_ids"] = [ids.parse("Contact", id) for id in fields["contact_ids"]]
    return fields
