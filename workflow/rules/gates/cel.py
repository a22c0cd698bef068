"""A company's own requirements in CEL: judged at publish, and evaluated on one deal within bounds."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from workflow.rules.gates.cel_parser import ATTRIBUTES, COLLECTING, Reading, read
from workflow.rules.gates.cel_variables import SEEN, Look, Sight, TooMuch, View, found, plain, view

if TYPE_CHECKING:
    import cel

LONGEST = 1_000
MOST_WORK = 20_000
"""Counted before an evaluation begins; one is about a tenth of a microsecond (bench/expressions.py)."""
REMEMBERED = 1_000
FAILURES = (ArithmeticError, LookupError, RuntimeError, TypeError, ValueError)
"""What CEL raises where an expression cannot be evaluated."""
ERROR = re.compile(r"ERROR: <input>:(\d+):(\d+): ([^\n]+)")
BADLY_TOLD_TIME = re.compile(r"Function '(timestamp|duration)' error")
MOST_SHOWN, LONGEST_SHOWN, LONGEST_VALUE = 5, 200, 60


@dataclass(frozen=True, slots=True)
class Answer:
    """True, false, or None where it cannot be told; the sentence that says why, and the mutation that could change it."""

    holds: bool | None
    sentence: str
    remedy: str


@dataclass(frozen=True, slots=True)
class _Prepared:
    reading: Reading
    program: "cel.Program | None"
    faults: tuple[str, ...]


def faults_of(text: str) -> tuple[str, ...]:
    """Why the text cannot be published, each with its remedy; none where it can."""
    if len(text) > LONGEST:
        long = f"An expression has at most {LONGEST:,} characters; this one has {len(text):,}."
        return (f"{long} Say it in several requirements.",)
    return _prepared(text).faults


def answer(text: str, sight: Sight) -> Answer:
    """What the expression says of the deal; whatever the text and the data are, this answers."""
    if faults := faults_of(text):
        return Answer(None, f"{_cut(text)} cannot be told: {faults[0]}", "updateOpportunity")
    prepared = _prepared(text)
    looks = prepared.reading.looks
    holds, why = _evaluated(prepared, sight)
    if holds is None:
        return Answer(None, f"{_cut(text)} cannot be told: {why}.", _remedy(looks, sight))
    said, shown = f"{_cut(text)} is {'true' if holds else 'not true'}", _all_shown(looks, sight)
    return Answer(holds, f"{said}: {shown}." if shown else f"{said}.", _remedy(looks, sight))


def warm_up() -> None:
    """Read in CEL's library, which takes half a second, so that no deal waits for it."""
    _prepared("true")


def work(reading: Reading, seen: View) -> int:
    """The most that an evaluation can have to go through: every word of the text over all that it is given."""
    growth = 1 + reading.additions
    size = (1 + seen.weight) * growth
    total = size * (reading.words + _HANDING_OVER)
    if reading.loop is None:
        return total
    rounds, body = max(seen.most_parts, reading.parts) * growth, reading.loop.end - reading.loop.start
    total += (rounds + size) * body + 2 * rounds * reading.looks_in_loop * size
    if reading.loop.macro in COLLECTING:
        total += rounds * (size + rounds) // 2
    if reading.loop.macro == "map":
        total += rounds**2 * (body + (size if reading.looks_in_loop else 0)) // 2
    return total


_HANDING_OVER = 13


@lru_cache(maxsize=REMEMBERED)
def _prepared(text: str) -> _Prepared:
    reading = read(text)
    if reading.faults:
        return _Prepared(reading, None, reading.faults)
    try:
        program = _compiled(text)
    except ValueError as error:
        return _Prepared(reading, None, (_unparsed(str(error)),))
    return _Prepared(reading, program, tuple(_faults_in_use(reading)))


def _compiled(text: str) -> "cel.Program":
    import cel  # here, for it brings a command line of its own along, and most commands meet no expression

    return cel.compile(text)


def _unparsed(error: str) -> str:
    told = ERROR.search(error)
    where = (
        f" at line {told[1]}, character {told[2]}: {told[3].partition(' expecting ')[0].rstrip('.')}" if told else ""
    )
    return f"The expression cannot be read{where}. Write it in CEL, such as opportunity.value > 50000."


