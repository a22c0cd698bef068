"""Random sales processes as YAML: valid ones are read without loss, one fault is reported at its line."""

from contextlib import suppress
from copy import deepcopy
from typing import Any

import yaml
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.rules.authoring.faulty_documents import FaultyDocument, faulty_documents, part_at
from tests.support.counts import FULL, count
from tests.support.rules.processes import WORDS, process_documents
from workflow.rules.authoring.checks import check_process
from workflow.rules.authoring.text import process_from_yaml, process_to_yaml
from workflow.rules.authoring.yaml_reading import InvalidYamlError, LineProblem, read_yaml
from workflow.rules.authoring.yaml_writing import write_yaml
from workflow.rules.process.document import ProcessDocument, content_hash, encode_process, parse_process

often = settings(
    max_examples=count(1000),
    derandomize=not FULL,
    phases=tuple(Phase) if FULL else (Phase.explicit, Phase.generate),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
sometimes = settings(often, max_examples=count(300))


@often
@given(document=process_documents())
def test_a_valid_process_round_trips_through_its_text(document: ProcessDocument) -> None:
    assert check_process(document) == []
    assert parse_process(encode_process(document)) == document

    text = process_to_yaml(document)
    again = process_from_yaml(text)

    assert (again, content_hash(again)) == (document, content_hash(document))
    assert process_to_yaml(again) == text


@sometimes
@given(document=process_documents())
def test_the_text_is_read_alike_by_another_yaml_parser(document: ProcessDocument) -> None:
    text = process_to_yaml(document)

    assert yaml.safe_load(text) == read_yaml(text).data


@often
@given(fault=faulty_documents())
def test_one_fault_is_reported_at_its_path_and_line(fault: FaultyDocument) -> None:
    text = write_yaml(fault.data)

    faults = faults_in(text)

    assert fault.path in {problem.path for problem in faults}, fault.fault
    for problem in faults:
        assert 1 <= problem.line <= len(text.splitlines())
        assert exists_at(fault.data, problem.path) or exists_at(fault.data, problem.path[:-1]), problem


@sometimes
@given(document=process_documents(), data=st.data())
def test_a_duplicate_key_is_reported_on_its_second_line(
    document: ProcessDocument, data: st.DataObject
) -> None:
    root = yaml.compose(process_to_yaml(document))
    objects = [
        (path, node) for path, node in walk_nodes(root) if isinstance(node, yaml.MappingNode) and node.value
    ]
    path, chosen = data.draw(st.sampled_from(objects))
    key, value = data.draw(st.sampled_from(chosen.value))
    chosen.value.append((deepcopy(key), deepcopy(value)))
    text = yaml.serialize(root, allow_unicode=True)

    faults = faults_in(text)

    assert [problem.path for problem in faults] == [(*path, key.value)]
    lines = [
        one.start_mark.line + 1
        for one, _ in node_at(yaml.compose(text), path).value
        if one.value == key.value
    ]
    assert ([faults[0].line], f"first on line {lines[0]}." in faults[0].message) == (lines[1:], True)


@sometimes
@given(
    document=process_documents(),
    cut=st.floats(0, 1),
    put=st.sampled_from((*WORDS, "\n", " ", ":", "\x00", "\ud800", "")),
)
def test_a_damaged_text_is_read_or_refused_with_a_line_inside_it(
    document: ProcessDocument, cut: float, put: str
) -> None:
    text = process_to_yaml(document)
    place = int(cut * len(text))

    for spoiled in (
        text[:place] + put,
        text[:place] + put + text[place:],
        text[:place] + put + text[place + 1 :],
    ):
        with suppress(InvalidYamlError):
            process_from_yaml(spoiled)
        assert all(
            1 <= problem.line <= max(1, len(spoiled.splitlines()))
            for problem in faults_in(spoiled, minimum=0)
        )


def faults_in(text: str, *, minimum: int = 1) -> tuple[LineProblem, ...]:
    """Return every fault of a text, of which there must be one."""
    found: tuple[LineProblem, ...] = ()
    try:
        process_from_yaml(text)
    except InvalidYamlError as refusal:
        found = refusal.problems
    assert len(found) >= minimum
    return found


def exists_at(data: Any, path: tuple[str, ...]) -> bool:  # Any: plain data of several kinds
    """Return True if there is data at the path."""
    try:
        part_at(data, path)
    except (LookupError, TypeError):
        return False
    return True


def walk_nodes(
    node: Any, path: tuple[str, ...] = ()
) -> "list[tuple[tuple[str, ...], Any]]":  # Any: a node of YAML
    """List a node and all nodes below it, with their paths."""
    inner = (
        [(str(index), part) for index, part in enumerate(node.value)]
        if isinstance(node, yaml.SequenceNode)
        else []
    )
    inner += [(key.value, part) for key, part in node.value] if isinstance(node, yaml.MappingNode) else []
    return [(path, node), *(found for name, part in inner for found in walk_nodes(part, (*path, name)))]


def node_at(root: Any, path: tuple[str, ...]) -> Any:  # Any: a node of YAML
    """Return the node at a path."""
    return dict(reversed(walk_nodes(root)))[path]
