"""Fields that meet under one name in one place: validation compares each pair, so that they are counted before."""

from collections.abc import Iterator, Mapping, Sequence

from graphql import FieldNode, FragmentDefinitionNode, FragmentSpreadNode, SelectionNode, SelectionSetNode


def overlaps(selection: SelectionSetNode, fragments: Mapping[str, FragmentDefinitionNode]) -> int:
    """How many pairs of fields meet under one name in one place: validation compares each."""
    pairs, waiting = 0, [[selection]]
    while waiting:
        together: dict[str, list[FieldNode]] = {}
        for node in _written_out(waiting.pop(), fragments):
            together.setdefault(node.alias.value if node.alias else node.name.value, []).append(node)
        for same in together.values():
            pairs += len(same) * (len(same) - 1) // 2
            waiting.append([node.selection_set for node in same if node.selection_set])
    return pairs


def _written_out(
    selections: Sequence[SelectionSetNode], fragments: Mapping[str, FragmentDefinitionNode]
) -> Iterator[FieldNode]:
    """The fields of selections that are answered as one, those of fragments too, each fragment once."""
    seen: set[str] = set()
    waiting: list[SelectionNode] = [node for selection in selections for node in selection.selections]
    while waiting:
        node = waiting.pop()
        if isinstance(node, FieldNode):
            yield node
        elif not isinstance(node, FragmentSpreadNode):
            waiting.extend(node.selection_set.selections)  # type: ignore[attr-defined]  # an inline fragment
        elif node.name.value not in seen and node.name.value in fragments:
            seen.add(node.name.value)
            waiting.extend(fragments[node.name.value].selection_set.selections)
