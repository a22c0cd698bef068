"""Webhook endpoints, and the relay and delivery of events to them."""
