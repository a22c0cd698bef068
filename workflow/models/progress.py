"""Milestones that show progress, and the activities that may not."""

from tortoise import fields
from tortoise.models import Model

from workflow.models.columns import key, line, maybe, of, word


class Milestone(Model):
    """A step towards the purchase; `key` is empty for one added by hand."""

    id = key()
    organization = of("Organization")
    opportunity = of("Opportunity", cascade=True)
    template_key = line(null=True, size=64)
    name = line()
    side = word()
    weight = fields.SmallIntField()
    status = word()
    due = fields.DateField(null=True)
    position = fields.IntField()
    completed_at = fields.DatetimeField(null=True)
    evidence = fields.TextField(null=True)
    waive_reason = fields.TextField(null=True)
    actor_kind = word(null=True)
    actor_name = line(null=True)
    actor_member = maybe("Member")
    created_at = fields.DatetimeField()

    class Meta:
        table = "milestone"


class Activity(Model):
    """Something that was done; `voided_at` where it turned out not to have happened."""

    id = key()
    organization = of("Organization")
    opportunity = of("Opportunity", cascade=True)
    kind = word()
    direction = word()
    two_way = fields.BooleanField()
    at = fields.DatetimeField()
    summary = fields.TextField()
    external_system = line(null=True)
    external_id = line(null=True)
    voided_at = fields.DatetimeField(null=True)
    actor_kind = word()
    actor_name = line()
    actor_member = maybe("Member")
    created_at = fields.DatetimeField()

    class Meta:
        table = "activity"


class ActivityContact(Model):
    """A contact who took part in an activity."""

    id = key()
    organization = of("Organization")
    activity = of("Activity", cascade=True)
    contact = of("Contact")

    class Meta:
        table = "activity_contact"
