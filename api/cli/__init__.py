"""The command line `pursuit`: one module per group of commands."""

import logging
import os
from importlib.metadata import version
from typing import Annotated

import typer

from api.cli import database as databases
from api.cli import export as exporting
from api.cli import import_file, keys, process
from api.cli import serve as serving
from api.cli import sweep as sweeping
from api.cli import verify as verifying
from api.cli import worker as working
from api.cli.runtime import DATABASE_ERRORS, CommandFailed, fail
from api.config.setting_values import SettingsError
from workflow.models.engine.database import DatabaseInUse
from workflow.models.engine.migrating import MigrationRefused
from workflow.rules.errors import Refusal, UnavailableError

EXPECTED_ERRORS = (CommandFailed, SettingsError, Refusal, DatabaseInUse, MigrationRefused)

app = typer.Typer(
    name="pursuit",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)


def _print_version(wanted: bool) -> None:
    """Print the installed version and end the command."""
    if wanted:
        typer.echo(f"pursuit {version('pursuit')}")
        raise typer.Exit


@app.callback()
def global_options(
    _: Annotated[
        bool,
        # Eager: it needs neither a command nor valid values of the other options.
        typer.Option("--version", help="Print the version and exit.", callback=_print_version, is_eager=True),
    ] = False,
) -> None:
    """Run and administer Pursuit, a GraphQL server for sales opportunities.

    The settings are environment variables; `pursuit doctor` prints them.
    """


app.command("serve")(serving.serve)
app.command("worker")(working.worker)
app.command("doctor")(serving.doctor)
app.command("migrate")(databases.migrate)
app.command("schema")(databases.schema)
app.command("init")(keys.init)
app.command("key")(keys.key)
app.command("sweep")(sweeping.sweep)
app.command("verify")(verifying.verify)
app.command("import")(import_file.import_)
app.command("export")(exporting.export)
app.add_typer(process.process, name="process")


def main() -> None:
    """Run one command; report any failure as one line on standard error, without a traceback."""
    logging.basicConfig(level=logging.WARNING)
    try:
        raise SystemExit(app(prog_name="pursuit", standalone_mode=False) or 0)
    except (KeyboardInterrupt, typer.Abort):
        raise SystemExit(130) from None
    except typer.TyperException as misuse:
        if message := misuse.format_message().rstrip("."):
            fail(f"{message}. See `pursuit --help`.", code=2)
        raise SystemExit(2) from None
    except EXPECTED_ERRORS as problem:
        fail(str(problem))
    except UnavailableError as problem:
        fail(f"{str(problem).rstrip('.')}. Run `pursuit doctor` for details.")
    except DATABASE_ERRORS as problem:
        fail(f"The database does not answer: {str(problem).rstrip('.')}. Run `pursuit doctor` for details.")
    except Exception as problem:
        if os.environ.get("PURSUIT_LOG_LEVEL", "").lower() == "debug":
            logging.getLogger("pursuit").exception("command failed")
        fault = f"{type(problem).__name__}: {problem}"
        fail(f"Internal error: {fault}. Set PURSUIT_LOG_LEVEL=debug for the traceback.")
