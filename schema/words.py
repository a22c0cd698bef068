"""The domain's enums, given to GraphQL under their own names."""

from inspect import cleandoc

import strawberry

from workflow.rules import states

WORDS = (
    states.OpportunityState, states.Trigger, states.OpportunityType, states.ForecastCategory, states.WinReason, states.LossReason,
    states.DisqualifyReason, states.Role, states.Visibility, states.CriterionKind, states.Grade, states.FitOperator, states.FitStatus,
    states.BuyingRole, states.Influence, states.Attitude, states.Coverage, states.BuyingStyle, states.MilestoneSide,
    states.RequirementKind, states.Strength, states.RequirementStatus, states.TransitionReadiness, states.TransitionSource,
    states.ActorKind, states.OpportunityField, states.AlertCode, states.AlertSeverity, states.RiskLevel, states.ProblemCode,
    states.OrderDirection, states.OpportunityOrderField, states.PurchaseProcess, states.RelationKind, states.CompetitorKind,
    states.CompetitorStanding, states.RiskCategory, states.RiskStatus, states.RiskSettlement, states.MitigationKind,
    states.MilestoneStatus, states.Momentum, states.ActivityKind, states.ActivityDirection, states.SlipReason,
    states.OverrideGrouping,
    states.PipelineGrouping, states.OutcomeGrouping, states.ImportOutcome, states.DeliveryStatus, states.AlertStatus, states.AlertOrderField,
    states.InsightTopicName, states.KnowledgeStatus, states.HealthBand,
)  # fmt: skip

for word in WORDS:
    strawberry.enum(word, description=cleandoc(word.__doc__ or ""))
