"""The printed schema in tools: linted, compiled by Relay, and compatible with the last release."""

import shutil
from pathlib import Path

from tests.clients.node import HERE, run
from tests.support.serving import ROOT

SCHEMA = ROOT / "schema" / "schema.graphql"
RELEASED = ROOT / "schema" / "released.graphql"


async def test_the_linter_of_schemas_finds_nothing() -> None:
    lint = ("node", "node_modules/eslint/bin/eslint.js", "--stdin", "--stdin-filename", "schema.graphql")

    clean = await run(*lint, given=SCHEMA.read_text(), SCHEMA=str(SCHEMA))
    soiled = await run(*lint, given="type Query { getThings: Int }", SCHEMA=str(SCHEMA))

    assert clean == (0, "")
    assert (soiled[0], "naming-convention" in soiled[1]) == (1, True)


async def test_relay_compiles_pages_fragments_mutations_and_subscriptions(tmp_path: Path) -> None:
    shutil.copytree(HERE / "relay", tmp_path, dirs_exist_ok=True)
    shutil.copyfile(SCHEMA, tmp_path / "schema.graphql")

    code, out = await run(
        "node", str(HERE / "node_modules/relay-compiler/cli.js"), "relay.config.json", cwd=tmp_path
    )

    assert code == 0, out
    assert "5 normalization" in out


async def test_nothing_has_changed_that_breaks_clients_of_the_last_release(tmp_path: Path) -> None:
    broken = tmp_path / "broken.graphql"
    broken.write_text(SCHEMA.read_text().replace("totalValue: Money", "totalWorth: Money"))

    code, out = await run("node", "diff.mjs", str(RELEASED), str(SCHEMA))
    found, output = await run("node", "diff.mjs", str(SCHEMA), str(broken))

    assert code == 0, out
    assert (found, "breaks clients: Field 'totalValue' was removed" in output) == (1, True)
