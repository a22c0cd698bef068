"""YAML as people write it: plain data and the line of every part, and every fault told with its line."""

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
    """A fault and the line on which it stands; the first line is 1."""

    line: int = 1

    def __str__(self) -> str:
        named = ".".join(self.path)
        return self.message if not named or self.message.startswith(f"{named} ") else f"{named}: {self.message}"


class InvalidYamlError(InvalidInputError):
    """A text that cannot be taken as it is; every fault has its line."""

    def __init__(self, problems: list[LineProblem]) -> None:
        self.problems = tuple(sorted(problems, key=lambda problem: problem.line))
        super().__init__(self.problems)


@dataclass(frozen=True, slots=True)
class YamlDocument:
    """A document as it was written: its plain data, and the node of every part."""

    data: object
    nodes: Mapping[Path, yaml.Node]
    lines: Mapping[Path, int]

    def locate(self, problem: FieldProblem) -> LineProblem:
        """The fault with its line: that of the part, or of what should hold it."""
        hint = _hint(self.nodes.get(problem.path), problem.message)
        return LineProblem(problem.path, problem.message + hint, self.line(problem.path))

    def line(self, path: Path) -> int:
        """The line on which the part stands, or the nearest that holds it."""
        return next(self.lines[path[:end]] for end in range(len(path), -1, -1) if path[:end] in self.lines)


def read_yaml(text: str) -> YamlDocument:
    """The one document in the text; FaultyText tells what is no YAML, or none that all readers take alike."""
    if len(text) > MAX_YAML_LENGTH:
        raise _error(f"The text has more than {MAX_YAML_LENGTH:,} characters.")
    reader = _Reader()
    data = reader.value(_compose(text), ())
    if reader.problems:
        raise InvalidYamlError(reader.problems)
    return YamlDocument(data, reader.nodes, reader.lines)


class _Loader(yaml.SafeLoader):
    """Nodes that nest no deeper than a document does; without tags, and every scalar a text as it stands."""

    depth = parts = 0

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        event: yaml.Event = self.peek_event()  # type: ignore[no-untyped-call]  # the stubs leave it out
        tag, line = getattr(event, "tag", None), event.start_mark.line + 1 if event.start_mark else 1
        if tag is not None:
            named = tag.replace("tag:yaml.org,2002:", "!!")
            raise _error(f"The tag {named} is not understood; leave it out.", line)
        self.depth, self.parts = self.depth + 1, self.parts + 1
        if self.depth > MAX_DEPTH or self.parts > MAX_PARTS:
            raise _error(f"It nests more than {MAX_DEPTH} deep, or has more than {MAX_PARTS:,} parts.", line)
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
        raise _error("A character stands here that no YAML can hold.", line) from problem
    if node is None:
        raise _error("The text is empty.")
    return node


def _syntax_error(problem: yaml.MarkedYAMLError, *, last: int) -> InvalidYamlError:
    problem_text = " ".join(", ".join(part for part in (problem.context, problem.problem) if part).split())
    hint = next((hint for part, hint in _HINTS.items() if part in problem_text), "")
    mark = problem.problem_mark or problem.context_mark
    if mark is None or mark.line >= last:
        return _error(f"This is no YAML, at its end: {problem_text}.{hint}", last)
    return _error(f"This is no YAML, column {mark.column + 1}: {problem_text}.{hint}", mark.line + 1)


_HINTS = {
    "mapping values are not allowed": " A text that holds a colon must stand in quotes.",
    "cannot start any token": " A text that begins with such a character must stand in quotes.",
    "a single document": " Leave out the second `---`.",
    "expected <block end>": " Check how far the lines are indented.",
    "could not find expected ':'": " Check how far the lines are indented, and that every name is followed by a colon.",
    "undefined alias": " A text that begins with * must stand in quotes.",
}


def _error(sentence: str, line: int = 1) -> InvalidYamlError:
    return InvalidYamlError([LineProblem((), sentence, line)])


@dataclass(slots=True)
class _Reader:
    """One pass over the nodes."""

    nodes: dict[Path, yaml.Node] = field(default_factory=dict)
    lines: dict[Path, int] = field(default_factory=dict)
    problems: list[LineProblem] = field(default_factory=list)

    def value(self, node: yaml.Node, path: Path, line: int | None = None) -> object:
        """The node as plain data; what is wrong with it is remembered."""
        self.nodes[path], self.lines[path] = node, line or node.start_mark.line + 1
        if len(self.lines) > MAX_PARTS or len(path) > MAX_DEPTH:
            raise _error("With every alias written out it is deeper or larger than a process can be.", self.lines[path])
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
                sentence = f"{key.value} stands here twice, first on line {seen[key.value]}; keep one."
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
"""How a text without quotes is understood; everything else is a text, or unclear."""

_QUOTE_HINT = "Put it in quotes where it is a text"
_AMBIGUOUS_SCALARS: tuple[tuple[re.Pattern[str], str], ...] = (
    (
        re.compile(r"(?i:yes|no|on|off)"),
        f"is true or false to some readers of YAML and a text to others. {_QUOTE_HINT}; else write true or false.",
    ),
    (re.compile(r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}([Tt ].*)?"), f"is a date to some readers of YAML. {_QUOTE_HINT}."),
    (
        re.compile(
            r"[-+]?((\.[0-9_]+|[0-9][0-9_]*(\.[0-9_]*)?)([eE][-+]?[0-9]+)?|[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?)"
        ),
        f"is a number that readers of YAML take differently. {_QUOTE_HINT}; else write it as 10 or 0.5.",
    ),
    (
        re.compile(r"[-+]?0[xob][0-9a-fA-F_]+|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)"),
        f"is a number that no process holds. {_QUOTE_HINT}; else write it as 10 or 0.5.",
    ),
    (re.compile(r"<<|="), f"has a meaning of its own to some readers of YAML. {_QUOTE_HINT}."),
)


def is_plain_text(text: str) -> bool:
    """Whether the text reads back as itself without quotes, as far as its letters go."""
    return not any(pattern.fullmatch(text) for pattern, _ in (*_SCALAR_TYPES, *_AMBIGUOUS_SCALARS))


def _hint(node: yaml.Node | None, message: str) -> str:
    """What mostly lies behind a fault of this kind."""
    if not message.endswith("must be a text.") or node is None:
        return ""
    if isinstance(node, yaml.MappingNode):
        return " A colon made a name and a value of it: put it in quotes."
    return " Put it in quotes." if isinstance(node, yaml.ScalarNode) else ""
