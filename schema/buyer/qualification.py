"""The qualification of an opportunity: assessments, fit and score."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

import strawberry

from schema.buyer.stakeholders import Stakeholder
from schema.core.context import Info
from schema.core.nodes import Root, Roots, backed_by, batch, described
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
    """A deal's facts, its process and the time of the evaluation."""

    facts: OpportunityFacts
    process: document.ProcessDocument
    now: datetime


@dataclass(frozen=True, slots=True)
class AssessmentRoot:
    """A criterion and its latest assessment; None if nobody has assessed it."""

    criterion: document.Criterion
    found: AssessmentFacts | None
    said_by: StakeholderFacts | None
    stale: bool
    trail: "Sequence[AssessmentEntryRoot]"


@dataclass(frozen=True, slots=True)
class AssessmentEntryRoot:
    """An earlier assessment, and the stakeholder who said it."""

    grade: Grade
    evidence: str | None
    evidence_url: str | None
    said_by: StakeholderFacts | None
    assessed_by: Actor
    assessed_at: datetime


@strawberry.type(description="An earlier assessment of a criterion.")
class AssessmentEntry:
    is_type_of = backed_by(AssessmentEntryRoot)
    grade: Grade = described("The grade.")
    evidence: str | None = described("The words that supported the grade.")
    evidence_url: str | None = described("A link to the source.")
    said_by: Stakeholder | None = described("The stakeholder who said it.")
    assessed_by: ActorType = described("The member or API key that recorded it.")
    assessed_at: datetime = described("The time when it was recorded.")


@strawberry.type(
    description="The current assessment of one criterion. The latest one counts; earlier ones are in `trail`."
)
class Assessment:
    is_type_of = backed_by(AssessmentRoot)
    criterion: CriterionType = described("The criterion.")
    stale: bool = described(
        "True if it is older than the criterion's `staleAfterDays`. A stale assessment meets no requirement."
    )

    trail: list[AssessmentEntry] = described("The earlier assessments, newest first.")

    @strawberry.field(description="The grade. UNKNOWN if nobody has assessed the criterion.")
    def grade(self, root: Root) -> Grade:
        return root.found.grade if root.found else Grade.UNKNOWN

    @strawberry.field(description="The words that support the grade.")
    def evidence(self, root: Root) -> str | None:
        return root.found.evidence if root.found else None

    @strawberry.field(description="A link to the source.")
    def evidence_url(self, root: Root) -> str | None:
        return root.found.evidence_url if root.found else None

    @strawberry.field(graphql_type=Stakeholder | None, description="The stakeholder who said it.")
    def said_by(self, root: Root) -> StakeholderFacts | None:
        person: StakeholderFacts | None = root.said_by
        return person

    @strawberry.field(graphql_type=ActorType | None, description="The member or API key that recorded it.")
    def assessed_by(self, root: Root) -> Actor | None:
        return root.found.actor if root.found else None

    @strawberry.field(description="The time when it was recorded.")
    def assessed_at(self, root: Root) -> datetime | None:
        return root.found.assessed_at if root.found else None


@strawberry.type(name="FitResult", description="The result of one fit rule for the account.")
class FitResultType:
    is_type_of = backed_by(FitResult)
    rule: FitRuleType = described("The fit rule.")
    status: FitStatus = described("The result. UNKNOWN if the account has no value in the field.")
    explanation: str = described("The reason for the result, in one sentence.")


@strawberry.type(description="The qualification of an opportunity: the assessments, the fit and the score.")
class Qualification:
    is_type_of = backed_by(QualificationRoot)

    @strawberry.field(description="The qualification score, 0 to 100: the grades of all criteria, by weight.")
    def score(self, root: Root) -> int:
        return rules.qualification_score(root.process, root.facts, root.now)

    @strawberry.field(
        graphql_type=list[Assessment],
        description="The current assessment of each criterion, in the order of the process.",
    )
    def assessments(self, root: Root) -> Sequence[AssessmentRoot]:
        return [_assessment(criterion, root) for criterion in root.process.criteria]

    @strawberry.field(
        graphql_type=list[FitResultType],
        description="The results of the fit rules for the account as it is now.",
    )
    def fit(self, root: Root) -> Sequence[FitResult]:
        return fit_results(root.process, root.facts.account)

    @strawberry.field(
        description="True if pain, interest and fit are each VALIDATED or better and not stale, and no "
        "HARD fit rule fails."
    )
    def is_opportunity(self, root: Root) -> bool:
        return rules.is_opportunity(root.process, root.facts, root.now)

    @strawberry.field(
        description="The day since which the buyer has had the problem. An old problem without a "
        "compelling event makes the interest doubtful."
    )
    def pain_since(self, root: Root) -> date | None:
        since: date | None = root.facts.pain_since
        return since


@batch
async def deal_qualification(roots: Roots, info: Info) -> list[QualificationRoot]:
    """Return the qualification of each deal."""
    return [
        QualificationRoot(facts=facts, process=process, now=info.context.now)
        for facts, process in await info.context.loaders.facts_and_process(roots)
    ]


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
