"""Execution of a GraphQL request, the same for every transport: preparation, charge, deadline, response."""

import asyncio
import time
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

from graphql import ExecutionResult as GraphQLResult
from strawberry.types import ExecutionResult
from strawberry.types.graphql import OperationType

from api.http.documents import Document, DocumentCache, DocumentError, Operation
from api.http.persisted_queries import PersistedQueries
from api.http.problems import RequestProblem, document_problem, execution_error, timeout_problem
from api.http.rate_limit import MIN_COST, Charge, RateLimit
from api.http.requests import GraphQLRequest
from schema import schema
from schema.core.context import RequestContext
from schema.core.execution import execute_document
from workflow.rules.permissions import Viewer


@dataclass(frozen=True)
class PreparedRequest:
    """A request that is ready to run: parsed, within the limits, and charged."""

    request: GraphQLRequest
    text: str
    document: Document
    operation: Operation
    charge: Charge

    @property
    def is_subscription(self) -> bool:
        """True if the request has a stream of responses."""
        return self.operation.kind is OperationType.SUBSCRIPTION


@dataclass(frozen=True)
class GraphQLResponse:
    """The body of one response."""

    body: dict[str, Any]

    @property
    def ran(self) -> bool:
        """True if the execution began; otherwise the body has no `data`."""
        return "data" in self.body

    @property
    def codes(self) -> set[str]:
        """Codes of the errors in the response."""
        return {error["extensions"]["code"] for error in self.body.get("errors", ())}


@dataclass(frozen=True)
class Executor:
    """Prepares and executes requests for HTTP, Server-Sent Events and WebSocket."""

    documents: DocumentCache
    persisted: PersistedQueries
    rate_limit: RateLimit
    deadline: float

    async def prepare(self, viewer: Viewer, request: GraphQLRequest) -> PreparedRequest:
        """Parse, check and charge a request; raise RequestProblem if it cannot run."""
        try:
            text = self.persisted.resolve(viewer.organization_id, request.query, request.extensions)
            document = self.documents.read(text)
            operation = document.operation(request.operation_name)
            cost = operation.cost(request.variables)
        # A refused request is charged too: to find its faults has cost time.
        except DocumentError as fault:
            raise await self._charge_problem(viewer, document_problem(fault.errors)) from None
        except RequestProblem as problem:
            raise await self._charge_problem(viewer, problem) from None
        self.persisted.store(viewer.organization_id, text, request.extensions)
        charge = await self.rate_limit.charge(viewer, max(MIN_COST, cost))
        return PreparedRequest(request, text, document, operation, charge)

    async def execute(self, prepared: PreparedRequest, context: RequestContext) -> GraphQLResponse:
        """Run a query or a mutation, and cancel it at the deadline; a running transaction still completes."""
        end = time.monotonic() + self.deadline
        context.plans = prepared.document.plans
        context.timed_out = lambda: time.monotonic() > end
        try:
            async with asyncio.timeout(self.deadline) as limit:
                result = await execute_document(
                    schema,
                    prepared.document.node,
                    context,
                    variables=prepared.request.variables,
                    operation_name=prepared.operation.name,
                )
        except TimeoutError:
            # Not the deadline: a timeout inside the request, and that is an internal error.
            if not limit.expired():
                raise
            is_mutation = prepared.operation.kind is OperationType.MUTATION
            raise timeout_problem(self.deadline, is_mutation=is_mutation) from None
        finally:
            context.close()
        return self._response(result, prepared, context)

    async def stream(
        self, prepared: PreparedRequest, context: RequestContext
    ) -> AsyncGenerator[GraphQLResponse, None]:
        """Yield the responses of a subscription as they arrive, or the one response of another operation."""
        if not prepared.is_subscription:
            yield await self.execute(prepared, context)
            return
        context.document = prepared.document.node
        context.plans = prepared.document.plans
        results = await schema.subscribe(
            prepared.text,
            variable_values=prepared.request.variables,
            context_value=context,
            operation_name=prepared.operation.name,
        )
        async with aclosing(results):
            async for result in results:
                yield self._response(result, prepared, context)

    async def _charge_problem(self, viewer: Viewer, problem: RequestProblem) -> RequestProblem:
        charge = await self.rate_limit.charge(viewer, MIN_COST)
        problem.extensions["cost"] = charge.as_extension()
        return problem

    def _response(
        self, result: GraphQLResult | ExecutionResult, prepared: PreparedRequest, context: RequestContext
    ) -> GraphQLResponse:
        errors = [execution_error(error, request_id=context.request_id) for error in result.errors or ()]
        ran = result.data is not None or any("path" in error for error in errors)
        body: dict[str, Any] = {"data": result.data} if ran or not errors else {}
        body |= {"errors": errors} if errors else {}
        return GraphQLResponse({**body, "extensions": {"cost": prepared.charge.as_extension()}})
