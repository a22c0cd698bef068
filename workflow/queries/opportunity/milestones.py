"""The milestones of deals. The caller has scoped the deals."""

from workflow.models import Milestone
from workflow.models.engine.database import Record
from workflow.queries.actors import ACTOR_COLUMNS, actor_of
from workflow.queries.parts import DealParts
from workflow.rules.opportunity.parts import Actor, MilestoneFacts


def _actor(record: Record) -> Actor | None:
    return None if record["actor_kind"] is None else actor_of(record)


MILESTONES = DealParts(
    MilestoneFacts,
    Milestone,
    order='"position", id',
    sql={"key": "template_key"},
    combine={"actor": _actor},
    also=ACTOR_COLUMNS,
)
"""The milestones of each deal by position, those of the process before those added by hand."""
