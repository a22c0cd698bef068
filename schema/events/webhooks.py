"""Webhook endpoints and their deliveries, for admins only."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import strawberry

from schema.core import connections, ids
from schema.core.context import Info
from schema.core.dataloader import load_required
from schema.core.inputs import optional, provided_fields
from schema.core.nodes import Node, Root, backed_by, described, node_id
from schema.events.events import Event
from schema.results.deleted import Deleted, DeleteResult
from schema.results.problems import InvalidInput, NotFound, PermissionDenied
from workflow.operations.webhooks import endpoints as operations
from workflow.queries.events import webhooks
from workflow.queries.events.events import EventRow
from workflow.queries.events.webhooks import NEWEST_FIRST, WebhookDeliveryRow, WebhookEndpointRow
from workflow.rules.enums import DeliveryStatus

EVENT_TYPES_DESCRIPTION = (
    "The event types to receive, such as `risk.raised`, or patterns such as `opportunity.*`. Empty: all."
)


@strawberry.type(
    description="The delivery of one event to one endpoint. If the receiver does not answer with a "
    "2xx within 15 seconds, it is tried again after 5 s, 5 min, 30 min, 2 h, 5 h, 10 h, "
    "14 h, 20 h and 24 h, or later if the receiver asks for it with Retry-After. The "
    "result is stored for 30 days."
)
class WebhookDelivery(Node):
    is_type_of = backed_by(WebhookDeliveryRow)
    id: strawberry.ID = node_id("WebhookDelivery")
    status: DeliveryStatus = described("The state of the delivery.")
    attempts: int = described("The number of attempts so far.")
    last_status_code: int | None = described("The HTTP status of the last answer. Null if there was none.")
    last_error: str | None = described("The error of the last attempt, with at most 1 kB of the answer.")
    next_attempt_at: datetime | None = described("The time of the next attempt. Null if there is none.")
    delivered_at: datetime | None = described("The time when the receiver last accepted it.")

    @strawberry.field(graphql_type=Event, description="The event.")
    async def event(self, root: Root, info: Info) -> EventRow:
        return await load_required(info.context.loaders.event, root.event_id)


@strawberry.type(
    description="An address that receives events as they are recorded, at most 20 kB each, signed "
    "by Standard Webhooks 1.0 (headers `webhook-id`, `webhook-timestamp` and "
    "`webhook-signature`). A repeated delivery has the same `webhook-id`."
)
class WebhookEndpoint(Node):
    is_type_of = backed_by(WebhookEndpointRow)
    id: strawberry.ID = node_id("WebhookEndpoint")
    url: str = described("The address.")
    event_types: list[str] = described(
        "The event types that it receives. Empty: all. `opportunity.*` is a pattern."
    )
    active: bool = described("True if events are sent to it.")
    disabled_reason: str | None = described(
        "The reason why it is not active: it was switched off, it answered 410, or every delivery failed "
        "for 5 days."
    )
    created_at: datetime = described("The time when it was created.")

    @strawberry.field(
        graphql_type=connections.Connection[WebhookDelivery], description="The deliveries, newest first."
    )
    async def deliveries(
        self,
        root: Root,
        info: Info,
        first: connections.First = 20,
        after: connections.After = strawberry.UNSET,
        last: connections.Last = strawberry.UNSET,
        before: connections.Before = strawberry.UNSET,
    ) -> Any:
        window = connections.window(NEWEST_FIRST, first=first, after=after, last=last, before=before)
        page = await webhooks.webhook_deliveries(info.context.viewer, root.id, window)
        return connections.to_connection(page, NEWEST_FIRST, root.id)


@strawberry.input(description="A new webhook endpoint.")
class CreateWebhookEndpointInput:
    url: str = described("The address: https:// and reachable from the public internet.")
    event_types: list[str] = strawberry.field(default_factory=list, description=EVENT_TYPES_DESCRIPTION)


@strawberry.input(description="Changes to a webhook endpoint. Fields that you leave out stay as they are.")
class UpdateWebhookEndpointInput:
    id: strawberry.ID = described("The endpoint.")
    url: str | None = optional("The address: https:// and reachable from the public internet.")
    event_types: list[str] | None = optional(EVENT_TYPES_DESCRIPTION)
    active: bool | None = optional(
        "False stops sending. True sends waiting deliveries and all events from now on; use "
        "`redeliverWebhooks` for the events in between."
    )
    rotate_secret: bool = strawberry.field(
        default=False, description="True creates a new secret. The old one signs as well for 24 hours."
    )


@strawberry.input(description="A webhook endpoint to delete, with its deliveries.")
class DeleteWebhookEndpointInput:
    id: strawberry.ID = described("The endpoint.")


@strawberry.input(description="A delivery to send again.")
class RedeliverWebhookInput:
    delivery_id: strawberry.ID = described("The delivery, in any state.")


@strawberry.input(description="Events to send to an endpoint again.")
class RedeliverWebhooksInput:
    endpoint_id: strawberry.ID = described("The endpoint. It must be active.")
    since: datetime = described(
        "The start: all events of the endpoint's types since then are sent, whether or not they were sent "
        "before."
    )


@strawberry.type(description="The endpoint was created or changed.")
class WebhookEndpointChanged:
    key: strawberry.Private[UUID]
    secret: str | None = strawberry.field(
        default=None,
        description="The secret, `whsec_…`. Present only in the answer that creates or rotates it, and "
        "never shown again.",
    )

    @strawberry.field(graphql_type=WebhookEndpoint, description="The endpoint, read after the change.")
    async def endpoint(self, info: Info) -> WebhookEndpointRow:
        return await load_required(info.context.loaders.webhook_endpoint, self.key)


@strawberry.type(description="The delivery will be sent again, at once if its endpoint is active.")
class WebhookDeliveryQueued:
    key: strawberry.Private[UUID]

    @strawberry.field(graphql_type=WebhookDelivery, description="The delivery, read after the change.")
    async def delivery(self, info: Info) -> WebhookDeliveryRow:
        return await load_required(info.context.loaders.webhook_delivery, self.key)


WebhookEndpointResult = Annotated[
    WebhookEndpointChanged | NotFound | PermissionDenied | InvalidInput,
    strawberry.union(
        "WebhookEndpointResult", description="The endpoint, or the reason why it was not stored."
    ),
]
WebhookDeliveryResult = Annotated[
    WebhookDeliveryQueued | NotFound | PermissionDenied,
    strawberry.union(
        "WebhookDeliveryResult", description="The delivery, or the reason why it is not sent again."
    ),
]


@strawberry.type
class WebhookQuery:
    @strawberry.field(
        graphql_type=list[WebhookEndpoint],
        description="All webhook endpoints in the order in which they were created. Only for admins: "
        "others get the error FORBIDDEN.",
    )
    async def webhook_endpoints(self, info: Info) -> Sequence[WebhookEndpointRow]:
        return await webhooks.webhook_endpoints(info.context.viewer)


@strawberry.type
class WebhookMutation:
    @strawberry.mutation(
        graphql_type=WebhookEndpointResult,
        description="Create a webhook endpoint that receives events from now on. The answer is the only "
        "one that shows the secret. Only admins may do this.",
    )
    async def create_webhook_endpoint(
        self, info: Info, input: CreateWebhookEndpointInput
    ) -> WebhookEndpointChanged:
        changes = operations.EndpointChanges(url=input.url, event_types=input.event_types)
        endpoint = await operations.create_webhook_endpoint(info.context.operation_context(), changes)
        return WebhookEndpointChanged(key=endpoint.id, secret=endpoint.secret)

    @strawberry.mutation(
        graphql_type=WebhookEndpointResult,
        description="Change the fields that are given, or rotate the secret. Only admins may do this.",
    )
    async def update_webhook_endpoint(
        self, info: Info, input: UpdateWebhookEndpointInput
    ) -> WebhookEndpointChanged:
        id = ids.parse("WebhookEndpoint", input.id)
        changes: Any = provided_fields(input, "id", "rotate_secret")
        endpoint = await operations.update_webhook_endpoint(
            info.context.operation_context(), id, changes, rotate=input.rotate_secret
        )
        return WebhookEndpointChanged(key=endpoint.id, secret=endpoint.secret)

    @strawberry.mutation(
        graphql_type=DeleteResult,
        description="Delete a webhook endpoint and its deliveries. Only admins may do this.",
    )
    async def delete_webhook_endpoint(self, info: Info, input: DeleteWebhookEndpointInput) -> Deleted:
        await operations.delete_webhook_endpoint(
            info.context.operation_context(), ids.parse("WebhookEndpoint", input.id)
        )
        return Deleted(id=input.id)

    @strawberry.mutation(
        graphql_type=WebhookDeliveryResult, description="Send one delivery again. Only admins may do this."
    )
    async def redeliver_webhook(self, info: Info, input: RedeliverWebhookInput) -> WebhookDeliveryQueued:
        id = ids.parse("WebhookDelivery", input.delivery_id)
        return WebhookDeliveryQueued(
            key=await operations.redeliver_webhook(info.context.operation_context(), id)
        )

    @strawberry.mutation(
        graphql_type=WebhookEndpointResult,
        description="Send all events since a time to an endpoint again. Only admins may do this. "
        "Refused if the endpoint is not active.",
    )
    async def redeliver_webhooks(self, info: Info, input: RedeliverWebhooksInput) -> WebhookEndpointChanged:
        id = ids.parse("WebhookEndpoint", input.endpoint_id)
        return WebhookEndpointChanged(
            key=await operations.redeliver_since(info.context.operation_context(), id, input.since)
        )
