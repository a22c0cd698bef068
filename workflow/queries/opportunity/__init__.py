"""Reads of opportunities and everything that belongs to them."""
