"""The buyer's company and the people in it."""

from tortoise import fields
from tortoise.models import Model

from workflow.models.columns import key, line, maybe, of


class Account(Model):
    """A company that may buy; `name_folded` is its name case-folded, for search, matching and order."""

    id = key()
    organization = of("Organization")
    name = line()
    name_folded = line(size=1024)
    domain = line(null=True)
    industry = line(null=True)
    employee_count = fields.IntField(null=True)
    annual_revenue_minor = fields.BigIntField(null=True)
    annual_revenue_currency = fields.CharField(max_length=3, null=True)
    country = line(null=True)
    external_system = line(null=True)
    external_id = line(null=True)
    attributes: dict[str, object] = fields.JSONField()
    version = fields.IntField()
    created_at = fields.DatetimeField()
    updated_at = fields.DatetimeField()

    class Meta:
        table = "account"


class Contact(Model):
    """A person at an account."""

    id = key()
    organization = of("Organization")
    account = of("Account")
    name = line()
    name_folded = line(size=1024)
    email = line(null=True)
    phone = line(null=True)
    title = line(null=True)
    external_system = line(null=True)
    external_id = line(null=True)
    attributes: dict[str, object] = fields.JSONField()
    version = fields.IntField()
    created_at = fields.DatetimeField()
    updated_at = fields.DatetimeField()

    class Meta:
        table = "contact"


class ImportedRow(Model):
    """The last row imported under a key, so that the same row again changes nothing."""

    id = key()
    organization = of("Organization")
    external_system = line()
    external_id = line()
    opportunity = maybe("Opportunity")
    row: dict[str, object] = fields.JSONField()
    imported_at = fields.DatetimeField()

    class Meta:
        table = "imported_row"
