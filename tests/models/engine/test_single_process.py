"""The lock that lets only one process serve a SQLite file."""

import os
from pathlib import Path

import pytest

from workflow.models.engine.single_process import DatabaseInUse, single_process, sqlite_file

POSTGRES = "postgres://ada@localhost:5432/deals"


async def test_sqlite_is_served_by_one_process(tmp_path: os.PathLike[str]) -> None:
    url = f"sqlite://{os.fspath(tmp_path)}/new/deals.db"

    with single_process(url), pytest.raises(DatabaseInUse, match=r"deals\.db"), single_process(url):
        pytest.fail("served twice")
    with single_process(url):
        pass


def test_an_error_while_serving_releases_the_file(tmp_path: Path) -> None:
    url = f"sqlite://{tmp_path}/deals.db"
    with pytest.raises(LookupError), single_process(url):
        raise LookupError

    with single_process(url):
        pass


def test_several_processes_may_serve_postgresql() -> None:
    with single_process(POSTGRES), single_process(POSTGRES):
        pass


@pytest.mark.parametrize(
    ("url", "file"),
    [("sqlite://a/deals.db", Path("a/deals.db")), ("sqlite://:memory:", None), (POSTGRES, None)],
)
def test_only_a_sqlite_url_with_a_path_has_a_file(url: str, file: Path | None) -> None:
    assert sqlite_file(url) == file
