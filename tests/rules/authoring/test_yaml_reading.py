"""Reading of YAML: unambiguous texts are read, others are refused with their line."""

import pytest

from workflow.operations.process.processes import preset_text
from workflow.rules.authoring.text import process_from_yaml
from workflow.rules.authoring.yaml_reading import (
    MAX_DEPTH,
    MAX_PARTS,
    MAX_YAML_LENGTH,
    InvalidYamlError,
    read_yaml,
)

READ: list[tuple[str, object]] = [
    ("a: 1\nb: -7\nc: +3\nd: 0", {"a": 1, "b": -7, "c": 3, "d": 0}),
    ("a: 0.1\nb: 1.\nc: -.5\nd: 1.5e-07", {"a": 0.1, "b": 1.0, "c": -0.5, "d": 1.5e-07}),
    ("a: true\nb: False\nc: 'true'", {"a": True, "b": False, "c": "true"}),
    ("a:\nb: ~\nc: null\nd: ''", {"a": None, "b": None, "c": None, "d": ""}),
    ('a: "no"\nb: \'2024-01-01\'\nc: "010"', {"a": "no", "b": "2024-01-01", "c": "010"}),
    (
        "a: 1.2.3\nb: 10.0.0.1\nc: never\nd: Norway",
        {"a": "1.2.3", "b": "10.0.0.1", "c": "never", "d": "Norway"},
    ),
    ("a: |\n  one\n  two\nb: >\n  one\n  two\n", {"a": "one\ntwo\n", "b": "one two\n"}),
    ("a: [x, {y: z}] # why\n# more\n", {"a": ["x", {"y": "z"}]}),
    ("a: &open [LEAD, QUALIFIED]\nb: *open", {"a": ["LEAD", "QUALIFIED"], "b": ["LEAD", "QUALIFIED"]}),
    ("2024: a\nno: b", {"2024": "a", "no": "b"}),
    (
        "a: opportunity.value != null && opportunity.value > 5",
        {"a": "opportunity.value != null && opportunity.value > 5"},
    ),
    ("\ufeffa: 1\r\nb: 2\r\n", {"a": 1, "b": 2}),
]


@pytest.mark.parametrize(("text", "data"), READ)
def test_unambiguous_yaml_is_read(text: str, data: object) -> None:
    assert read_yaml(text).data == data


@pytest.mark.parametrize("word", ["yes", "No", "ON", "off"])
def test_ambiguous_booleans_are_refused(word: str) -> None:
    assert faults(f"a: 1\nb: {word}") == [
        f"2: b: {word} is true or false for some readers of YAML, and a text for others. "
        "Put it in quotes if it is a text; otherwise write true or false."
    ]


@pytest.mark.parametrize(
    ("word", "says"),
    [
        ("2024-01-01", "is a date for some readers of YAML. Put it in quotes if it is a text."),
        ("2024-1-1 10:00:00", "is a date for some readers"),
        ("2024-01-01T10:00:00Z", "is a date for some readers"),
        *(
            (number, "is a number that readers of YAML interpret differently.")
            for number in ("010", "1_000", "1e5", "12:30", "1.5e3")
        ),
        *(
            (number, "is a number that a process cannot have.")
            for number in ("0x1F", "0o7", "0b1", ".inf", "-.Inf", ".nan")
        ),
        ("9" * 40, "is a number that readers of YAML interpret differently."),
        ("<<", "has a special meaning for some readers of YAML."),
    ],
)
def test_yaml_read_differently_by_parsers_is_refused(word: str, says: str) -> None:
    [fault] = faults(f"a:\n  - {word}")

    assert fault.startswith(f"2: a.0: {word} {says}")


def test_every_duplicate_key_is_reported_with_both_lines() -> None:
    assert faults("a: 1\nb:\n  - c: 1\n    d: 2\n    c: 3\na: 4\n") == [
        "5: b.0.c: c appears twice, first on line 3. Remove one of them.",
        "6: a appears twice, first on line 1. Remove one of them.",
    ]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (
            "key: [a",
            (
                "1: This is not YAML, column 8: while parsing a flow sequence, expected ',' or ']', "
                "but got '<stream end>'."
            ),
        ),
        (
            "key: a\nname: [b\n",
            (
                "2: This is not YAML, at the end of the text: while parsing a flow sequence, expected "
                "',' or ']', but got '<stream end>'."
            ),
        ),
        (
            "key: a\nname: b: c",
            (
                "2: This is not YAML, column 8: mapping values are not allowed here. Put a text that "
                "contains a colon in quotes."
            ),
        ),
        (
            "a: 1\n\tb: 2",
            (
                "2: This is not YAML, column 1: while scanning for the next token, found character "
                "'\\t' that cannot start any token."
            ),
        ),
        (
            "a: @b",
            (
                "1: This is not YAML, column 4: while scanning for the next token, found character '@' "
                "that cannot start any token."
            ),
        ),
        (
            "a: *b",
            (
                "1: This is not YAML, column 4: found undefined alias 'b'. Put a text that starts with "
                "* in quotes."
            ),
        ),
        (
            "a:\n  b: 1\n c: 2",
            (
                "3: This is not YAML, column 2: while parsing a block mapping, expected <block end>, "
                "but found '<block mapping start>'."
            ),
        ),
        (
            "a: 'b\nc: 1",
            "2: This is not YAML, column 5: while scanning a quoted scalar, found unexpected end of stream.",
        ),
        (
            "a: 1\n---\nb: 2",
            (
                "2: This is not YAML, column 1: expected a single document in the stream, but found "
                "another document."
            ),
        ),
        ("", "1: The text is empty."),
        ("# nothing\n", "1: The text is empty."),
        ("a: 1\nb: \x00", "2: There is a character here that YAML does not allow."),
        (
            "a: 1\nb: !!python/object/apply:os.system [ls]",
            "2: The tag !!python/object/apply:os.system is not supported. Leave it out.",
        ),
        ("a: !!set {x}", "1: The tag !!set is not supported. Leave it out."),
        ("a: !!str 5", "1: The tag !!str is not supported. Leave it out."),
        ("? [a, b]\n: 1", "1: A name must be a text."),
    ],
)
def test_invalid_yaml_is_reported_in_a_sentence(text: str, says: str) -> None:
    [fault] = faults(text)

    assert fault.startswith(says)


