"""Random valid queries over a schema: fragments, aliases, directives, variables and arguments."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any

from graphql import (
    GraphQLArgument,
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLUnionType,
    get_named_type,
    get_nullable_type,
    is_leaf_type,
    is_list_type,
    is_required_argument,
    is_required_input_field,
)

MAX_DEPTH = 6
MAX_FIELDS = 6
CONDITIONS = {"yes": True, "no": False}
"""The Boolean variables of every query."""


@dataclass
class RandomQueries:
    """Makes queries over a schema, with ids from `ids` and without the fields that are skipped."""

    schema: GraphQLSchema
    ids: Sequence[str]
    skipped: frozenset[str] = frozenset()
    random: Random = field(default_factory=Random)
    fragments: dict[str, str] = field(default_factory=dict)
    unions: int = 0

    def query(self, seed: int) -> tuple[str, Mapping[str, Any]]:
        """Return the query of a seed with its variables."""
        self.random = Random(seed)
        self.fragments = {}
        assert self.schema.query_type is not None
        selection = self._selection(self.schema.query_type, 0)
        declared = ", ".join(f"${name}: Boolean!" for name in CONDITIONS)
        used = " ".join(f"f{index}: __typename @skip(if: ${name})" for index, name in enumerate(CONDITIONS))
        fragments = " ".join(self.fragments.values())
        return f"query ({declared}) {{ {used} {selection} }} {fragments}", CONDITIONS

    def _selection(self, kind: GraphQLNamedType, depth: int) -> str:
        """Return the fields of a type, some of them in fragments."""
        if isinstance(kind, GraphQLUnionType | GraphQLInterfaceType):
            possible = self.schema.get_possible_types(kind)
            parts = self.random.sample(list(possible), min(3, len(possible)))
            return "__typename " + " ".join(
                f"... on {part} {{ {self._named(part, depth)} }}" for part in parts
            )
        assert isinstance(kind, GraphQLObjectType)
        found = [self._field(kind, depth) for _ in range(self.random.randint(1, MAX_FIELDS))]
        return " ".join(self._wrapped(kind, text) for text in found if text) or "__typename"

    def _named(self, kind: GraphQLObjectType, depth: int) -> str:
        """Return the fields of a member of a union, each with an alias of its type: others may differ."""
        self.unions += 1
        selection = self._selection(kind, depth + 1)
        self.unions -= 1
        return f"own{kind.name}: __typename {selection}"

    def _wrapped(self, kind: GraphQLObjectType, text: str) -> str:
        """Return a field as it is, in a fragment of one of two kinds, or with a directive."""
        chance = self.random.random()
        if chance < 0.1:
            return f"... on {kind} {{ {text} }}"
        if chance < 0.2:
            name = f"Part{len(self.fragments)}"
            self.fragments[name] = f"fragment {name} on {kind} {{ {text} }}"
            return f"...{name}"
        if chance < 0.3:
            directive = self.random.choice(("@skip", "@include"))
            condition = self.random.choice(("true", "false", "$yes", "$no"))
            return f"... {directive}(if: {condition}) {{ {text} }}"
        return text

    def _field(self, kind: GraphQLObjectType, depth: int) -> str | None:
        """Return a random field with its arguments and selection; None if it leads too deep."""
        name: str = self.random.choice(
            ["__typename", *(name for name in kind.fields if name not in self.skipped)]
        )
        if name == "__typename":
            return name
        spec = kind.fields[name]
        leaf = is_leaf_type(get_named_type(spec.type))
        if not leaf and depth >= MAX_DEPTH:
            return None
        # Two fields of the same name with other arguments do not merge, so each has an alias of its own.
        alias = (
            f"a{self.random.randrange(10**9)}: "
            if self.unions or self.random.random() < 0.5 or spec.args
            else ""
        )
        inner = "" if leaf else f" {{ {self._selection(get_named_type(spec.type), depth + 1)} }}"
        own = f"{alias or f'{name}{depth}_{self.random.randrange(10**6)}: '}" if not leaf else alias
        return f"{own}{name}{self._arguments(spec)}{inner}"

    def _arguments(self, spec: GraphQLField) -> str:
        chosen = {
            name: argument
            for name, argument in spec.args.items()
            if is_required_argument(argument) or (name in ("first", "status") and self.random.random() < 0.6)
        }
        if not chosen:
            return ""
        return f"({', '.join(f'{name}: {self._argument(name, one)}' for name, one in chosen.items())})"

    def _argument(self, name: str, argument: GraphQLArgument) -> str:
        return str(self.random.randint(1, 5)) if name == "first" else self._value(argument.type)

    def _value(self, kind: GraphQLInputType) -> str:
        """Return a literal of an input type."""
        inner = get_nullable_type(kind)
        if is_list_type(inner):
            return f"[{', '.join(self._value(inner.of_type) for _ in range(self.random.randint(1, 3)))}]"
        if isinstance(inner, GraphQLInputObjectType):
            needed = {name: one for name, one in inner.fields.items() if is_required_input_field(one)}
            return f"{{{', '.join(f'{name}: {self._value(one.type)}' for name, one in needed.items())}}}"
        if isinstance(inner, GraphQLEnumType):
            return str(self.random.choice(list(inner.values)))
        literals = {"ID": f'"{self.random.choice(self.ids)}"', "Int": "3", "Boolean": "true"}
        return literals.get(str(inner), '"2026-03-01"')
