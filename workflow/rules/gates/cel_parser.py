"""Parser of CEL texts: finds the variables and the size of an expression, and why it cannot be published."""

import re
from dataclasses import dataclass

from workflow.rules.gates.cel_variables import VARIABLES, CelReference

LOOP_MACROS = frozenset({"all", "exists", "exists_one", "map", "filter"})
"""Macros that iterate over a list; CEL's macro `has()` does not iterate, and is not counted."""
COLLECTING_MACROS = frozenset({"map", "filter"})
FUNCTIONS = frozenset({"has", "size", "int", "double", "string", "timestamp", "duration"})
METHODS = frozenset({"size", "contains", "startsWith", "endsWith", "matches"})
MAX_BRACKET_DEPTH = 20
MAX_TOKENS = 250
"""CEL takes about five microseconds per token to compile a text (bench/expressions.py)."""
MAX_PATTERN_LENGTH = 50
ATTRIBUTES = ".attributes"
KEYWORDS = frozenset({"true", "false", "null", "in"})
ROOTS = frozenset(name.partition(".")[0] for name in VARIABLES)
KNOWN_NAMES_HINT = f"An expression can use {', '.join(VARIABLES)}; below `attributes`, any name."
KNOWN_CALLS_HINT = (
    f"It can call {', '.join(f'{name}()' for name in sorted(FUNCTIONS | METHODS | LOOP_MACROS))}."
)
TOKEN_PATTERN = re.compile(
    r"""(?P<space>[ \t\r\n\f]+|//[^\n\0\ud800-\udfff]*)
    |(?P<number>\d+\.\d+(?:[eE][+-]?\d+)?|\d+[eE][+-]?\d+|\.\d+(?:[eE][+-]?\d+)?|0x[0-9a-fA-F]+[uU]?|\d+[uU]?)
    |(?P<name>[A-Za-z_][A-Za-z_0-9]*)
    |(?P<text>"(?:[^"\\\r\n\0\ud800-\udfff]|\\[ -~])*"|'(?:[^'\\\r\n\0\ud800-\udfff]|\\[ -~])*')
    |(?P<sign>==|!=|<=|>=|&&|\|\||[<>\[\]{}().,!?:+\-*/%])""",
    re.VERBOSE | re.ASCII,
)
QUOTES = ("'", '"')
OPENING = frozenset("([{")
CLOSING = frozenset(")]}")


@dataclass(frozen=True, slots=True)
class Token:
    """A token of the text: its kind (a group of TOKEN_PATTERN), and its text."""

    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class LoopMacro:
    """A macro that iterates: its variable, and the range of the tokens of its body."""

    macro: str
    variable: str
    start: int
    end: int

    def binds(self, place: int, name: str) -> bool:
        """Return True if the token is the loop's variable, inside its body."""
        return self.start <= place < self.end and name == self.variable


@dataclass(frozen=True, slots=True)
class ParsedExpression:
    """Contents of a text: its variables in order, its size, its loop and pattern, and its faults."""

    references: tuple[CelReference, ...] = ()
    token_count: int = 0
    additions: int = 0
    list_items: int = 1
    loop: LoopMacro | None = None
    references_in_loop: int = 0
    pattern: str | None = None
    faults: tuple[str, ...] = ()


def parse_expression(text: str) -> ParsedExpression:
    """Parse a text. A text with faults must not be evaluated."""
    tokens: list[Token] = []
    position = 0
    while position < len(text):
        match = TOKEN_PATTERN.match(text, position)
        if match is None or _has_unsupported_quotes(text, match):
            return ParsedExpression(faults=(_unreadable(text, position),))
        position = match.end()
        if match.lastgroup != "space":
            tokens.append(Token(str(match.lastgroup), match.group()))
    if len(tokens) > MAX_TOKENS:
        limit = f"An expression has at most {MAX_TOKENS} names, values and signs; this one has {len(tokens)}."
        return ParsedExpression(faults=(f"{limit} Split it into several requirements.",))
    return _Parser(tokens).parse()


def _has_unsupported_quotes(text: str, match: re.Match[str]) -> bool:
    """Find raw texts, bytes and texts in triple quotes: CEL ends them elsewhere than this parser would."""
    tripled = match.lastgroup == "text" and text[match.start() : match.start() + 3] in ('"""', "'''")
    return tripled or (match.lastgroup == "name" and text[match.end() : match.end() + 1] in QUOTES)


def _unreadable(text: str, place: int) -> str:
    line = text.count("\n", 0, place) + 1
    column = place - text.rfind("\n", 0, place)
    sentence = f"The expression cannot be read at line {line}, character {column}."
    return f'{sentence} Put a text in plain quotes, "like this"; a name has letters, digits and _.'


