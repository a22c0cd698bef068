"""Overlapping fields: the pairs that validation compares, with fragments merged in."""

import pytest
from graphql import FragmentDefinitionNode, OperationDefinitionNode, parse

from schema.core.overlaps import count_overlaps

CASES = {
    "{ a b c }": 0,
    "{ a a }": 1,
    "{ a a a a }": 6,
    "{ x: a y: a }": 0,
    "{ x: a x: b }": 1,
    "{ a { b } a { b } }": 2,
    "{ a { b } c { b } }": 0,
    "{ a ... { a } }": 1,
    "{ a ...F } fragment F on T { a }": 1,
    "{ ...F ...F } fragment F on T { a }": 0,
    "{ ...F } fragment F on T { a ...G } fragment G on T { a ...F }": 1,
    "{ a ...Missing }": 0,
}


@pytest.mark.parametrize(("document", "pairs"), CASES.items(), ids=CASES)
def test_each_pair_of_fields_with_one_name_in_one_place_is_counted(document: str, pairs: int) -> None:
    definitions = parse(document).definitions
    fragments = {node.name.value: node for node in definitions if isinstance(node, FragmentDefinitionNode)}
    [operation] = [node for node in definitions if isinstance(node, OperationDefinitionNode)]

    assert count_overlaps(operation.selection_set, fragments) == pairs
