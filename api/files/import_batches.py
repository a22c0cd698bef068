"""Import the lines of a file in batches.

Each batch is one transaction, so a repeated import continues after the last.
"""

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
"""The characters of the lines that are in memory at once."""
EXISTING = (ImportOutcome.UPDATED, ImportOutcome.UNCHANGED)
"""The outcomes of a row whose opportunity existed before."""


@dataclass(slots=True)
class ImportTally:
    """The counts of an import's outcomes, and the functions that are called as it proceeds."""

    counts: Counter[ImportOutcome] = field(default_factory=Counter)
    on_start: Callable[[], object] = lambda: None
    on_progress: Callable[[int], None] = lambda done: None
    on_reject: Callable[[ParsedLine, str], None] = lambda line, reason: None
    duplicates: int = 0
    """Rows whose opportunity may exist already."""
    documents_skipped: int = 0
    """Rows of existing opportunities whose other fields and parts were not imported."""

    @property
    def done(self) -> int:
        """The number of rows that have an outcome."""
        return self.counts.total()


async def import_lines(
    ctx: Ctx, lines: Iterable[ParsedLine], tally: ImportTally, *, dry_run: bool = False
) -> None:
    """Import the lines in batches of one external system each, with the contacts that they name."""
    seen: set[tuple[str, str]] = set()
    for batch in _batches(lines):
        await _import_batch(ctx, batch, seen, tally, dry_run=dry_run)
        tally.on_progress(tally.done)


async def _import_batch(
    ctx: Ctx, lines: Sequence[ParsedLine], seen: set[tuple[str, str]], tally: ImportTally, *, dry_run: bool
) -> None:
    """Import the lines that have a valid row, and count the outcome of every line."""
    valid: list[tuple[ParsedLine, ImportRow]] = []
    for line in lines:
        problem = line.row if isinstance(line.row, InvalidInputError) else None
        key = (line.system, line.key)
        if problem is None and key in seen:
            problem = invalid_field(
                "externalId", message=f"`{line.key}` is also in an earlier line. Keep one of them."
            )
        seen.add(key)
        if problem is None and isinstance(line.row, ImportRow):
            valid.append((line, line.row))
        elif problem is not None:
            _count_outcome(tally, line, ImportRowOutcome(0, line.key, ImportOutcome.REJECTED, None, problem))
    if not valid:
        return
    try:
        outcomes = await import_rows(ctx, valid[0][0].system, [row for _, row in valid], dry_run)
    except InvalidInputError as problem:
        # The external system itself is invalid, and all of these lines name it.
        for line, _ in valid:
            _count_outcome(tally, line, ImportRowOutcome(0, line.key, ImportOutcome.REJECTED, None, problem))
        return
    for (line, row), outcome in zip(valid, outcomes, strict=True):
        _count_outcome(tally, line, outcome)
        tally.documents_skipped += row.document is not None and outcome.outcome in EXISTING
        if line.contact and outcome.opportunity_id is not None and outcome.problem is None and not dry_run:
            contact_problem = await ensure_row_stakeholder(ctx, outcome.opportunity_id, line.contact)
            if contact_problem is not None:
                tally.on_reject(
                    line, f"The opportunity was imported, but its contact was not: {contact_problem}"
                )


def _count_outcome(tally: ImportTally, line: ParsedLine, outcome: ImportRowOutcome) -> None:
    tally.counts[outcome.outcome] += 1
    tally.duplicates += bool(outcome.possible_duplicates)
    if outcome.problem is not None:
        tally.on_reject(line, rejection_reason(outcome.problem))


def rejection_reason(problem: Refusal) -> str:
    """Return the reason of a rejection, with the path of a fault inside a part."""
    if not isinstance(problem, InvalidInputError):
        return problem.message
    return " ".join(_with_path(".".join(fault.path), fault.message) for fault in problem.fields)


def _with_path(path: str, message: str) -> str:
    return message if "." not in path or path in message else f"{path}: {message}"


def _batches(lines: Iterable[ParsedLine]) -> Iterator[list[ParsedLine]]:
    """Group the lines into batches of one external system, limited by number and size."""
    batch: list[ParsedLine] = []
    characters = 0
    for line in lines:
        size = sum(map(len, line.cells.values()))
        if batch and (
            line.system != batch[0].system
            or len(batch) == MAX_ROWS
            or characters + size > MAX_BATCH_CHARACTERS
        ):
            yield batch
            batch = []
            characters = 0
        batch.append(line)
        characters += size
    if batch:
        yield batch
