"""The next step of an opportunity: its type, its input and its field."""

from datetime import date

import strawberry

from schema.core.context import Info
from schema.core.inputs import optional, or_none
from schema.core.nodes import Root, described
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


async def deal_next_step(root: Root, info: Info) -> NextStepType | None:
    """Return the next step of a deal; None if it has none."""
    if root.next_step_text is None:
        return None
    due = root.next_step_due
    return NextStepType(
        text=root.next_step_text,
        due_date=due,
        agreed_with_buyer=root.next_step_agreed,
        overdue=due is not None and due < await info.context.today(),
    )


def parse_next_step(value: NextStepInput | None) -> NextStep | None:
    """Convert the input for an operation."""
    return None if value is None else NextStep(value.text, or_none(value.due_date), value.agreed_with_buyer)
