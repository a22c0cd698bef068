"""A faulty document is rejected with the path of its fault, and nothing of it is stored."""

import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from api.files.cells import RecordKind
from tests.support.counts import count
from tests.support.organizations import TestOrganization
from tests.support.transfer import (
    assert_integrity,
    copy_organization,
    export_lines,
    import_text,
    organization_with_everything,
)
from workflow.models import Account, Activity, Opportunity, Stakeholder
from workflow.operations.accounts.accounts import create_account, create_contact
from workflow.rules.enums import ImportOutcome

BROKEN_LINES = count(2_000, part=10)
GOOD = 5
"""One of this many lines is valid."""
KEYS = ("externalSystem", "externalId")
ANYTHING: tuple[Any, ...] = (
    *(None, "", " ", "x" * 300, "a\x00b", "\ud800", "=1+1", -1, 0, 1, 2**70, 1e308, 0.5, True),
    *([], {}, [None], [[1]], {"a": 1}),
    *("2026-02-30", "0001-01-01", "2026-01-01T00:00:00", "9999-12-31T23:59:59+14:00"),
    *("LEAD", "nobody@example.com"),
)  # fmt: skip
"""Values that replace others at random."""
BEGAN = "2026-01-05T09:00:00+00:00"
LATER_ON = "2026-01-06T09:00:00+00:00"
ADMIN = "admin@example.com"
SNAPSHOT = {
    "since": BEGAN,
    "state": "LEAD",
    "owner": "gone@example.com",
    "probability": 0.1,
    "forecastCategory": "OMITTED",
}
INVALID_MONEY = {"amount": "much", "currency": "EUR"}
WHO = {"contact": {"account": "Acme", "name": "Grace"}, "createdAt": BEGAN}
CALL = {
    "kind": "CALL",
    "direction": "OUTBOUND",
    "twoWay": True,
    "at": BEGAN,
    "createdAt": BEGAN,
    "summary": "They called",
}
CALL |= {"actor": {"kind": "MEMBER", "name": "Ann"}, "externalSystem": "mail", "externalId": "1"}


async def test_a_broken_line_is_rejected_alone_and_nothing_of_it_is_stored(
    tmp_path: Path,
) -> None:
    source = await organization_with_everything()
    whole = [json.loads(line) for line in await export_lines(source, RecordKind.OPPORTUNITIES)]
    rng = random.Random(7)
    other = await copy_organization(source)
    for kind in (RecordKind.ACCOUNTS, RecordKind.CONTACTS):
        await import_text(other, kind, await export_lines(source, kind), tmp_path)
    lines = [_break_line(rng, rng.choice(whole), number) for number in range(BROKEN_LINES)]
    lines[::GOOD] = [_line(rng.choice(whole), f"good {number}") for number in range(len(lines[::GOOD]))]

    tally, why = await import_text(other, RecordKind.OPPORTUNITIES, lines, tmp_path)

    made = tally.counts[ImportOutcome.CREATED]
    good = await Opportunity.filter(organization_id=other.id, external_id__startswith="good").count()
    assert good == len(lines[::GOOD])
    assert tally.done == BROKEN_LINES and tally.counts[ImportOutcome.REJECTED] == len(why) > BROKEN_LINES / 2
    assert await Opportunity.filter(organization_id=other.id).count() == made > 0
    assert all(reason.endswith((".", "…")) for reason in why)
    await assert_integrity(other)


def _line(line: dict[str, Any], key: str) -> str:
    """Return the line with a key of its own and without the keys of its activities."""
    calls = [
        {name: value for name, value in one.items() if name not in KEYS} for one in line.get("activities", ())
    ]
    return json.dumps({**line, "externalSystem": "broken", "externalId": key, "activities": calls}) + "\n"


def _break_line(rng: random.Random, line: dict[str, Any], number: int) -> str:
    """Return the line with one value removed, repeated or replaced."""
    broken = json.loads(_line(line, str(number)))
    holder, key = rng.choice([place for place in _paths(broken) if place[1] not in KEYS])
    what = rng.choice(("gone", "twice", "else", "else", "else"))
    if what == "gone":
        del holder[key]
    elif what == "twice" and isinstance(holder[key], list) and holder[key]:
        holder[key].append(holder[key][-1])
    else:
        holder[key] = rng.choice(ANYTHING)
    return json.dumps(broken) + "\n"


