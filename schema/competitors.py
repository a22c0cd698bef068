"""Whom or what the buyer compares us with."""

import strawberry

from schema.nodes import Node, is_row, node_id, told
from workflow.rules.parts import CompetitorFacts
from workflow.rules.states import CompetitorKind, CompetitorStanding


@strawberry.type(description="Whom or what the buyer compares us with; doing nothing is one too.")
class Competitor(Node):
    """A rival."""

    is_type_of = is_row(CompetitorFacts)
    id: strawberry.ID = node_id("Competitor")
    kind: CompetitorKind = told("Another vendor, the incumbent, their own people, or the status quo.")
    name: str = told("What it is called.")
    standing: CompetitorStanding = told("How far it has come.")
    strengths: str | None = told("Where it is ahead of us.")
    weaknesses: str | None = told("Where it is behind us.")
