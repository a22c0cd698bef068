"""Checks of the invariants of this code base: each takes one source file and yields its offences."""

import ast
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("api", "schema", "workflow", "migrations", "tests", "bench")
BANNED_NAMES = {"utils", "util", "helpers", "helper", "common", "base", "manager", "managers", "misc"}
LEFTOVERS = re.compile(
    r"\b(TO[D]O|FIX[M]E|XX[X]|NotImplemented[E]rror|(pytest|mark)\.(sk[i]p|xf[a]il)\w*|importor[s]kip)"
)
CLOCK = re.compile(
    r"\b(datetime\.(now|utcnow|today)|date\.today|time\.(time|time_ns|monotonic|perf_counter|localtime|gmtime))$"
)
RANDOM_MODULES = {"random", "secrets", "os", "time"}
ORM_WRITES = {"create", "bulk_create", "bulk_update", "get_or_create", "update_or_create", "save", "_save"}
ROW_WRITES = {"insert_rows", "update_rows", "delete_rows"}
AWAITED_WRITES = {"update", "delete"}
SQL_WRITE = re.compile(r"^\s*(INSERT\s+INTO|UPDATE\s+\S+\s+SET|DELETE\s+FROM)\b", re.IGNORECASE)

Functions = (ast.FunctionDef, ast.AsyncFunctionDef)


@dataclass(frozen=True)
class SourceFile:
    """One source file: its path, its text and its syntax tree."""

    path: str
    text: str

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text)


Check = Callable[[SourceFile], Iterator[str]]


@cache
def source_files(*folders: str) -> list[SourceFile]:
    """Return every Python module below the folders, or below all packages if none is named."""
    found = [
        file
        for folder in folders or PACKAGES
        for file in sorted((ROOT / folder).rglob("*.py"))
        if "node_modules" not in file.parts
    ]
    return [SourceFile(str(file.relative_to(ROOT)), file.read_text()) for file in found]


def banned_name(module: SourceFile) -> Iterator[str]:
    """Yield a module with a name that does not say what it contains."""
    if banned := BANNED_NAMES & set(Path(module.path).with_suffix("").parts):
        yield f"{module.path} is called {', '.join(sorted(banned))}"


def leftover(module: SourceFile) -> Iterator[str]:
    """Yield each note about unfinished work and each test that is skipped."""
    for number, line in enumerate(module.text.splitlines(), 1):
        if found := LEFTOVERS.search(line):
            yield f"{module.path}:{number} says {found.group()}"


def stock_transaction(module: SourceFile) -> Iterator[str]:
    """Yield each use of Tortoise's own transactions: cancelling them blocks the server."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.ImportFrom) and {"in_transaction", "atomic"} & {
            alias.name for alias in node.names
        }:
            yield f"{module.path}:{node.lineno} uses a stock transaction"
        if isinstance(node, ast.Attribute) and ast.unparse(node).endswith(
            ("transactions.in_transaction", "transactions.atomic")
        ):
            yield f"{module.path}:{node.lineno} uses a stock transaction"


def awaits(module: SourceFile) -> Iterator[str]:
    """Yield each await; rules are synchronous."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Await | ast.AsyncFunctionDef | ast.AsyncFor | ast.AsyncWith):
            yield f"{module.path}:{node.lineno} waits"


def clock_or_randomness(module: SourceFile) -> Iterator[str]:
    """Yield each use of a clock, randomness or the environment; a rule takes them as arguments."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Call) and CLOCK.search(ast.unparse(node.func)):
            yield f"{module.path}:{node.lineno} reads a clock"
        if isinstance(node, ast.Import) and RANDOM_MODULES & {
            alias.name.partition(".")[0] for alias in node.names
        }:
            yield f"{module.path}:{node.lineno} imports chance"
        if isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] in RANDOM_MODULES:
            yield f"{module.path}:{node.lineno} imports chance"


def reads_clock(module: SourceFile) -> Iterator[str]:
    """Yield each use of a clock; operations and queries get the time from their context."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Call) and CLOCK.search(ast.unparse(node.func)):
            yield f"{module.path}:{node.lineno} reads a clock"


def database_write(module: SourceFile) -> Iterator[str]:
    """Yield each write to the database; only operations write."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Call) and (
            _method_name(node) in ORM_WRITES or ast.unparse(node.func) in ROW_WRITES
        ):
            yield f"{module.path}:{node.lineno} writes"
        if (
            isinstance(node, ast.Await)
            and isinstance(node.value, ast.Call)
            and _method_name(node.value) in AWAITED_WRITES
        ):
            yield f"{module.path}:{node.lineno} writes"
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and SQL_WRITE.match(node.value):
            yield f"{module.path}:{node.lineno} writes"


def state_write(module: SourceFile) -> Iterator[str]:
    """Yield each function that writes the state of a deal: by `update` or `write`, an assignment, or SQL."""
    for function in (node for node in ast.walk(module.tree) if isinstance(node, Functions)):
        if any(_sets_state(node) for node in ast.walk(function)):
            yield f"{module.path}:{function.name}"


def event_write(module: SourceFile) -> Iterator[str]:
    """Yield each place that creates an event row."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Call) and re.match(r"\S*\binsert(_rows)?\(Event\b", ast.unparse(node)):
            yield f"{module.path}:{node.lineno} makes an event"
        if isinstance(node, ast.Call) and ast.unparse(node.func) in {
            "Event",
            "Event.create",
            "Event.bulk_create",
        }:
            yield f"{module.path}:{node.lineno} makes an event"
        if isinstance(node, ast.Constant) and re.match(
            r"\s*INSERT\s+INTO\s+\"?event\b", str(node.value), re.IGNORECASE
        ):
            yield f"{module.path}:{node.lineno} makes an event"


def missing_docstring(module: SourceFile) -> Iterator[str]:
    """Yield a module of code without a docstring."""
    if (
        module.tree.body
        and ast.get_docstring(module.tree) is None
        and not module.path.startswith("migrations/")
    ):
        yield f"{module.path} has no docstring"


def _method_name(node: ast.Call) -> str | None:
    return node.func.attr if isinstance(node.func, ast.Attribute) else None


def _sets_state(node: ast.AST) -> bool:
    if isinstance(node, ast.Call) and _method_name(node) in {"update", "write"}:
        return any(keyword.arg == "state" for keyword in node.keywords)
    if isinstance(node, ast.Assign):
        targets = [target for target in node.targets if isinstance(target, ast.Attribute)]
        return any(target.attr == "state" and ast.unparse(target.value) != "self" for target in targets)
    return isinstance(node, ast.Constant) and bool(re.search(r"\bSET\b[^;]*\bstate\s*=", str(node.value)))
