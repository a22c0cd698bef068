"""The history: transitions, snapshots, overrides, and the event feed."""

from tortoise import fields
from tortoise.models import Model

from workflow.models.columns import (
    enum_name,
    foreign_key,
    json_value,
    optional_foreign_key,
    primary_key,
    short_text,
)


class Transition(Model):
    """A recorded transition with its evaluated gate, the deal's figures at that time."""

    id = primary_key()
    organization = foreign_key("Organization")
    opportunity = foreign_key("Opportunity")
    sequence = fields.IntField()
    trigger = enum_name()
    from_state = enum_name()
    to_state = enum_name()
    at = fields.DatetimeField()
    actor_kind = enum_name()
    actor_name = short_text()
    actor_member = optional_foreign_key("Member")
    source = enum_name()
    note = fields.TextField(null=True)
    requirements: list[object] = json_value()
    process = foreign_key("SalesProcess")
    seconds_in_previous_state = fields.BigIntField()
    value_minor = fields.BigIntField(null=True)
    value_currency = fields.CharField(max_length=3, null=True)
    expected_close_date = fields.DateField(null=True)
    probability = fields.FloatField()
    forecast_category = enum_name()
    closed_on = fields.DateField(null=True)
    win_reason = enum_name(null=True)
    loss_reason = enum_name(null=True)
    disqualify_reason = enum_name(null=True)
    lost_to = optional_foreign_key("Competitor")

    class Meta:
        table = "transition"


class Snapshot(Model):
    """The values of a deal that reports use, from one change of them until the next.

    The current one has no `until`.
    """

    pos = fields.BigIntField(primary_key=True, generated=True)
    organization = foreign_key("Organization")
    opportunity = foreign_key("Opportunity")
    since = fields.DatetimeField()
    until = fields.DatetimeField(null=True)
    state = enum_name()
    owner = foreign_key("Member")
    value_minor = fields.BigIntField(null=True)
    value_currency = fields.CharField(max_length=3, null=True)
    base_minor = fields.BigIntField(null=True)
    expected_close_date = fields.DateField(null=True)
    probability = fields.FloatField()
    forecast_category = enum_name()
    closed_on = fields.DateField(null=True)
    slip_reason = enum_name(null=True)

    class Meta:
        table = "snapshot"


class Override(Model):
    """Requirements that a manager overrode; it is open until each of them is met."""

    id = primary_key()
    organization = foreign_key("Organization")
    opportunity = foreign_key("Opportunity")
    transition = foreign_key("Transition")
    requirement_keys: list[str] = json_value()
    reason = fields.TextField()
    actor_kind = enum_name()
    actor_name = short_text()
    actor_member = optional_foreign_key("Member")
    at = fields.DatetimeField()
    expires_at = fields.DatetimeField(null=True)
    settled_at = fields.DatetimeField(null=True)

    class Meta:
        table = "override"


class Event(Model):
    """An event; its position in the feed is (epoch, xid, pos)."""

    pos = fields.BigIntField(primary_key=True, generated=True)
    id = fields.UUIDField()
    organization = foreign_key("Organization")
    epoch = fields.IntField()
    xid = fields.BigIntField(db_default=0)
    aggregatetype = short_text(size=64)
    aggregateid = fields.UUIDField()
    type = short_text(size=64)
    payload: dict[str, object] = json_value()
    at = fields.DatetimeField()
    actor_kind = enum_name()
    actor_name = short_text()
    actor_member = optional_foreign_key("Member")
    request_id = short_text(null=True, size=64)
    audit_number = fields.IntField(null=True)
    audit_hash = fields.CharField(max_length=64, null=True)

    class Meta:
        table = "event"


class FeedEpoch(Model):
    """The epoch of the feed, in one row. A restore increases it, which distinguishes older cursors."""

    id = fields.IntField(primary_key=True, generated=False)
    epoch = fields.IntField()

    class Meta:
        table = "feed_epoch"
