"""The limits of operations: fragments count as if written out, and each error names its remedy."""

import pytest
from graphql import OperationDefinitionNode, get_introspection_query, parse

from schema import schema
from schema.core.limits import LIMITS, Complexity, TooDeepError, limit_errors, measure_complexity

SCHEMA = schema._schema


def measure_of(query: str) -> Complexity:
    """Return the complexity of a document's first operation."""
    document = parse(query)
    operation = next(one for one in document.definitions if isinstance(one, OperationDefinitionNode))
    return measure_complexity(SCHEMA, document, operation)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("{ viewer { role } }", Complexity(depth=2, fields=2, cost=1)),
        ("{ a: viewer { b: role role } }", Complexity(depth=2, fields=3, aliases=2, cost=1)),
        (
            "query @x { viewer @skip(if: true) { ... @include(if: true) { role } } }",
            Complexity(2, 0, 2, directives=3, cost=1),
        ),
        ("{ ...F ...F } fragment F on Query { viewer { role } }", Complexity(2, 0, 4, cost=2, fragments=1)),
        ("{ viewer { role } viewer { role } }", Complexity(2, 0, 4, cost=2, overlaps=2)),
        (
            "mutation { reviewRisks { __typename } ...M } fragment M on Mutation "
            "{ a: deleteOpportunity { __typename } }",
            Complexity(2, 0, 4, 1, 0, 2, 0, 202, 1),
        ),
        ("{ __schema { types { name } } viewer { role } }", Complexity(2, 3, 5, cost=2)),
        ("{ nothing { at { all } } }", Complexity(3, 0, 3, unknown=3)),
        ("{ ...Missing }", Complexity()),
        ("{ ...F } fragment F on Query { viewer { role } ...F }", Complexity(2, 0, 2, cost=1, fragments=1)),
    ],
)
def test_fragments_are_counted_as_expanded(query: str, expected: Complexity) -> None:
    assert measure_of(query) == expected


def test_exponential_fragments_are_measured_once_each() -> None:
    doubling = " ".join(f"fragment f{n} on Query {{ ...f{n + 1} ...f{n + 1} }}" for n in range(40))

    assert (
        measure_of(f"{{ ...f0 }} {doubling} fragment f40 on Query {{ viewer {{ role }} }}").fields
        == 2 * 2**40
    )


@pytest.mark.parametrize("nested", ["viewer { " * 100, "... { " * 100])
def test_nesting_that_is_too_deep_is_refused(nested: str) -> None:
    with pytest.raises(TooDeepError):
        measure_of("{ " + nested + "role" + " }" * 101)


@pytest.mark.parametrize("name", Complexity._fields)
def test_each_limit_is_exceeded_by_one_more(name: str) -> None:
    most = getattr(LIMITS, name)

    assert list(limit_errors(Complexity(**{name: most}))) == []
    [error] = limit_errors(Complexity(**{name: most + 1}))
    assert error.extensions == {"code": "QUERY_TOO_COMPLEX"}
    assert f"{most + 1:,}" in error.message
    assert f"at most {most:,} are allowed" in error.message


def test_introspection_of_common_tools_is_within_the_limits() -> None:
    whole = {"specified_by_url": True, "directive_is_repeatable": True, "schema_description": True}

    assert (
        list(limit_errors(measure_of(get_introspection_query(**whole, input_value_deprecation=True)))) == []
    )
