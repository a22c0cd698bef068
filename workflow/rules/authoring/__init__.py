"""Checks of a process document, and its forms as YAML and as JSON Schema."""