def billion_laughs() -> str:
    """Return nine lines that would expand to a thousand million texts."""
    lines = ["a0: &a0 [" + ", ".join(["ha"] * 10) + "]"]
    return "\n".join([*lines, *(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 9))])


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (billion_laughs(), "With its aliases expanded, the text is deeper or larger than a process can be."),
        ("a: &a [*a]", "With its aliases expanded, the text is deeper or larger than a process can be."),
        ("a: &a\n  b: *a", "With its aliases expanded, the text is deeper or larger than a process can be."),
        ("[" * 100_000, f"The text is nested more than {MAX_DEPTH} deep"),
        ("a: {" * 100_000, f"The text is nested more than {MAX_DEPTH} deep"),
        ("- " * 100_000, f"The text is nested more than {MAX_DEPTH} deep"),
        (
            "- x\n" * (MAX_PARTS + 1),
            f"The text is nested more than {MAX_DEPTH} deep, or has more than 100,000 parts.",
        ),
        ("x" * (MAX_YAML_LENGTH + 1), "The text has more than 1,000,000 characters."),
    ],
    ids=["laughs", "itself", "itself below", "lists", "objects", "dashes", "parts", "length"],
)
def test_expanding_aliases_are_refused(text: str, says: str) -> None:
    [fault] = faults(text)

    assert says in fault


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("- key: a", "1: A process must be an object with named fields, such as key and name."),
        ("just words", "1: A process must be an object with named fields, such as key and name."),
        ("\n\ncolour: red", "3: colour is not a known field; known fields are key, name,"),
        ("key: 5", "1: key must be a text. Put it in quotes."),
        (
            "key: a\ncriteria:\n  - key: pain\n    questions:\n      - Why?\n      - One thing: why?\n",
            (
                "6: criteria.0.questions.1 must be a text. The colon splits it into a name and a "
                "value. Put it in quotes."
            ),
        ),
        ("key: a\ncriteria:\n\n  - kind: PAIN\n    label: It hurts\n", "4: criteria.0.key is missing."),
        (
            "key: a\ncriteria:\n  -\n    kind: PAIN\n    weight: yards\n",
            "5: criteria.0.weight must be a whole number.",
        ),
        (
            "key: a\nstates: [{state: LEAD,\n  probability: high}]\n",
            "3: states.0.probability must be a number.",
        ),
    ],
)
def test_a_fault_of_the_process_has_its_line(text: str, says: str) -> None:
    with pytest.raises(InvalidYamlError) as refusal:
        process_from_yaml(text)

    assert says in [f"{problem.line}: {problem}"[: len(says)] for problem in refusal.value.problems]


@pytest.mark.parametrize(
    ("old", "new", "below", "says"),
    [
        ("trigger: WIN", "trigger: WON", 0, "gates.2.trigger must be one of QUALIFY, PROGRESS, WIN,"),
        (
            "kind: METRICS",
            "knd: METRICS",
            0,
            "criteria.0.knd is not a known field; known fields are key, kind, label,",
        ),
        ("kind: METRICS", "knd: METRICS", -1, "criteria.0.kind is missing."),
        (
            "    label: The gain",
            "   label: The gain",
            0,
            "This is not YAML, column 4: while parsing a block collection,",
        ),
        (
            "weight: 15",
            "weight: 15\n    weight: 16",
            1,
            "criteria.0.weight: weight appears twice, first on line",
        ),
        (
            "minGrade: VALIDATED",
            "minGrade: no",
            0,
            "gates.0.requirements.0.test.criterion.minGrade: no is true or",
        ),
        (
            "      - Which of their figures",
            "      - Say: which figure",
            0,
            "criteria.0.questions.0 must be a text. The colon splits",
        ),
        (
            "      - Which of their figures",
            "      - Which: figure: is",
            0,
            "This is not YAML, column 22: mapping values are not",
        ),
        (
            "- trigger: PROGRESS",
            "- trigger: QUALIFY",
            0,
            "gates.1: QUALIFY appears twice. Remove one of them.",
        ),
        (
            "milestone: decision_made",
            "milestone: done",
            0,
            "gates.2.requirements.5.test.milestone: There is no milestone",
        ),
    ],
)
def test_a_typo_is_reported_at_its_line(old: str, new: str, below: int, says: str) -> None:
    before, found, after = preset_text("meddicc").partition(old)
    assert found

    with pytest.raises(InvalidYamlError) as refusal:
        process_from_yaml(before + new + after)

    line = before.count("\n") + 1 + below
    assert f"{line}: {says}" in [
        f"{problem.line}: {problem}"[: len(f"{line}: {says}")] for problem in refusal.value.problems
    ]


def faults(text: str) -> list[str]:
    """Return the faults of a text with their lines."""
    with pytest.raises(InvalidYamlError) as refusal:
        read_yaml(text)
    return [f"{problem.line}: {problem}" for problem in refusal.value.problems]
