"""Webhook endpoints as admins keep them: where facts go, which, and by which secret each sending is signed."""

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
from workflow.operations.core.journal import changed, record
from workflow.operations.core.locking import hold_organization, locked
from workflow.operations.core.perform import perform
from workflow.operations.core.validation import Faults
from workflow.queries.events.events import first_since, newest
from workflow.rules.codec import SECRET
from workflow.rules.enums import DeliveryStatus
from workflow.rules.errors import NotFound, invalid
from workflow.rules.events.event_types import EVENT_TYPES, unknown
from workflow.rules.events.webhook_addresses import Unfit, target_of
from workflow.rules.events.webhook_signing import OVERLAP, SECRET_BYTES, secret_text
from workflow.rules.permissions import Action, require

MOST_ENDPOINTS = 20
"""Of one organization: each has a sender of its own."""
MOST_TYPES = 50


class EndpointChanges(TypedDict, total=False):
    """Fields of an endpoint that a client gave."""

    url: str | None
    event_types: Sequence[str] | None
    active: bool | None


@dataclass(frozen=True, slots=True)
class EndpointKept:
    """An endpoint, and its new secret the only time it is shown."""

    id: UUID
    secret: str | None = field(default=None, metadata={SECRET: True})


async def create_webhook_endpoint(ctx: Ctx, given: EndpointChanges) -> EndpointKept:
    """A new endpoint; it is sent what is told from now on."""

    async def work() -> EndpointKept:
        require(ctx.viewer, Action.ADMINISTER, to="make webhook endpoints")
        await hold_organization(ctx.viewer.organization_id)
        fields = _checked(ctx, {"active": True, "event_types": (), **given})
        if await WebhookEndpoint.filter(organization_id=ctx.viewer.organization_id).count() >= MOST_ENDPOINTS:
            message = f"There are {MOST_ENDPOINTS} endpoints, the most there can be. Delete one that is not needed."
            raise invalid("url", message=message)
        id, secret = new_id(), secret_text(secrets.token_bytes(SECRET_BYTES))
        kept: dict[str, Any] = {
            "id": id,
            "organization_id": ctx.viewer.organization_id,
            "secret": ctx.vault.seal(secret),
        }
        kept |= {**fields, **(await newest(ctx.viewer))._asdict(), "created_at": ctx.now}
        await WebhookEndpoint.create(**kept)
        await _tell(ctx, "webhook.created", id, _told(changed({}, fields)))
        return EndpointKept(id, secret)

    return await perform(ctx, work)


async def update_webhook_endpoint(ctx: Ctx, id: UUID, given: EndpointChanges, *, rotate: bool) -> EndpointKept:
    """Change the fields that are given; a new secret signs at once, and the one before it for a day more."""

    async def work() -> EndpointKept:
        require(ctx.viewer, Action.ADMINISTER, to="change webhook endpoints")
        before = await _locked(ctx, id)
        fields = _checked(ctx, given)
        differences = _told(changed({name: before[name] for name in fields}, fields))
        if fields.get("active") is True and not before["active"]:
            fields |= {"disabled_reason": None, "failing_since": None, **(await newest(ctx.viewer))._asdict()}
        if fields.get("active") is False and before["active"]:
            fields |= {"disabled_reason": f"Switched off by {ctx.viewer.name}."}
        secret = secret_text(secrets.token_bytes(SECRET_BYTES)) if rotate else None
        if secret is not None:
            until: datetime = ctx.now + OVERLAP
            fields |= {
                "secret": ctx.vault.seal(secret),
                "secret_before": before["secret"],
                "secret_before_until": until,
            }
            differences |= {"secret": {"old": None, "new": "rotated"}}
        if differences:
            await WebhookEndpoint.filter(id=id).update(**fields)
            await _tell(ctx, "webhook.updated", id, differences)
        return EndpointKept(id, secret)

    return await perform(ctx, work)


