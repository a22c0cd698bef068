"""The cost of operations: the tables fit the schema, and fields, totals and filters add their points."""

from typing import Any

import pytest
from graphql import (
    GraphQLInputObjectType,
    GraphQLObjectType,
    OperationDefinitionNode,
    get_named_type,
    get_nullable_type,
    is_list_type,
    parse,
)

from api.config.settings import Settings
from bench.reads.queries import BOARD
from schema import schema
from schema.core.cost import (
    FIELD_POINTS,
    INPUT_POINTS,
    LIST_SIZES,
    MUTATION_POINTS,
    TOTAL_POINTS,
    cost_variables,
    measure_cost,
)
from schema.core.limits import LIMITS
from workflow.rules.enums import OpportunityState

SCHEMA = schema._schema
OBJECTS = {name: kind for name, kind in SCHEMA.type_map.items() if isinstance(kind, GraphQLObjectType)}
PAGE = TOTAL_POINTS["Query.opportunities"]
TEXT = INPUT_POINTS["OpportunityFilter.text"]
NOT = INPUT_POINTS["OpportunityFilter.not"]
FILTERED = (
    "query($f: OpportunityFilter, $t: String, $n: OpportunityFilter) { opportunities(first: 1, filter: "
)
PERIOD = '{from: "2026-01-01", to: "2026-12-31"}'
ALL_REPORTS = f"""{{ reports {{
    pipeline {{ rows {{ key count }} total {{ count }} }}
    funnel(period: {PERIOD}) {{ steps {{ state }} }}
    velocity(period: {PERIOD}) {{ winRate perDay {{ amount }} }}
    forecast(period: {PERIOD}) {{ coverage categories {{ count }} }}
    outcomes(period: {PERIOD}) {{ rows {{ key }} total {{ won }} }}
    slippage(period: {PERIOD}) {{ closing {{ amount }} }}
    overrides {{ rows {{ key }} total {{ overrides }} }} }} }}"""


def cost_of(query: str, **variables: Any) -> int:
    """Return the points of a document's first operation."""
    document = parse(query)
    operation = next(one for one in document.definitions if isinstance(one, OperationDefinitionNode))
    return measure_cost(SCHEMA, document, operation, variables)


def variables_of(query: str) -> set[str]:
    """Return the variables on which the cost of a document's first operation depends."""
    document = parse(query)
    operation = next(one for one in document.definitions if isinstance(one, OperationDefinitionNode))
    return set(cost_variables(SCHEMA, document, operation))


def fields_with_totals() -> set[str]:
    """Return the fields whose pages have a total."""
    return {
        f"{name}.{field_name}"
        for name, kind in OBJECTS.items()
        for field_name, field in kind.fields.items()
        if "totalCount" in getattr(get_named_type(field.type), "fields", {})
    }


def test_the_table_of_fields_names_fields_of_the_schema() -> None:
    known = {f"{name}.{field}" for name, kind in OBJECTS.items() for field in kind.fields}

    assert set(FIELD_POINTS) - known == set()


def test_every_report_has_points() -> None:
    reports = {f"Reports.{name}" for name in OBJECTS["Reports"].fields}

    assert {name for name in FIELD_POINTS if name.startswith("Reports.")} == reports


def test_the_table_of_totals_names_every_field_whose_pages_have_totals() -> None:
    assert set(TOTAL_POINTS) == fields_with_totals()


def test_the_table_of_inputs_names_fields_of_inputs() -> None:
    known = {
        f"{name}.{field}"
        for name, kind in SCHEMA.type_map.items()
        if isinstance(kind, GraphQLInputObjectType)
        for field in kind.fields
    }

    assert set(INPUT_POINTS) - known == set()


def test_the_table_of_list_sizes_names_lists_and_their_arguments() -> None:
    for coordinate, argument in LIST_SIZES.items():
        name, _, field = coordinate.partition(".")
        assert is_list_type(get_nullable_type(OBJECTS[name].fields[field].args[argument].type))


