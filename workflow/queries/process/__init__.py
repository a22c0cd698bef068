"""Reads of sales processes, and the impact of publishing one."""
