"""The checks of an opportunity document: every fault is reported at its path."""

from dataclasses import fields, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from tests.support.serving import ROOT
from workflow.operations.transfer.row import ImportRow
from workflow.rules.codec import camel, decode, encode
from workflow.rules.enums import (
    ActorKind,
    CompetitorKind,
    CompetitorStanding,
    ForecastCategory,
    MilestoneSide,
    MilestoneStatus,
    MitigationKind,
    OpportunityState,
    RelationKind,
    RiskCategory,
    RiskStatus,
    TransitionSource,
    Trigger,
    WinReason,
)
from workflow.rules.errors import InvalidInputError
from workflow.rules.transfer.document_history import (
    ExportedClose,
    ExportedOverride,
    ExportedSnapshot,
    ExportedTransition,
    ImportRowFacts,
)
from workflow.rules.transfer.document_parts import (
    ExportedActor,
    ExportedCloseDetails,
    ExportedCompetitor,
    ExportedContact,
    ExportedMilestone,
    ExportedMitigation,
    ExportedRelation,
    ExportedRisk,
    ExportedStakeholder,
)
from workflow.rules.transfer.opportunity_document import (
    DOCUMENT_FIELDS,
    OpportunityDocument,
    validate_document,
)

S = OpportunityState
T = Trigger
BEGAN = datetime(2026, 1, 5, 9, tzinfo=UTC)
ANN = ExportedActor(ActorKind.MEMBER, "Ann", "ann@example.com")


def step(
    day: int, trigger: Trigger, source: OpportunityState, target: OpportunityState, **more: Any
) -> ExportedTransition:
    """Return a transition that many days after the creation."""
    at = BEGAN + timedelta(days=day)
    return ExportedTransition(
        trigger,
        source,
        target,
        at,
        TransitionSource.API,
        ANN,
        (),
        86_400,
        0.5,
        ForecastCategory.PIPELINE,
        **more,
    )


def snapshot(day: int, state: OpportunityState) -> ExportedSnapshot:
    """Return a snapshot that begins that many days after the creation."""
    return ExportedSnapshot(
        BEGAN + timedelta(days=day), state, "ann@example.com", 0.5, ForecastCategory.PIPELINE
    )


CLOSED = date(2026, 1, 8)
PATH = (
    step(1, T.QUALIFY, S.LEAD, S.QUALIFIED),
    step(2, T.PROGRESS, S.QUALIFIED, S.PROGRESSING),
    step(3, T.WIN, S.PROGRESSING, S.WON, close=ExportedClose(CLOSED, WinReason.SPEED)),
)
RISK = ExportedRisk(RiskCategory.TIME, "Late", 2, 2, RiskStatus.CONFIRMED, BEGAN, perceived_by=1)
MILESTONE = ExportedMilestone("Visit", MilestoneSide.BUYER, 1, MilestoneStatus.PLANNED, BEGAN, "visit")
COMPLETE_DOCUMENT = OpportunityDocument(
    probability=0.5,
    push_count=2,
    close=ExportedCloseDetails("They liked the pilot", 1),
    collaborators=("ann@example.com", "bob@example.com"),
    stakeholders=tuple(
        ExportedStakeholder(ExportedContact("Acme", name), BEGAN) for name in ("Grace", "Kim")
    ),
    relations=(ExportedRelation(1, RelationKind.REPORTS_TO, 2),),
    competitors=(ExportedCompetitor(CompetitorKind.VENDOR, "Globex", CompetitorStanding.ACTIVE, BEGAN),),
    risks=(RISK,),
    mitigations=(ExportedMitigation(1, MitigationKind.PILOT, "A pilot", BEGAN),),
    milestones=(MILESTONE,),
    history=PATH,
    snapshots=(snapshot(0, S.LEAD), snapshot(1, S.QUALIFIED), snapshot(2, S.PROGRESSING), snapshot(3, S.WON)),
    overrides=(ExportedOverride(2, ("criterion.pain",), "The board wants it", ANN, BEGAN),),
)
FRAME = ImportRowFacts(S.WON, BEGAN, CLOSED, BEGAN + timedelta(days=30))

FAULTS: list[tuple[dict[str, Any], str, str]] = [
    ({"probability": 1.5}, "probability", "0 to 1"),
    ({"push_count": -1}, "pushCount", "0 to"),
    (
        {"close": ExportedCloseDetails(competitor=2)},
        "close.competitor",
        "a position in `competitors`, which has 1",
    ),
    ({"collaborators": ("ann@example.com",) * 2}, "collaborators", "twice"),
    ({"relations": (ExportedRelation(1, RelationKind.REPORTS_TO, 3),)}, "relations.0.to", "which has 2"),
    ({"relations": (ExportedRelation(1, RelationKind.REPORTS_TO, 1),)}, "relations", "to themselves"),
    ({"relations": (ExportedRelation(1, RelationKind.REPORTS_TO, 2),) * 2}, "relations", "twice"),
    ({"risks": (replace(RISK, likelihood=6),)}, "risks.0.likelihood", "1 to 5"),
    ({"risks": (replace(RISK, perceived_by=0),)}, "risks.0.perceivedBy", "the first is 1"),
    ({"risks": ()}, "mitigations.0.risk", "which has 0"),
    ({"milestones": (MILESTONE, MILESTONE)}, "milestones", "twice"),
    ({"overrides": (ExportedOverride(4, (), "", ANN, BEGAN),)}, "overrides.0.transition", "which has 3"),
    (
        {"history": (*PATH[:2], replace(PATH[2], close=ExportedClose(CLOSED, competitor=2)))},
        "history.2.close.competitor",
        "which has 1",
    ),
    (
        {"history": (replace(PATH[0], seconds_in_previous_state=-1), *PATH[1:])},
        "history.0.secondsInPreviousState",
        "0 to",
    ),
]


def test_a_consistent_document_is_valid_and_round_trips() -> None:
    validate_document(COMPLETE_DOCUMENT, FRAME)
    assert decode(OpportunityDocument, encode(COMPLETE_DOCUMENT)) == COMPLETE_DOCUMENT


@pytest.mark.parametrize(
    ("change", "where", "said"), FAULTS, ids=[f"{fault[1]}: {fault[2]}" for fault in FAULTS]
)
def test_an_inconsistency_is_reported_at_its_path(change: dict[str, Any], where: str, said: str) -> None:
    with pytest.raises(InvalidInputError) as refused:
        validate_document(replace(COMPLETE_DOCUMENT, **change), FRAME)

    assert [".".join(fault.path) for fault in refused.value.fields] == [where]
    assert said in refused.value.message


def test_the_json_lines_documentation_names_every_field() -> None:
    page = (ROOT / "docs" / "import-export.md").read_text()
    row = [field.name for field in fields(ImportRow) if field.name != "document"]
    assert [name for name in (*row, *DOCUMENT_FIELDS) if f"`{camel(name)}`" not in page] == []
