"""A company's own requirements in CEL: judged at publish, and evaluated on one deal within bounds."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from workflow.rules.gates.cel_parser import ATTRIBUTES, COLLECTING_MACROS, ParsedExpression, parse_expression
from workflow.rules.gates.cel_variables import (
    VARIABLES,
    CelContext,
    CelData,
    CelReference,
    DataTooLargeError,
    build_cel_data,
    to_cel,
    value_of,
)

if TYPE_CHECKING:
    import cel

MAX_LENGTH = 1_000
MAX_WORK = 20_000
"""Counted before an evaluation begins; one is about a tenth of a microsecond (bench/expressions.py)."""
CACHE_SIZE = 1_000
CEL_ERRORS = (ArithmeticError, LookupError, RuntimeError, TypeError, ValueError)
"""What CEL raises where an expression cannot be evaluated."""
SYNTAX_ERROR_PATTERN = re.compile(r"ERROR: <input>:(\d+):(\d+): ([^\n]+)")
TIME_ERROR_PATTERN = re.compile(r"Function '(timestamp|duration)' error")
MAX_SHOWN, MAX_SHOWN_LENGTH, MAX_VALUE_LENGTH = 5, 200, 60


@dataclass(frozen=True, slots=True)
class CelResult:
    """True, false, or None where it cannot be told; the sentence that says why, and the mutation that could change it."""

    holds: bool | None
    sentence: str
    remedy: str


@dataclass(frozen=True, slots=True)
class _CompiledExpression:
    parsed: ParsedExpression
    program: "cel.Program | None"
    faults: tuple[str, ...]


def expression_faults(text: str) -> tuple[str, ...]:
    """Why the text cannot be published, each with its remedy; none where it can."""
    if len(text) > MAX_LENGTH:
        long = f"An expression has at most {MAX_LENGTH:,} characters; this one has {len(text):,}."
        return (f"{long} Say it in several requirements.",)
    return _compile_cached(text).faults


def evaluate_expression(text: str, context: CelContext) -> CelResult:
    """What the expression says of the deal; whatever the text and the data are, this answers."""
    if faults := expression_faults(text):
        return CelResult(None, f"{_shorten(text)} cannot be told: {faults[0]}", "updateOpportunity")
    compiled = _compile_cached(text)
    references = compiled.parsed.references
    holds, why = _evaluate(compiled, context)
    if holds is None:
        return CelResult(None, f"{_shorten(text)} cannot be told: {why}.", _remedy(references, context))
    verdict, shown = f"{_shorten(text)} is {'true' if holds else 'not true'}", _describe_all(references, context)
    return CelResult(holds, f"{verdict}: {shown}." if shown else f"{verdict}.", _remedy(references, context))


def load_cel() -> None:
    """Read in CEL's library, which takes half a second, so that no deal waits for it."""
    _compile_cached("true")


def estimate_work(parsed: ParsedExpression, data: CelData) -> int:
    """The most that an evaluation can have to go through: every word of the text over all that it is given."""
    growth = 1 + parsed.additions
    size = (1 + data.weight) * growth
    total = size * (parsed.token_count + _CALL_OVERHEAD)
    if parsed.loop is None:
        return total
    rounds, body = max(data.longest_collection, parsed.list_items) * growth, parsed.loop.end - parsed.loop.start
    total += (rounds + size) * body + 2 * rounds * parsed.references_in_loop * size
    if parsed.loop.macro in COLLECTING_MACROS:
        total += rounds * (size + rounds) // 2
    if parsed.loop.macro == "map":
        total += rounds**2 * (body + (size if parsed.references_in_loop else 0)) // 2
    return total


_CALL_OVERHEAD = 13


@lru_cache(maxsize=CACHE_SIZE)
def _compile_cached(text: str) -> _CompiledExpression:
    parsed = parse_expression(text)
    if parsed.faults:
        return _CompiledExpression(parsed, None, parsed.faults)
    try:
        program = _compile(text)
    except ValueError as error:
        return _CompiledExpression(parsed, None, (_syntax_fault(str(error)),))
    return _CompiledExpression(parsed, program, tuple(_evaluation_faults(parsed)))


def _compile(text: str) -> "cel.Program":
    import cel  # here, for it brings a command line of its own along, and most commands meet no expression

    return cel.compile(text)


def _syntax_fault(error: str) -> str:
    match = SYNTAX_ERROR_PATTERN.search(error)
    where = (
        f" at line {match[1]}, character {match[2]}: {match[3].partition(' expecting ')[0].rstrip('.')}"
        if match
        else ""
    )
    return f"The expression cannot be read{where}. Write it in CEL, such as opportunity.value > 50000."


