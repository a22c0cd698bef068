"""Webhook endpoints and deliveries."""

from tortoise import fields
from tortoise.models import Model

from workflow.models.columns import enum_name, foreign_key, json_value, primary_key, short_text


class WebhookEndpoint(Model):
    """A receiver of events; its secrets are stored encrypted.

    (epoch, xid, pos) is the position in the feed up to which deliveries were created.
    """

    id = primary_key()
    organization = foreign_key("Organization")
    url = short_text(size=2048)
    event_types: list[str] = json_value()
    secret = fields.TextField()
    secret_before = fields.TextField(null=True)
    secret_before_until = fields.DatetimeField(null=True)
    active = fields.BooleanField()
    disabled_reason = fields.TextField(null=True)
    failing_since = fields.DatetimeField(null=True)
    created_at = fields.DatetimeField()
    epoch = fields.IntField()
    xid = fields.BigIntField()
    pos = fields.BigIntField()

    class Meta:
        table = "webhook_endpoint"


class WebhookDelivery(Model):
    """The delivery of one event to one endpoint; the process with the lease sends it."""

    id = primary_key()
    organization = foreign_key("Organization")
    endpoint = foreign_key("WebhookEndpoint", cascade=True)
    event_id = fields.UUIDField()
    status = enum_name()
    attempts = fields.IntField()
    last_status_code = fields.IntField(null=True)
    last_error = fields.TextField(null=True)
    next_attempt_at = fields.DatetimeField(null=True)
    delivered_at = fields.DatetimeField(null=True)
    created_at = fields.DatetimeField()
    lease = fields.UUIDField(null=True)
    leased_until = fields.DatetimeField(null=True)

    class Meta:
        table = "webhook_delivery"
