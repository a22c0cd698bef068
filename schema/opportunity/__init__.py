"""The opportunity: its type, lists, transitions, alerts and mutations."""
