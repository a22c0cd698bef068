"""Alert rules: causes, severity ladders and the life cycle of an alert."""
