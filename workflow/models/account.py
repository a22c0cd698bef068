"""Accounts, their contacts, and the imported rows."""

from tortoise import fields
from tortoise.models import Model

from workflow.models.columns import foreign_key, json_value, optional_foreign_key, primary_key, short_text


class Account(Model):
    """A company; `name_folded` is its case-folded name, used to match and order.

    `name_search` is the name as search compares it, if that differs from `name_folded`.
    """

    id = primary_key()
    organization = foreign_key("Organization")
    name = short_text()
    name_folded = short_text(size=1024)
    name_search = fields.TextField(null=True)
    domain = short_text(null=True)
    industry = short_text(null=True)
    employee_count = fields.IntField(null=True)
    annual_revenue_minor = fields.BigIntField(null=True)
    annual_revenue_currency = fields.CharField(max_length=3, null=True)
    country = short_text(null=True)
    external_system = short_text(null=True)
    external_id = short_text(null=True)
    attributes: dict[str, object] = json_value()
    version = fields.IntField()
    created_at = fields.DatetimeField()
    updated_at = fields.DatetimeField()

    class Meta:
        table = "account"


class Contact(Model):
    """A person at an account."""

    id = primary_key()
    organization = foreign_key("Organization")
    account = foreign_key("Account")
    name = short_text()
    name_folded = short_text(size=1024)
    name_search = fields.TextField(null=True)
    email = short_text(null=True)
    phone = short_text(null=True)
    title = short_text(null=True)
    external_system = short_text(null=True)
    external_id = short_text(null=True)
    attributes: dict[str, object] = json_value()
    version = fields.IntField()
    created_at = fields.DatetimeField()
    updated_at = fields.DatetimeField()

    class Meta:
        table = "contact"


class ImportedRow(Model):
    """The last row that was imported under an external key; importing the same row again changes nothing."""

    id = primary_key()
    organization = foreign_key("Organization")
    external_system = short_text()
    external_id = short_text()
    opportunity = optional_foreign_key("Opportunity")
    row: dict[str, object] = json_value()
    imported_at = fields.DatetimeField()

    class Meta:
        table = "imported_row"
