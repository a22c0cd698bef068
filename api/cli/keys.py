"""Commands that create organizations and API keys."""

import json
from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

import typer

from api.cli.runtime import OrganizationOption, with_database
from workflow.operations.people.bootstrap import init_organization, issue_key
from workflow.rules.enums import Role

AsJson = Annotated[bool, typer.Option("--json", help="Print the result as one JSON object.")]


def init(
    organization: Annotated[str, typer.Option(help="Name of the new organization.")],
    email: Annotated[str, typer.Option(help="E-mail address of its first admin.")],
    name: Annotated[str, typer.Option(help="Name of its first admin.")],
    currency: Annotated[str, typer.Option(help="Base currency as an ISO 4217 code.")] = "EUR",
    time_zone: Annotated[str, typer.Option(help="Time zone as an IANA name, such as Europe/Berlin.")] = "UTC",
    as_json: AsJson = False,
) -> None:
    """Create an organization with the default process, its first admin and an API key."""
    created = with_database(
        lambda: init_organization(
            name=organization,
            email=email,
            admin_name=name,
            currency=currency,
            time_zone=time_zone,
            now=datetime.now(UTC),
        )
    )
    if as_json:
        _print_json(organization=created.organization_id, member=created.member_id, apiKey=created.api_key)
        return
    typer.echo(f"Created the organization {organization} with the admin {name} <{email}>.")
    _print_key(created.api_key)


def key(
    organization: OrganizationOption,
    role: Annotated[Role, typer.Option(help="Role that limits what the key may do.", case_sensitive=False)],
    email: Annotated[
        str | None,
        typer.Option(
            help="E-mail address of the member that the key acts as. "
            "A missing member is created with the role."
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Create an API key for an organization. Its secret is printed only this once."""
    created = with_database(
        lambda: issue_key(organization_name=organization, role=role, email=email, now=datetime.now(UTC))
    )
    if as_json:
        _print_json(
            organization=created.organization_id,
            member=created.member_id,
            role=role.value,
            apiKey=created.api_key,
        )
        return
    typer.echo(
        f"Created a key of {organization} with the role {role.value}" + (f" for {email}." if email else ".")
    )
    _print_key(created.api_key)


def _print_json(**fields: UUID | str | None) -> None:
    """Print one JSON object, with ids as the API uses them."""
    from schema.core.ids import encode  # here because the other commands start faster without it

    kinds = {"organization": "Organization", "member": "Member"}
    typer.echo(
        json.dumps(
            {name: encode(kinds[name], id) if isinstance(id, UUID) else id for name, id in fields.items()}
        )
    )


def _print_key(api_key: str) -> None:
    typer.echo(f"API key, shown only once: {api_key}")
