"""Migrate a deal to the newest version of a process. Its state stays, and no gate is evaluated."""

from collections.abc import Mapping
from typing import Any

from workflow.models import Milestone
from workflow.operations.buyer.milestone_plan import plan_milestones, remove_milestones
from workflow.operations.change.locked import LockedOpportunity
from workflow.queries.process.processes import ProcessRow
from workflow.rules.enums import OpportunityState
from workflow.rules.opportunity.milestones import PASSED_STATUSES
from workflow.rules.process.document import MilestoneTemplate, ProcessDocument


def migrate(deal: LockedOpportunity, newest: ProcessRow) -> None:
    """Move a deal to a process version.

    Assessments and milestones match by key; overrides of removed keys are settled.
    """
    after = newest.document
    deal.write(process_id=newest.id, **_forecast_columns(deal, deal.process, after))
    deal.process = after
    milestone_keys = {"removed": _remove_milestones(deal), "added": _add_milestones(deal)}
    _update_milestones(deal)
    deal.emit(
        "opportunity.updated",
        processKey=after.key,
        processVersion=newest.version,
        milestoneKeys=milestone_keys,
    )


def _forecast_columns(
    deal: LockedOpportunity, before: ProcessDocument, after: ProcessDocument
) -> dict[str, object]:
    """Return the state's probability and category in the new version, except those that were set by hand."""
    old = before.state_settings(deal.row.state)
    new = after.state_settings(deal.row.state)
    fields: dict[str, object] = {}
    if not deal.row.probability_is_manual:
        fields["probability"] = float(new.probability)
    if deal.row.forecast_category is old.forecast_category:
        fields["forecast_category"] = new.forecast_category
    return fields


def _remove_milestones(deal: LockedOpportunity) -> list[str]:
    """Delete the open milestones that the new version does not have. Return their keys, sorted."""
    known = {template.key for template in deal.process.milestones}
    open_milestones = [
        milestone for milestone in deal.facts.milestones if milestone.status not in PASSED_STATUSES
    ]
    removed = [step for step in open_milestones if step.key is not None and step.key not in known]
    remove_milestones(deal, removed)
    return sorted(str(step.key) for step in removed)


def _add_milestones(deal: LockedOpportunity) -> list[str]:
    """Add the milestones that are new, due from today.

    A deal before PROGRESSING gets them when it enters it.
    """
    if deal.row.state is not OpportunityState.PROGRESSING:
        return []
    return plan_milestones(deal)


def _update_milestones(deal: LockedOpportunity) -> None:
    """Give the milestones of both versions the new name, side, weight and position.

    Due dates and status stay.
    """
    for position, template in enumerate(deal.process.milestones, 1):
        milestone = next((step for step in deal.facts.milestones if step.key == template.key), None)
        if milestone is not None:
            deal.update(Milestone, milestone.id, position=position, **_template_columns(template))


def _template_columns(template: MilestoneTemplate) -> Mapping[str, Any]:  # Any: columns of several kinds
    return {"name": template.name, "side": template.side, "weight": template.weight}
