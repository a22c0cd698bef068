"""Random CEL expressions, valid, almost valid and hostile, and random deals to evaluate them on."""

import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta

from tests.support.rules.deal_facts import ACCOUNT, TODAY, deal
from workflow.rules.enums import OpportunityState, OpportunityType
from workflow.rules.gates.cel_variables import VARIABLES, CelContext

NAMES = tuple(VARIABLES)
ATTRIBUTE_KEYS = ("region", "tags", "size", "items", "deep", "huge", "nothing", "deal size", "größe")
LITERALS = (
    "0",
    "1",
    "-1",
    "50000",
    "50000.0",
    "1e308",
    "9223372036854775807",
    "9223372036854775808",
    "1e400",
    "0xFF",
    "1u",
    '"DE"',
    "'retail'",
    '""',
    '"2026-11-25"',
    '"\\n"',
    "true",
    "false",
    "null",
    "[]",
    "[1, 2, 3]",
    '["DE", "AT"]',
    '{"DE": 10}',
    'timestamp("2026-11-25T00:00:00Z")',
    'timestamp(today + "T00:00:00Z")',
    'duration("720h")',
)
OPERATORS = ("==", "!=", "<", "<=", ">", ">=", "&&", "||", "+", "-", "*", "/", "%", "in")
HOSTILE_EXPRESSIONS = (
    "(" * 499 + "1" + ")" * 499,
    "(" * 1000,
    "[" * 499 + "]" * 499,
    "{1:" * 240 + "1" + "}" * 240,
    "!" * 995 + "true",
    "-" * 999 + "1",
    "true?1:" * 140 + "1",
    "true?" * 140 + "1" + ":1" * 140,
    "1+" * 499 + "1",
    "true&&" * 160 + "true",
    "1==1" + "==true" * 160,
    "today" + ".size()" * 140,
    "opportunity" + ".a" * 490,
    "size(" * 160 + "1" + ")" * 160,
    '"' * 1000,
    '"' + "\\" * 998,
    "@#$" * 330,
    "é" * 990,
    "\0" * 900,
    "\ud800",
    '"\ud800" == today',
    "\n" * 999 + "1",
    '"a".matches("(a{1000}){1000}")',
    '"a".matches("\\\\w{100}")',
    'today.matches(".{1000}")',
    'today.matches("(")',
    'r"\\" == "',
    "b'ab' == today",
    '"""a"" == """',
    "`opportunity`.value",
    "opportunity.`value`",
    "1 // ) opportunity.x",
    "today + today" + " + today" * 100,
    "[1].map(x, [1].map(y, [1].map(z, x)))",
    "x" * 1001,
    "1" * 1000,
    "",
    " ",
    "//",
    "[" + "1," * 300 + "1].map(x, [x,x,x,x,x,x,x,x]).size() > 1",
    "(" + "+".join(["[1,2,3]"] * 60) + ").map(x, x) == []",
)
TEXT_METHODS = ("contains", "startsWith", "endsWith")


