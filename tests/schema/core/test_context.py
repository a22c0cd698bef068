"""The context of a request: its limits, its day, and what it forgets before a change."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from graphql import GraphQLError

from schema.core.context import MAX_ROWS, RequestContext
from tests.support.organizations import NOW, TestOrganization, new_organization
from workflow.rules.enums import Role
from workflow.rules.permissions import Viewer


def context_of(organization: TestOrganization) -> RequestContext:
    """A context of the organization's admin."""
    return RequestContext(viewer=organization.ctx.viewer, now=NOW, request_id="test")


async def test_rows_are_allowed_up_to_the_limit(organization: TestOrganization) -> None:
    context = context_of(organization)

    context.count_rows(MAX_ROWS)

    with pytest.raises(GraphQLError, match="more than 20,000 rows") as error:
        context.count_rows(1)
    assert error.value.extensions == {"code": "QUERY_TOO_COMPLEX"}


async def test_a_response_that_takes_too_long_is_stopped_at_its_next_list(
    organization: TestOrganization,
) -> None:
    context = replace(context_of(organization), timed_out=lambda: True)

    with pytest.raises(GraphQLError, match="took too long") as error:
        context.count_rows(0)
    assert error.value.extensions == {"code": "TIMEOUT"}


async def test_each_response_of_a_subscription_counts_its_own_rows(organization: TestOrganization) -> None:
    context = context_of(organization)
    context.count_rows(MAX_ROWS)

    context.reset()

    context.count_rows(MAX_ROWS)


async def test_an_operation_drops_the_loaded_rows(organization: TestOrganization) -> None:
    context = context_of(organization)
    loaders = context.loaders

    context.operation_context()

    assert context.loaders is not loaders


async def test_today_is_the_day_in_the_organizations_time_zone() -> None:
    organization = await new_organization(time_zone="Pacific/Auckland")
    context = replace(context_of(organization), now=datetime(2026, 3, 1, 22, tzinfo=UTC))

    assert await context.today() == date(2026, 3, 2)


async def test_credentials_that_are_still_valid_give_the_viewer_of_now(
    organization: TestOrganization,
) -> None:
    viewer = (await organization.ctx_of(Role.OBSERVER)).viewer

    async def reauthenticate() -> tuple[Viewer, datetime]:
        return viewer, datetime(2026, 4, 1, tzinfo=UTC)

    context = replace(context_of(organization), reauthenticate=reauthenticate)

    assert await context.refresh_viewer()
    assert (context.viewer, context.now) == (viewer, datetime(2026, 4, 1, tzinfo=UTC))


async def test_credentials_that_are_no_longer_valid_are_reported(organization: TestOrganization) -> None:
    context = context_of(organization)

    assert not await context.refresh_viewer()
    assert context.viewer == organization.ctx.viewer
