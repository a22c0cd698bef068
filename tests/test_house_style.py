"""Shape, names and wording hold everywhere, and each check finds an offence made for it."""

from collections.abc import Callable, Iterable, Iterator

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    build_schema,
)

from schema import schema
from tests import house_style as style
from tests.house import PACKAGES, ROOT, Check, SourceFile, source_files

WholeCheck = Callable[[Iterable[SourceFile]], Iterator[str]]

TOO_LONG = "def f():\n" + "    pass\n" * 40
SAME_NAME = [
    SourceFile("api/x.py", "class Row: pass\n"),
    SourceFile("workflow/rules/y.py", "class Row: pass\n"),
]
BRANCHES = "def f(x):\n    if x and x or x:\n        return 1\n"

OF_ONE_FILE: dict[Check, tuple[tuple[str, ...], SourceFile]] = {
    style.file_too_long: (PACKAGES, SourceFile("api/x.py", "pass\n" * 401)),
    style.function_too_long: (PACKAGES, SourceFile("api/x.py", TOO_LONG)),
    style.several_assignments: (PACKAGES, SourceFile("api/x.py", "a, b = 1, f()\n")),
    style.banned_word: (style.WORDED, SourceFile("api/x.py", "# What is to" + "ld to a member.\n")),
    style.banned_opener: (style.WORDED, SourceFile("api/x.py", '"""What a member may do."""\n')),
    style.hidden_docstring: (
        ("schema",),
        SourceFile(
            "schema/x.py", '@strawberry.type(description="A deal.")\nclass Deal:\n    """A deal."""\n'
        ),
    ),
}
"""Each check of one file: the folders that it holds in, and an offence."""

OF_ALL_FILES: dict[WholeCheck, tuple[tuple[str, ...], list[SourceFile]]] = {
    style.long_functions_in_general: (style.PRODUCT, [SourceFile("api/x.py", TOO_LONG)]),
    style.crowded_folder: (PACKAGES, [SourceFile(f"api/x{number}.py", "") for number in range(21)]),
    style.repeated_class_name: (PACKAGES, SAME_NAME),
    style.untested_module: (PACKAGES, [SourceFile("workflow/rules/x.py", BRANCHES)]),
}
"""Each check that looks at all files together: the folders that it holds in, and an offence."""


@pytest.mark.parametrize("check", OF_ONE_FILE, ids=lambda check: check.__name__)
def test_every_file_follows_the_style(check: Check) -> None:
    folders, _ = OF_ONE_FILE[check]

    offences = [offence for module in source_files(*folders) for offence in check(module)]

    assert offences == [], "\n".join(offences)


@pytest.mark.parametrize("check", OF_ONE_FILE, ids=lambda check: check.__name__)
def test_a_check_of_one_file_finds_its_offence(check: Check) -> None:
    _, offence = OF_ONE_FILE[check]

    assert len(list(check(offence))) == 1


@pytest.mark.parametrize("check", OF_ALL_FILES, ids=lambda check: check.__name__)
def test_all_files_together_follow_the_style(check: WholeCheck) -> None:
    folders, _ = OF_ALL_FILES[check]

    offences = list(check(source_files(*folders)))

    assert offences == [], "\n".join(offences)


@pytest.mark.parametrize("check", OF_ALL_FILES, ids=lambda check: check.__name__)
def test_a_check_of_all_files_finds_its_offence(check: WholeCheck) -> None:
    _, offence = OF_ALL_FILES[check]

    assert len(list(check(offence))) == 1


@pytest.mark.parametrize("text", ["This te" + "lls you.", "It is n" + "o mutation.", "Assessed an" + "ew."])
def test_a_banned_word_in_a_docstring_of_a_test_is_found(text: str) -> None:
    module = SourceFile("tests/test_x.py", f'"""{text}"""\n')

    assert len(list(style.banned_word(module))) == 1


def test_a_banned_word_in_the_data_of_a_test_is_allowed() -> None:
    module = SourceFile("tests/test_x.py", 'NOTE = "They to' + 'ld us."\n')

    assert list(style.banned_word(module)) == []


def test_there_is_no_and_is_no_longer_are_allowed() -> None:
    module = SourceFile("api/x.py", "# There is no account. It is no longer open.\n")

    assert list(style.banned_word(module)) == []


def test_a_swap_of_two_names_is_one_assignment() -> None:
    assert list(style.several_assignments(SourceFile("x.py", "a, b = b, a\n"))) == []


def test_a_table_and_its_graphql_type_share_a_name() -> None:
    pair = [
        SourceFile("schema/x.py", "class Row: pass\n"),
        SourceFile("workflow/models/y.py", "class Row: pass\n"),
    ]

    assert list(style.repeated_class_name(pair)) == []


def test_pages_and_the_printed_schema_use_no_banned_word() -> None:
    offences = [
        offence
        for path in style.pages()
        for offence in style.banned_word_on_page(
            str(path.relative_to(ROOT)), path.read_text(encoding="utf-8")
        )
    ]

    assert offences == [], "\n".join(offences)


def test_a_banned_word_on_a_page_is_found_outside_of_code_only() -> None:
    found = list(style.banned_word_on_page("x.md", "It is to" + "ld.\nCall `to" + "ld`.\n"))

    assert found == ["x.md:1 says “to" + "ld”"]


def test_the_schema_and_all_its_types_fields_arguments_and_values_are_described() -> None:
    assert list(_undescribed(build_schema(schema.as_str()))) == []


def test_a_value_without_a_description_is_found() -> None:
    bare = build_schema(
        '"Says what it is." schema { query: Query } "A letter." enum Letter { A } '
        'type Query { "One." a: Letter }'
    )

    assert list(_undescribed(bare)) == ["Letter.A"]


def _undescribed(graph: GraphQLSchema) -> Iterator[str]:
    if not graph.description:
        yield "schema"
    for name, kind in graph.type_map.items():
        if name.startswith("__"):
            continue
        if not kind.description and name not in {"Query", "Mutation", "Subscription"}:
            yield name
        if isinstance(kind, GraphQLEnumType):
            yield from (f"{name}.{key}" for key, value in kind.values.items() if not value.description)
        yield from (f"{name}.{key}" for key, field in _fields(kind) if not field.description)


def _fields(kind: GraphQLNamedType) -> list[tuple[str, GraphQLField | GraphQLInputField]]:
    if isinstance(kind, GraphQLObjectType | GraphQLInterfaceType | GraphQLInputObjectType):
        return list(kind.fields.items())
    return []
