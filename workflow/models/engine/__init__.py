"""Connections, transactions, migrations and row security below the tables."""
