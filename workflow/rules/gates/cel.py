"""A company's own requirements in CEL: checked when they are published, evaluated within bounds."""

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
"""Limit of an evaluation, estimated before it starts; a unit takes about 0.1 µs (bench/expressions.py)."""
CACHE_SIZE = 1_000
CEL_ERRORS = (ArithmeticError, LookupError, RuntimeError, TypeError, ValueError)
"""Exceptions that CEL raises if an expression cannot be evaluated."""
SYNTAX_ERROR_PATTERN = re.compile(r"ERROR: <input>:(\d+):(\d+): ([^\n]+)")
TIME_ERROR_PATTERN = re.compile(r"Function '(timestamp|duration)' error")
MAX_SHOWN = 5
MAX_SHOWN_LENGTH = 200
MAX_VALUE_LENGTH = 60


@dataclass(frozen=True, slots=True)
class CelResult:
    """Result of an expression: True, False, or None if it cannot be evaluated; with reason and remedy."""

    holds: bool | None
    sentence: str
    remedy: str


@dataclass(frozen=True, slots=True)
class _CompiledExpression:
    parsed: ParsedExpression
    program: "cel.Program | None"
    faults: tuple[str, ...]


def expression_faults(text: str) -> tuple[str, ...]:
    """Return why the text cannot be published, each reason with its remedy; empty if it can."""
    if len(text) > MAX_LENGTH:
        limit = f"An expression has at most {MAX_LENGTH:,} characters; this one has {len(text):,}."
        return (f"{limit} Split it into several requirements.",)
    return _compile_cached(text).faults


def evaluate_expression(text: str, context: CelContext) -> CelResult:
    """Evaluate an expression on a deal. It never raises, whatever the text and the data are."""
    if faults := expression_faults(text):
        return CelResult(None, f"{_shorten(text)} cannot be evaluated: {faults[0]}", "updateOpportunity")
    compiled = _compile_cached(text)
    references = compiled.parsed.references
    holds, why = _evaluate(compiled, context)
    if holds is None:
        # Not False: a requirement would be unmet either way, but a `when` must stay in force.
        return CelResult(None, f"{_shorten(text)} cannot be evaluated: {why}.", _remedy(references, context))
    verdict = f"{_shorten(text)} is {'true' if holds else 'not true'}"
    shown = _describe_all(references, context)
    return CelResult(holds, f"{verdict}: {shown}." if shown else f"{verdict}.", _remedy(references, context))


def load_cel() -> None:
    """Import CEL's library, which takes half a second, before the first request needs it."""
    _compile_cached("true")


def estimate_work(parsed: ParsedExpression, data: CelData) -> int:
    """Return an upper bound of the work of an evaluation: every token of the text over all of its data."""
    # CEL can neither be interrupted nor limited in steps, and it blocks the process while it runs.
    # Each `+` may join texts or lists, so values can become that many times as large.
    growth = 1 + parsed.additions
    size = (1 + data.weight) * growth
    total = size * (parsed.token_count + _CALL_OVERHEAD)
    if parsed.loop is None:
        return total
    rounds = max(data.longest_collection, parsed.list_items) * growth
    body = parsed.loop.end - parsed.loop.start
    total += (rounds + size) * body + 2 * rounds * parsed.references_in_loop * size
    # These copy the list that they collect for each entry that they add.
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
    import cel  # not at the top: it is slow to import, and most commands never evaluate an expression

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
    """Find a pattern that is not a regular expression, and a text that is too costly even on empty data."""
    if parsed.pattern is not None and isinstance(
        _run(_compile(f'"".matches({parsed.pattern})'), {}), Exception
    ):
        fault = f"The pattern {parsed.pattern} of matches() is not a regular expression"
        yield f"{fault}. Correct it, or use contains()."
    if estimate_work(parsed, CelData({}, len(parsed.references), 0)) > MAX_WORK:
        yield "The expression is too costly to evaluate. Shorten its macro, or use fewer additions."


def _run(program: "cel.Program", data: dict[str, object]) -> object:
    """Return the result of CEL, or the exception that it raised."""
    try:
        result: object = program.execute(data)
    except CEL_ERRORS as error:
        return error
    return result


def _evaluate(compiled: _CompiledExpression, context: CelContext) -> tuple[bool | None, str]:
    """Return the result, and why it is neither true nor false if it is not."""
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
    # CEL raises if it compares with null: name what is missing rather than the error.
    missing = [str(reference) for reference in references if value_of(reference, context) is None]
    if missing and isinstance(result, LookupError | TypeError):
        return None, f"{' and '.join(missing)} {'is' if len(missing) == 1 else 'are'} not known"
    shown = _describe_all(references, context)
    return None, f"{_failure_reason(result)}{f' ({shown})' if shown else ''}"


def _failure_reason(result: object) -> str:
    if not isinstance(result, Exception):
        kind = next((name for type_, name in _TYPE_NAMES if isinstance(result, type_)), "a time")
        return f"it gives {kind}, not true or false"
    if function := TIME_ERROR_PATTERN.search(str(result)):
        return _TIME_HINTS[function[1]]
    return next(reason for error, reason in _ERROR_TEXTS if isinstance(result, error))


def _too_large(references: tuple[CelReference, ...]) -> str:
    unkeyed = [
        reference for reference in references if reference.name.endswith(ATTRIBUTES) and reference.key is None
    ]
    remedy = f"; use one attribute instead, such as {unkeyed[0]}.region" if unkeyed else ""
    return f"the deal has too much data for it{remedy}"


def _remedy(references: tuple[CelReference, ...], context: CelContext) -> str:
    """Return the mutation that sets the first missing reference, else the first reference."""
    missing = [reference for reference in references if value_of(reference, context) is None]
    remedies = (VARIABLES[reference.name].remedy for reference in (*missing, *references))
    return next((remedy for remedy in remedies if remedy is not None), "updateOpportunity")


def _describe_all(references: tuple[CelReference, ...], context: CelContext) -> str:
    return "; ".join(f"{reference} {_describe(reference, context)}" for reference in references[:MAX_SHOWN])


def _describe(reference: CelReference, context: CelContext) -> str:
    value = value_of(reference, context)
    if value is None:
        return "is not known"
    if isinstance(value, bool):
        return "is yes" if value else "is no"
    if isinstance(value, Mapping | list | tuple):
        return f"has {len(value)} entries"
    if isinstance(value, str):
        return f"is {_shorten(value, MAX_VALUE_LENGTH)}"
    return f"is {str(to_cel(value)).removesuffix('.0')}"


def _shorten(text: str, max_length: int = MAX_SHOWN_LENGTH) -> str:
    line = "".join(character if character.isprintable() else " " for character in text[: max_length + 1])
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
    "timestamp": (
        'a timestamp is written as a text such as "2026-11-25T00:00:00Z"; '
        'that of a day, as today + "T00:00:00Z"'
    ),
    "duration": 'a duration is written as a text such as "90m" or "720h", which is 30 days',
}
_ERROR_TEXTS: tuple[tuple[type[Exception], str], ...] = (
    (LookupError, "an attribute or list entry that it uses does not exist"),
    (
        TypeError,
        "it compares or adds values of different types, such as a text and a number, or 1.0 and 1 in a sum",
    ),
    (ZeroDivisionError, "it divides by 0"),
    (ArithmeticError, "a number in it becomes too large"),
    (RuntimeError, "a value cannot be converted to a number, a date or another type"),
    (ValueError, "a value that it uses cannot be read"),
)
