"""What a CEL text says before it is run: its words, what it looks at, and why it cannot be published."""

import re
from dataclasses import dataclass

from workflow.rules.gates.cel_variables import SEEN, Look

LOOPS = frozenset({"all", "exists", "exists_one", "map", "filter"})
"""The macros that go through a list; `has()` is a macro of CEL too, but goes through nothing and is not counted."""
COLLECTING = frozenset({"map", "filter"})
FUNCTIONS = frozenset({"has", "size", "int", "double", "string", "timestamp", "duration"})
METHODS = frozenset({"size", "contains", "startsWith", "endsWith", "matches"})
DEEPEST = 20
MOST_WORDS = 250
"""CEL takes some five microseconds a word to read a text for the first time (bench/expressions.py)."""
LONGEST_PATTERN = 50
ATTRIBUTES = ".attributes"
KEYWORDS = frozenset({"true", "false", "null", "in"})
ROOTS = frozenset(name.partition(".")[0] for name in SEEN)
UNKNOWN = f"An expression sees {', '.join(SEEN)}; below `attributes`, every name."
CALLS = f"It may call {', '.join(f'{name}()' for name in sorted(FUNCTIONS | METHODS | LOOPS))}."
WORDS = re.compile(
    r"""(?P<space>[ \t\r\n\f]+|//[^\n\0\ud800-\udfff]*)
    |(?P<number>\d+\.\d+(?:[eE][+-]?\d+)?|\d+[eE][+-]?\d+|\.\d+(?:[eE][+-]?\d+)?|0x[0-9a-fA-F]+[uU]?|\d+[uU]?)
    |(?P<name>[A-Za-z_][A-Za-z_0-9]*)
    |(?P<text>"(?:[^"\\\r\n\0\ud800-\udfff]|\\[ -~])*"|'(?:[^'\\\r\n\0\ud800-\udfff]|\\[ -~])*')
    |(?P<sign>==|!=|<=|>=|&&|\|\||[<>\[\]{}().,!?:+\-*/%])""",
    re.VERBOSE | re.ASCII,
)
QUOTES = ("'", '"')
OPENING, CLOSING = frozenset("([{"), frozenset(")]}")


@dataclass(frozen=True, slots=True)
class Word:
    """One word of the text: its kind (a group of WORDS), and how it is written."""

    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Loop:
    """A macro: the name it gives to what it goes through, and the words of its body."""

    macro: str
    variable: str
    start: int
    end: int

    def names(self, place: int, name: str) -> bool:
        """The word there is the loop's own name."""
        return self.start <= place < self.end and name == self.variable


@dataclass(frozen=True, slots=True)
class Reading:
    """What a text looks at, in its order, how large it is, its one macro, its pattern, and its faults."""

    looks: tuple[Look, ...] = ()
    words: int = 0
    additions: int = 0
    parts: int = 1
    loop: Loop | None = None
    looks_in_loop: int = 0
    pattern: str | None = None
    faults: tuple[str, ...] = ()


def read(text: str) -> Reading:
    """The text taken apart; where it has faults, it must not be run."""
    words, place = list[Word](), 0
    while place < len(text):
        match = WORDS.match(text, place)
        if match is None or _otherwise_quoted(text, match):
            return Reading(faults=(_unread(text, place),))
        place = match.end()
        if match.lastgroup != "space":
            words.append(Word(str(match.lastgroup), match.group()))
    if len(words) > MOST_WORDS:
        many = f"An expression has at most {MOST_WORDS} names, values and signs; this one has {len(words)}."
        return Reading(faults=(f"{many} Say it in several requirements.",))
    return _Reader(words).reading()


def _otherwise_quoted(text: str, match: re.Match[str]) -> bool:
    """Raw texts, bytes and texts in three quotes end elsewhere than they seem to."""
    tripled = match.lastgroup == "text" and text[match.start() : match.start() + 3] in ('"""', "'''")
    return tripled or (match.lastgroup == "name" and text[match.end() : match.end() + 1] in QUOTES)


def _unread(text: str, place: int) -> str:
    line, column = text.count("\n", 0, place) + 1, place - text.rfind("\n", 0, place)
    sentence = f"The expression cannot be read at line {line}, character {column}."
    return f'{sentence} A text stands in one pair of plain quotes, "like this"; a name is of letters, digits and _.'


