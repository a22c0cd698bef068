"""Tortoise tables, one file a family."""

from workflow.models.account import Account, Contact, ImportedRow
from workflow.models.alert import Alert, AlertDigest, Chore
from workflow.models.buyer import Competitor, DecisionStep, Objective, Stakeholder, StakeholderRelation
from workflow.models.history import Event, FeedEpoch, Override, Standing, Transition
from workflow.models.idempotency import Idempotency
from workflow.models.opportunity import Assessment, Collaborator, Opportunity
from workflow.models.organization import ApiKey, ExchangeRate, Member, OpportunityCounter, Organization, Target, Team
from workflow.models.process import SalesProcess
from workflow.models.progress import Activity, ActivityContact, Milestone
from workflow.models.risk import Mitigation, Risk, RiskReview
from workflow.models.webhook import WebhookDelivery, WebhookEndpoint

__all__ = [
    "Account",
    "Activity",
    "ActivityContact",
    "Alert",
    "AlertDigest",
    "ApiKey",
    "Assessment",
    "Chore",
    "Collaborator",
    "Competitor",
    "Contact",
    "DecisionStep",
    "Event",
    "ExchangeRate",
    "FeedEpoch",
    "Idempotency",
    "ImportedRow",
    "Member",
    "Milestone",
    "Mitigation",
    "Objective",
    "Opportunity",
    "OpportunityCounter",
    "Organization",
    "Override",
    "Risk",
    "RiskReview",
    "SalesProcess",
    "Stakeholder",
    "StakeholderRelation",
    "Standing",
    "Target",
    "Team",
    "Transition",
    "WebhookDelivery",
    "WebhookEndpoint",
]
