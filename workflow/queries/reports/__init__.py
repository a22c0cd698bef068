"""SQL of the reports."""
