"""The enums of people: roles, visibility and authors of changes."""

from schema.core.enums.describe import describe
from workflow.rules import enums

describe(
    enums.Role,
    "The role of a member or an API key: what it may do.",
    REP="A salesperson: works on their own opportunities.",
    MANAGER="Manages a team: works on the team's opportunities, reopens them and overrides SOFT "
    "requirements.",
    ADMIN="Does everything: configures the organization and overrides HARD requirements.",
    INTEGRATOR="A machine: sees and writes all opportunities, imports, and overrides nothing.",
    OBSERVER="Reads, and changes nothing.",
)
describe(
    enums.Visibility,
    "The opportunities that a member can see, besides those on which they collaborate.",
    OWN="Their own.",
    TEAM="Those of their team and the teams below.",
    ALL="All.",
)
describe(
    enums.ActorKind,
    "The kind of author of a change.",
    MEMBER="A member.",
    API_KEY="An API key.",
    SYSTEM="The server itself.",
)
