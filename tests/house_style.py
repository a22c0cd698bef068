"""Checks of shape, names and wording: each takes source files and yields its offences, one line each."""

import ast
import io
import re
import tokenize
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath

from tests.house import ROOT, Functions, SourceFile

MAX_FILE_LINES = 400
MAX_FUNCTION_LINES = 40
MAX_FUNCTION_LINES_P90 = 20
MAX_MODULES_IN_FOLDER = 20
LOGIC = 3
"""Branches from which on a module counts as one with logic, and needs a test module of its own name."""
DATA = ("migrations/", "workflow/rules/enums.py")
PRODUCT = ("api", "schema", "workflow")
WORDED = (*PRODUCT, "bench", "tests")
"""Folders whose wording is checked; migrations are history."""
Branches = (ast.If, ast.IfExp, ast.For, ast.AsyncFor, ast.While, ast.Match, ast.Try, ast.BoolOp)
BANNED_WORDS = re.compile(
    r"\b(tells?|telling|told|untold|anew|whoever|whomever|hangs? on|stands? against|but for|way on|"
    r"newborn|desks?|chores?|parcels?|lanes?|debts?|arrows?)\b"
    r"|\bof the buyer's(?!\s+\w)|(?<!\bthere )\bis no (?!longer\b|more\b)[a-z]+",
    re.IGNORECASE,
)
BANNED_OPENERS = re.compile(r"(What|How|Whether|Everything that|Who|Whose|Whom|Where)\b(?! is this)")
"""Openers that no docstring has: it names the thing, or says what the function does."""
PAGES = ("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "docs/*.md", "schema/schema.graphql")


def file_too_long(module: SourceFile) -> Iterator[str]:
    """Yield a module of more than 400 lines; migrations and the list of enums are data."""
    lines = module.text.count("\n")
    if lines > MAX_FILE_LINES and not module.path.startswith(DATA):
        yield f"{module.path} has {lines} lines"


def function_too_long(module: SourceFile) -> Iterator[str]:
    """Yield each function of more than 40 lines."""
    if not module.path.startswith("migrations/"):
        for function in _functions(module):
            if _lines(function) > MAX_FUNCTION_LINES:
                yield f"{module.path}:{function.lineno} {function.name} has {_lines(function)} lines"


def several_assignments(module: SourceFile) -> Iterator[str]:
    """Yield each line that assigns unrelated values side by side; a swap of names is one assignment."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Tuple):
            targets = [target for target in node.targets if isinstance(target, ast.Tuple)]
            if targets and not _is_swap(targets[0], node.value):
                yield f"{module.path}:{node.lineno} assigns several values at once"


def banned_word(module: SourceFile) -> Iterator[str]:
    """Yield each banned word in a docstring or a comment, and in other sentences outside of tests."""
    for number, text in _prose(module):
        if found := BANNED_WORDS.search(text):
            yield f"{module.path}:{number} says “{found.group()}”"


def banned_opener(module: SourceFile) -> Iterator[str]:
    """Yield each docstring that does not begin with a verb or with the name of the thing."""
    for node in ast.walk(module.tree):
        if isinstance(node, (*Functions, ast.ClassDef, ast.Module)):
            docstring = ast.get_docstring(node) or ""
            if BANNED_OPENERS.match(docstring):
                yield f"{module.path}:{getattr(node, 'lineno', 1)} begins with “{docstring.split()[0]}”"


def hidden_docstring(module: SourceFile) -> Iterator[str]:
    """Yield each docstring of a GraphQL type or resolver: its description is what readers see."""
    documented = (node for node in ast.walk(module.tree) if isinstance(node, (*Functions, ast.ClassDef)))
    for node in documented:
        decorators = [ast.unparse(decorator) for decorator in node.decorator_list]
        if ast.get_docstring(node) and any(decorator.startswith("strawberry.") for decorator in decorators):
            yield f"{module.path}:{node.lineno} {node.name} has a docstring beside its description"


def long_functions_in_general(modules: Iterable[SourceFile]) -> Iterator[str]:
    """Yield the ninetieth percentile of the length of functions where it is more than 20 lines."""
    lengths = sorted(_lines(function) for module in modules for function in _functions(module))
    p90 = lengths[len(lengths) * 9 // 10]
    if p90 > MAX_FUNCTION_LINES_P90:
        yield f"one function in ten has more than {p90} lines"


def crowded_folder(modules: Iterable[SourceFile]) -> Iterator[str]:
    """Yield each folder of more than 20 modules, its __init__ and conftest not counted."""
    paths = [PurePosixPath(module.path) for module in modules]
    counts = Counter(path.parent for path in paths if path.stem not in {"__init__", "conftest"})
    yield from (
        f"{folder} holds {count} modules" for folder, count in counts.items() if count > MAX_MODULES_IN_FOLDER
    )


def repeated_class_name(modules: Iterable[SourceFile]) -> Iterator[str]:
    """Yield each class name that exists twice, unless one is a table and the other the GraphQL type of it."""
    places: defaultdict[str, list[str]] = defaultdict(list)
    for module in modules:
        for node in ast.walk(module.tree):
            if isinstance(node, ast.ClassDef) and node.name not in {"Meta", "Migration"}:
                places[node.name].append(module.path)
    for name, paths in places.items():
        if len(paths) > 1 and sorted(_layer(path) for path in paths) != ["schema", "workflow/models"]:
            yield f"{name} is a class in {', '.join(paths)}"


def untested_module(modules: Iterable[SourceFile]) -> Iterator[str]:
    """Yield each module with logic that has no test module of its name in the same folder below tests."""
    modules = list(modules)
    tests = {module.path for module in modules if module.path.startswith("tests/")}
    for module in modules:
        if module.path.startswith(PRODUCT) and not module.path.endswith("__init__.py"):
            path = PurePosixPath(module.path.removeprefix("workflow/"))
            test = str("tests" / path.parent / f"test_{path.name}")
            if _branches(module) >= LOGIC and test not in tests:
                yield f"{module.path} has no {test}"


def pages() -> list[Path]:
    """Return every page of documentation, and the printed schema."""
    return [path for pattern in PAGES for path in sorted(ROOT.glob(pattern))]


def banned_word_on_page(path: str, text: str) -> Iterator[str]:
    """Yield each line of a page that has a banned word outside of quoted code."""
    for number, line in enumerate(text.splitlines(), 1):
        if found := BANNED_WORDS.search(re.sub(r"`[^`]*`", "", line)):
            yield f"{path}:{number} says “{found.group()}”"


def _functions(module: SourceFile) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    return (node for node in ast.walk(module.tree) if isinstance(node, Functions))


def _lines(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    return (function.end_lineno or function.lineno) - function.lineno + 1


def _is_swap(target: ast.Tuple, value: ast.Tuple) -> bool:
    return sorted(map(ast.unparse, target.elts)) == sorted(map(ast.unparse, value.elts))


def _branches(module: SourceFile) -> int:
    return sum(isinstance(node, Branches) for function in _functions(module) for node in ast.walk(function))


def _layer(path: str) -> str:
    parts = path.split("/")
    return "/".join(parts[:2]) if parts[0] == "workflow" else parts[0]


def _prose(module: SourceFile) -> Iterator[tuple[int, str]]:
    """Yield the comments and the strings of several words; of tests, only the strings that are docstrings."""
    for token in tokenize.generate_tokens(io.StringIO(module.text).readline):
        if token.type == tokenize.COMMENT:
            yield token.start[0], token.string
    # Other strings of a test are data: what users write, and what the server answers.
    holder: type[ast.AST] = ast.Expr if module.path.startswith("tests/") else ast.AST
    for parent in ast.walk(module.tree):
        for node in ast.iter_child_nodes(parent) if isinstance(parent, holder) else ():
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and " " in node.value:
                yield node.lineno, node.value
