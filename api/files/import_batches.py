"""Rows of a file brought in batch by batch: each batch is kept whole, so that the same file goes on where it stopped."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from api.files.parsed_line import ParsedLine
from workflow.operations.core.context import Ctx
from workflow.operations.transfer.import_rows import MAX_ROWS, import_rows
from workflow.operations.transfer.row import ImportRow, ImportRowOutcome
from workflow.operations.transfer.row_contact import ensure_row_stakeholder
from workflow.rules.enums import ImportOutcome
from workflow.rules.errors import InvalidInputError, Refusal, invalid_field

MAX_BATCH_CHARACTERS = 16_000_000
"""Of the lines that are held at once."""
EXISTING = (ImportOutcome.UPDATED, ImportOutcome.UNCHANGED)
"""What becomes of a row whose opportunity was there before."""


@dataclass(slots=True)
class ImportTally:
    """How many rows came to what, those that could not be kept, and those that may be there already."""

    counts: Counter[ImportOutcome] = field(default_factory=Counter)
    on_start: Callable[[], object] = lambda: None
    on_progress: Callable[[int], None] = lambda done: None
    on_reject: Callable[[ParsedLine, str], None] = lambda line, reason: None
    duplicates: int = 0
    children_skipped: int = 0
    """Rows whose opportunity was there, with what hangs on it."""

    @property
    def done(self) -> int:
        """The rows that have an answer."""
        return self.counts.total()


async def import_lines(ctx: Ctx, lines: Iterable[ParsedLine], tally: ImportTally, *, dry_run: bool = False) -> None:
    """Import what was read, and the people named in it, in batches of one system each."""
    seen: set[tuple[str, str]] = set()
    for batch in _batches(lines):
        await _import_batch(ctx, batch, seen, tally, dry_run=dry_run)
        tally.on_progress(tally.done)


async def _import_batch(
    ctx: Ctx, lines: Sequence[ParsedLine], seen: set[tuple[str, str]], tally: ImportTally, *, dry_run: bool
) -> None:
    """Import the lines that mean a row, and count what came of each."""
    valid: list[tuple[ParsedLine, ImportRow]] = []
    for line in lines:
        problem = line.row if isinstance(line.row, InvalidInputError) else None
        key = (line.system, line.key)
        if problem is None and key in seen:
            problem = invalid_field("externalId", message=f"`{line.key}` stands in an earlier line. Keep one.")
        seen.add(key)
        if problem is None and isinstance(line.row, ImportRow):
            valid.append((line, line.row))
        elif problem is not None:
            _count_outcome(tally, line, ImportRowOutcome(0, line.key, ImportOutcome.REJECTED, None, problem))
    if not valid:
        return
    try:
        outcomes = await import_rows(ctx, valid[0][0].system, [row for _, row in valid], dry_run)
    except InvalidInputError as problem:  # the system that all of these name is none
        for line, _ in valid:
            _count_outcome(tally, line, ImportRowOutcome(0, line.key, ImportOutcome.REJECTED, None, problem))
        return
    for (line, row), outcome in zip(valid, outcomes, strict=True):
        _count_outcome(tally, line, outcome)
        tally.children_skipped += row.document is not None and outcome.outcome in EXISTING
        if line.contact and outcome.opportunity_id is not None and outcome.problem is None and not dry_run:
            contact_problem = await ensure_row_stakeholder(ctx, outcome.opportunity_id, line.contact)
            if contact_problem is not None:
                tally.on_reject(line, f"The opportunity was kept, and its contact was not: {contact_problem}")


def _count_outcome(tally: ImportTally, line: ParsedLine, outcome: ImportRowOutcome) -> None:
    tally.counts[outcome.outcome] += 1
    tally.duplicates += bool(outcome.possible_duplicates)
    if outcome.problem is not None:
        tally.on_reject(line, rejection_reason(outcome.problem))


def rejection_reason(problem: Refusal) -> str:
    """Why a line is rejected, with the place of what stands deep inside."""
    if not isinstance(problem, InvalidInputError):
        return problem.message
    return " ".join(_with_path(".".join(fault.path), fault.message) for fault in problem.fields)


def _with_path(path: str, message: str) -> str:
    return message if "." not in path or path in message else f"{path}: {message}"


def _batches(lines: Iterable[ParsedLine]) -> Iterator[list[ParsedLine]]:
    """As many lines at once as an import takes and memory should hold, all of one system."""
    batch: list[ParsedLine] = []
    characters = 0
    for line in lines:
        size = sum(map(len, line.cells.values()))
        if batch and (
            line.system != batch[0].system or len(batch) == MAX_ROWS or characters + size > MAX_BATCH_CHARACTERS
        ):
            yield batch
            batch, characters = [], 0
        batch.append(line)
        characters += size
    if batch:
        yield batch
