"""The buyer: people, how they stand to each other, what they decide by and whom else they look at."""

from tortoise import fields
from tortoise.models import Model

from workflow.models.columns import key, line, maybe, of, word


class Stakeholder(Model):
    """A contact who takes part in one purchase; `roles` is a list of buying roles."""

    id = key()
    organization = of("Organization")
    opportunity = of("Opportunity", cascade=True)
    contact = of("Contact")
    roles: list[str] = fields.JSONField()
    influence = word()
    attitude = word()
    buying_style = word()
    motivation = fields.TextField(null=True)
    is_primary = fields.BooleanField()
    left_at = fields.DatetimeField(null=True)
    created_at = fields.DatetimeField()

    class Meta:
        table = "stakeholder"


class StakeholderRelation(Model):
    """How one stakeholder stands to another of the same deal."""

    id = key()
    organization = of("Organization")
    stakeholder = of("Stakeholder", cascade=True)
    kind = word()
    to = of("Stakeholder", cascade=True)

    class Meta:
        table = "stakeholder_relation"


class Competitor(Model):
    """Whom or what the buyer compares us with; doing nothing is one too."""

    id = key()
    organization = of("Organization")
    opportunity = of("Opportunity", cascade=True)
    kind = word()
    name = line()
    standing = word()
    strengths = fields.TextField(null=True)
    weaknesses = fields.TextField(null=True)
    created_at = fields.DatetimeField()

    class Meta:
        table = "competitor"


class DecisionStep(Model):
    """A step of the buyer's way to a decision, in order of `position`."""

    id = key()
    organization = of("Organization")
    opportunity = of("Opportunity", cascade=True)
    position = fields.IntField()
    name = line()
    owner = maybe("Stakeholder")
    due = fields.DateField(null=True)
    done = fields.BooleanField()

    class Meta:
        table = "decision_step"


class Objective(Model):
    """What the buyer wants to reach, and how it is measured."""

    id = key()
    organization = of("Organization")
    opportunity = of("Opportunity", cascade=True)
    position = fields.IntField()
    text = fields.TextField()
    metric = line(null=True)
    baseline = line(null=True)
    goal = line(null=True)
    due = fields.DateField(null=True)

    class Meta:
        table = "objective"
