"""Reads of the event feed and of webhooks."""
