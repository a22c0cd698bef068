"""The reasons why a database cannot serve."""

import pytest

from workflow.models.engine import readiness
from workflow.models.engine.database import dialect
from workflow.models.engine.readiness import readiness_problem, row_security_problem
from workflow.rules.errors import UnavailableError


async def test_a_migrated_database_is_ready(database: str) -> None:
    assert await readiness_problem(database) is None


async def test_a_database_with_pending_migrations_is_not_ready(database: str, empty_database: str) -> None:
    problem = await readiness_problem(empty_database)

    assert problem == "The schema of the database is out of date. Run `pursuit migrate`."


@pytest.mark.parametrize("problem", [UnavailableError("secret"), TimeoutError(), OSError("secret")])
async def test_a_database_that_does_not_answer_is_not_ready_and_no_detail_is_shown(
    database: str, monkeypatch: pytest.MonkeyPatch, problem: Exception
) -> None:
    async def fail(_: object) -> None:
        raise problem

    monkeypatch.setattr(readiness, "transaction", fail)

    assert await readiness_problem(database) == "The database does not answer."


async def test_a_migrated_database_has_no_problem_with_row_security(database: str) -> None:
    assert dialect() in ("sqlite", "postgres")
    assert await row_security_problem() is None