def _evaluation_faults(parsed: ParsedExpression) -> Iterator[str]:
    """What shows where the pattern is tried, and where the text goes through nearly nothing."""
    if parsed.pattern is not None and isinstance(_run(_compile(f'"".matches({parsed.pattern})'), {}), Exception):
        yield f"The pattern {parsed.pattern} of matches() is no regular expression. Mend it, or use contains()."
    if estimate_work(parsed, CelData({}, len(parsed.references), 0)) > MAX_WORK:
        yield "The expression has too much to go through. Write less into its macro, or fewer additions."


def _run(program: "cel.Program", data: dict[str, object]) -> object:
    """What CEL gives, or the exception that it raises."""
    try:
        result: object = program.execute(data)
    except CEL_ERRORS as error:
        return error
    return result


def _evaluate(compiled: _CompiledExpression, context: CelContext) -> tuple[bool | None, str]:
    """What CEL gives, and why where that is neither true nor false."""
    references = compiled.parsed.references
    try:
        data = build_cel_data(references, lambda row: row.read(context))
    except DataTooLargeError:
        return None, _too_large(references)
    if compiled.program is None or estimate_work(compiled.parsed, data) > MAX_WORK:
        return None, _too_large(references)
    result = _run(compiled.program, data.data)
    if isinstance(result, bool):
        return result, ""
    missing = [str(look) for look in references if value_of(look, context) is None]
    if missing and isinstance(result, LookupError | TypeError):
        return None, f"{' and '.join(missing)} {'is' if len(missing) == 1 else 'are'} not on record"
    shown = _describe_all(references, context)
    return None, f"{_failure_reason(result)}{f' ({shown})' if shown else ''}"


def _failure_reason(result: object) -> str:
    if not isinstance(result, Exception):
        return f"it gives {next((word for kind, word in _TYPE_NAMES if isinstance(result, kind)), 'a time')}, neither true nor false"
    if function := TIME_ERROR_PATTERN.search(str(result)):
        return _TIME_HINTS[function[1]]
    return next(why for kind, why in _ERROR_TEXTS if isinstance(result, kind))


def _too_large(references: tuple[CelReference, ...]) -> str:
    unkeyed = [look for look in references if look.name.endswith(ATTRIBUTES) and look.key is None]
    remedy = f"; look at one attribute instead, such as {unkeyed[0]}.region" if unkeyed else ""
    return f"there is too much on record to go through{remedy}"


def _remedy(references: tuple[CelReference, ...], context: CelContext) -> str:
    """The mutation that writes the first thing that is lacking, else the first that is looked at."""
    missing = [look for look in references if value_of(look, context) is None]
    remedies = (VARIABLES[look.name].remedy for look in (*missing, *references))
    return next((remedy for remedy in remedies if remedy is not None), "updateOpportunity")


def _describe_all(references: tuple[CelReference, ...], context: CelContext) -> str:
    return "; ".join(f"{look} {_describe(look, context)}" for look in references[:MAX_SHOWN])


def _describe(reference: CelReference, context: CelContext) -> str:
    value = value_of(reference, context)
    if value is None:
        return "is not on record"
    if isinstance(value, bool):
        return "is yes" if value else "is no"
    if isinstance(value, Mapping | list | tuple):
        return f"holds {len(value)}"
    if isinstance(value, str):
        return f"is {_shorten(value, MAX_VALUE_LENGTH)}"
    return f"is {str(to_cel(value)).removesuffix('.0')}"


def _shorten(text: str, max_length: int = MAX_SHOWN_LENGTH) -> str:
    line = "".join(letter if letter.isprintable() else " " for letter in text[: max_length + 1])
    return f"“{line[:max_length]}…”" if len(text) > max_length else f"“{line}”"


_TYPE_NAMES: tuple[tuple[type, str], ...] = (
    (int, "a number"),
    (float, "a number"),
    (str, "a text"),
    (list, "a list"),
    (dict, "a map"),
    (type(None), "null"),
)
_TIME_HINTS: Mapping[str, str] = {
    "timestamp": 'a timestamp is told by a text such as "2026-11-25T00:00:00Z", one of a day by today + "T00:00:00Z"',
    "duration": 'a duration is told by a text such as "90m" or "720h", which is 30 days',
}
_ERROR_TEXTS: tuple[tuple[type[Exception], str], ...] = (
    (LookupError, "something that it looks for is not on record"),
    (
        TypeError,
        "it compares or adds values that are not of one kind, such as a text and a number, or 1.0 and 1 in a sum",
    ),
    (ZeroDivisionError, "it divides by 0"),
    (ArithmeticError, "a number in it grows too large"),
    (RuntimeError, "a value cannot be read as the number, the day or the kind that it asks for"),
    (ValueError, "something that it looks at holds what cannot be read"),
)