class RandomExpressions:
    """Generates expressions, the same ones for the same seed."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)

    def generate(self, count: int) -> Iterator[str]:
        """Return expressions: of ten, six are valid by grammar, three have a fault, and one is hostile."""
        for _ in range(count):
            choice = self.random.randrange(10)
            text = (
                self.random.choice(HOSTILE_EXPRESSIONS)
                if choice == 0
                else self.expression(self.random.randrange(1, 5))
            )
            yield self.damaged(text) if choice in (1, 2, 3) else text

    def expression(self, depth: int, *macro_names: str) -> str:
        """Return an expression up to this depth; `own` are the names of the macros around it."""
        if depth == 0:
            return self.operand(*macro_names)
        one = self.expression(depth - 1, *macro_names)
        two = self.expression(depth - 1, *macro_names)
        return self.random.choice(
            (
                *(f"{one} {self.random.choice(OPERATORS)} {two}" for _ in range(4)),
                *(
                    f"({one})",
                    f"!({one})",
                    f"-({one})",
                    f"({one}) ? ({two}) : false",
                    f"[{one}, {two}]",
                    f"{one}[{two}]",
                ),
                f"{self.random.choice(('size', 'int', 'double', 'string', 'timestamp', 'duration'))}({one})",
                f"{self.operand(*macro_names)}.{self.random.choice(TEXT_METHODS)}({two})",
                *(self.macro(depth, *macro_names) for _ in range(2)),
                f"{self.operand(*macro_names)}.matches('^(DE|[^a]*)$')",
            )
        )

    def macro(self, depth: int, *macro_names: str) -> str:
        """Return a macro over a list, with a body that may use its name."""
        name = self.random.choice("xyz")
        macro = self.random.choice(("all", "exists", "exists_one", "map", "filter"))
        return (
            f"{self.operand(*macro_names)}.{macro}({name}, {self.expression(depth - 1, name, *macro_names)})"
        )

    def operand(self, *macro_names: str) -> str:
        """Return a name, an attribute, a literal, or the name of a macro."""
        name = self.random.choice(NAMES)
        key = self.random.choice(ATTRIBUTE_KEYS[:7])
        attribute = f"{self.random.choice(('opportunity', 'account'))}.attributes.{key}"
        named = f'opportunity.attributes["{self.random.choice(ATTRIBUTE_KEYS)}"]'
        macro_operands = [text for name in macro_names for text in (name, name, f"{name}.{key}")]
        return self.random.choice(
            (name, name, attribute, attribute, f"has({attribute})", named, self.literal(), *macro_operands)
        )

    def literal(self) -> str:
        """Return a literal."""
        return self.random.choice(LITERALS)

    def damaged(self, text: str) -> str:
        """Return the text with a piece removed, repeated or replaced."""
        start = self.random.randrange(len(text) + 1)
        end = min(len(text), start + self.random.randrange(4))
        strange = self.random.choice(
            ("", "", "(", ")", '"', "'", ".", ",", "\\", "foo", " ", "{", "[", "0", "\0", "é", "x.")
        )
        return text[:start] + text[start:end] * self.random.randrange(3) + strange + text[end:]

    def cel_values(self, *, large: int = 10) -> CelContext:
        """Return a deal of which any value may be null, odd or large; lists have up to so many elements."""
        choose = self.random.choice
        return CelContext(
            deal(
                name=choose(("Stock counting", "x" * 255, "nul\0", "\ud800")),
                type=choose(tuple(OpportunityType)),
                source=choose((None, "Trade fair")),
                state=choose(tuple(OpportunityState)),
                description=choose((None, "", "By hand", "ab" * 1000 * large)),
                base_minor=choose((None, 0, 6_000_000, 10**15 - 1)),
                expected_close_date=choose(
                    (None, TODAY, date.max, TODAY + timedelta(days=self.random.randrange(400)))
                ),
                push_count=self.random.randrange(5),
                attributes=self.attributes(large),
                account=replace(
                    ACCOUNT,
                    industry=choose((None, "retail")),
                    country=choose((None, "DE")),
                    employee_count=choose((None, 0, 500)),
                    attributes=self.attributes(large),
                ),
            ),
            self.random.randrange(101),
            TODAY,
        )

    def attributes(self, large: int) -> dict[str, object]:
        """Return attributes as a client might send them."""
        values: tuple[object, ...] = (
            *(
                "EMEA",
                1,
                -1.5,
                True,
                None,
                2**70,
                -(10**400),
                float("nan"),
                float("inf"),
                "nul\0",
                "\ud800",
                "ab" * 1000 * large,
            ),
            *(
                [],
                list(range(large)),
                [f"tag {i}" for i in range(large)],
                [{"a": i, "region": "x"} for i in range(large)],
            ),
            *({f"k{i}": i for i in range(large)}, nested_list(large), (1, 2), {1: {2: 3}}, date.max),
        )
        return {key: self.random.choice(values) for key in ATTRIBUTE_KEYS if self.random.random() < 0.8}


def nested_list(depth: int) -> object:
    """Return nested lists."""
    value: object = 1
    for _ in range(depth):
        value = [value]
    return value
