"""Every code block of the README and of docs runs, or is read by the product, or is marked as text."""

import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from itertools import takewhile
from pathlib import Path

import pytest

from api.config.setting_values import SettingsError
from api.files.import_map import InvalidMapError
from tests.docs.answers import differences, problems_in, with_typenames
from tests.docs.blocks import Block, read_blocks
from tests.docs.readers import READERS
from tests.docs.session import BashSession, BlockFailed
from tests.docs.tables import pages
from tests.support.databases import Databases
from tests.support.serving import Server, pursuit, serving
from workflow.rules.errors import Refusal

BLOCKS = {path.name: read_blocks(path) for path in pages()}
RUN = {"sh", "python", "graphql"}
NOT_RUN = {"text"}
READ = [block for blocks in BLOCKS.values() for block in blocks if block.language in READERS]
FAILING = (
    ("sh", "false"),
    ("sh", "pursuit proces show"),
    ("sh", "make unknown-target"),
    ("sh", """curl -s http://127.0.0.1:8000/graphql -d '{"query": "{ viewer { role } }"}'"""),
    ("python", "assert False"),
    ("graphql", 'mutation { updateTeam(input: {id: "nothing", name: "x"}) { __typename } }'),
)
FOUNDED: dict[str, tuple[str, str]] = {}
MEMBER = "{ ... on MemberChanged { member { id } } }"
SECRET = "{ ... on ApiKeyChanged { secret } }"
MEMBERS = {"REP": "Rita Rep", "MANAGER": "Mara Manager", "OBSERVER": "Otto Observer"}


@pytest.mark.parametrize("block", [block for blocks in BLOCKS.values() for block in blocks], ids=str)
def test_the_language_of_a_block_is_known(block: Block) -> None:
    assert block.language in RUN | NOT_RUN | READERS.keys()


@pytest.mark.parametrize("block", READ, ids=str)
def test_the_product_reads_what_a_page_shows(block: Block) -> None:
    READERS[block.language](block.text)


@pytest.mark.parametrize(
    "page", [page for page, blocks in BLOCKS.items() if RUN & {one.language for one in blocks}]
)
async def test_the_blocks_of_a_page_run_in_their_order(
    page: str, run_databases: Databases, tmp_path: Path
) -> None:
    async with _session(BLOCKS[page], run_databases, tmp_path) as session:
        for position, block in enumerate(BLOCKS[page]):
            await _run(session, block, BLOCKS[page][position + 1 : position + 3])


async def test_a_block_that_fails_is_seen(run_databases: Databases, tmp_path: Path) -> None:
    async with _session([], run_databases, tmp_path) as session:
        for language, text in FAILING:
            with pytest.raises(BlockFailed, match=r"page\.md:1"):
                await _run(session, Block("page.md", 1, language, None, text), [])


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("json", "{"),
        ("jsonl", "[]"),
        ("csv", "a,b\n1\n"),
        ("ini", "PORT=eighty"),
        ("toml", "[columns]\nname = 1"),
        ("yaml", "key: ours\nname: Ours\n"),
        ("yaml", "milestones: [{key: a}]"),
        ("cel", "opportunity.unknown"),
        ("mermaid", "stateDiagram-v2\n    [*] --> WON"),
        ("graphql", "{ unknown }"),
    ],
)
def test_a_block_that_cannot_be_read_is_seen(language: str, text: str) -> None:
    with pytest.raises((AssertionError, ValueError, Refusal, InvalidMapError, SettingsError)):
        READERS[language](text)


def test_an_answer_that_is_shown_otherwise_is_seen() -> None:
    shown = {"data": {"name": "A…", "rows": [1]}}

    assert differences(shown, {"data": {"name": "Acme", "rows": [1, 2]}}) == []
    assert differences(shown, {"data": {"name": "Umbrella", "rows": [2]}}) == [
        "answer.data.name is 'Umbrella', not 'A…'",
        "answer.data.rows.0 is 2, not 1",
    ]
    assert differences(shown, {"data": {"rows": []}}) != []


def test_a_problem_is_seen_in_an_answer() -> None:
    assert "shownType: __typename" in with_typenames("mutation { a: x(input: 1) { id } }")
    assert problems_in({"a": {"shownType": "NotFound"}, "b": {"shownType": "TeamChanged"}}) == ["NotFound"]


