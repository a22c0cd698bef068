"""Webhook endpoints: created, updated and deleted by admins, and sent events again on request."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypedDict, cast
from urllib.parse import urlsplit
from uuid import UUID

from workflow.models import WebhookDelivery, WebhookEndpoint
from workflow.models.columns import new_id
from workflow.operations.core.context import Ctx
from workflow.operations.core.diff import diff
from workflow.operations.core.journal import record_event
from workflow.operations.core.locking import lock_and_read, lock_organization
from workflow.operations.core.perform import perform
from workflow.operations.core.validation import Validator
from workflow.queries.events.events import newest_position, position_before
from workflow.rules.codec import SECRET_FIELD, camel
from workflow.rules.enums import DeliveryStatus
from workflow.rules.errors import NotFoundError, invalid_field
from workflow.rules.events.event_types import EVENT_TYPES, unknown_patterns
from workflow.rules.events.webhook_addresses import UnsafeUrlError, parse_webhook_url
from workflow.rules.events.webhook_signing import SECRET_BYTES, SECRET_OVERLAP, encode_secret
from workflow.rules.permissions import Action, require_permission

MAX_ENDPOINTS = 20
"""Endpoints of one organization. Each one has a sender of its own in the worker."""
MAX_EVENT_PATTERNS = 50


class EndpointChanges(TypedDict, total=False):
    """The fields of an endpoint that a client has set."""

    url: str | None
    event_types: Sequence[str] | None
    active: bool | None


@dataclass(frozen=True, slots=True)
class WebhookEndpointResult:
    """An endpoint, with its new secret, which is shown only once."""

    id: UUID
    secret: str | None = field(default=None, metadata={SECRET_FIELD: True})


async def create_webhook_endpoint(ctx: Ctx, changes: EndpointChanges) -> WebhookEndpointResult:
    """Create an endpoint. It receives the events that are recorded from now on."""

    async def work() -> WebhookEndpointResult:
        require_permission(ctx.viewer, Action.ADMINISTER, to="create webhook endpoints")
        await lock_organization(ctx.viewer.organization_id)
        fields = _validate(ctx, {"active": True, "event_types": (), **changes})
        if await WebhookEndpoint.filter(organization_id=ctx.viewer.organization_id).count() >= MAX_ENDPOINTS:
            message = (
                f"There are {MAX_ENDPOINTS} endpoints, which is the limit. Delete one that you do not need."
            )
            raise invalid_field("url", message=message)
        id = new_id()
        secret = encode_secret(secrets.token_bytes(SECRET_BYTES))
        position = await newest_position(ctx.viewer)
        await WebhookEndpoint.create(
            id=id,
            organization_id=ctx.viewer.organization_id,
            secret=ctx.vault.encrypt(secret),
            created_at=ctx.now,
            **fields,
            **position._asdict(),
        )
        await _record(ctx, "webhook.created", id, _redact_urls(diff({}, fields)))
        return WebhookEndpointResult(id, secret)

    return await perform(ctx, work)


async def update_webhook_endpoint(
    ctx: Ctx, id: UUID, changes: EndpointChanges, *, rotate: bool
) -> WebhookEndpointResult:
    """Change the given fields, and rotate the secret if asked to.

    A new secret signs at once. For SECRET_OVERLAP, the previous one signs as well.
    """

    async def work() -> WebhookEndpointResult:
        require_permission(ctx.viewer, Action.ADMINISTER, to="change webhook endpoints")
        before = await _lock_endpoint(ctx, id)
        fields = _validate(ctx, changes)
        differences = _redact_urls(diff({name: before[name] for name in fields}, fields))
        if fields.get("active") is True and not before["active"]:
            # It continues with new events: a receiver does not expect those of the time when it was inactive.
            position = await newest_position(ctx.viewer)
            fields |= {"disabled_reason": None, "failing_since": None, **position._asdict()}
        if fields.get("active") is False and before["active"]:
            fields |= {"disabled_reason": f"Switched off by {ctx.viewer.name}."}
        secret = encode_secret(secrets.token_bytes(SECRET_BYTES)) if rotate else None
        if secret is not None:
            until: datetime = ctx.now + SECRET_OVERLAP
            fields |= {
                "secret": ctx.vault.encrypt(secret),
                "secret_before": before["secret"],
                "secret_before_until": until,
            }
            differences |= {"secret": {"old": None, "new": "rotated"}}
        if differences:
            await WebhookEndpoint.filter(id=id).update(**fields)
            await _record(ctx, "webhook.updated", id, differences)
        return WebhookEndpointResult(id, secret)

    return await perform(ctx, work)


async def delete_webhook_endpoint(ctx: Ctx, id: UUID) -> UUID:
    """Delete an endpoint with the log of its deliveries."""

    async def work() -> UUID:
        require_permission(ctx.viewer, Action.ADMINISTER, to="delete webhook endpoints")
        before = await _lock_endpoint(ctx, id)
        await WebhookEndpoint.filter(id=id).delete()
        await _record(ctx, "webhook.deleted", id, _redact_urls({"url": {"old": before["url"], "new": None}}))
        return id

    return await perform(ctx, work)


async def redeliver_webhook(ctx: Ctx, id: UUID) -> UUID:
    """Send one delivery again, whatever its status. It is sent at once if its endpoint is active."""

    async def work() -> UUID:
        require_permission(ctx.viewer, Action.ADMINISTER, to="send webhooks again")
        found = await lock_and_read(WebhookDelivery, ctx.viewer.organization_id, id)
        if found is None:
            raise NotFoundError("WebhookDelivery", id)
        # Without its lease, an attempt that is in progress does not end this new delivery.
        await WebhookDelivery.filter(id=id).update(
            status=DeliveryStatus.PENDING, attempts=0, next_attempt_at=ctx.now, lease=None, leased_until=None
        )
        return id

    return await perform(ctx, work)


async def redeliver_since(ctx: Ctx, id: UUID, since: datetime) -> UUID:
    """Send all events since a time again, by setting the endpoint back to that position in the feed."""

    async def work() -> UUID:
        require_permission(ctx.viewer, Action.ADMINISTER, to="send webhooks again")
        before = await _lock_endpoint(ctx, id)
        if not before["active"]:
            message = "This endpoint is inactive, so nothing is sent to it. Set `active` to true first."
            raise invalid_field("endpointId", message=message)
        position = await position_before(ctx.viewer, since)
        # Only backwards: an endpoint that is moved forward would skip events.
        if position is not None and position < (before["epoch"], before["xid"], before["pos"]):
            await WebhookEndpoint.filter(id=id).update(**position._asdict())
        return id

    return await perform(ctx, work)


async def _lock_endpoint(ctx: Ctx, id: UUID) -> dict[str, Any]:  # Any: columns of several kinds
    await lock_organization(ctx.viewer.organization_id)
    found = await lock_and_read(WebhookEndpoint, ctx.viewer.organization_id, id)
    if found is None:
        raise NotFoundError("WebhookEndpoint", id)
    return found


def _validate(ctx: Ctx, changes: EndpointChanges) -> dict[str, Any]:
    """Return the columns for the given fields. Raise InvalidInputError with every fault."""
    validator = Validator()
    fields = cast(dict[str, Any], dict(changes))  # columns of several kinds
    for name in ("url", "event_types", "active"):
        if name in changes and fields[name] is None:
            validator.add(camel(name), message=f"`{camel(name)}` cannot be null. Leave it out to keep it.")
    if isinstance(changes.get("url"), str):
        try:
            parse_webhook_url(str(changes["url"]), allow_private=ctx.private_webhooks)
        except UnsafeUrlError as problem:
            validator.add("url", message=str(problem))
    if (types := changes.get("event_types")) is not None:
        fields["event_types"] = list(dict.fromkeys(types))
        _check_types(fields["event_types"], validator)
    validator.raise_if_any()
    return fields


def _check_types(types: Sequence[str], validator: Validator) -> None:
    if len(types) > MAX_EVENT_PATTERNS:
        message = f"`eventTypes` has {len(types)} patterns; the limit is {MAX_EVENT_PATTERNS}."
        validator.add("eventTypes", message=message)
        return
    for pattern in unknown_patterns(types):
        known = ", ".join(sorted(EVENT_TYPES))
        message = (
            f"`{pattern[:64]}` does not match any type of event. The types are {known}. "
            "`risk.*` matches all that begin with `risk.`."
        )
        validator.add("eventTypes", message=message)


def _redact_urls(differences: dict[str, Any]) -> dict[str, Any]:
    """Shorten URLs to their origin: the path or the query may contain a password of the receiver."""
    if "url" in differences:
        differences["url"] = {side: url and _origin(url) for side, url in differences["url"].items()}
    return differences


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


async def _record(ctx: Ctx, type: str, id: UUID, changes: Mapping[str, object]) -> None:
    await record_event(
        ctx, type, aggregate="webhook", id=id, payload={"webhookEndpointId": id, "changes": changes}
    )