@pytest.mark.parametrize(
    ("arguments", "rows"),
    [
        ("(first: 7)", 7),
        ("(last: 7)", 7),
        ("(first: $n)", 3),
        ("(first: $default)", 9),
        ("(first: $left_out)", 20),
        ("(first: $unknown)", 100),
        ("(first: $text)", 100),
        ("(first: 5000)", 100),
        ("(first: 99999999999999999999999)", 100),
        ("(first: -4)", 1),
        ("(first: null)", 100),
        ("", 20),
    ],
)
def test_a_page_costs_its_number_of_rows(arguments: str, rows: int) -> None:
    variables = "$n: Int, $text: String, $default: Int = 9, $left_out: Int"
    query = f"query({variables}) {{ opportunities{arguments} {{ nodes {{ account {{ name }} }} }} }}"

    assert cost_of(query, n=3, text="x") == 1 + rows * 2


def test_a_page_costs_its_position_once_and_its_edges_by_row() -> None:
    page = "opportunities(first: 50) { pageInfo { endCursor } edges { cursor node { name } } }"

    assert cost_of(f"{{ {page} }}") == 1 + 1 + 50 * 2


def test_nested_lists_multiply() -> None:
    once = "members { team { name } }"
    twice = f"members {{ team {{ {once} }} }}"

    costs = [cost_of(f"{{ viewer {{ member {{ team {{ {inner} }} }} }} }}") for inner in (once, twice)]

    assert costs == [3 + 3 * 2, 3 + 3 * (2 + 3 * 2)]


def test_a_heavy_field_adds_its_points_for_each_object() -> None:
    deals = "opportunities(first: 50) { nodes { %s } }"
    transitions = FIELD_POINTS["Opportunity.transitions"]

    assert cost_of(f"{{ {deals % 'name'} }}") == 1 + 50
    assert cost_of(f"{{ {deals % 'transitions { readiness }'} }}") == 1 + 50 * (1 + transitions + 3)


def test_totals_of_a_page_cost_once_and_nested_ones_for_each_parent() -> None:
    nested = TOTAL_POINTS["Account.opportunities"]
    both = "totalCount totalValue { amount }"

    assert cost_of("{ opportunities(first: 50) { totalCount nodes { name } } }") == 1 + 50 + PAGE
    assert cost_of(f"{{ opportunities {{ {both} }} }}") == 1 + 1 + PAGE
    assert cost_of(f"{{ accounts(first: 50) {{ nodes {{ opportunities {{ {both} }} }} }} }}") == (
        1 + 50 * (1 + 1 + 1 + nested)
    )


def test_totals_in_a_fragment_count_for_the_page_that_spreads_it() -> None:
    fragment = "fragment T on OpportunityConnection { totalCount }"
    nested = TOTAL_POINTS["Account.opportunities"]
    pages = "opportunities { ...T } account(id: 1) { opportunities { ... { ...T } } }"

    assert cost_of(f"{{ {pages} }} {fragment}") == 1 + PAGE + 1 + 1 + nested


@pytest.mark.parametrize(
    ("filter", "points"),
    [
        ('{text: "x"}', TEXT),
        ("{text: $t}", TEXT),
        ("{open: true, text: null}", 0),
        ("{open: true, text: $left_out}", 0),
        ('{not: {text: "x"}}', NOT + TEXT),
        ("{not: $n}", NOT + NOT + TEXT),
        ('{anyOf: [{text: "x"}, {not: {state: [WON]}}, {text: $t}]}', TEXT + NOT + TEXT),
        ('{anyOf: {text: "x"}}', TEXT),
        ("{missing: [OBJECTIVES, COMPETITORS]}", 2 * INPUT_POINTS["OpportunityFilter.missing"]),
        ("$f", TEXT + NOT),
        ("$left_out", 0),
        ("$default", TEXT),
        ("$unknown", 0),
        ("$t", 0),
    ],
)
def test_a_filter_costs_the_points_of_its_fields_with_the_values_of_variables(
    filter: str, points: int
) -> None:
    declared = '$left_out: OpportunityFilter, $default: OpportunityFilter = {text: "x"}'
    query = FILTERED.replace("query(", f"query({declared}, ") + filter + ") { nodes { name } } }"
    variables = {"f": {"text": "x", "not": {"open": True}}, "t": "x", "n": {"not": {"text": "x"}}}

    assert cost_of(query, **variables) == 2 + points


