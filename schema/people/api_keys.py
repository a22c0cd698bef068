"""API keys: type, query and mutations, for admins only."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated
from uuid import UUID

import strawberry

from schema.core import ids
from schema.core.context import Info
from schema.core.dataloader import load_required
from schema.core.inputs import optional, or_none
from schema.core.nodes import Node, Root, backed_by, described, node_id
from schema.people.types import ActorType, Member
from schema.results.problems import InvalidInput, NotFound, PermissionDenied
from workflow.operations.people import api_keys as keys
from workflow.operations.people.api_keys import NewApiKey
from workflow.queries.people import api_keys
from workflow.queries.people.api_keys import ApiKeyRow
from workflow.queries.people.people import MemberRow
from workflow.rules.enums import Role


@strawberry.type(description="A credential for this API. Only admins can see it.")
class ApiKey(Node):
    is_type_of = backed_by(ApiKeyRow)
    id: strawberry.ID = node_id("ApiKey")
    name: str = described("The name, such as the program that uses it.")
    role: Role = described("The role. A key that acts for a member can do no more than the member.")
    created_by: ActorType = described("The member, API key or system that created it.")
    created_at: datetime = described("The time when it was created.")
    last_used_at: datetime | None = described(
        "The time of its last use, to the minute. Null if it was never used."
    )
    expires_at: datetime | None = described("The time from which it is refused. Null: never.")
    points_per_minute: int | None = described(
        "Its budget: the points of cost that it may use per minute. Null: the server's default, which is "
        "500,000 unless `PURSUIT_RATE_LIMIT` sets another."
    )
    revoked_at: datetime | None = described("The time when it was revoked. Null if it was not.")

    @strawberry.field(
        graphql_type=Member | None, description="The member that it acts for. Null if it acts for none."
    )
    async def member(self, root: Root, info: Info) -> MemberRow | None:
        return None if root.member_id is None else await info.context.loaders.member.load(root.member_id)

    @strawberry.field(description="The first characters of the key, to recognize it.")
    def prefix(self, root: Root) -> str:
        return f"pur_{root.public_id}"


@strawberry.input(description="A new API key.")
class CreateApiKeyInput:
    name: str = described("The name, such as the program that uses it.")
    role: Role = described("The role. No more than the role of the member that it acts for.")
    member_id: strawberry.ID | None = optional("The active member that it acts for. Left out: none.")
    expires_at: datetime | None = optional("The time from which it is refused. Left out: never.")
    points_per_minute: int | None = optional(
        "Its budget: the points of cost that it may use per minute in each server process, 1 to 999,999,999, "
        "below or above the server's default. Left out: the default."
    )


@strawberry.input(description="An API key to revoke.")
class RevokeApiKeyInput:
    id: strawberry.ID = described("The API key.")


@strawberry.type(description="The API key was created or revoked.")
class ApiKeyChanged:
    key: strawberry.Private[UUID]
    secret: str | None = strawberry.field(
        default=None,
        description="The complete key, `pur_…`. Present only in the answer that creates it, and never shown "
        "again.",
    )

    @strawberry.field(graphql_type=ApiKey, description="The API key, read after the change.")
    async def api_key(self, info: Info) -> ApiKeyRow:
        return await load_required(info.context.loaders.api_key, self.key)


ApiKeyResult = Annotated[
    ApiKeyChanged | NotFound | PermissionDenied | InvalidInput,
    strawberry.union("ApiKeyResult", description="The API key, or the reason why it was not stored."),
]


@strawberry.type
class ApiKeyQuery:
    @strawberry.field(
        graphql_type=list[ApiKey],
        description="All API keys in the order in which they were created, revoked ones too. Only for "
        "admins: others get the error FORBIDDEN.",
    )
    async def api_keys(self, info: Info) -> Sequence[ApiKeyRow]:
        return await api_keys.api_keys(info.context.viewer)


@strawberry.type
class ApiKeyMutation:
    @strawberry.mutation(
        graphql_type=ApiKeyResult,
        description="Create an API key. The answer is the only one that shows the secret. Only admins may "
        "do this.",
    )
    async def create_api_key(self, info: Info, input: CreateApiKeyInput) -> ApiKeyChanged:
        member_id = ids.parse_optional("Member", or_none(input.member_id))
        expires_at = or_none(input.expires_at)
        new = NewApiKey(input.name, input.role, member_id, expires_at, or_none(input.points_per_minute))
        created = await keys.create_api_key(info.context.operation_context(), new)
        return ApiKeyChanged(key=created.id, secret=created.api_key or None)

    @strawberry.mutation(
        graphql_type=ApiKeyResult,
        description="Revoke an API key at once and for good. Only admins may do this.",
    )
    async def revoke_api_key(self, info: Info, input: RevokeApiKeyInput) -> ApiKeyChanged:
        return ApiKeyChanged(
            key=await keys.revoke_api_key(info.context.operation_context(), ids.parse("ApiKey", input.id))
        )
