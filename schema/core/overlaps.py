"""The count of overlapping fields: validation compares each pair of them, so they are limited first."""

from collections.abc import Iterator, Mapping, Sequence

from graphql import FieldNode, FragmentDefinitionNode, FragmentSpreadNode, SelectionNode, SelectionSetNode


def count_overlaps(selection: SelectionSetNode, fragments: Mapping[str, FragmentDefinitionNode]) -> int:
    """Return the number of pairs of fields with the same name in the same place."""
    pairs = 0
    pending = [[selection]]
    while pending:
        by_name: dict[str, list[FieldNode]] = {}
        for node in _flatten_fragments(pending.pop(), fragments):
            by_name.setdefault(node.alias.value if node.alias else node.name.value, []).append(node)
        for fields in by_name.values():
            pairs += len(fields) * (len(fields) - 1) // 2
            pending.append([node.selection_set for node in fields if node.selection_set])
    return pairs


def _flatten_fragments(
    selections: Sequence[SelectionSetNode], fragments: Mapping[str, FragmentDefinitionNode]
) -> Iterator[FieldNode]:
    """Yield the fields of merged selections, with those of fragments, each fragment once."""
    seen: set[str] = set()
    pending: list[SelectionNode] = [node for selection in selections for node in selection.selections]
    while pending:
        node = pending.pop()
        if isinstance(node, FieldNode):
            yield node
        elif not isinstance(node, FragmentSpreadNode):
            pending.extend(node.selection_set.selections)  # type: ignore[attr-defined]  # an inline fragment
        elif node.name.value not in seen and node.name.value in fragments:
            seen.add(node.name.value)
            pending.extend(fragments[node.name.value].selection_set.selections)
