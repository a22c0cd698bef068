"""The description of the whole schema, and a schema that can have one."""

from typing import Any

import strawberry
from graphql.utilities.print_schema import print_schema_definition

DESCRIPTION = """\
The API of Pursuit: sales opportunities from lead to close. An opportunity changes its state only by a
transition, and each transition has a gate: a list of requirements that your sales process sets. A mutation
that is refused does not fail; it answers with a `Problem` that says what is missing and how to fix it.

Send the API key as `Authorization: Bearer pur_…`. Three queries to start with:

1. Your role and permissions:

```graphql
query Viewer { viewer { role permissions organization { name baseCurrency } } }
```

2. The open opportunities that you can see, the most valuable first:

```graphql
query OpenOpportunities {
  opportunities(first: 10, filter: { open: true }, orderBy: [{ field: VALUE, direction: DESC }]) {
    totalCount
    nodes { id number name state baseValue { amount currency } health { score band } }
  }
}
```

3. What one of them needs for its next step; `remedy` names the mutation to call:

```graphql
query NextTransitions($id: ID!) {
  opportunity(id: $id) {
    transitions { trigger target readiness requirements { label status explanation remedy } }
  }
}
```"""


class DescribedSchema(strawberry.Schema):
    """A schema with a description, which Strawberry itself neither takes nor prints."""

    def __init__(self, *, description: str, **options: Any) -> None:  # Any: the options of strawberry.Schema
        super().__init__(**options)
        self._schema.description = description

    def as_str(self) -> str:
        """Return the schema in SDL, with its description first."""
        return f"{print_schema_definition(self._schema)}\n\n{super().as_str()}"