async def delete_webhook_endpoint(ctx: Ctx, id: UUID) -> UUID:
    """Send nothing there any more; what became of its deliveries goes with it."""

    async def work() -> UUID:
        require(ctx.viewer, Action.ADMINISTER, to="delete webhook endpoints")
        before = await _locked(ctx, id)
        await WebhookEndpoint.filter(id=id).delete()
        await _tell(ctx, "webhook.deleted", id, _told({"url": {"old": before["url"], "new": None}}))
        return id

    return await perform(ctx, work)


async def redeliver_webhook(ctx: Ctx, id: UUID) -> UUID:
    """Send one delivery again, whatever became of it, at once where its endpoint is active."""

    async def work() -> UUID:
        require(ctx.viewer, Action.ADMINISTER, to="send webhooks again")
        found = await locked(WebhookDelivery, ctx.viewer.organization_id, id)
        if found is None:
            raise NotFound("WebhookDelivery", id)
        await WebhookDelivery.filter(id=id).update(
            status=DeliveryStatus.PENDING, attempts=0, next_attempt_at=ctx.now, lease=None, leased_until=None
        )
        return id

    return await perform(ctx, work)


async def redeliver_since(ctx: Ctx, id: UUID, since: datetime) -> UUID:
    """Send all that was told since then again, sent before or not: the endpoint goes back to that place in the feed."""

    async def work() -> UUID:
        require(ctx.viewer, Action.ADMINISTER, to="send webhooks again")
        before = await _locked(ctx, id)
        if not before["active"]:
            message = "The endpoint is switched off, so that nothing is sent. Switch it on with `active: true` first."
            raise invalid("endpointId", message=message)
        place = await first_since(ctx.viewer, since)
        if place is not None and place < (before["epoch"], before["xid"], before["pos"]):
            await WebhookEndpoint.filter(id=id).update(**place._asdict())
        return id

    return await perform(ctx, work)


async def _locked(ctx: Ctx, id: UUID) -> dict[str, Any]:  # Any: columns of several kinds
    await hold_organization(ctx.viewer.organization_id)
    found = await locked(WebhookEndpoint, ctx.viewer.organization_id, id)
    if found is None:
        raise NotFound("WebhookEndpoint", id)
    return found


def _checked(ctx: Ctx, given: EndpointChanges) -> dict[str, Any]:
    """The given fields as stored; what cannot be empty says so."""
    faults, fields = Faults(), cast(dict[str, Any], dict(given))  # columns of several kinds
    for name in ("url", "event_types", "active"):
        if name in given and fields[name] is None:
            shown = "eventTypes" if name == "event_types" else name
            faults.add(shown, message=f"`{shown}` cannot be empty. Give it a value, or leave it out.")
    if isinstance(given.get("url"), str):
        try:
            target_of(str(given["url"]), private=ctx.private_webhooks)
        except Unfit as fault:
            faults.add("url", message=str(fault))
    if (types := given.get("event_types")) is not None:
        fields["event_types"] = list(dict.fromkeys(types))
        _check_types(fields["event_types"], faults)
    faults.raise_if_any()
    return fields


def _check_types(types: Sequence[str], faults: Faults) -> None:
    if len(types) > MOST_TYPES:
        faults.add("eventTypes", message=f"There are {len(types)} patterns; at most {MOST_TYPES} are kept.")
        return
    for pattern in unknown(types):
        known = ", ".join(sorted(EVENT_TYPES))
        message = (
            f"`{pattern[:64]}` means no type of event. There are {known}; `risk.*` means all that begin with `risk.`."
        )
        faults.add("eventTypes", message=message)


def _told(differences: dict[str, Any]) -> dict[str, Any]:
    """Differences as they are told: of an address where it goes to and no more, for the rest may be a password for the receiver."""
    if "url" in differences:
        differences["url"] = {side: url and _origin(url) for side, url in differences["url"].items()}
    return differences


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


async def _tell(ctx: Ctx, type: str, id: UUID, changes: Mapping[str, object]) -> None:
    await record(ctx, type, aggregate="webhook", id=id, payload={"webhookEndpointId": id, "changes": changes})
