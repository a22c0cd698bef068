"""Operations on opportunities: edits, transitions, bulk changes and responses to alerts."""
