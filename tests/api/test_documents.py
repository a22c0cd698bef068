"""What is found in a document before it runs."""

import pytest

from api.documents import document_problem


@pytest.mark.parametrize("query", ["{ __schema { types { name } } }", '{ a: __type(name: "X") { name } }'])
def test_introspection_is_refused_where_it_is_off(query: str) -> None:
    problem = document_problem(query, operation_name=None, introspection=False)

    assert problem is not None
    assert problem.extensions == {"code": "GRAPHQL_VALIDATION_FAILED"}


@pytest.mark.parametrize("query", ["{ __typename }", '{ a(b: "__schema") }', "{ broken"])
def test_other_documents_pass_where_introspection_is_off(query: str) -> None:
    assert document_problem(query, operation_name=None, introspection=False) is None


@pytest.mark.parametrize(
    "query", ["query A { a }", '{ a(b: "query mutation") }', "query A { query } fragment F on T { mutation }"]
)
def test_one_operation_needs_no_name(query: str) -> None:
    assert document_problem(query, operation_name=None, introspection=True) is None


def test_of_two_operations_one_must_be_named() -> None:
    problem = document_problem("query A { a } mutation B { b }", operation_name=None, introspection=True)

    assert problem is not None
    assert problem.extensions == {"code": "OPERATION_RESOLUTION_FAILURE"}
    assert problem.message.endswith("A, B.")