def _faults_in_use(reading: Reading) -> Iterator[str]:
    """What shows where the pattern is tried, and where the text goes through nearly nothing."""
    if reading.pattern is not None and isinstance(_run(_compiled(f'"".matches({reading.pattern})'), {}), Exception):
        yield f"The pattern {reading.pattern} of matches() is no regular expression. Mend it, or use contains()."
    if work(reading, View({}, len(reading.looks), 0)) > MOST_WORK:
        yield "The expression has too much to go through. Write less into its macro, or fewer additions."


def _run(program: "cel.Program", data: dict[str, object]) -> object:
    """What CEL gives, or the exception that it raises."""
    try:
        given: object = program.execute(data)
    except FAILURES as error:
        return error
    return given


def _evaluated(prepared: _Prepared, sight: Sight) -> tuple[bool | None, str]:
    """What CEL gives, and why where that is neither true nor false."""
    looks = prepared.reading.looks
    try:
        seen = view(looks, lambda row: row.read(sight))
    except TooMuch:
        return None, _too_much(looks)
    if prepared.program is None or work(prepared.reading, seen) > MOST_WORK:
        return None, _too_much(looks)
    given = _run(prepared.program, seen.data)
    if isinstance(given, bool):
        return given, ""
    lacking = [str(look) for look in looks if found(look, sight) is None]
    if lacking and isinstance(given, LookupError | TypeError):
        return None, f"{' and '.join(lacking)} {'is' if len(lacking) == 1 else 'are'} not on record"
    shown = _all_shown(looks, sight)
    return None, f"{_why(given)}{f' ({shown})' if shown else ''}"


def _why(given: object) -> str:
    if not isinstance(given, Exception):
        return f"it gives {next((word for kind, word in _KINDS if isinstance(given, kind)), 'a time')}, neither true nor false"
    if function := BADLY_TOLD_TIME.search(str(given)):
        return _TIMES[function[1]]
    return next(why for kind, why in _REASONS if isinstance(given, kind))


def _too_much(looks: tuple[Look, ...]) -> str:
    whole = [look for look in looks if look.name.endswith(ATTRIBUTES) and look.key is None]
    remedy = f"; look at one attribute instead, such as {whole[0]}.region" if whole else ""
    return f"there is too much on record to go through{remedy}"


def _remedy(looks: tuple[Look, ...], sight: Sight) -> str:
    """The mutation that writes the first thing that is lacking, else the first that is looked at."""
    lacking = [look for look in looks if found(look, sight) is None]
    remedies = (SEEN[look.name].remedy for look in (*lacking, *looks))
    return next((remedy for remedy in remedies if remedy is not None), "updateOpportunity")


def _all_shown(looks: tuple[Look, ...], sight: Sight) -> str:
    return "; ".join(f"{look} {_shown(look, sight)}" for look in looks[:MOST_SHOWN])


def _shown(look: Look, sight: Sight) -> str:
    value = found(look, sight)
    if value is None:
        return "is not on record"
    if isinstance(value, bool):
        return "is yes" if value else "is no"
    if isinstance(value, Mapping | list | tuple):
        return f"holds {len(value)}"
    if isinstance(value, str):
        return f"is {_cut(value, LONGEST_VALUE)}"
    return f"is {str(plain(value)).removesuffix('.0')}"


def _cut(text: str, most: int = LONGEST_SHOWN) -> str:
    line = "".join(letter if letter.isprintable() else " " for letter in text[: most + 1])
    return f"“{line[:most]}…”" if len(text) > most else f"“{line}”"


_KINDS: tuple[tuple[type, str], ...] = (
    (int, "a number"),
    (float, "a number"),
    (str, "a text"),
    (list, "a list"),
    (dict, "a map"),
    (type(None), "null"),
)
_TIMES: Mapping[str, str] = {
    "timestamp": 'a timestamp is told by a text such as "2026-11-25T00:00:00Z", one of a day by today + "T00:00:00Z"',
    "duration": 'a duration is told by a text such as "90m" or "720h", which is 30 days',
}
_REASONS: tuple[tuple[type[Exception], str], ...] = (
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
