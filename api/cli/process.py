"""Commands that show, check and publish sales processes as YAML, and print the JSON Schema for editors."""

import json
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from api.cli.runtime import CommandFailed, OrganizationOption, parse_organization, with_database
from workflow.models import Organization
from workflow.models.engine.database import transaction
from workflow.operations.core.context import Ctx, system_viewer
from workflow.operations.process.processes import PRESETS, PublishResult, preset, preset_text, publish
from workflow.queries.people.people import find_organization
from workflow.queries.process.processes import ProcessRow, default_process
from workflow.queries.process.processes import process as process_of
from workflow.rules.authoring.json_schema import process_json_schema
from workflow.rules.authoring.text import process_from_yaml, process_to_yaml
from workflow.rules.authoring.yaml_reading import InvalidYamlError
from workflow.rules.enums import TransitionSource
from workflow.rules.process.document import ProcessDocument

SCHEMA_LINE = "# yaml-language-server: $schema=process.schema.json\n"
MAX_BYTES = 1_000_000

process = typer.Typer(help="Show, check and publish sales processes as YAML files.", no_args_is_help=True)

TextFile = Annotated[
    str, typer.Argument(metavar="FILE", help="YAML file; - for standard input.", show_default=False)
]


@process.command("show")
def show(
    name: Annotated[
        str | None,
        typer.Argument(metavar="NAME", help="Name of a preset, key of a published process, or a YAML file."),
    ] = None,
    organization: Annotated[
        str | None,
        typer.Option(
            help="Name or id of the organization that published the process.", parser=parse_organization
        ),
    ] = None,
    version: Annotated[
        int | None,
        typer.Option(min=1, help="Version to print; by default the newest. Requires --organization."),
    ] = None,
) -> None:
    """Print a sales process as YAML: a preset, a published process, or a file with every default written out.

    Without NAME, it lists the presets, or prints the default process of --organization.
    """
    if organization is not None:
        row = with_database(lambda: _find_process(organization, name, version))
        return typer.echo(SCHEMA_LINE + _origin_comment(row) + process_to_yaml(row.document), nl=False)
    if version is not None:
        raise typer.BadParameter("--version needs --organization")
    if name is None:
        return _list_presets()
    if name in PRESETS:
        return typer.echo(preset_text(name), nl=False)
    if name != "-" and not Path(name).exists():
        known = ", ".join(PRESETS)
        raise CommandFailed(f"{name} is neither a preset nor a file. The presets are {known}.")
    return typer.echo(SCHEMA_LINE + process_to_yaml(_load_document(name)), nl=False)


@process.command("check")
def check(file: TextFile) -> None:
    """Check a process file and list every fault with its line. Needs no database."""
    document = _load_document(file)
    requirements = sum(len(gate.requirements) for gate in document.gates)
    counts = (
        (len(document.criteria), "criterion", "criteria"),
        (len(document.gates), "gate", "gates"),
        (requirements, "requirement", "requirements"),
        (len(document.milestones), "milestone", "milestones"),
    )
    summary = ", ".join(f"{count} {one if count == 1 else many}" for count, one, many in counts)
    typer.echo(f"{_display_name(file)} can be published as `{document.key}`: {summary}.")


@process.command("publish")
def publish_(
    file: TextFile,
    organization: OrganizationOption,
    default: Annotated[
        bool, typer.Option("--default", help="Make it the default process of new opportunities.")
    ] = False,
) -> None:
    """Publish a process as the next version of its key. An unchanged process is not published again."""
    document = _load_document(file)
    outcome = with_database(lambda: _publish(organization, document, make_default=default))
    named = f"version {outcome.published.version} of `{document.key}`"
    typer.echo(f"Published {named}." if outcome.published.is_new else f"Nothing to publish: this is {named}.")
    if outcome.default_key == document.key:
        typer.echo(f"It is the default process of {organization}.")
    else:
        typer.echo(
            f"New opportunities use `{outcome.default_key}`; --default makes this process the default."
        )


@process.command("schema")
def schema() -> None:
    """Print the JSON Schema of process files, with which an editor completes and checks them.

    A process file refers to it with `# yaml-language-server: $schema=…`.
    """
    typer.echo(schema_text(), nl=False)


def schema_text() -> str:
    """Return the JSON Schema of process files as text."""
    return json.dumps(process_json_schema(), indent=2, ensure_ascii=False) + "\n"


@dataclass(frozen=True, slots=True)
class PublishOutcome:
    """The published version, and the key of the organization's default process."""

    published: PublishResult
    default_key: str


def _origin_comment(row: ProcessRow) -> str:
    """Return a comment with the version, the time and the author of a published process."""
    when = row.published_at.isoformat(timespec="seconds")
    sentence = f"Version {row.version} of `{row.document.key}`, published {when} by {row.published_by.name}."
    return f"# {' '.join(sentence.split())}\n"


def _list_presets() -> None:
    for name in PRESETS:
        typer.echo(f"{name:<10} {preset(name).name}")
    typer.echo("Print one with `pursuit process show NAME`, or a published process with --organization.")


def _load_document(file: str) -> ProcessDocument:
    try:
        return process_from_yaml(_read_text(file), defaults=preset("default"))
    except InvalidYamlError as problem:
        _print_problems(file, problem)


def _read_text(file: str) -> str:
    """Return the text of a file or of standard input, which must be UTF-8 and not too large."""
    try:
        if file == "-":
            data = sys.stdin.buffer.read(MAX_BYTES + 1)
        else:
            with Path(file).open("rb") as opened:
                data = opened.read(MAX_BYTES + 1)
        if len(data) > MAX_BYTES:
            raise CommandFailed(
                f"{_display_name(file)} is too large for a process: more than {MAX_BYTES:,} bytes."
            )
        return data.decode("utf-8-sig")
    except OSError as problem:
        raise CommandFailed(f"{file} cannot be read: {problem.strerror}.") from problem
    except UnicodeDecodeError as problem:
        line = data.count(b"\n", 0, problem.start) + 1
        raise CommandFailed(
            f"{_display_name(file)}:{line}: The text is not in UTF-8. Save it as UTF-8."
        ) from problem


def _print_problems(file: str, faulty: InvalidYamlError) -> NoReturn:
    """Print one fault per line, in the form that editors recognize."""
    for problem in faulty.problems:
        typer.echo(f"{_display_name(file)}:{problem.line}: {' '.join(str(problem).split())}", err=True)
    raise typer.Exit(1)


def _display_name(file: str) -> str:
    return "<stdin>" if file == "-" else file


async def _publish(organization: str, document: ProcessDocument, *, make_default: bool) -> PublishOutcome:
    ctx = await _system_context(organization)

    async def work() -> PublishOutcome:
        published = await publish(ctx, document, make_default=make_default)
        found = await Organization.filter(id=ctx.viewer.organization_id).values("default_process_key")
        return PublishOutcome(published, found[0]["default_process_key"])

    return await transaction(work)


async def _find_process(organization: str, key: str | None, version: int | None) -> ProcessRow:
    viewer = (await _system_context(organization)).viewer
    if key is None:
        newest = await default_process(viewer)
        key = newest.document.key
    row = await process_of(viewer, key, version)
    if row is None:
        wanted = f"version {version} of `{key}`" if version else f"process `{key}`"
        raise CommandFailed(
            f"{organization} has not published {wanted}. Publish it with `pursuit process publish`."
        )
    return row


async def _system_context(organization: str) -> Ctx:
    found = await find_organization(organization)
    return Ctx(viewer=system_viewer(found.id), now=datetime.now(UTC), source=TransitionSource.SYSTEM)
