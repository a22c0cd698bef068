"""A deal moves to the newest version of a process: its state stays, no gate is run, and what was done stays done."""

from collections.abc import Mapping
from typing import Any

from workflow.models import Milestone
from workflow.operations.buyer.milestone_plan import lay_out
from workflow.operations.change.change import Deal
from workflow.queries.process.processes import ProcessRow
from workflow.rules.enums import OpportunityState
from workflow.rules.opportunity.milestones import PASSED, to_lay_out
from workflow.rules.process.document import MilestoneTemplate, ProcessDocument


async def migrate(deal: Deal, newest: ProcessRow) -> None:
    """Assessments and milestones match by key; debts whose keys are gone settle with the change."""
    before, after = deal.process, newest.document
    await deal.write(process_id=newest.id, **_forecast(deal, before, after))
    deal.process = after
    moved = {"removed": await _let_go(deal), "added": await _laid_out(deal)}
    await _rename(deal)
    deal.tell("opportunity.updated", processKey=after.key, processVersion=newest.version, milestoneKeys=moved)


def _forecast(deal: Deal, before: ProcessDocument, after: ProcessDocument) -> dict[str, object]:
    """Probability and category are those of the state in the new version, but where they were set by hand."""
    was, is_now = before.settings(deal.row.state), after.settings(deal.row.state)
    fields: dict[str, object] = {}
    if not deal.row.probability_is_manual:
        fields["probability"] = float(is_now.probability)
    if deal.row.forecast_category is was.forecast_category:
        fields["forecast_category"] = is_now.forecast_category
    return fields


async def _let_go(deal: Deal) -> list[str]:
    """The steps of the old version that the new one does not have, where nothing was done about them."""
    known = {template.key for template in deal.process.milestones}
    waiting = [step for step in deal.facts.milestones if step.status not in PASSED]
    gone = {step.id: step.key for step in waiting if step.key is not None and step.key not in known}
    if gone:
        await Milestone.filter(id__in=list(gone)).delete()
    return sorted(gone.values())


async def _laid_out(deal: Deal) -> list[str]:
    """The steps that are new, due from today; a deal before PROGRESSING is given them when it comes there."""
    if deal.row.state is not OpportunityState.PROGRESSING:
        return []
    new = sorted(template.key for template in to_lay_out(deal.process, deal.facts))
    await lay_out(deal)
    return new


async def _rename(deal: Deal) -> None:
    """Steps that both versions have are called and weighed as in the new one; when each is due and whether it is done stays."""
    for place, template in enumerate(deal.process.milestones, 1):
        step = next((step for step in deal.facts.milestones if step.key == template.key), None)
        if step is not None:
            await Milestone.filter(id=step.id).update(position=place, **_words(template))


def _words(template: MilestoneTemplate) -> Mapping[str, Any]:  # Any: columns of several kinds
    return {"name": template.name, "side": template.side, "weight": template.weight}
