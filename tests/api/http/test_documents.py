"""Documents are parsed and validated once, and all their faults are reported."""

import pytest

from api.http import documents
from api.http.documents import DocumentCache, DocumentError
from schema.core.limits import LIMITS

ROLE = "{ viewer { role } }"


def faults(text: str, *, introspection: bool = True) -> list[tuple[str, str]]:
    """Return the code and the message of each fault of a document."""
    with pytest.raises(DocumentError) as refused:
        DocumentCache(introspection=introspection).read(text)
    return [(str((error.extensions or {})["code"]), error.message) for error in refused.value.errors]


@pytest.mark.parametrize("query", ["{ __schema { types { name } } }", '{ a: __type(name: "X") { name } }'])
def test_introspection_is_refused_when_it_is_off(query: str) -> None:
    [(code, message)] = faults(query, introspection=False)

    assert (code, message[:25]) == ("GRAPHQL_VALIDATION_FAILED", "Introspection is disabled")
    assert DocumentCache(introspection=True).read(query)


def test_every_error_is_reported_without_suggestions() -> None:
    found = faults('query Q($a: Int) { nothing viewer { rol } node(id: 5, x: "") { id } }')

    assert {code for code, _ in found} == {"GRAPHQL_VALIDATION_FAILED"}
    assert len(found) == 4
    assert not any("Did you mean" in message for _, message in found)


def test_the_number_of_reported_errors_is_limited() -> None:
    found = faults("{ " + " ".join(f"nothing{number}" for number in range(90)) + " }")

    assert len(found) == documents.MAX_FAULTS + 1
    assert found[-1][1] == "Too many validation errors, error limit reached. Validation aborted."


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{ " + "role " * 2_100 + "}", "more than 2,000 tokens"),
        ("{ viewer { role } } " * 21, "21 operations"),
        ("{ viewer " * 700 + "{ role }" + " }" * 700, "nested too deeply"),
        ("{ viewer " * 300 + "{ role }" + " }" * 300, "nested too deeply"),
        ("{ " + " ".join(f"a{n}: viewer {{ role }}" for n in range(LIMITS.aliases + 1)) + " }", "31 aliases"),
        ("{ " + "viewer { role } " * 64 + "}", "pairs of fields"),
    ],
)
def test_a_document_over_the_limits_is_not_validated(text: str, said: str) -> None:
    [(code, message), *_] = faults(text)

    assert code == "QUERY_TOO_COMPLEX"
    assert said in message


def test_a_document_is_parsed_and_validated_once(monkeypatch: pytest.MonkeyPatch) -> None:
    cache = DocumentCache(introspection=True)
    first = cache.read(ROLE)
    monkeypatch.setattr(documents, "parse", None)
    monkeypatch.setattr(documents, "validate", None)

    assert cache.read(ROLE) is first


def test_an_invalid_document_is_not_cached_and_the_oldest_is_evicted_first(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    texts = [f"{{ a{number}: viewer {{ role }} }}" for number in range(3)]
    size = DocumentCache(introspection=True).read(texts[0]).size
    monkeypatch.setattr(documents, "MAX_CACHED_CHARACTERS", 2 * size)
    cache = DocumentCache(introspection=True)
    read = [cache.read(text) for text in texts]
    with pytest.raises(DocumentError):
        cache.read("{ nothing }")

    assert cache.read("{ a2: viewer { role } }") is read[2]
    assert cache.read("{ a0: viewer { role } }") is not read[0]


def test_the_fields_of_fragments_count_in_the_size_of_a_document() -> None:
    spreads = "...A " * 3
    text = f"{{ viewer {{ {spreads} }} }} fragment A on Viewer {{ role permissions }}"

    assert DocumentCache(introspection=True).read(text).size == len(text) + 7 * documents.FIELD_SIZE


def test_a_document_larger_than_the_cache_is_read_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(documents, "MAX_CACHED_CHARACTERS", len(ROLE) - 1)
    cache = DocumentCache(introspection=True)

    assert cache.read(ROLE) is not cache.read(ROLE)


@pytest.mark.parametrize("query", ["query A { viewer { role } }", ROLE, f"{ROLE} "])
def test_one_operation_needs_no_name(query: str) -> None:
    assert DocumentCache(introspection=True).read(query).operation(None).measure.fields == 2


@pytest.mark.parametrize(
    ("name", "said"),
    [
        (None, "Set `operationName` to one of A, B."),
        ("C", "no operation named 'C'."),
        ("", "no operation named ''."),
    ],
)
def test_of_two_operations_one_must_be_named(name: str | None, said: str) -> None:
    document = DocumentCache(introspection=True).read(
        "query A { viewer { role } } query B { viewer { role } }"
    )

    with pytest.raises(DocumentError, match="The document contains") as refused:
        document.operation(name)
    assert refused.value.errors[0].message.endswith(said)
    assert document.operation("B").name == "B"


def test_the_cost_of_a_page_depends_on_its_variables() -> None:
    query = "query($n: Int) { opportunities(first: $n) { nodes { milestones { name } } } }"
    operation = DocumentCache(introspection=True).read(query).operation(None)

    assert operation.cost({"n": 2}) == 1 + 2 * (1 + 3)
    assert operation.cost({"n": 100}) == 1 + 100 * (1 + 3)
    assert operation.cost(None) == 1 + 20 * (1 + 3)


def test_a_cost_that_depends_on_no_variable_is_computed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    query = "query($id: ID!) { opportunity(id: $id) { name } }"
    operation = DocumentCache(introspection=True).read(query).operation(None)
    monkeypatch.delattr(documents, "measure_cost")

    assert operation.cost({"id": "x"}) == 1


@pytest.mark.parametrize("query", ["{ %s }", "query($id: ID!) { opportunity(id: $id) { id } %s }"])
def test_an_operation_that_is_always_too_expensive_is_refused_before_it_is_validated(query: str) -> None:
    nested = "accounts(first: 100) { nodes { opportunities(first: 100) { nodes { account { nothing } } } } }"

    [(code, message)] = faults(query % nested)

    assert code == "QUERY_TOO_COMPLEX"
    assert "points of cost" in message
    assert f"at most {LIMITS.cost:,} are allowed" in message


def test_a_page_that_is_too_expensive_with_its_variables_is_refused() -> None:
    inner = "account { opportunities(first: $n) { nodes { id } } }"
    operation = (
        DocumentCache(introspection=True)
        .read(f"query($n: Int) {{ opportunities(first: $n) {{ nodes {{ {inner} }} }} }}")
        .operation(None)
    )

    assert operation.cost({"n": 10}) < LIMITS.cost
    with pytest.raises(DocumentError, match="points of cost"):
        operation.cost({"n": 100})
