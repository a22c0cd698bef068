"""Strict reader of YAML: gives plain data with the line of every part, and refuses ambiguous texts."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

import yaml

from workflow.rules.errors import FieldProblem, InvalidInputError

Path = tuple[str, ...]

MAX_YAML_LENGTH = 1_000_000
MAX_PARTS = 100_000
MAX_DEPTH = 30
MAX_NUMBER_LENGTH = 30


@dataclass(frozen=True)
class LineProblem(FieldProblem):
    """A fault and its line; the first line is 1."""

    line: int = 1

    def __str__(self) -> str:
        path = ".".join(self.path)
        return self.message if not path or self.message.startswith(f"{path} ") else f"{path}: {self.message}"


class InvalidYamlError(InvalidInputError):
    """The text has faults; each has its line."""

    def __init__(self, problems: list[LineProblem]) -> None:
        self.problems = tuple(sorted(problems, key=lambda problem: problem.line))
        super().__init__(self.problems)


@dataclass(frozen=True, slots=True)
class YamlDocument:
    """A document: its plain data, and the node and line of every part."""

    data: object
    nodes: Mapping[Path, yaml.Node]
    lines: Mapping[Path, int]

    def locate(self, problem: FieldProblem) -> LineProblem:
        """Return a fault with the line of its part, or of the part that should contain it."""
        hint = _hint(self.nodes.get(problem.path), problem.message)
        return LineProblem(problem.path, problem.message + hint, self.line(problem.path))

    def line(self, path: Path) -> int:
        """Return the line of a part, or of the closest part that contains it."""
        return next(self.lines[path[:end]] for end in range(len(path), -1, -1) if path[:end] in self.lines)


def read_yaml(text: str) -> YamlDocument:
    """Read a text with one document; InvalidYamlError lists what is not YAML, or is ambiguous."""
    if len(text) > MAX_YAML_LENGTH:
        raise _error(f"The text has more than {MAX_YAML_LENGTH:,} characters.")
    reader = _Reader()
    data = reader.value(_compose(text), ())
    if reader.problems:
        raise InvalidYamlError(reader.problems)
    return YamlDocument(data, reader.nodes, reader.lines)


class _Loader(yaml.SafeLoader):
    """Loader that limits depth and size, refuses tags, and leaves every scalar as text."""

    depth = parts = 0

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        event: yaml.Event = self.peek_event()  # type: ignore[no-untyped-call]  # the stubs leave it out
        tag = getattr(event, "tag", None)
        line = event.start_mark.line + 1 if event.start_mark else 1
        if tag is not None:
            short_tag = tag.replace("tag:yaml.org,2002:", "!!")
            raise _error(f"The tag {short_tag} is not supported. Leave it out.", line)
        self.depth += 1
        self.parts += 1
        if self.depth > MAX_DEPTH or self.parts > MAX_PARTS:
            raise _error(
                f"The text is nested more than {MAX_DEPTH} deep, or has more than {MAX_PARTS:,} parts.", line
            )
        node: yaml.Node | None = super().compose_node(parent, index)
        self.depth -= 1
        return node


_Loader.yaml_implicit_resolvers = {}


def _compose(text: str) -> yaml.Node:
    try:
        node: yaml.Node | None = yaml.compose(text, Loader=_Loader)
    except yaml.MarkedYAMLError as problem:
        raise _syntax_error(problem, last=len(text.splitlines())) from problem
    except yaml.reader.ReaderError as problem:
        line = len(text[: problem.position + 1].splitlines())
        raise _error("There is a character here that YAML does not allow.", line) from problem
    if node is None:
        raise _error("The text is empty.")
    return node


def _syntax_error(problem: yaml.MarkedYAMLError, *, last: int) -> InvalidYamlError:
    problem_text = " ".join(", ".join(part for part in (problem.context, problem.problem) if part).split())
    hint = next((hint for part, hint in _HINTS.items() if part in problem_text), "")
    mark = problem.problem_mark or problem.context_mark
    if mark is None or mark.line >= last:
        return _error(f"This is not YAML, at the end of the text: {problem_text}.{hint}", last)
    return _error(f"This is not YAML, column {mark.column + 1}: {problem_text}.{hint}", mark.line + 1)


_HINTS = {
    "mapping values are not allowed": " Put a text that contains a colon in quotes.",
    "cannot start any token": " Put a text that starts with this character in quotes.",
    "a single document": " Leave out the second `---`.",
    "expected <block end>": " Check the indentation.",
    "could not find expected ':'": " Check the indentation, and that a colon follows every name.",
    "undefined alias": " Put a text that starts with * in quotes.",
}


def _error(sentence: str, line: int = 1) -> InvalidYamlError:
    return InvalidYamlError([LineProblem((), sentence, line)])


@dataclass(slots=True)
class _Reader:
    """Visitor of the nodes, which collects faults."""

    nodes: dict[Path, yaml.Node] = field(default_factory=dict)
    lines: dict[Path, int] = field(default_factory=dict)
    problems: list[LineProblem] = field(default_factory=list)

    def value(self, node: yaml.Node, path: Path, line: int | None = None) -> object:
        """Return the node as plain data, and add its faults to `problems`."""
        self.nodes[path] = node
        self.lines[path] = line or node.start_mark.line + 1
        # Aliases can expand to far more parts than the text has.
        if len(self.lines) > MAX_PARTS or len(path) > MAX_DEPTH:
            raise _error(
                "With its aliases expanded, the text is deeper or larger than a process can be.",
                self.lines[path],
            )
        if isinstance(node, yaml.MappingNode):
            return dict(self._parts(node, path))
        if isinstance(node, yaml.SequenceNode):
            return [self.value(part, (*path, str(index))) for index, part in enumerate(node.value)]
        assert isinstance(node, yaml.ScalarNode)
        return self._scalar(node, path)

    def _parts(self, node: yaml.MappingNode, path: Path) -> Iterator[tuple[str, object]]:
        seen: dict[str, int] = {}
        for key, value in node.value:
            line = key.start_mark.line + 1
            if not isinstance(key, yaml.ScalarNode):
                self.problems.append(LineProblem(path, "A name must be a text.", line))
            elif key.value in seen:
                sentence = f"{key.value} appears twice, first on line {seen[key.value]}. Remove one of them."
                self.problems.append(LineProblem((*path, key.value), sentence, line))
            else:
                seen[key.value] = line
                yield key.value, self.value(value, (*path, key.value), line)

    def _scalar(self, node: yaml.ScalarNode, path: Path) -> object:
        if node.style is not None:
            return node.value
        for pattern, convert in _SCALAR_TYPES:
            if pattern.fullmatch(node.value):
                return convert(node.value)
        for pattern, sentence in _AMBIGUOUS_SCALARS:
            if pattern.fullmatch(node.value):
                self.problems.append(LineProblem(path, f"{node.value} {sentence}", self.lines[path]))
        return node.value


_SCALAR_TYPES: tuple[tuple[re.Pattern[str], Callable[[str], object]], ...] = (
    (re.compile(r"|~|null|Null|NULL"), lambda _: None),
    (re.compile(r"true|True|TRUE"), lambda _: True),
    (re.compile(r"false|False|FALSE"), lambda _: False),
    (re.compile(rf"[-+]?(0|[1-9][0-9]{{0,{MAX_NUMBER_LENGTH}}})"), int),
    (re.compile(r"[-+]?((0|[1-9][0-9]*)\.[0-9]*|\.[0-9]+)([eE][-+][0-9]{1,3})?"), float),
)
"""Types of a scalar without quotes; anything else is a text or ambiguous."""

_QUOTE_HINT = "Put it in quotes if it is a text"
_AMBIGUOUS_SCALARS: tuple[tuple[re.Pattern[str], str], ...] = (
    (
        re.compile(r"(?i:yes|no|on|off)"),
        "is true or false for some readers of YAML, and a text for others. "
        f"{_QUOTE_HINT}; otherwise write true or false.",
    ),
    (
        re.compile(r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}([Tt ].*)?"),
        f"is a date for some readers of YAML. {_QUOTE_HINT}.",
    ),
    (
        re.compile(
            r"[-+]?((\.[0-9_]+|[0-9][0-9_]*(\.[0-9_]*)?)([eE][-+]?[0-9]+)?"
            r"|[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?)"
        ),
        "is a number that readers of YAML interpret differently. "
        f"{_QUOTE_HINT}; otherwise write it like 10 or 0.5.",
    ),
    (
        re.compile(r"[-+]?0[xob][0-9a-fA-F_]+|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)"),
        f"is a number that a process cannot have. {_QUOTE_HINT}; otherwise write it like 10 or 0.5.",
    ),
    (re.compile(r"<<|="), f"has a special meaning for some readers of YAML. {_QUOTE_HINT}."),
)


def is_plain_text(text: str) -> bool:
    """Return True if the text needs no quotes to be read as a text."""
    return not any(pattern.fullmatch(text) for pattern, _ in (*_SCALAR_TYPES, *_AMBIGUOUS_SCALARS))


def _hint(node: yaml.Node | None, message: str) -> str:
    """Return the likely cause of a fault, as a sentence."""
    if not message.endswith("must be a text.") or node is None:
        return ""
    if isinstance(node, yaml.MappingNode):
        return " The colon splits it into a name and a value. Put it in quotes."
    return " Put it in quotes." if isinstance(node, yaml.ScalarNode) else ""
