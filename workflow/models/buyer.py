"""The buyer's side of a deal: stakeholders, relations, competitors, decision steps and objectives."""

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


class Stakeholder(Model):
    """A contact's part in one deal; `roles` is a list of buying roles."""

    id = primary_key()
    organization = foreign_key("Organization")
    opportunity = foreign_key("Opportunity", cascade=True)
    contact = foreign_key("Contact")
    roles: list[str] = json_value()
    influence = enum_name()
    attitude = enum_name()
    buying_style = enum_name()
    motivation = fields.TextField(null=True)
    is_primary = fields.BooleanField()
    left_at = fields.DatetimeField(null=True)
    created_at = fields.DatetimeField()

    class Meta:
        table = "stakeholder"


class StakeholderRelation(Model):
    """A relation from one stakeholder to another of the same deal."""

    id = primary_key()
    organization = foreign_key("Organization")
    stakeholder = foreign_key("Stakeholder", cascade=True)
    kind = enum_name()
    to = foreign_key("Stakeholder", cascade=True)

    class Meta:
        table = "stakeholder_relation"


class Competitor(Model):
    """An alternative that the buyer considers, which includes doing nothing."""

    id = primary_key()
    organization = foreign_key("Organization")
    opportunity = foreign_key("Opportunity", cascade=True)
    kind = enum_name()
    name = short_text()
    standing = enum_name()
    strengths = fields.TextField(null=True)
    weaknesses = fields.TextField(null=True)
    created_at = fields.DatetimeField()

    class Meta:
        table = "competitor"


class DecisionStep(Model):
    """A step of the buyer's decision process, in order of `position`."""

    id = primary_key()
    organization = foreign_key("Organization")
    opportunity = foreign_key("Opportunity", cascade=True)
    position = fields.IntField()
    name = short_text()
    owner = optional_foreign_key("Stakeholder")
    due = fields.DateField(null=True)
    done = fields.BooleanField()

    class Meta:
        table = "decision_step"


class Objective(Model):
    """An objective of the buyer and its metric."""

    id = primary_key()
    organization = foreign_key("Organization")
    opportunity = foreign_key("Opportunity", cascade=True)
    position = fields.IntField()
    text = fields.TextField()
    metric = short_text(null=True)
    baseline = short_text(null=True)
    goal = short_text(null=True)
    due = fields.DateField(null=True)

    class Meta:
        table = "objective"
