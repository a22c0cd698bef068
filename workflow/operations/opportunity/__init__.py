"""Writes on opportunities: create, edit, transition, bulk, process migration."""
