"""`pursuit import` of faulty files: a bad line is in the rejects file, a bad file is reported in one line."""

import csv
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.organizations import TestOrganization
from tests.support.serving import ROOT, pursuit

DATA = ROOT / "api" / "demo" / "data"
HEADER = "opportunity_id,sales_agent,product,account,deal_stage,engage_date,close_date,close_value"
GOOD = "GOOD0001,Moses Frase,GTX Pro,Cancity,Won,2016-10-20,2017-03-01,1054"
BAD = {
    "too few": "The line has more or fewer cells than the header.",
    "too many,Moses Frase,GTX Pro,Cancity,Won,2016-10-20,2017-03-01,1054,9": "has more or fewer cells",
    "stage,Moses Frase,GTX Pro,Cancity,Sold,2016-10-20,2017-03-01,1054": "`Sold` is not a stage",
    "day,Moses Frase,GTX Pro,Cancity,Won,2016-10-20,2017-13-01,1054": "`2017-13-01` is not a date",
    "order,Moses Frase,GTX Pro,Cancity,Won,2017-10-20,2017-03-01,1054": "is before the day of `createdAt`",
    "far,Moses Frase,GTX Pro,Cancity,Engaging,2999-10-20,,1054": "`createdAt` is in the future",
    "old,Moses Frase,GTX Pro,Cancity,Engaging,0001-01-01,,1054": "`createdAt` is before 1900",
    "open,Moses Frase,GTX Pro,Cancity,Won,2016-10-20,,1054": "needs `closedOn`",
    "price,Moses Frase,GTX Pro,Cancity,Won,2016-10-20,2017-03-01,NaN": "`NaN` is not a number",
    "less,Moses Frase,GTX Pro,Cancity,Won,2016-10-20,2017-03-01,-5": "An amount must be 0 or more",
    "more,Moses Frase,GTX Pro,Cancity,Won,2016-10-20,2017-03-01,1e30": "An amount must be below",
    "who,Nobody Known,GTX Pro,Cancity,Won,2016-10-20,2017-03-01,1054": "is not an active member",
    "nul,Moses Frase,GTX\0Pro,Cancity,Won,2016-10-20,2017-03-01,1054": "contains a NUL",
    GOOD: "is also in an earlier line",
}


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """A small pipeline with the data set's other files."""
    shutil.copytree(DATA, tmp_path / "files")
    (tmp_path / "files" / "sales_pipeline.csv").write_text(f"{HEADER}\n{GOOD}\n")
    return tmp_path / "files"


async def test_a_bad_line_is_rejected_with_its_reason_and_the_others_are_imported(
    files: Path, organization: TestOrganization, database: str
) -> None:
    (files / "sales_pipeline.csv").write_text("\n".join([HEADER, GOOD, *BAD]))

    command = ("import", str(files / "sales_pipeline.csv"), "--organization", organization.name)
    ended = await pursuit(
        *command, "--rejects", str(files / "rejects.csv"), environ={"PURSUIT_DATABASE_URL": database}
    )

    rejected = list(csv.DictReader((files / "rejects.csv").read_text().splitlines()))
    problems = {row["opportunity_id"]: row["problem"] for row in rejected}
    assert ended.code == 2
    assert "created   │    1" in ended.out
    assert len(rejected) == len(BAD)
    assert [line for line, problem in BAD.items() if problem not in problems[line.partition(",")[0]]] == []


def latin(folder: Path) -> None:
    (folder / "sales_pipeline.csv").write_bytes(f"{HEADER}\n{GOOD}\nM\xfcller".encode("latin-1"))


def empty(folder: Path) -> None:
    (folder / "sales_pipeline.csv").write_text("")


def without_accounts(folder: Path) -> None:
    (folder / "accounts.csv").unlink()


def bad_revenue(folder: Path) -> None:
    text = (folder / "accounts.csv").read_text()
    (folder / "accounts.csv").write_text(text.replace(",1100.04,", ",abc,"))


def nameless_manager(folder: Path) -> None:
    (folder / "sales_teams.csv").write_text("sales_agent,manager,regional_office\nMoses Frase,,West\n")


def long_name(folder: Path) -> None:
    (folder / "sales_teams.csv").write_text(
        f"sales_agent,manager,regional_office\n{'x' * 300},Ann Boss,West\n"
    )


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (latin, "is not CSV in UTF-8"),
        (empty, "has no column account"),
        (without_accounts, "accounts.csv cannot be read: No such file or directory."),
        (bad_revenue, "accounts.csv, line 2: `abc` is not a number"),
        (nameless_manager, "sales_teams.csv, line 2: `manager` is empty"),
        (long_name, "has 300 characters; the limit is 255"),
    ],
)
async def test_a_bad_file_is_reported_in_one_line(
    spoil: Callable[[Path], None], message: str, files: Path, organization: TestOrganization, database: str
) -> None:
    spoil(files)

    command = ("import", str(files / "sales_pipeline.csv"), "--organization", organization.name)
    ended = await pursuit(*command, environ={"PURSUIT_DATABASE_URL": database})

    assert (ended.code, ended.out) == (1, "")
    assert message in ended.err.splitlines()[-1]
    assert "Traceback" not in ended.err
