"""What is known of pain, interest, fit and the rest."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import strawberry

from schema.nodes import is_row, told
from schema.people import Actor
from schema.process import Criterion, FitRule
from schema.stakeholders import Stakeholder
from workflow.rules import process as document
from workflow.rules import qualification as rules
from workflow.rules.facts import Actor as ActorRow
from workflow.rules.facts import OpportunityFacts
from workflow.rules.fit import FitResult as FitFound
from workflow.rules.parts import AssessmentFacts, StakeholderFacts
from workflow.rules.states import FitStatus, Grade


@dataclass(frozen=True, slots=True)
class Known:
    """A deal's facts, its process and the time they are judged at."""

    facts: OpportunityFacts
    process: document.ProcessDocument
    now: datetime


@dataclass(frozen=True, slots=True)
class Answer:
    """A criterion and what is known of it; None where nobody has assessed it."""

    criterion: document.Criterion
    found: AssessmentFacts | None
    said_by: StakeholderFacts | None
    stale: bool


@strawberry.type(description="What is known of one criterion: the latest assessment.")
class Assessment:
    """An answer."""

    is_type_of = is_row(Answer)
    criterion: Criterion = told("What was asked.")
    stale: bool = told(
        "True when older than the criterion's `staleAfterDays`; a stale assessment meets no requirement."
    )

    @strawberry.field(description="How well it is known; UNKNOWN where nobody has assessed it.")
    def grade(self, root: strawberry.Parent[Any]) -> Grade:
        """The grade."""
        return root.found.grade if root.found else Grade.UNKNOWN

    @strawberry.field(description="What shows it, in words.")
    def evidence(self, root: strawberry.Parent[Any]) -> str | None:
        """The words."""
        return root.found.evidence if root.found else None

    @strawberry.field(description="Where it can be read.")
    def evidence_url(self, root: strawberry.Parent[Any]) -> str | None:
        """The link."""
        return root.found.evidence_url if root.found else None

    @strawberry.field(graphql_type=Stakeholder | None, description="Who of the buyer's said it.")
    def said_by(self, root: strawberry.Parent[Any]) -> StakeholderFacts | None:
        """The person."""
        person: StakeholderFacts | None = root.said_by
        return person

    @strawberry.field(graphql_type=Actor | None, description="Who recorded it.")
    def assessed_by(self, root: strawberry.Parent[Any]) -> ActorRow | None:
        """The actor."""
        return root.found.actor if root.found else None

    @strawberry.field(description="When it was recorded.")
    def assessed_at(self, root: strawberry.Parent[Any]) -> datetime | None:
        """The instant."""
        return root.found.assessed_at if root.found else None


@strawberry.type(description="What a fit rule found in the account's data.")
class FitResult:
    """A finding."""

    is_type_of = is_row(FitFound)
    rule: FitRule = told("The rule.")
    status: FitStatus = told("UNKNOWN where the account's data is missing.")
    explanation: str = told("Why, in a sentence.")


@strawberry.type(description="Whether a lead is an opportunity, and what is known of it.")
class Qualification:
    """What is known."""

    is_type_of = is_row(Known)

    @strawberry.field(description="0 to 100: grade by weight over all criteria of the process.")
    def score(self, root: strawberry.Parent[Any]) -> int:
        """The score."""
        return rules.score(root.process, root.facts, root.now)

    @strawberry.field(graphql_type=list[Assessment], description="One for each criterion of the process, in its order.")
    def assessments(self, root: strawberry.Parent[Any]) -> Sequence[Answer]:
        """The answers."""
        return [_answer(criterion, root) for criterion in root.process.criteria]

    @strawberry.field(graphql_type=list[FitResult], description="Fit rules run on the account's own data.")
    def fit(self, root: strawberry.Parent[Any]) -> Sequence[FitFound]:
        """The findings."""
        return rules.fit_results(root.process, root.facts.account)

    @strawberry.field(description="True where pain, interest and fit all hold.")
    def is_opportunity(self, root: strawberry.Parent[Any]) -> bool:
        """The answer."""
        return rules.is_opportunity(root.process, root.facts, root.now)

    @strawberry.field(
        description="Since when the buyer has lived with the pain; old pain without a compelling event is doubtful interest."
    )
    def pain_since(self, root: strawberry.Parent[Any]) -> date | None:
        """The day."""
        since: date | None = root.facts.pain_since
        return since


def _answer(criterion: document.Criterion, known: Known) -> Answer:
    found, facts = rules.latest(known.facts, criterion.key), known.facts
    return Answer(
        criterion=criterion,
        found=found,
        said_by=next((person for person in facts.stakeholders if found and person.id == found.said_by_id), None),
        stale=found is not None and rules.stale(criterion, found, known.now),
    )
