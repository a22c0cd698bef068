"""The next step of an opportunity: its type, its input and its field."""

from datetime import date

import strawberry

from schema.core.context import Info
from schema.core.inputs import optional, or_none
from schema.core.nodes import Roots, batch, described, needs
from workflow.queries.opportunity.rows import OpportunityRow
from workflow.rules.opportunity.facts import NextStep


@strawberry.type(name="NextStep", description="The next action that was agreed on.")
class NextStepType:
    text: str = described("The action.")
    due_date: date | None = described("The day by which it will be done.")
    agreed_with_buyer: bool = described("True if the buyer agreed to it.")
    overdue: bool = described("True if its day is over.")


@strawberry.input(description="The next action that was agreed on.")
class NextStepInput:
    text: str = described("The action.")
    due_date: date | None = optional("The day by which it will be done.")
    agreed_with_buyer: bool = strawberry.field(default=False, description="True if the buyer agreed to it.")


@batch
@needs("next_step_text", "next_step_due", "next_step_agreed")
async def deal_next_step(roots: Roots, info: Info) -> list[NextStepType | None]:
    """Return the next step of each deal; None for one that has none."""
    today = await info.context.today()
    return [_next_step(root, today) for root in roots]


def _next_step(row: OpportunityRow, today: date) -> NextStepType | None:
    if row.next_step_text is None:
        return None
    due = row.next_step_due
    return NextStepType(
        text=row.next_step_text,
        due_date=due,
        agreed_with_buyer=row.next_step_agreed,
        overdue=due is not None and due < today,
    )


def parse_next_step(value: NextStepInput | None) -> NextStep | None:
    """Convert the input for an operation."""
    return None if value is None else NextStep(value.text, or_none(value.due_date), value.agreed_with_buyer)
