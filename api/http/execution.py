"""A GraphQL request from its text to its answers, by whichever way it came."""

import asyncio
import time
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

from graphql import GraphQLError
from strawberry.types import ExecutionResult
from strawberry.types.execution import PreExecutionError
from strawberry.types.graphql import OperationType

from api.http.documents import Document, DocumentFault, Documents, Operation
from api.http.persisted_queries import PersistedQueries
from api.http.problems import RequestProblem, document_problem, execution_error, request_error, timed_out
from api.http.rate_limit import LEAST, Allowance, Charge
from api.http.requests import GraphQLRequest
from schema import schema
from schema.core.context import RequestContext
from workflow.rules.permissions import Viewer


@dataclass(frozen=True)
class Prepared:
    """A request that may run: its document is read and within the limits, its operation found, its cost paid."""

    asked: GraphQLRequest
    text: str
    document: Document
    operation: Operation
    charge: Charge

    @property
    def subscribes(self) -> bool:
        """Whether it is answered again and again."""
        return self.operation.kind is OperationType.SUBSCRIPTION


@dataclass(frozen=True)
class Answer:
    """One answer, as its body."""

    body: dict[str, Any]

    @property
    def ran(self) -> bool:
        """Whether anything ran: an answer without `data` is to a request that could not."""
        return "data" in self.body

    @property
    def codes(self) -> set[str]:
        """The codes of its errors."""
        return {error["extensions"]["code"] for error in self.body.get("errors", ())}


@dataclass(frozen=True)
class Execution:
    """What every way to the schema shares."""

    documents: Documents
    persisted: PersistedQueries
    allowance: Allowance
    unavailable_as: type[Exception]
    seconds: float

    async def prepared(self, viewer: Viewer, asked: GraphQLRequest) -> Prepared:
        """The request, ready to run; one that cannot run is charged too. Raises RequestProblem."""
        try:
            text = self.persisted.text_of(viewer.organization_id, asked.query, asked.extensions)
            document = self.documents.read(text)
            operation = document.operation(asked.operation_name)
            cost = operation.cost(asked.variables)
        except DocumentFault as fault:
            raise await self._charged(viewer, document_problem(fault.errors)) from None
        except RequestProblem as problem:
            raise await self._charged(viewer, problem) from None
        self.persisted.keep(viewer.organization_id, text, asked.extensions)
        charge = await self.allowance.take(viewer, max(LEAST, cost))
        return Prepared(asked, text, document, operation, charge)

    async def answer(self, prepared: Prepared, context: RequestContext) -> Answer:
        """Run a query or a mutation; after its time it is cancelled, and a transaction that has begun ends as a whole."""
        end = time.monotonic() + self.seconds
        context.document, context.late = prepared.document.node, lambda: time.monotonic() > end
        try:
            async with asyncio.timeout(self.seconds) as limit:
                result = await schema.execute(
                    prepared.text,
                    variable_values=prepared.asked.variables,
                    context_value=context,
                    operation_name=prepared.operation.name,
                )
        except TimeoutError:
            if not limit.expired():
                raise
            changing = prepared.operation.kind is OperationType.MUTATION
            raise timed_out(self.seconds, changing=changing) from None
        return self._told(result, prepared, context)

    async def answers(self, prepared: Prepared, context: RequestContext) -> AsyncGenerator[Answer, None]:
        """Each answer of a subscription as it comes; any other operation's one."""
        if not prepared.subscribes:
            yield await self.answer(prepared, context)
            return
        context.document = prepared.document.node
        stream = await schema.subscribe(
            prepared.text,
            variable_values=prepared.asked.variables,
            context_value=context,
            operation_name=prepared.operation.name,
        )
        async with aclosing(stream):
            async for result in stream:
                yield self._told(result, prepared, context)

    async def _charged(self, viewer: Viewer, problem: RequestProblem) -> RequestProblem:
        charge = await self.allowance.take(viewer, LEAST)
        problem.extensions["cost"] = charge.told()
        return problem

    def _told(self, result: ExecutionResult, prepared: Prepared, context: RequestContext) -> Answer:
        errors = [self._error(error, result, context.request_id) for error in result.errors or ()]
        ran = result.data is not None or any("path" in error for error in errors)
        body: dict[str, Any] = {"data": result.data} if ran or not errors else {}
        body |= {"errors": errors} if errors else {}
        return Answer({**body, "extensions": {"cost": prepared.charge.told()}})

    def _error(self, error: GraphQLError, result: ExecutionResult, request_id: str) -> dict[str, Any]:
        told = request_error if isinstance(result, PreExecutionError) else execution_error
        return told(error, request_id=request_id, unavailable_as=self.unavailable_as)
