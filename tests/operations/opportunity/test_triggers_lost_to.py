"""The competitor of a loss: one of the deal's, never the status quo, only for LOST_TO_COMPETITOR."""

from uuid import UUID, uuid4

import pytest

from tests.support.refusals import faults
from tests.support.team import SalesTeam, new_sales_team
from workflow.models import Opportunity, Transition
from workflow.operations.buyer.competitors import NewCompetitor, add_competitor
from workflow.operations.opportunity.transitions import TransitionOptions
from workflow.operations.opportunity.triggers import LossDetails, lose
from workflow.rules.enums import CompetitorKind, LossReason, OpportunityState

K = CompetitorKind
S = OpportunityState
GLOBEX = NewCompetitor(K.VENDOR, "Globex")
NOTHING_DONE = NewCompetitor(K.STATUS_QUO, "Counting by hand")


@pytest.fixture(scope="module")
async def team() -> SalesTeam:
    return await new_sales_team()


LOSSES: list[tuple[LossReason, str | None, str | None]] = [
    (LossReason.LOST_TO_COMPETITOR, "globex", None),
    (LossReason.LOST_TO_COMPETITOR, "own people", None),
    (
        LossReason.LOST_TO_COMPETITOR,
        "status quo",
        "`competitorId` is the status quo, and a deal lost to it has the reason NO_DECISION.",
    ),
    (
        LossReason.LOST_TO_COMPETITOR,
        "another deal's",
        "LOST_TO_COMPETITOR needs `competitorId`, one of the deal's competitors.",
    ),
    (
        LossReason.LOST_TO_COMPETITOR,
        "nobody",
        "LOST_TO_COMPETITOR needs `competitorId`, one of the deal's competitors.",
    ),
    (
        LossReason.LOST_TO_COMPETITOR,
        None,
        "LOST_TO_COMPETITOR needs `competitorId`, one of the deal's competitors.",
    ),
    (LossReason.PRICE, "globex", "`competitorId` is allowed only with LOST_TO_COMPETITOR. Leave it out."),
    (LossReason.PRICE, None, None),
    (
        LossReason.NO_DECISION,
        "status quo",
        "`competitorId` is allowed only with LOST_TO_COMPETITOR. Leave it out.",
    ),
    (LossReason.NO_DECISION, None, None),
]


@pytest.mark.parametrize(("reason", "to", "complaint"), LOSSES)
@pytest.mark.parametrize("state", [S.QUALIFIED, S.PROGRESSING])
async def test_a_deal_is_lost_to_one_of_its_competitors(
    team: SalesTeam, state: OpportunityState, reason: LossReason, to: str | None, complaint: str | None
) -> None:
    deal = await team.add_deal(state, f"{state} {reason} {to}")
    other = await team.add_deal(S.LEAD, "other")
    ids: dict[str | None, UUID | None] = {
        "globex": await add_competitor(team.ctx["owner"], deal, GLOBEX),
        "own people": await add_competitor(team.ctx["owner"], deal, NewCompetitor(K.IN_HOUSE, "IT")),
        "status quo": await add_competitor(team.ctx["owner"], deal, NOTHING_DONE),
        "another deal's": await add_competitor(
            team.ctx["owner"], other, NewCompetitor(K.VENDOR, f"Globex {uuid4()}")
        ),
        "nobody": uuid4(),
    }
    attempt = lose(team.ctx["owner"], deal, LossDetails(reason, ids.get(to)), TransitionOptions())

    if complaint is not None:
        [(path, message)] = (await faults(deal, attempt)).items()
        assert (path, message[: len(complaint)]) == ("competitorId", complaint)
    else:
        moved = await attempt
        kept = [await Opportunity.get(id=deal), await Transition.get(id=moved.transition_id)]
        assert [(row.loss_reason, row.lost_to_id) for row in kept] == [(reason, ids.get(to))] * 2  # type: ignore[attr-defined]


async def test_an_invalid_competitor_of_a_loss_is_refused_with_the_valid_ones(team: SalesTeam) -> None:
    deal = await team.add_deal(S.QUALIFIED, "lost to whom")
    lost = LossDetails(LossReason.LOST_TO_COMPETITOR)

    bare = await faults(deal, lose(team.ctx["owner"], deal, lost, TransitionOptions()))
    for new in (NOTHING_DONE, GLOBEX, NewCompetitor(K.INCUMBENT, "Initech")):
        await add_competitor(team.ctx["owner"], deal, new)
    known = await faults(deal, lose(team.ctx["owner"], deal, lost, TransitionOptions()))

    assert bare["competitorId"].endswith("It has none yet: add one with addCompetitor.")
    assert known["competitorId"].endswith("It has “Globex”, “Initech”.")
