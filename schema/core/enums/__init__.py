"""The enums of the domain in GraphQL, with a description of each value."""

from schema.core.enums import alerts, buyer, opportunity, people, process, reports, results

__all__ = ["alerts", "buyer", "opportunity", "people", "process", "reports", "results"]
