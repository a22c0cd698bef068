"""Reads of published processes, of which each version is parsed once."""

from dataclasses import replace

import pytest

from tests.support.organizations import TestOrganization, new_organization
from tests.support.statements import statements
from workflow.models import Organization
from workflow.operations.process.processes import preset, publish
from workflow.queries.process import processes
from workflow.queries.process.processes import default_process, newest_processes, process, processes_by_id

OURS = replace(preset("default"), key="ours", name="Ours")


async def test_the_newest_version_of_each_process_is_listed_by_key(organization: TestOrganization) -> None:
    for name in ("Ours", "Ours, changed"):
        await publish(organization.ctx, replace(OURS, name=name))
    await publish(organization.ctx, replace(OURS, key="a"))

    async with statements() as sent:
        found = await newest_processes(organization.ctx.viewer)

    assert len(sent) == 1
    assert [(row.document.key, row.version) for row in found] == [("a", 1), ("default", 1), ("ours", 2)]


async def test_a_process_is_read_by_key_and_version(organization: TestOrganization) -> None:
    viewer = organization.ctx.viewer
    for name in ("Ours", "Ours, changed"):
        await publish(organization.ctx, replace(OURS, name=name))

    newest = await process(viewer, "ours")
    first = await process(viewer, "ours", 1)

    assert newest is not None and first is not None
    assert (newest.version, newest.document.name) == (2, "Ours, changed")
    assert (first.version, first.document.name) == (1, "Ours")
    for key, version in (("ours", 3), ("other", None), ("x" * 65, None)):
        assert await process(viewer, key, version) is None


async def test_a_version_is_parsed_once_and_its_scope_is_checked_each_time(
    organization: TestOrganization, monkeypatch: pytest.MonkeyPatch
) -> None:
    published = await publish(organization.ctx, OURS)
    viewer = organization.ctx.viewer
    [first] = (await processes_by_id(viewer, [published.id])).values()

    def parse(_: object) -> object:
        raise AssertionError

    monkeypatch.setattr(processes, "parse_process", parse)

    assert (await processes_by_id(viewer, [published.id]))[published.id] is first
    other = await new_organization()
    assert await processes_by_id(other.ctx.viewer, [published.id]) == {}


async def test_a_full_cache_is_emptied_and_filled_again(
    organization: TestOrganization, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(processes, "_cache", {})
    monkeypatch.setattr(processes, "_MAX_CACHED", 1)
    ids = [(await publish(organization.ctx, replace(OURS, name=name))).id for name in ("1", "2", "3")]

    found = await processes_by_id(organization.ctx.viewer, ids)

    assert {id: row.document.name for id, row in found.items()} == dict(
        zip(ids, ("1", "2", "3"), strict=True)
    )
    assert len(processes._cache) == 1


async def test_an_organization_without_its_default_process_is_an_error_with_the_remedy(
    organization: TestOrganization,
) -> None:
    assert (await default_process(organization.ctx.viewer)).document.key == "default"
    await Organization.filter(id=organization.id).update(default_process_key="gone")

    with pytest.raises(LookupError, match="`pursuit init` publishes one"):
        await default_process(organization.ctx.viewer)
