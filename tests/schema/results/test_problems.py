"""Problems: each refusal has its type, with the ids and the records that a client needs."""

from uuid import UUID

import pytest

from schema.core.ids import encode
from schema.core.loaders import Loaders
from schema.execution.driver import Driver
from schema.results.problems import HANDLERS, PROBLEMS, to_problem
from tests.support.organizations import NOW, TestOrganization
from tests.support.scenarios.activities import new_activity_scenario
from workflow.operations.accounts.accounts import create_account
from workflow.rules.enums import OpportunityState, Trigger
from workflow.rules.errors import (
    DuplicateError,
    IllegalTransitionError,
    NotFoundError,
    PermissionDeniedError,
    RecordClosedError,
    Refusal,
    VersionConflictError,
    invalid_field,
)

SOME = UUID("01a20f40-53a6-773d-aacd-9de01f03bea6")


@pytest.fixture
async def loaders(organization: TestOrganization) -> Loaders:
    """The loaders of the organization's admin."""
    return Loaders(organization.ctx.viewer, NOW, Driver())


def test_every_refusal_has_a_type_and_a_handler() -> None:
    assert set(PROBLEMS) == set(Refusal.__subclasses__())
    assert len(HANDLERS) == len(PROBLEMS)


@pytest.mark.parametrize(
    ("kind", "id", "shown"),
    [("Account", SOME, encode("Account", SOME)), (None, "x", "x"), ("Account", "x", "x")],
)
async def test_what_is_not_found_is_shown_as_the_client_knows_it(
    loaders: Loaders, kind: str | None, id: UUID | str, shown: str
) -> None:
    assert (await to_problem(NotFoundError(kind, id), loaders)).id == shown


async def test_each_invalid_field_keeps_its_path(loaders: Loaders) -> None:
    problem = await to_problem(invalid_field("value", "currency", message="Unknown."), loaders)

    assert [(field.path, field.message) for field in problem.fields] == [(["value", "currency"], "Unknown.")]


async def test_a_conflict_shows_both_versions_and_the_record(
    organization: TestOrganization, loaders: Loaders
) -> None:
    id = await create_account(organization.ctx, {"name": "Acme"})

    problem = await to_problem(VersionConflictError(kind="Account", id=id, expected=3, actual=1), loaders)

    assert (problem.expected_version, problem.actual_version, problem.current.id) == (3, 1, id)


async def test_a_duplicate_shows_the_existing_record_if_it_is_visible(
    organization: TestOrganization, loaders: Loaders
) -> None:
    id = await create_account(organization.ctx, {"name": "Acme"})

    shown = await to_problem(DuplicateError("Taken.", kind="Account", id=id), loaders)
    hidden = await to_problem(DuplicateError("Taken.", kind="Account", id=None), loaders)

    assert (shown.existing.id, hidden.existing) == (id, None)


async def test_a_refused_transition_shows_the_deal_as_it_is(
    organization: TestOrganization, loaders: Loaders
) -> None:
    deal = (await new_activity_scenario(organization)).deal
    lead = OpportunityState.LEAD
    allowed = [(Trigger.QUALIFY, OpportunityState.QUALIFIED)]

    illegal = await to_problem(
        IllegalTransitionError(trigger=Trigger.WIN, state=lead, allowed=allowed, opportunity_id=deal), loaders
    )
    closed = await to_problem(RecordClosedError(state=OpportunityState.WON, opportunity_id=deal), loaders)

    assert (illegal.trigger, illegal.from_, illegal.allowed_triggers) == (
        Trigger.WIN,
        lead,
        [Trigger.QUALIFY],
    )
    assert (illegal.opportunity.id, closed.opportunity.id, closed.state) == (deal, deal, OpportunityState.WON)


async def test_a_denied_permission_has_only_its_message(loaders: Loaders) -> None:
    problem = await to_problem(PermissionDeniedError("Ask an admin."), loaders)

    assert vars(problem) == {"code": "PERMISSION_DENIED", "message": "Ask an admin."}
