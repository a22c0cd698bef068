"""Figures of overrides by process and by member, each deal counted once, and their win rate."""

from uuid import UUID, uuid4

from workflow.rules.enums import OpportunityState, OverrideGrouping
from workflow.rules.reports.overrides import OverrideMade, override_figures, override_total
from workflow.rules.reports.win_rate import win_rate

WON = OpportunityState.WON
LOST = OpportunityState.LOST
LEAD = OpportunityState.LEAD
DISQUALIFIED = OpportunityState.DISQUALIFIED
MIA = uuid4()
MAX = uuid4()


def override_made(
    state: OpportunityState,
    *,
    deal: UUID | None = None,
    process: str = "default",
    member: UUID = MIA,
    name: str = "Mia",
    owed: bool = False,
) -> OverrideMade:
    """Return one override."""
    return OverrideMade(deal or uuid4(), state, process, process.title(), member, name, owed)


def test_a_deal_overridden_twice_counts_once() -> None:
    deal = uuid4()

    [row] = override_figures(
        [override_made(WON, deal=deal), override_made(WON, deal=deal, owed=True)], OverrideGrouping.PROCESS
    )

    assert (row.key, row.label, row.overrides, row.owed) == ("default", "Default", 2, 1)
    assert (row.opportunities, row.won, row.lost, row.disqualified, row.still_open) == (1, 1, 0, 0, 0)


def test_groups_are_ordered_by_count_then_name() -> None:
    overrides = [
        override_made(WON, process="b"),
        override_made(LOST, process="c"),
        override_made(LOST, process="c"),
        override_made(LEAD, process="a"),
    ]

    rows = override_figures(overrides, OverrideGrouping.PROCESS)

    assert [row.key for row in rows] == ["c", "a", "b"]


def test_rows_by_member_name_the_member() -> None:
    overrides = [
        override_made(WON),
        override_made(LOST, member=MAX, name="Max"),
        override_made(DISQUALIFIED, member=MAX, name="Max"),
    ]

    rows = override_figures(overrides, OverrideGrouping.MEMBER)

    assert [(row.member_id, row.label, row.won, row.lost, row.disqualified) for row in rows] == [
        (MAX, "Max", 0, 1, 1),
        (MIA, "Mia", 1, 0, 0),
    ]


def test_the_win_rate_leaves_open_and_disqualified_out() -> None:
    total = override_total(
        [
            override_made(WON),
            override_made(LOST),
            override_made(LOST),
            override_made(LOST),
            override_made(LEAD),
            override_made(DISQUALIFIED),
        ]
    )

    assert total.win_rate == 0.25
    assert (total.opportunities, total.still_open) == (6, 1)


def test_without_decided_deals_there_is_no_win_rate() -> None:
    assert win_rate(0, 0) is None
    assert override_total([]).win_rate is None