def test_a_filter_is_counted_again_for_totals_and_for_each_parent() -> None:
    page = 'opportunities(first: 1, filter: {text: "x"}) { totalCount nodes { name } }'
    nested = TOTAL_POINTS["Account.opportunities"]

    assert cost_of(f"{{ {page} }}") == 2 + PAGE + 2 * TEXT
    assert cost_of(f"{{ accounts(first: 3) {{ nodes {{ {page} }} }} }}") == 1 + 3 * (3 + nested + 2 * TEXT)


def test_the_filter_of_a_report_counts_too() -> None:
    plain = "{ reports { pipeline { rows { key } } } }"

    assert cost_of(plain.replace("pipeline", 'pipeline(filter: {text: "x"})')) == cost_of(plain) + TEXT


def test_a_filter_that_is_nested_too_deeply_ends_the_count() -> None:
    filter: dict[str, Any] = {"text": "x"}
    for _ in range(5_000):
        filter = {"not": filter}

    assert NOT < cost_of(FILTERED + "$f) { nodes { name } } }", f=filter) <= 2 + 12 * NOT


def test_a_bulk_mutation_costs_points_for_each_of_its_objects() -> None:
    query = "mutation($ids: [ID!]!) { snoozeAlerts(input: {ids: $ids, until: 1}) { __typename } }"
    each = INPUT_POINTS["SnoozeAlertsInput.ids"]

    assert [cost_of(query, ids=["x"] * count) for count in (1, 500)] == [
        MUTATION_POINTS + 1 + each,
        MUTATION_POINTS + 1 + 500 * each,
    ]


@pytest.mark.parametrize(("ids", "rows"), [('["a", "b"]', 2), ('"a"', 1), ("$ids", 7), ("[]", 0)])
def test_nodes_cost_as_many_objects_as_ids(ids: str, rows: int) -> None:
    query = f"query($ids: [ID!]!) {{ nodes(ids: {ids}) {{ ... on Opportunity {{ owner {{ name }} }} }} }}"

    assert cost_of(query, ids=["x"] * 7) == rows * 2


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("query($id: ID!) { opportunity(id: $id) { name } }", set()),
        ("query($n: Int, $a: String) { opportunities(first: $n, after: $a) { nodes { id } } }", {"n"}),
        ("query($t: String) { accounts(filter: {text: $t}) { nodes { id } } }", {"t"}),
        ("query($n: Int) { ...F } fragment F on Query { accounts(last: $n) { nodes { id } } }", {"n"}),
        ("query($ids: [ID!]!) { nodes(ids: $ids) { id } }", {"ids"}),
        ("mutation($input: X!) { deleteOpportunity(input: $input) { id } }", {"input"}),
    ],
)
def test_the_variables_that_the_cost_depends_on_are_known(query: str, names: set[str]) -> None:
    assert variables_of(query) == names


def test_a_board_of_six_columns_costs_at_most_one_percent_of_a_minute() -> None:
    board = BOARD.removeprefix("{").removesuffix("}")
    columns = (
        f"{state.lower()}: {board.replace('open: true', f'state: [{state}]')}" for state in OpportunityState
    )
    cards = "health { score band } alerts { code severity } nextStep { text } transitions { readiness }"
    open_columns = (
        f"c{n}: opportunities(first: 50, filter: {{state: [LEAD]}}) {{ nodes {{ name {cards} }} }}"
        for n in range(6)
    )

    assert cost_of(f"{{ {' '.join(columns)} }}") <= Settings.rate_limit / 100
    assert cost_of(f"{{ {' '.join(open_columns)} }}") <= Settings.rate_limit / 100


def test_all_reports_fit_into_one_request_and_bulk_mutations_of_full_size_too() -> None:
    lose = "mutation($o: [OpportunityRef!]!) { transitionOpportunities(input: {opportunities: $o}) { x } }"
    rows = "mutation($r: [ImportRow!]!) { importOpportunities(input: {rows: $r}) { x } }"

    assert cost_of(ALL_REPORTS) <= LIMITS.cost
    assert cost_of(lose, o=[{"id": "x"}] * 100) <= LIMITS.cost
    assert cost_of(rows, r=[{}] * 500) <= LIMITS.cost
