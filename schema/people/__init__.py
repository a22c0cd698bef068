"""The organization, members, teams, API keys and the viewer."""
