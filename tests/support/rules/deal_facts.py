"""Deals and the default process for tests of rules; what a test does not set is valid."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import yaml

from workflow.rules.enums import (
    ActorKind,
    BuyingRole,
    FitOperator,
    ForecastCategory,
    Grade,
    MitigationKind,
    OpportunityState,
    OpportunityType,
    RiskCategory,
    RiskStatus,
    Role,
    Strength,
)
from workflow.rules.gates.requirements import Verdict, evaluate_requirement
from workflow.rules.opportunity.facts import AccountFacts, NextStep, OpportunityFacts
from workflow.rules.opportunity.parts import (
    ActivityFacts,
    Actor,
    AssessmentFacts,
    ContactConversations,
    MitigationFacts,
    RiskFacts,
    StakeholderFacts,
)
from workflow.rules.permissions import Ownership, Viewer
from workflow.rules.process.document import (
    FitRule,
    GateRequirement,
    ProcessDocument,
    RequirementTest,
    parse_process,
)

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
TODAY = date(2026, 3, 10)
OWNER = UUID(int=1)
TEAM = UUID(int=2)
ADA = Actor(ActorKind.MEMBER, "Ada", OWNER)
ACCOUNT = AccountFacts(id=UUID(int=3), name="Acme", industry="retail", employee_count=500, country="DE")
OWNERSHIP = Ownership(owner_id=OWNER, owner_team_id=TEAM, collaborator_ids=frozenset())


def default_document() -> dict[str, Any]:
    """Return a copy of the default process as plain data."""
    text = Path(__file__).parents[3].joinpath("workflow/presets/default.yaml").read_text(encoding="utf-8")
    document: dict[str, Any] = yaml.safe_load(text)
    return document


DEFAULT = parse_process(default_document())


def assessment(
    criterion: str, grade: Grade = Grade.VALIDATED, *, age: timedelta = timedelta(days=1)
) -> AssessmentFacts:
    """Return an assessment with a grade and an age."""
    return AssessmentFacts(
        id=UUID(int=4),
        criterion=criterion,
        grade=grade,
        evidence="They lose two days a week on this, said the COO.",
        evidence_url=None,
        said_by_id=None,
        assessed_at=NOW - age,
        actor=ADA,
    )


def stakeholder(*roles: BuyingRole, left: bool = False, name: str = "Grace") -> StakeholderFacts:
    """Return a stakeholder with these roles."""
    return StakeholderFacts(UUID(int=5), UUID(int=7), UUID(int=6), name, roles, left=left)


def two_way_activity(count: int, *, ago: timedelta = timedelta(days=1)) -> ActivityFacts:
    """Return two-way activities with a contact, the last of them so many days ago."""
    return ActivityFacts(
        NOW - ago, count, (ContactConversations(UUID(int=6), count, NOW - ago),) if count else ()
    )


def risk(
    likelihood: int = 3,
    impact: int = 3,
    status: RiskStatus = RiskStatus.SUSPECTED,
    *,
    raised_at: datetime = NOW - timedelta(days=3),
    mitigated: bool = False,
) -> RiskFacts:
    """Return a risk that was raised three days ago; `mitigated` adds a mitigation."""
    about = (
        UUID(int=20),
        UUID(int=7),
        RiskCategory.TIME,
        "It takes a year",
        likelihood,
        impact,
        status,
        raised_at,
    )
    plan = MitigationFacts(UUID(int=21), MitigationKind.REFERENCE, "Let them call Globex")
    return RiskFacts(*about, mitigations=(plan,) if mitigated else ())


BARE_LEAD = OpportunityFacts(
    id=UUID(int=7),
    organization_id=UUID(int=8),
    number=1,
    name="Stock counting",
    type=OpportunityType.NEW_BUSINESS,
    description=None,
    source=None,
    state=OpportunityState.LEAD,
    state_since=NOW,
    value_minor=None,
    value_currency=None,
    base_minor=None,
    probability=Decimal("0.1"),
    probability_is_manual=False,
    forecast_category=ForecastCategory.OMITTED,
    expected_close_date=None,
    push_count=0,
    next_step=None,
    pain_since=None,
    owner_id=OWNER,
    attributes={},
    version=1,
    created_at=NOW,
    updated_at=NOW,
    time_zone="Europe/Berlin",
    base_currency="EUR",
    account=ACCOUNT,
)


def deal(**changes: Any) -> OpportunityFacts:  # Any: whichever facts a test is about
    """Return a bare lead with these changes."""
    return replace(BARE_LEAD, **changes)


def qualified_lead(**changes: Any) -> OpportunityFacts:  # Any: as above
    """Return a lead that meets all requirements of QUALIFY in the default process."""
    good = {
        "assessments": tuple(assessment(key) for key in ("pain", "interest", "fit")),
        "stakeholders": (stakeholder(),),
        "next_step": NextStep("Meet the COO", TODAY),
    }
    return deal(**{**good, **changes})


def verdict_on(
    test: RequirementTest, facts: OpportunityFacts, process: ProcessDocument = DEFAULT, now: datetime = NOW
) -> Verdict:
    """Return the verdict on one HARD requirement with this test."""
    return evaluate_requirement(GateRequirement("asked", "Asked", test), facts, process, now)


def fit_rule(
    attribute: str, operator: FitOperator, value: object, strength: Strength = Strength.HARD
) -> FitRule:
    """Return a fit rule on an attribute of the account."""
    return FitRule("rule", "Big enough", attribute, operator, value, strength)


def viewer(role: Role, *, member: UUID | None = None, team: UUID | None = TEAM) -> Viewer:
    """Return a member with the role, by default in the owner's team."""
    teams = frozenset({team} if team else ())
    return Viewer(UUID(int=8), role, member or UUID(int=9), "Somebody", ActorKind.MEMBER, teams=teams)