class _Reader:
    """Goes through the words once, and keeps what it finds."""

    def __init__(self, words: list[Word]) -> None:
        self.words = words
        self.faults: list[str] = []
        self.loops: list[Loop] = []
        self.looks: list[tuple[int, Look]] = []
        self.patterns: list[str] = []

    def reading(self) -> Reading:
        """All that the words say."""
        self._depth()
        for place, word in enumerate(self.words):
            if word.kind == "name" and word.text not in KEYWORDS:
                self._name(place, word.text)
        if len(self.loops) > 1:
            macros = ", ".join(sorted(LOOPS))
            self.faults.append(f"At most one of {macros} may stand in an expression; here are {len(self.loops)}.")
        if len(self.patterns) > 1:
            self.faults.append(f"At most one matches() may stand in an expression; here are {len(self.patterns)}.")
        loop, signs = next(iter(self.loops), None), [word.text for word in self.words if word.kind == "sign"]
        return Reading(
            looks=tuple(dict.fromkeys(look for _, look in self.looks)),
            words=len(self.words),
            additions=signs.count("+"),
            parts=signs.count(",") + 1,
            loop=loop,
            looks_in_loop=sum(loop.start <= place < loop.end for place, _ in self.looks) if loop else 0,
            pattern=next(iter(self.patterns), None),
            faults=tuple(dict.fromkeys(self.faults)),
        )

    def _is(self, place: int, *texts: str) -> bool:
        return 0 <= place < len(self.words) and self.words[place].text in texts

    def _kind(self, place: int) -> str:
        return self.words[place].kind if 0 <= place < len(self.words) else ""

    def _depth(self) -> None:
        depth = deepest = 0
        for word in self.words:
            depth += (word.text in OPENING) - (word.text in CLOSING)
            deepest = max(deepest, depth)
        if deepest > DEEPEST:
            self.faults.append(f"Brackets nest at most {DEEPEST} deep; here they nest {deepest} deep.")

    def _name(self, place: int, name: str) -> None:
        if self._is(place + 1, "{"):
            self.faults.append(f"`{name}{{}}` is no type that an expression knows. {UNKNOWN}")
        elif self._is(place - 1, ".") and self._is_operand(place - 2):
            self._member(place, name)
        elif self._is(place + 1, "("):
            if name not in FUNCTIONS:
                self.faults.append(f"`{name}()` is no function that an expression can call. {CALLS}")
        elif self._is(place - 1, ".") or (name not in ROOTS and not self._is_loops(place, name)):
            self.faults.append(f"`{name}` is unknown. {UNKNOWN}")
        elif name in ROOTS:
            self._root(place, name)

    def _is_operand(self, place: int) -> bool:
        value = self._kind(place) in ("name", "text", "number") and not self._is(place, "in")
        return value or self._is(place, *CLOSING)

    def _is_loops(self, place: int, name: str) -> bool:
        return any(loop.start - 2 == place or loop.names(place, name) for loop in self.loops)

    def _member(self, place: int, name: str) -> None:
        if not self._is(place + 1, "("):
            return
        if name in LOOPS:
            self._loop(place, name)
        elif name not in METHODS:
            self.faults.append(f"`.{name}()` is no function that an expression can call. {CALLS}")
        elif name == "matches":
            self._pattern(place)

    def _loop(self, place: int, macro: str) -> None:
        variable = self.words[place + 2].text if self._kind(place + 2) == "name" else ""
        if not self._is(place + 3, ",") or not variable or variable in ROOTS | KEYWORDS:
            own = f"write `.{macro}(x, …)`, with a name of its own in the place of x."
            self.faults.append(f"`{macro}` needs a name for what it goes through: {own}")
        self.loops.append(Loop(macro, variable, place + 4, self._end(place + 1)))

    def _end(self, opening: int) -> int:
        depth = 0
        for place in range(opening, len(self.words)):
            depth += (self.words[place].text in OPENING) - (self.words[place].text in CLOSING)
            if depth == 0:
                return place
        return len(self.words)

    def _pattern(self, place: int) -> None:
        literal = self.words[place + 2].text if self._kind(place + 2) == "text" and self._is(place + 3, ")") else ""
        self.patterns.append(literal)
        if not literal or len(literal) - 2 > LONGEST_PATTERN or not literal.isascii() or {"\\", "{"} & set(literal):
            plain = f"a written text of at most {LONGEST_PATTERN} plain ASCII characters without \\ and {{"
            self.faults.append(f"The pattern of matches() must be {plain}, for others can take too long.")
        if any(loop.start <= place < loop.end for loop in self.loops):
            self.faults.append("matches() may not stand inside a macro, where it would run for each part of a list.")

    def _root(self, place: int, root: str) -> None:
        name, last = root, place
        if root not in SEEN:
            name, last = f"{root}.{self.words[place + 2].text}" if self._dotted(place) else root, place + 2
        if name not in SEEN:
            self.faults.append(f"`{name}` is unknown. {UNKNOWN}")
            return
        called = self._is(last + 3, "(")
        if not name.endswith(ATTRIBUTES) and self._dotted(last) and not called:
            self.faults.append(f"`{name}.{self.words[last + 2].text}` is unknown: {name} has no parts. {UNKNOWN}")
        key = self._key(last) if name.endswith(ATTRIBUTES) else None
        self.looks.append((place, Look(name, key)))

    def _dotted(self, place: int) -> bool:
        return self._is(place + 1, ".") and self._kind(place + 2) == "name"

    def _key(self, place: int) -> str | None:
        """The one attribute that is looked at; None where it may be any."""
        if self._dotted(place) and not self._is(place + 3, "("):
            return self.words[place + 2].text
        literal = self.words[place + 2].text if self._is(place + 1, "[") and self._kind(place + 2) == "text" else ""
        return literal[1:-1] if literal and self._is(place + 3, "]") and "\\" not in literal else None
