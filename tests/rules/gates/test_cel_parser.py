"""CEL texts that can be published, and the refusal of unknown names, invalid texts and costly ones."""

from itertools import islice

import cel
import pytest

from tests.support.counts import count
from tests.support.rules.deal_facts import TODAY, deal
from tests.support.rules.random_expressions import HOSTILE_EXPRESSIONS, RandomExpressions
from workflow.rules.gates.cel import (
    MAX_LENGTH,
    MAX_WORK,
    estimate_work,
    evaluate_expression,
    expression_faults,
)
from workflow.rules.gates.cel_parser import LOOP_MACROS, parse_expression
from workflow.rules.gates.cel_variables import (
    MAX_WEIGHT,
    VARIABLES,
    CelContext,
    CelData,
    CelReference,
    DataTooLargeError,
    build_cel_data,
)

EVERYTHING = f"An expression can use {', '.join(VARIABLES)}; below `attributes`, any name."
STRING_HINT = 'Put a text in plain quotes, "like this"; a name has letters, digits and _.'
VALID = "opportunity.value > 50000"


@pytest.mark.parametrize(
    ("text", "unknown"),
    [
        ("oportunity.value > 1", "`oportunity` is unknown."),
        ("opportunity.valu > 1", "`opportunity.valu` is unknown."),
        ("account.foo == 1", "`account.foo` is unknown."),
        ("account.value > 1", "`account.value` is unknown."),
        ("now > today", "`now` is unknown."),
        ("opportunity == null", "`opportunity` is unknown."),
        ("opportunity['value'] > 1", "`opportunity` is unknown."),
        ("opportunity . valu > 1", "`opportunity.valu` is unknown."),
        ("opportunity // .value\n.valu > 1", "`opportunity.valu` is unknown."),
        ("'opportunity.' == today || opportunity.valu == 1", "`opportunity.valu` is unknown."),
        ("'\\'' == today || opportunity.valu == '\\''", "`opportunity.valu` is unknown."),
        ('"//" == today || opportunity.valu == 1', "`opportunity.valu` is unknown."),
        ("has(opportunity.valu)", "`opportunity.valu` is unknown."),
        ("[1, 2].exists(x, opportunity.valu == x)", "`opportunity.valu` is unknown."),
        ("[1, 2].exists(x, x == 1) || x == 1", "`x` is unknown."),
        ("[x].exists(x, x == 1)", "`x` is unknown."),
        ("{valu: 1} == {}", "`valu` is unknown."),
        (".opportunity.value > 1", "`opportunity` is unknown."),
        ("1 in .today", "`today` is unknown."),
        (
            "opportunity.value.cents > 1",
            "`opportunity.value.cents` is unknown: opportunity.value has no parts.",
        ),
        ("today.year == 2026", "`today.year` is unknown: today has no parts."),
        ("Deal{} == null", "`Deal{}` is not a type that an expression can use."),
    ],
)
def test_an_unknown_name_is_refused_with_the_known_ones(text: str, unknown: str) -> None:
    assert expression_faults(text) == (f"{unknown} {EVERYTHING}",)


