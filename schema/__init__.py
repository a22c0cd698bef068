"""How Pursuit speaks: the GraphQL schema, one file a noun."""

import strawberry
from strawberry.schema.config import StrawberryConfig

from schema.accounts.mutations import AccountMutation
from schema.accounts.types import AccountQuery
from schema.buyer.activities import ActivityMutation
from schema.buyer.assessments import AssessmentMutation
from schema.buyer.competitors import CompetitorMutation
from schema.buyer.milestones import MilestoneMutation
from schema.buyer.profile_mutations import BuyerMutation
from schema.buyer.risk_mutations import RiskMutation
from schema.buyer.stakeholders import StakeholderMutation
from schema.core.execution import LimitedExecutionContext, ParsedDocumentExtension
from schema.core.scalars import SCALARS
from schema.events.events import EventQuery
from schema.events.subscription import EventSubscription
from schema.events.webhooks import WebhookMutation, WebhookQuery
from schema.opportunity.alert_mutations import AlertMutation
from schema.opportunity.alerts import AlertQuery
from schema.opportunity.bulk import BulkMutation
from schema.opportunity.list import OpportunityQuery
from schema.opportunity.mutations import OpportunityMutation
from schema.opportunity.transition_mutations import TransitionMutation
from schema.people.api_keys import ApiKeyMutation, ApiKeyQuery
from schema.people.mutations import PeopleMutation
from schema.people.types import PeopleQuery
from schema.process.mutations import ProcessImpactQuery, ProcessMutation
from schema.process.type import ProcessQuery
from schema.reports.query import ReportQuery
from schema.reports.rates import RateMutation, RateQuery
from schema.reports.targets import TargetMutation, TargetQuery
from schema.results.problems import HANDLERS
from schema.transfer.import_mutation import ImportMutation


def _root(name: str, parts: tuple[type, ...], description: str) -> type:
    """A root type, of the nouns' own parts."""
    return strawberry.type(type(name, parts, {}), description=description)


QUERIES = (
    PeopleQuery,
    OpportunityQuery,
    AccountQuery,
    ProcessQuery,
    ProcessImpactQuery,
    ReportQuery,
    TargetQuery,
    RateQuery,
    AlertQuery,
    EventQuery,
    ApiKeyQuery,
    WebhookQuery,
)
Query = _root("Query", QUERIES, "What can be read, always as the viewer may see it.")
MUTATIONS = (
    AccountMutation,
    OpportunityMutation,
    TransitionMutation,
    BulkMutation,
    ImportMutation,
    AssessmentMutation,
    BuyerMutation,
    StakeholderMutation,
    RiskMutation,
    MilestoneMutation,
    ActivityMutation,
    AlertMutation,
    CompetitorMutation,
    ProcessMutation,
    TargetMutation,
    RateMutation,
    PeopleMutation,
    ApiKeyMutation,
    WebhookMutation,
)
Mutation = _root(
    "Mutation",
    MUTATIONS,
    "What can be done. Each answers with what came of it, or with a `Problem` that says what to do about it.",
)

SUBSCRIPTIONS = (EventSubscription,)
Subscription = _root(
    "Subscription", SUBSCRIPTIONS, "What goes on being told, over a WebSocket or as server-sent events."
)

schema = strawberry.Schema(
    query=Query,
    mutation=Mutation,
    subscription=Subscription,
    config=StrawberryConfig(scalar_map=SCALARS, disable_field_suggestions=True),
    exception_handlers=HANDLERS,
    extensions=(ParsedDocumentExtension,),
    execution_context_class=LimitedExecutionContext,
)
