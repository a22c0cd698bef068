"""Rows of a file brought in batch by batch: each batch is kept whole, so that the same file goes on where it stopped."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from api.files.parsed_line import Read
from workflow.operations.core.context import Ctx
from workflow.operations.transfer.import_rows import MOST_ROWS, import_rows
from workflow.operations.transfer.row import ImportRow, RowOutcome
from workflow.operations.transfer.row_contact import name_somebody
from workflow.rules.enums import ImportOutcome
from workflow.rules.errors import InvalidInput, Refusal, invalid

MOST_CHARACTERS = 16_000_000
"""Of the lines that are held at once."""
THERE = (ImportOutcome.UPDATED, ImportOutcome.UNCHANGED)
"""What becomes of a row whose opportunity was there before."""


@dataclass(slots=True)
class Tally:
    """How many rows came to what, those that could not be kept, and those that may be there already."""

    counts: Counter[ImportOutcome] = field(default_factory=Counter)
    begin: Callable[[], object] = lambda: None
    progress: Callable[[int], None] = lambda done: None
    reject: Callable[[Read, str], None] = lambda line, reason: None
    duplicates: int = 0
    left_alone: int = 0
    """Rows whose opportunity was there, with what hangs on it."""

    @property
    def done(self) -> int:
        """The rows that have an answer."""
        return self.counts.total()


async def import_reads(ctx: Ctx, reads: Iterable[Read], tally: Tally, *, dry_run: bool = False) -> None:
    """Import what was read, and the people named in it, in batches of one system each."""
    seen: set[tuple[str, str]] = set()
    for batch in _batches(reads):
        await _import_batch(ctx, batch, seen, tally, dry_run=dry_run)
        tally.progress(tally.done)


async def _import_batch(
    ctx: Ctx, lines: Sequence[Read], seen: set[tuple[str, str]], tally: Tally, *, dry_run: bool
) -> None:
    """Import the lines that mean a row, and count what came of each."""
    good: list[tuple[Read, ImportRow]] = []
    for line in lines:
        problem = line.row if isinstance(line.row, InvalidInput) else None
        key = (line.system, line.key)
        if problem is None and key in seen:
            problem = invalid("externalId", message=f"`{line.key}` stands in an earlier line. Keep one.")
        seen.add(key)
        if problem is None and isinstance(line.row, ImportRow):
            good.append((line, line.row))
        elif problem is not None:
            _count(tally, line, RowOutcome(0, line.key, ImportOutcome.REJECTED, None, problem))
    if not good:
        return
    try:
        outcomes = await import_rows(ctx, good[0][0].system, [row for _, row in good], dry_run)
    except InvalidInput as problem:  # the system that all of these name is none
        for line, _ in good:
            _count(tally, line, RowOutcome(0, line.key, ImportOutcome.REJECTED, None, problem))
        return
    for (line, row), outcome in zip(good, outcomes, strict=True):
        _count(tally, line, outcome)
        tally.left_alone += row.whole is not None and outcome.outcome in THERE
        if line.contact and outcome.opportunity_id is not None and outcome.problem is None and not dry_run:
            unnamed = await name_somebody(ctx, outcome.opportunity_id, line.contact)
            if unnamed is not None:
                tally.reject(line, f"The opportunity was kept, and its contact was not: {unnamed}")


def _count(tally: Tally, line: Read, outcome: RowOutcome) -> None:
    tally.counts[outcome.outcome] += 1
    tally.duplicates += bool(outcome.possible_duplicates)
    if outcome.problem is not None:
        tally.reject(line, reason(outcome.problem))


def reason(problem: Refusal) -> str:
    """Why a line is rejected, with the place of what stands deep inside."""
    if not isinstance(problem, InvalidInput):
        return problem.message
    return " ".join(_placed(".".join(fault.path), fault.message) for fault in problem.fields)


def _placed(where: str, message: str) -> str:
    return message if "." not in where or where in message else f"{where}: {message}"


def _batches(reads: Iterable[Read]) -> Iterator[list[Read]]:
    """As many lines at once as an import takes and memory should hold, all of one system."""
    batch: list[Read] = []
    held = 0
    for line in reads:
        size = sum(map(len, line.cells.values()))
        if batch and (line.system != batch[0].system or len(batch) == MOST_ROWS or held + size > MOST_CHARACTERS):
            yield batch
            batch, held = [], 0
        batch.append(line)
        held += size
    if batch:
        yield batch