def _paths(part: Any) -> Iterator[tuple[Any, Any]]:
    inner = (
        list(part.items())
        if isinstance(part, dict)
        else list(enumerate(part))
        if isinstance(part, list)
        else []
    )
    for key, value in inner:
        yield part, key
        yield from _paths(value)


@pytest.mark.parametrize(
    ("change", "where", "said"),
    [
        ({"process": "nobody's"}, "process", "Publish it first"),
        ({"collaborators": ["nobody@example.com"]}, "collaborators", "is not a member"),
        (
            {"stakeholders": [{**WHO, "contact": {"account": "Acme", "name": "Nobody"}}]},
            "stakeholders.0.contact",
            "no contact",
        ),
        ({"stakeholders": [WHO, WHO]}, "stakeholders", "the same contact twice"),
        ({"stakeholders": [{**WHO, "motivation": "a\x00"}]}, "stakeholders.0.motivation", "NUL"),
        ({"activities": [CALL, CALL]}, "activities.1", "already logged"),
        ({"activities": [{**CALL, "externalSystem": None}]}, "externalId", "go together"),
        ({"activities": [{**CALL, "kind": "SHOUT"}]}, "activities.0.kind", "must be one of CALL"),
        ({"snapshots": [SNAPSHOT, {**SNAPSHOT, "since": LATER_ON}]}, "snapshots.0.owner", "is not a member"),
        (
            {
                "snapshots": [
                    {**SNAPSHOT, "owner": ADMIN, "value": INVALID_MONEY},
                    {**SNAPSHOT, "since": LATER_ON},
                ]
            },
            "snapshots.0.value",
            "not an amount",
        ),
        ({"shoeSize": 46}, "shoeSize", "not a field of a line"),
    ],
)
async def test_unknown_people_and_oversized_values_are_reported_at_their_path(
    organization: TestOrganization, tmp_path: Path, change: dict[str, Any], where: str, said: str
) -> None:
    account = await create_account(organization.ctx, {"name": "Acme"})
    await create_contact(organization.ctx, account, {"name": "Grace"})
    row = {"name": "Pilot", "accountName": "Acme", "ownerEmail": "admin@example.com", "externalSystem": "crm"}
    lines = [
        json.dumps({**row, "externalId": "1", "accountName": "Never made", "createdAt": BEGAN, **change}),
        json.dumps({**row, "externalId": "2", "stakeholders": [WHO]}),
    ]

    tally, why = await import_text(organization, RecordKind.OPPORTUNITIES, "\n".join(lines), tmp_path)

    assert (tally.counts[ImportOutcome.REJECTED], tally.counts[ImportOutcome.CREATED]) == (1, 1)
    assert said in why[0] and (where in why[0] or "." not in where)
    assert await Account.filter(organization_id=organization.id).count() == 1
    assert await Stakeholder.filter(organization_id=organization.id).count() == 1


async def test_a_deal_with_two_thousand_calls_is_imported_and_an_endless_line_is_rejected(
    organization: TestOrganization, tmp_path: Path
) -> None:
    await create_contact(
        organization.ctx, await create_account(organization.ctx, {"name": "Acme"}), {"name": "Grace"}
    )
    row = {"name": "Pilot", "accountName": "Acme", "ownerEmail": "admin@example.com", "externalSystem": "crm"}
    calls = [{**CALL, "externalId": str(number), "summary": "They called. " * 100} for number in range(2_000)]
    endless = json.dumps({**row, "externalId": "3", "description": "x" * 8_000_000})
    lines = [
        json.dumps({**row, "externalId": str(number), "activities": calls[number::2]}) for number in (0, 1)
    ]

    tally, why = await import_text(
        organization, RecordKind.OPPORTUNITIES, "\n".join([*lines, endless]), tmp_path
    )

    assert tally.counts == {ImportOutcome.CREATED: 2, ImportOutcome.REJECTED: 1}
    assert "longer than 8,000,000 bytes" in why[0]
    assert await Activity.filter(organization_id=organization.id).count() == 2_000