@pytest.mark.parametrize(
    ("text", "begins"),
    [
        ("opportunity.value >", "The expression cannot be read at line 1, character 20: "),
        ("(true", "The expression cannot be read at line 1, character 6: "),
        ("true\n&& or", "`or` is unknown."),
        ("true and false", "`and` is unknown."),
        ("", "The expression cannot be read"),
        ("opportunity.value = 5", f"The expression cannot be read at line 1, character 19. {STRING_HINT}"),
        ("true &&\n @", f"The expression cannot be read at line 2, character 2. {STRING_HINT}"),
        ('"open', f"The expression cannot be read at line 1, character 1. {STRING_HINT}"),
        ('r"\\" == "', f"The expression cannot be read at line 1, character 1. {STRING_HINT}"),
        ("today == b'ab'", f"The expression cannot be read at line 1, character 10. {STRING_HINT}"),
        ('"""a"" == """', f"The expression cannot be read at line 1, character 1. {STRING_HINT}"),
        ("opportunity.`value`", f"The expression cannot be read at line 1, character 13. {STRING_HINT}"),
        ("'\0' == today", f"The expression cannot be read at line 1, character 1. {STRING_HINT}"),
        ("true // \0", f"The expression cannot be read at line 1, character 9. {STRING_HINT}"),
        ("'\ud800' == today", f"The expression cannot be read at line 1, character 1. {STRING_HINT}"),
        (
            "9223372036854775808 > 1",
            "The expression cannot be read at line 1, character 1: invalid int literal.",
        ),
        ("1e400 > 1.0", "The expression cannot be read at line 1, character 1: invalid double literal."),
        ("x" * (MAX_LENGTH + 1), "An expression has at most 1,000 characters; this one has 1,001."),
        ("(" * 10_000 + ")" * 10_000, "An expression has at most 1,000 characters; this one has 20,000."),
        ("(" * 99 + "1" + ")" * 99, "Brackets can be nested 20 deep; here they are 99 deep."),
        ("!" * 200 + "(" * 21 + "true" + ")" * 21, "Brackets can be nested 20 deep; here they are 21 deep."),
        (
            "!" * 250 + "true",
            "An expression has at most 250 names, values and signs; this one has 251. Split it into several ",
        ),
        (
            "now() > today",
            "`now()` is not a function that an expression can call. It can call all(), contains(), ",
        ),
        ("exists([1], 1)", "`exists()` is not a function that an expression can call. It can call "),
        (
            "today.upperAscii() == today",
            "`.upperAscii()` is not a function that an expression can call. It can call ",
        ),
        (
            "opportunity.value() == 1",
            "`.value()` is not a function that an expression can call. It can call ",
        ),
        ("optional.of(1) == 1", "`optional` is unknown."),
        (
            "[1].exists(x, [2].all(y, y == x))",
            "An expression can use at most one of all, exists, exists_one, filter, map; this one uses 2.",
        ),
        (
            "[1].all(x, true) && [2].filter(x, true) == []",
            "An expression can use at most one of all, exists, exists_one, filter, map; this one uses 2.",
        ),
        (
            "[1].map(x, x).exists(y, true)",
            "An expression can use at most one of all, exists, exists_one, filter, map; this one uses 2.",
        ),
        (
            "[1].exists(today, true)",
            "`exists` needs a name for the entries of the list: write `.exists(x, …)`",
        ),
        ("[1].all(1, true)", "`all` needs a name for the entries of the list: write `.all(x, …)`"),
        (
            "today.matches(opportunity.name)",
            "The pattern of matches() must be a literal text of at most 50 ASCII ",
        ),
        ('today.matches("a{1000}")', "The pattern of matches() must be a literal text of at most 50 ASCII "),
        ('today.matches("\\\\w")', "The pattern of matches() must be a literal text of at most 50 ASCII "),
        (
            'today.matches("(?i)[a-￿]")',
            "The pattern of matches() must be a literal text of at most 50 ASCII ",
        ),
        (
            f'today.matches("{"." * 51}")',
            "The pattern of matches() must be a literal text of at most 50 ASCII ",
        ),
        ('today.matches("(")', 'The pattern "(" of matches() is not a regular expression.'),
        (
            'today.matches("a") || today.matches("b")',
            "An expression can use matches() once; this one uses it 2 times.",
        ),
        ('["a"].exists(x, x.matches("a"))', "matches() cannot be used inside a macro"),
        ("1" + " + 1" * 110, "The expression is too costly to evaluate."),
        (
            "[" + "1, " * 100 + "1].map(x, [x, x, x, x, x, x]) == []",
            "The expression is too costly to evaluate.",
        ),
    ],
)
def test_unparsable_and_expensive_expressions_are_refused(text: str, begins: str) -> None:
    faults = expression_faults(text)

    assert faults[0].startswith(begins), faults