class _Parser:
    """Visits the tokens once, and collects references, loops, patterns and faults."""

    def __init__(self, tokens: list[Token]) -> None:
        self.tokens = tokens
        self.faults: list[str] = []
        self.loops: list[LoopMacro] = []
        self.references: list[tuple[int, CelReference]] = []
        self.patterns: list[str] = []

    def parse(self) -> ParsedExpression:
        """Return the contents of the tokens."""
        self._check_depth()
        for place, token in enumerate(self.tokens):
            if token.kind == "name" and token.text not in KEYWORDS:
                self._parse_name(place, token.text)
        if len(self.loops) > 1:
            macros = ", ".join(sorted(LOOP_MACROS))
            self.faults.append(
                f"An expression can use at most one of {macros}; this one uses {len(self.loops)}."
            )
        if len(self.patterns) > 1:
            self.faults.append(
                f"An expression can use matches() once; this one uses it {len(self.patterns)} times."
            )
        loop = next(iter(self.loops), None)
        signs = [token.text for token in self.tokens if token.kind == "sign"]
        return ParsedExpression(
            references=tuple(dict.fromkeys(reference for _, reference in self.references)),
            token_count=len(self.tokens),
            additions=signs.count("+"),
            list_items=signs.count(",") + 1,
            loop=loop,
            references_in_loop=sum(loop.start <= place < loop.end for place, _ in self.references)
            if loop
            else 0,
            pattern=next(iter(self.patterns), None),
            faults=tuple(dict.fromkeys(self.faults)),
        )

    def _is(self, place: int, *texts: str) -> bool:
        return 0 <= place < len(self.tokens) and self.tokens[place].text in texts

    def _kind(self, place: int) -> str:
        return self.tokens[place].kind if 0 <= place < len(self.tokens) else ""

    def _check_depth(self) -> None:
        depth = deepest = 0
        for token in self.tokens:
            depth += (token.text in OPENING) - (token.text in CLOSING)
            deepest = max(deepest, depth)
        if deepest > MAX_BRACKET_DEPTH:
            self.faults.append(
                f"Brackets can be nested {MAX_BRACKET_DEPTH} deep; here they are {deepest} deep."
            )

    def _parse_name(self, place: int, name: str) -> None:
        if self._is(place + 1, "{"):
            self.faults.append(f"`{name}{{}}` is not a type that an expression can use. {KNOWN_NAMES_HINT}")
        elif self._is(place - 1, ".") and self._is_operand(place - 2):
            self._parse_member(place, name)
        elif self._is(place + 1, "("):
            if name not in FUNCTIONS:
                self.faults.append(
                    f"`{name}()` is not a function that an expression can call. {KNOWN_CALLS_HINT}"
                )
        elif self._is(place - 1, ".") or (name not in ROOTS and not self._is_loop_variable(place, name)):
            self.faults.append(f"`{name}` is unknown. {KNOWN_NAMES_HINT}")
        elif name in ROOTS:
            self._parse_root(place, name)

    def _is_operand(self, place: int) -> bool:
        value = self._kind(place) in ("name", "text", "number") and not self._is(place, "in")
        return value or self._is(place, *CLOSING)

    def _is_loop_variable(self, place: int, name: str) -> bool:
        # The variable itself, in `.all(x, …)`, comes two tokens before the body.
        return any(loop.start - 2 == place or loop.binds(place, name) for loop in self.loops)

    def _parse_member(self, place: int, name: str) -> None:
        if not self._is(place + 1, "("):
            return
        if name in LOOP_MACROS:
            self._parse_loop(place, name)
        elif name not in METHODS:
            self.faults.append(
                f"`.{name}()` is not a function that an expression can call. {KNOWN_CALLS_HINT}"
            )
        elif name == "matches":
            self._parse_pattern(place)

    def _parse_loop(self, place: int, macro: str) -> None:
        variable = self.tokens[place + 2].text if self._kind(place + 2) == "name" else ""
        if not self._is(place + 3, ",") or not variable or variable in ROOTS | KEYWORDS:
            remedy = f"write `.{macro}(x, …)`, with a new name instead of x."
            self.faults.append(f"`{macro}` needs a name for the entries of the list: {remedy}")
        self.loops.append(LoopMacro(macro, variable, place + 4, self._closing_position(place + 1)))

    def _closing_position(self, opening: int) -> int:
        depth = 0
        for place in range(opening, len(self.tokens)):
            depth += (self.tokens[place].text in OPENING) - (self.tokens[place].text in CLOSING)
            if depth == 0:
                return place
        return len(self.tokens)

    def _parse_pattern(self, place: int) -> None:
        literal = (
            self.tokens[place + 2].text
            if self._kind(place + 2) == "text" and self._is(place + 3, ")")
            else ""
        )
        self.patterns.append(literal)
        if (
            not literal
            or len(literal) - 2 > MAX_PATTERN_LENGTH
            or not literal.isascii()
            or {"\\", "{"} & set(literal)
        ):
            allowed = f"a literal text of at most {MAX_PATTERN_LENGTH} ASCII characters without \\ and {{"
            self.faults.append(
                f"The pattern of matches() must be {allowed}; other patterns can take too long."
            )
        if any(loop.start <= place < loop.end for loop in self.loops):
            self.faults.append(
                "matches() cannot be used inside a macro, as it would run for each entry of a list."
            )

    def _parse_root(self, place: int, root: str) -> None:
        name = root
        last = place
        if root not in VARIABLES:
            name = f"{root}.{self.tokens[place + 2].text}" if self._has_member(place) else root
            last = place + 2
        if name not in VARIABLES:
            self.faults.append(f"`{name}` is unknown. {KNOWN_NAMES_HINT}")
            return
        is_call = self._is(last + 3, "(")
        if not name.endswith(ATTRIBUTES) and self._has_member(last) and not is_call:
            self.faults.append(
                f"`{name}.{self.tokens[last + 2].text}` is unknown: {name} has no parts. {KNOWN_NAMES_HINT}"
            )
        key = self._attribute_key(last) if name.endswith(ATTRIBUTES) else None
        self.references.append((place, CelReference(name, key)))

    def _has_member(self, place: int) -> bool:
        return self._is(place + 1, ".") and self._kind(place + 2) == "name"

    def _attribute_key(self, place: int) -> str | None:
        """Return the attribute that is used; None if it can be any."""
        if self._has_member(place) and not self._is(place + 3, "("):
            return self.tokens[place + 2].text
        literal = (
            self.tokens[place + 2].text
            if self._is(place + 1, "[") and self._kind(place + 2) == "text"
            else ""
        )
        return literal[1:-1] if literal and self._is(place + 3, "]") and "\\" not in literal else None
