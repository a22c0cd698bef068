"""Figures of the reports, computed from grouped rows."""
