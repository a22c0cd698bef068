"""Imports of opportunities, accounts, contacts and sellers."""
