"""The executor: it reads a response level by level, each table once."""
