"""Writing of processes as YAML: readable, and without loss whatever the texts are."""

import pytest

from tests.support.rules.process_documents import default_with, with_fit_rule
from tests.support.rules.processes import WORDS
from workflow.rules.authoring.text import process_from_yaml, process_to_yaml
from workflow.rules.process.document import parse_process


@pytest.mark.parametrize("word", WORDS)
def test_any_text_round_trips_in_every_position(word: str) -> None:
    plain = default_with(with_fit_rule("EQ", word))
    plain["name"] = word
    plain["criteria"][0].update(label=word, questions=[word, "Why?", word])
    plain["gates"][0]["requirements"][0].update(label=word)
    plain["milestones"][-1].update(name=word)
    document = parse_process(plain)

    assert process_from_yaml(process_to_yaml(document)) == document


def test_short_parts_are_on_one_line_and_sections_are_separated() -> None:
    text = process_to_yaml(parse_process(default_with(lambda d: d["states"][0].update(probability=0.125))))

    lines = text.splitlines()
    assert lines[:4] == ["key: default", "name: Pain, interest, fit", "", "criteria:"]
    for line in (
        "        test: {criterion: {key: pain, minGrade: VALIDATED}}",
        "  - {anyOf: [CHAMPION], minimum: 1}",
        "  - {state: LEAD, probability: 0.125, forecastCategory: OMITTED, expectedDays: 14}",
        "  - {code: MILESTONE_DUE, severity: ADVICE, states: [PROGRESSING], threshold: -3, enabled: true}",
    ):
        assert line in lines
    sections = [section.splitlines()[0] for section in text.split("\n\n")]
    assert sections == ["key: default", "criteria:", "fitRules: []", *ROWS]


ROWS = ["requiredRoles:", "milestones:", "gates:", "states:", "alertRules:"]