async def _run(session: BashSession, block: Block, following: Sequence[Block]) -> None:
    if block.file:
        (session.folder / block.file).write_text(block.text, encoding="utf-8")
    shown = [json.loads(one.text) for one in takewhile(lambda one: one.language == "json", following)]
    if block.language == "sh":
        await session.run_shell(block, next((one for one in shown[:1] if _is_answer(one)), None))
    elif block.language == "python":
        await session.run_python(block)
    elif block.language == "graphql":
        variables = next((one for one in shown[:1] if not _is_answer(one)), None)
        await session.run_graphql(block, variables, next((one for one in shown if _is_answer(one)), None))


def _is_answer(value: object) -> bool:
    return isinstance(value, dict) and bool(value) and value.keys() <= {"data", "errors", "extensions"}


@asynccontextmanager
async def _session(blocks: Sequence[Block], databases: Databases, folder: Path) -> AsyncIterator[BashSession]:
    """A session with an organization called Acme, unless the page makes one itself."""
    makes_acme = any("pursuit init" in block.text for block in blocks if block.language == "sh")
    founded, admin = await _founded(databases, "Demo" if makes_acme else "Acme")
    url = await databases.copy(founded)
    spare = await databases.copy()
    async with serving(url) as server:
        session = BashSession(
            server, folder, await _keys(server, admin), await _stocked(server, admin), (url, spare)
        )
        try:
            yield session
        finally:
            await session.close()
    await databases.drop(url)
    await databases.drop(spare)


async def _founded(databases: Databases, name: str) -> tuple[str, str]:
    """Make an organization once a run; return the database, which nobody opens, and the key of its admin."""
    if name not in FOUNDED:
        url = await databases.copy()
        about = ("--email", "ada@acme.example", "--name", "Ada Admin", "--json")
        made = await pursuit("init", "--organization", name, *about, environ={"PURSUIT_DATABASE_URL": url})
        FOUNDED[name] = url, json.loads(made.out)["apiKey"]
    return FOUNDED[name]


async def _keys(server: Server, admin: str) -> dict[str, str]:
    """Make a member and a key for each role; the integrator's key acts as nobody."""
    keys = {"ADMIN": admin}
    for role, name in MEMBERS.items():
        email = f"{name.split()[0].lower()}@acme.example"
        given = f'name: "{name}", email: "{email}", role: {role}'
        made = await server.ask(admin, f"mutation {{ made: createMember(input: {{{given}}}) {MEMBER} }}")
        keys[role] = await _key(
            server, admin, f'role: {role}, memberId: "{made["data"]["made"]["member"]["id"]}"'
        )
    return {**keys, "INTEGRATOR": await _key(server, admin, "role: INTEGRATOR")}


async def _key(server: Server, admin: str, given: str) -> str:
    made = await server.ask(
        admin, f'mutation {{ made: createApiKey(input: {{name: "docs", {given}}}) {SECRET} }}'
    )
    key: str = made["data"]["made"]["secret"]
    return key


async def _stocked(server: Server, key: str) -> dict[str, str]:
    """Make an account, a contact, a lead and a team; return the ids that a page may name, in capitals."""
    ids: dict[str, str] = {}
    for name, text in STOCK.items():
        for known, id in ids.items():
            text = text.replace(known, id)
        answer = await server.ask(key, f"mutation {{ made: {text} }}")
        ids[name] = next(iter(answer["data"]["made"].values()))["id"]
    answer = await server.ask(key, "{ viewer { member { id } } organization { eventCursor } }")
    ids["MEMBER_ID"] = answer["data"]["viewer"]["member"]["id"]
    ids["EVENT_CURSOR"] = answer["data"]["organization"]["eventCursor"]
    return ids


STOCK = {
    "ACCOUNT_ID": 'createAccount(input: {name: "Cancity", industry: "retail"}) '
    "{ ... on AccountChanged { account { id } } }",
    "CONTACT_ID": 'createContact(input: {accountId: "ACCOUNT_ID", name: "Maria Plant"}) '
    "{ ... on ContactChanged { contact { id } } }",
    "OPPORTUNITY_ID": 'createOpportunity(input: {accountId: "ACCOUNT_ID", name: "GTX Pro for the plant"}) '
    "{ ... on OpportunityChanged { opportunity { id } } }",
    "TEAM_ID": 'createTeam(input: {name: "South"}) { ... on TeamChanged { team { id } } }',
}
