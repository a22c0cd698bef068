"""Webhooks: where facts are sent, what became of each sending, and sending again; for admins alone."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import strawberry

from schema.core import connections, ids
from schema.core.context import Info
from schema.core.dataloader import load_required
from schema.core.inputs import optional, provided_fields
from schema.core.nodes import Node, PageInfo, backed_by, described, node_id
from schema.events.events import Event
from schema.results.deleted import Deleted, DeleteResult
from schema.results.problems import InvalidInput, NotFound, PermissionDenied
from workflow.operations.webhooks import endpoints as operations
from workflow.queries.events import webhooks
from workflow.queries.events.events import EventRow
from workflow.queries.events.webhooks import NEWEST_FIRST, WebhookDeliveryRow, WebhookEndpointRow
from workflow.rules.enums import DeliveryStatus

EVENT_TYPES_DESCRIPTION = (
    "Names of types such as `risk.raised`, or patterns such as `opportunity.*`. Empty: every type."
)


@strawberry.type(
    description="One event on its way to one endpoint. A receiver that does not answer with a 2xx within 15 seconds is asked again after "
    "5 s, 5 min, 30 min, 2 h, 5 h, 10 h, 14 h, 20 h and 24 h, or later where it says so with Retry-After. What became of it is kept for 30 days."
)
class WebhookDelivery(Node):
    is_type_of = backed_by(WebhookDeliveryRow)
    id: strawberry.ID = node_id("WebhookDelivery")
    status: DeliveryStatus = described("What became of it so far.")
    attempts: int = described("How often it was sent.")
    last_status_code: int | None = described("The HTTP status of the last answer; null: there was none.")
    last_error: str | None = described("What was wrong with the last attempt, with at most 1 kB of the answer.")
    next_attempt_at: datetime | None = described("When it is sent next; null: never.")
    delivered_at: datetime | None = described("When the receiver last took it.")

    @strawberry.field(graphql_type=Event, description="The event that it tells of.")
    async def event(self, root: strawberry.Parent[Any], info: Info) -> EventRow:
        return await load_required(info.context.loaders.event, root.event_id)


@strawberry.type(description="A delivery in a list.")
class WebhookDeliveryEdge:
    is_type_of = backed_by(connections.Edge)
    cursor: str = described("Go on from here with `after`.")
    node: WebhookDelivery = described("The delivery.")


@strawberry.type(description="A page of deliveries.")
class WebhookDeliveryConnection:
    is_type_of = backed_by(connections.Connection)
    edges: list[WebhookDeliveryEdge] = described("The rows with their cursors.")
    nodes: list[WebhookDelivery] = described("The rows.")
    page_info: PageInfo = described("Where the page stands.")


@strawberry.type(
    description="Where events are sent as they are told, signed by Standard Webhooks 1.0 (headers `webhook-id`, `webhook-timestamp` and "
    "`webhook-signature`) and below 20 kB. Sent again it has the same `webhook-id`."
)
class WebhookEndpoint(Node):
    is_type_of = backed_by(WebhookEndpointRow)
    id: strawberry.ID = node_id("WebhookEndpoint")
    url: str = described("Where to.")
    event_types: list[str] = described("Empty: every type. `opportunity.*` is a pattern.")
    active: bool = described("Whether events are sent.")
    disabled_reason: str | None = described(
        "Why it is not active: it was switched off, answered 410, or failed for 5 days without one delivery."
    )
    created_at: datetime = described("When it was made.")

    @strawberry.field(graphql_type=WebhookDeliveryConnection, description="Its deliveries, newest first.")
    async def deliveries(
        self,
        root: strawberry.Parent[Any],
        info: Info,
        first: int | None = 20,
        after: str | None = strawberry.UNSET,
        last: int | None = strawberry.UNSET,
        before: str | None = strawberry.UNSET,
    ) -> Any:
        window = connections.window(NEWEST_FIRST, first=first, after=after, last=last, before=before)
        page = await webhooks.webhook_deliveries(info.context.viewer, root.id, window)
        return connections.to_connection(page, NEWEST_FIRST, root.id)


@strawberry.input(description="A new webhook endpoint; it is sent what is told from then on.")
class CreateWebhookEndpointInput:
    url: str = described("An https:// address of the public internet.")
    event_types: list[str] = strawberry.field(default_factory=list, description=EVENT_TYPES_DESCRIPTION)


@strawberry.input(description="Changes of an endpoint: what is left out is kept.")
class UpdateWebhookEndpointInput:
    id: strawberry.ID = described("The endpoint.")
    url: str | None = optional("An https:// address of the public internet.")
    event_types: list[str] | None = optional(EVENT_TYPES_DESCRIPTION)
    active: bool | None = optional(
        "False: nothing more is sent. True: what is told from then on is sent, and what was waiting; "
        "`redeliverWebhooks` sends what was told meanwhile."
    )
    rotate_secret: bool = strawberry.field(
        default=False, description="Make a new secret; the one before it signs too for 24 hours more."
    )


@strawberry.input(description="An endpoint that is to go, with its deliveries.")
class DeleteWebhookEndpointInput:
    id: strawberry.ID = described("The endpoint.")


@strawberry.input(description="A delivery that is to be sent again.")
class RedeliverWebhookInput:
    delivery_id: strawberry.ID = described("The delivery, whatever became of it.")


@strawberry.input(description="Everything since a time that is to be sent again.")
class RedeliverWebhooksInput:
    endpoint_id: strawberry.ID = described("The endpoint; it has to be active.")
    since: datetime = described(
        "Whatever was told since then and is of its types is sent, whether it was sent before or not."
    )


@strawberry.type(description="The endpoint was made or changed.")
class WebhookEndpointChanged:
    key: strawberry.Private[UUID]
    secret: str | None = strawberry.field(
        default=None, description="Only on creation and rotation: `whsec_…`, which is shown never again."
    )

    @strawberry.field(graphql_type=WebhookEndpoint, description="The endpoint as stored.")
    async def endpoint(self, info: Info) -> WebhookEndpointRow:
        return await load_required(info.context.loaders.webhook_endpoint, self.key)


@strawberry.type(description="The delivery is sent again, at once where its endpoint is active.")
class WebhookDeliveryQueued:
    key: strawberry.Private[UUID]

    @strawberry.field(graphql_type=WebhookDelivery, description="The delivery as stored.")
    async def delivery(self, info: Info) -> WebhookDeliveryRow:
        return await load_required(info.context.loaders.webhook_delivery, self.key)


WebhookEndpointResult = Annotated[
    WebhookEndpointChanged | NotFound | PermissionDenied | InvalidInput,
    strawberry.union("WebhookEndpointResult", description="The endpoint, or why not."),
]
WebhookDeliveryResult = Annotated[
    WebhookDeliveryQueued | NotFound | PermissionDenied,
    strawberry.union("WebhookDeliveryResult", description="The delivery, or why not."),
]


@strawberry.type
class WebhookQuery:
    @strawberry.field(
        graphql_type=list[WebhookEndpoint],
        description="All endpoints in the order they were made; an error FORBIDDEN for whoever is no admin.",
    )
    async def webhook_endpoints(self, info: Info) -> Sequence[WebhookEndpointRow]:
        return await webhooks.webhook_endpoints(info.context.viewer)


@strawberry.type
class WebhookMutation:
    @strawberry.mutation(
        graphql_type=WebhookEndpointResult, description="Make an endpoint. The only time its secret is shown."
    )
    async def create_webhook_endpoint(self, info: Info, input: CreateWebhookEndpointInput) -> WebhookEndpointChanged:
        changes = operations.EndpointChanges(url=input.url, event_types=input.event_types)
        endpoint = await operations.create_webhook_endpoint(info.context.operation_context(), changes)
        return WebhookEndpointChanged(key=endpoint.id, secret=endpoint.secret)

    @strawberry.mutation(graphql_type=WebhookEndpointResult, description="Change an endpoint, or its secret.")
    async def update_webhook_endpoint(self, info: Info, input: UpdateWebhookEndpointInput) -> WebhookEndpointChanged:
        id = ids.parse("WebhookEndpoint", input.id)
        changes: Any = provided_fields(input, "id", "rotate_secret")
        endpoint = await operations.update_webhook_endpoint(
            info.context.operation_context(), id, changes, rotate=input.rotate_secret
        )
        return WebhookEndpointChanged(key=endpoint.id, secret=endpoint.secret)

    @strawberry.mutation(graphql_type=DeleteResult, description="Send nothing there any more.")
    async def delete_webhook_endpoint(self, info: Info, input: DeleteWebhookEndpointInput) -> Deleted:
        await operations.delete_webhook_endpoint(
            info.context.operation_context(), ids.parse("WebhookEndpoint", input.id)
        )
        return Deleted(id=input.id)

    @strawberry.mutation(graphql_type=WebhookDeliveryResult, description="Send one delivery again.")
    async def redeliver_webhook(self, info: Info, input: RedeliverWebhookInput) -> WebhookDeliveryQueued:
        id = ids.parse("WebhookDelivery", input.delivery_id)
        return WebhookDeliveryQueued(key=await operations.redeliver_webhook(info.context.operation_context(), id))

    @strawberry.mutation(
        graphql_type=WebhookEndpointResult, description="Send an endpoint everything again that was told since a time."
    )
    async def redeliver_webhooks(self, info: Info, input: RedeliverWebhooksInput) -> WebhookEndpointChanged:
        id = ids.parse("WebhookEndpoint", input.endpoint_id)
        return WebhookEndpointChanged(
            key=await operations.redeliver_since(info.context.operation_context(), id, input.since)
        )
