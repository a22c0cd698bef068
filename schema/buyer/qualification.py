"""What is known of pain, interest, fit and the rest."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import strawberry

from schema.buyer.stakeholders import Stakeholder
from schema.core.nodes import backed_by, described
from schema.people.types import ActorType
from schema.process.type import CriterionType, FitRuleType
from workflow.rules.enums import FitStatus, Grade
from workflow.rules.opportunity import qualification as rules
from workflow.rules.opportunity.facts import OpportunityFacts
from workflow.rules.opportunity.fit import FitResult, fit_results
from workflow.rules.opportunity.parts import Actor, AssessmentFacts, StakeholderFacts
from workflow.rules.process import document


@dataclass(frozen=True, slots=True)
class QualificationRoot:
    """A deal's facts, its process and the time they are judged at."""

    facts: OpportunityFacts
    process: document.ProcessDocument
    now: datetime


@dataclass(frozen=True, slots=True)
class AssessmentRoot:
    """A criterion and what is known of it; None where nobody has assessed it."""

    criterion: document.Criterion
    found: AssessmentFacts | None
    said_by: StakeholderFacts | None
    stale: bool
    trail: "Sequence[AssessmentEntryRoot]"


@dataclass(frozen=True, slots=True)
class AssessmentEntryRoot:
    """An earlier answer, and who of the buyer's gave it."""

    grade: Grade
    evidence: str | None
    evidence_url: str | None
    said_by: StakeholderFacts | None
    assessed_by: Actor
    assessed_at: datetime


@strawberry.type(description="An earlier answer to a criterion.")
class AssessmentEntry:
    is_type_of = backed_by(AssessmentEntryRoot)
    grade: Grade = described("How well it was known.")
    evidence: str | None = described("What showed it, in words.")
    evidence_url: str | None = described("Where it can be read.")
    said_by: Stakeholder | None = described("Who of the buyer's said it.")
    assessed_by: ActorType = described("Who recorded it.")
    assessed_at: datetime = described("When it was recorded.")


@strawberry.type(description="What is known of one criterion: the latest wins, earlier ones stay in `trail`.")
class Assessment:
    is_type_of = backed_by(AssessmentRoot)
    criterion: CriterionType = described("What was asked.")
    stale: bool = described(
        "True when older than the criterion's `staleAfterDays`; a stale assessment meets no requirement."
    )

    trail: list[AssessmentEntry] = described("The answers before this one, newest first.")

    @strawberry.field(description="How well it is known; UNKNOWN where nobody has assessed it.")
    def grade(self, root: strawberry.Parent[Any]) -> Grade:
        return root.found.grade if root.found else Grade.UNKNOWN

    @strawberry.field(description="What shows it, in words.")
    def evidence(self, root: strawberry.Parent[Any]) -> str | None:
        return root.found.evidence if root.found else None

    @strawberry.field(description="Where it can be read.")
    def evidence_url(self, root: strawberry.Parent[Any]) -> str | None:
        return root.found.evidence_url if root.found else None

    @strawberry.field(graphql_type=Stakeholder | None, description="Who of the buyer's said it.")
    def said_by(self, root: strawberry.Parent[Any]) -> StakeholderFacts | None:
        person: StakeholderFacts | None = root.said_by
        return person

    @strawberry.field(graphql_type=ActorType | None, description="Who recorded it.")
    def assessed_by(self, root: strawberry.Parent[Any]) -> Actor | None:
        return root.found.actor if root.found else None

    @strawberry.field(description="When it was recorded.")
    def assessed_at(self, root: strawberry.Parent[Any]) -> datetime | None:
        return root.found.assessed_at if root.found else None


@strawberry.type(name="FitResult", description="What a fit rule found in the account's data.")
class FitResultType:
    is_type_of = backed_by(FitResult)
    rule: FitRuleType = described("The rule.")
    status: FitStatus = described("UNKNOWN where the account's data is missing.")
    explanation: str = described("Why, in a sentence.")


@strawberry.type(description="Whether a lead is an opportunity, and what is known of it.")
class Qualification:
    is_type_of = backed_by(QualificationRoot)

    @strawberry.field(description="0 to 100: grade by weight over all criteria of the process.")
    def score(self, root: strawberry.Parent[Any]) -> int:
        return rules.qualification_score(root.process, root.facts, root.now)

    @strawberry.field(graphql_type=list[Assessment], description="One for each criterion of the process, in its order.")
    def assessments(self, root: strawberry.Parent[Any]) -> Sequence[AssessmentRoot]:
        return [_assessment(criterion, root) for criterion in root.process.criteria]

    @strawberry.field(graphql_type=list[FitResultType], description="Fit rules run on the account's own data.")
    def fit(self, root: strawberry.Parent[Any]) -> Sequence[FitResult]:
        return fit_results(root.process, root.facts.account)

    @strawberry.field(description="True where pain, interest and fit all hold.")
    def is_opportunity(self, root: strawberry.Parent[Any]) -> bool:
        return rules.is_opportunity(root.process, root.facts, root.now)

    @strawberry.field(
        description="Since when the buyer has lived with the pain; old pain without a compelling event is doubtful interest."
    )
    def pain_since(self, root: strawberry.Parent[Any]) -> date | None:
        since: date | None = root.facts.pain_since
        return since


def _assessment(criterion: document.Criterion, root: QualificationRoot) -> AssessmentRoot:
    latest = rules.latest_assessment(root.facts, criterion.key)
    return AssessmentRoot(
        criterion=criterion,
        found=latest,
        said_by=None if latest is None else _said_by(latest, root),
        stale=latest is not None and rules.is_stale(criterion, latest, root.now),
        trail=[] if latest is None else [_entry(earlier, root) for earlier in latest.trail],
    )


def _entry(earlier: AssessmentFacts, root: QualificationRoot) -> AssessmentEntryRoot:
    return AssessmentEntryRoot(
        grade=earlier.grade,
        evidence=earlier.evidence,
        evidence_url=earlier.evidence_url,
        said_by=_said_by(earlier, root),
        assessed_by=earlier.actor,
        assessed_at=earlier.assessed_at,
    )


def _said_by(assessment: AssessmentFacts, root: QualificationRoot) -> StakeholderFacts | None:
    return next((person for person in root.facts.stakeholders if person.id == assessment.said_by_id), None)
