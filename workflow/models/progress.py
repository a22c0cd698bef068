"""Milestones and activities."""

from tortoise import fields
from tortoise.models import Model

from workflow.models.columns import enum_name, foreign_key, optional_foreign_key, primary_key, short_text


class Milestone(Model):
    """A buyer-verified result; `template_key` is empty for a milestone that was added by hand."""

    id = primary_key()
    organization = foreign_key("Organization")
    opportunity = foreign_key("Opportunity", cascade=True)
    template_key = short_text(null=True, size=64)
    name = short_text()
    side = enum_name()
    weight = fields.SmallIntField()
    status = enum_name()
    due = fields.DateField(null=True)
    position = fields.IntField()
    completed_at = fields.DatetimeField(null=True)
    evidence = fields.TextField(null=True)
    waive_reason = fields.TextField(null=True)
    actor_kind = enum_name(null=True)
    actor_name = short_text(null=True)
    actor_member = optional_foreign_key("Member")
    created_at = fields.DatetimeField()

    class Meta:
        table = "milestone"


class Activity(Model):
    """A call, meeting or e-mail; `voided_at` is set if it did not happen."""

    id = primary_key()
    organization = foreign_key("Organization")
    opportunity = foreign_key("Opportunity", cascade=True)
    kind = enum_name()
    direction = enum_name()
    two_way = fields.BooleanField()
    at = fields.DatetimeField()
    summary = fields.TextField()
    external_system = short_text(null=True)
    external_id = short_text(null=True)
    voided_at = fields.DatetimeField(null=True)
    actor_kind = enum_name()
    actor_name = short_text()
    actor_member = optional_foreign_key("Member")
    created_at = fields.DatetimeField()

    class Meta:
        table = "activity"


class ActivityContact(Model):
    """A contact who took part in an activity."""

    id = primary_key()
    organization = foreign_key("Organization")
    activity = foreign_key("Activity", cascade=True)
    contact = foreign_key("Contact")

    class Meta:
        table = "activity_contact"
