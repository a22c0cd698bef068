"""Alerts after each write, the sweep over time, and the daily digest."""
