"""The queries `node` and `nodes`: any object by its id."""

from typing import Annotated, Any

import strawberry

from schema.core.connections import MAX_PAGE_SIZE
from schema.core.context import Info
from schema.core.ids import decode
from schema.core.inputs import bad_input
from schema.core.nodes import Node

Id = Annotated[strawberry.ID, strawberry.argument(description="The id of the object.")]
Ids = Annotated[list[strawberry.ID], strawberry.argument(description="The ids of the objects, at most 100.")]


@strawberry.type
class NodeQuery:
    @strawberry.field(
        graphql_type=Node | None,
        description="The object with this id, of any type. Null if there is none that you can see.",
    )
    async def node(self, info: Info, id: Id) -> Any:
        return await find_node(info, id)

    @strawberry.field(
        graphql_type=list[Node | None],
        description="The objects with these ids, in the same order, at most 100. Null for each that does "
        "not exist "
        "or that you cannot see.",
    )
    async def nodes(self, info: Info, ids: Ids) -> Any:
        if len(ids) > MAX_PAGE_SIZE:
            raise bad_input(
                f"`ids` has {len(ids)} ids; at most {MAX_PAGE_SIZE} are allowed. Split the request."
            )
        return await info.context.driver.gather(*(find_node(info, id) for id in ids))


async def find_node(info: Info, id: str, kind: str | None = None) -> object | None:
    """Return the visible row that an id names, if it is of the given type; None if there is none."""
    found = decode(id)
    if found is None or kind not in (None, found[0]):
        return None
    return await info.context.loaders.row(*found)
