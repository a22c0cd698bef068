"""Reads of organizations, members, teams, API keys and credentials."""