@pytest.mark.parametrize("macro", sorted(LOOP_MACROS))
def test_one_macro_of_each_kind_may_be_used_and_has_is_not_counted(macro: str) -> None:
    body = "x, x > 1 && has(account.attributes.a)"
    text = f"opportunity.attributes.list.{macro}({body}) == true && has(account.attributes.b)"

    assert expression_faults(text) == ()


def test_expressions_at_the_length_and_depth_limit_are_accepted() -> None:
    for text in (
        VALID.ljust(MAX_LENGTH),
        "(" * 20 + "true" + ")" * 20,
        "!" * 249 + "true",
        "true" + "&&true" * 124,
        "(true?1:" * 20 + "1" + ")" * 20,
    ):
        assert expression_faults(text) == ()


def test_referenced_values_are_found_in_every_notation() -> None:
    text = "opportunity /* */"
    spread = "opportunity\n.\tattributes // a comment .name\n [ 'a' ] == account . name"

    assert expression_faults(text) != ()
    assert parse_expression(spread).references == (
        CelReference("opportunity.attributes", "a"),
        CelReference("account.name"),
    )


def test_random_expressions_never_raise() -> None:
    expressions = RandomExpressions(1)
    answers = set()
    published = 0

    for text in expressions.generate(count(10_000)):
        faults = expression_faults(text)
        found = evaluate_expression(text, expressions.cel_values())

        published += not faults
        answers.add(found.holds)
        assert found.sentence and (not faults or found.holds is None)

    assert answers == {True, False, None}
    assert published > count(10_000) / 4


def test_every_hostile_expression_gets_an_answer() -> None:
    expressions = RandomExpressions(2)

    for text in HOSTILE_EXPRESSIONS:
        assert evaluate_expression(text, expressions.cel_values(large=100)).sentence


def test_evaluation_is_bounded_in_text_macros_data_and_work() -> None:
    expressions = RandomExpressions(3)
    evaluated = 0

    for text in expressions.generate(count(10_000)):
        context = expressions.cel_values(large=100)
        macros = sum(text.count(f".{macro}(") for macro in LOOP_MACROS)
        data = None if expression_faults(text) else data_given_to(text, context)
        if data is not None:
            evaluated += 1
            assert (len(text) <= MAX_LENGTH, macros <= 1, data.weight <= MAX_WEIGHT) == (True, True, True)
        elif not expression_faults(text):
            assert "the deal has too much data for it" in evaluate_expression(text, context).sentence

    assert evaluated > count(10_000) / 10


def data_given_to(text: str, context: CelContext) -> CelData | None:
    """Return the data of an expression; None if it is too large."""
    try:
        data = build_cel_data(parse_expression(text).references, lambda row: row.read(context))
    except DataTooLargeError:
        return None
    return data if estimate_work(parse_expression(text), data) <= MAX_WORK else None


def test_our_reading_of_an_expression_agrees_with_cel() -> None:
    """CEL would complain about a name that our parser had missed."""
    for text in RandomExpressions(4).generate(count(10_000)):
        if not expression_faults(text):
            loop = parse_expression(text).loop
            own = {loop.variable} if loop else set()
            assert (
                set(cel.compile(text).variables())
                <= {look.name.partition(".")[0] for look in parse_expression(text).references} | own
            )


def test_an_expression_never_reveals_another_deal() -> None:
    expressions = RandomExpressions(5)
    mine, other = ({"name": name, "attributes": {"region": name}} for name in ("Mine", "Secret of others"))

    for text in expressions.generate(count(10_000)):
        before = evaluate_expression(text, CelContext(deal(**mine), 1, TODAY))
        beside = evaluate_expression(text, CelContext(deal(**other), 2, TODAY))
        after = evaluate_expression(text, CelContext(deal(**mine), 1, TODAY))

        assert before == after
        assert "Secret" not in before.sentence and "Mine" not in beside.sentence


def test_the_same_seed_makes_the_same_expressions() -> None:
    assert list(islice(RandomExpressions(1).generate(50), 50)) == list(RandomExpressions(1).generate(50))
