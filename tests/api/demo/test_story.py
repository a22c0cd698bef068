"""The story of the demo's open deals."""

from datetime import date
from uuid import uuid4

from api.demo import story
from tests.support.organizations import NOW, TestOrganization

ENTRY_FIELDS = {"id", "gate", "days", "ago", "override", "painAgo"}
"""The fields of the story that are not actions of their own."""


def stored_story() -> list[story.StoryData]:
    return story._load_story()


def test_every_field_of_the_story_is_an_action_or_known() -> None:
    entries = [entry for deal in stored_story() for entry in (deal, *deal.get("days", ()))]

    assert {name for entry in entries for name in entry} - story.STORY_ACTIONS.keys() - ENTRY_FIELDS == set()


def test_a_deal_with_earlier_days_is_imported_on_the_first_of_them() -> None:
    backdated = {
        deal["id"]: [day["ago"] for day in deal["days"]] for deal in stored_story() if "days" in deal
    }

    assert story.backdated_deals() == backdated.keys()
    assert story.days_covered() == max(max(days) for days in backdated.values())
    assert all(days == sorted(days, reverse=True) for days in backdated.values())


async def test_a_sentence_is_spoken_by_the_person_it_names(organization: TestOrganization) -> None:
    ruth = uuid4()
    deal = story.StoryDeal(
        organization.ctx, organization.ctx, uuid4(), uuid4(), {}, people={"Ruth Adler": ruth}
    )

    assert deal.speaker_id("Ruth: it must pay back within a year") == ruth
    assert deal.speaker_id("Paul: it must pay back within a year") is None
    assert deal.speaker_id("Ruth said so") is None
    assert deal.day_from_now(3) == date.fromordinal(NOW.toordinal() + 3)
