"""API keys: listed without their secrets, made and revoked by admins."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import strawberry

from schema.core import ids
from schema.core.context import Info
from schema.core.dataloader import load_required
from schema.core.inputs import optional, or_none
from schema.core.nodes import Node, backed_by, described, node_id
from schema.people.types import ActorType, Member
from schema.results.problems import InvalidInput, NotFound, PermissionDenied
from workflow.operations.people import api_keys as keys
from workflow.operations.people.api_keys import NewApiKey
from workflow.queries.people import api_keys
from workflow.queries.people.api_keys import ApiKeyRow
from workflow.queries.people.people import MemberRow
from workflow.rules.enums import Role


@strawberry.type(
    description="A credential of the API, seen by admins alone; its secret is shown once, when it is made."
)
class ApiKey(Node):
    is_type_of = backed_by(ApiKeyRow)
    id: strawberry.ID = node_id("ApiKey")
    name: str = described("What it is for.")
    role: Role = described("What it may do; one that stands for a member does no more than the member may now.")
    created_by: ActorType = described("Who made it.")
    created_at: datetime = described("When it was made.")
    last_used_at: datetime | None = described("The minute in which it was last used; null: never.")
    expires_at: datetime | None = described("From then on it is refused; null: never.")
    revoked_at: datetime | None = described("When it was revoked; it is refused since.")

    @strawberry.field(graphql_type=Member | None, description="The member it stands for; null: it stands for nobody.")
    async def member(self, root: strawberry.Parent[Any], info: Info) -> MemberRow | None:
        return None if root.member_id is None else await info.context.loaders.member.load(root.member_id)

    @strawberry.field(description="First characters, to tell keys apart.")
    def prefix(self, root: strawberry.Parent[Any]) -> str:
        return f"pur_{root.public_id}"


@strawberry.input(description="A new API key.")
class CreateApiKeyInput:
    name: str = described("What it is for.")
    role: Role = described("What it may do; no more than the member it stands for.")
    member_id: strawberry.ID | None = optional("The active member it stands for; left out: it stands for nobody.")
    expires_at: datetime | None = optional("From then on it is refused; left out: never.")


@strawberry.input(description="An API key that is to stop.")
class RevokeApiKeyInput:
    id: strawberry.ID = described("The key.")


@strawberry.type(description="The key was made or revoked.")
class ApiKeyChanged:
    key: strawberry.Private[UUID]
    secret: str | None = strawberry.field(
        default=None, description="Only on creation: the whole key `pur_…`, which is shown never again."
    )

    @strawberry.field(graphql_type=ApiKey, description="The key as stored.")
    async def api_key(self, info: Info) -> ApiKeyRow:
        return await load_required(info.context.loaders.api_key, self.key)


ApiKeyResult = Annotated[
    ApiKeyChanged | NotFound | PermissionDenied | InvalidInput,
    strawberry.union("ApiKeyResult", description="The key, or why not."),
]


@strawberry.type
class ApiKeyQuery:
    @strawberry.field(
        graphql_type=list[ApiKey],
        description="All keys in the order they were made, the revoked too; an error FORBIDDEN for whoever is no admin.",
    )
    async def api_keys(self, info: Info) -> Sequence[ApiKeyRow]:
        return await api_keys.api_keys(info.context.viewer)


@strawberry.type
class ApiKeyMutation:
    @strawberry.mutation(graphql_type=ApiKeyResult, description="Make a key. The only time the secret is shown.")
    async def create_api_key(self, info: Info, input: CreateApiKeyInput) -> ApiKeyChanged:
        member_id = ids.parse_optional("Member", or_none(input.member_id))
        new = NewApiKey(input.name, input.role, member_id, or_none(input.expires_at))
        created = await keys.create_api_key(info.context.operation_context(), new)
        return ApiKeyChanged(key=created.id, secret=created.api_key or None)

    @strawberry.mutation(graphql_type=ApiKeyResult, description="Stop a key at once and for ever.")
    async def revoke_api_key(self, info: Info, input: RevokeApiKeyInput) -> ApiKeyChanged:
        return ApiKeyChanged(
            key=await keys.revoke_api_key(info.context.operation_context(), ids.parse("ApiKey", input.id))
        )
