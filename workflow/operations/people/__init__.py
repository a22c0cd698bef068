"""Writes on organizations, members, teams and API keys, and sign-in."""
