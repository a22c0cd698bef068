"""Reads for exports."""
