"""The server: HTTP, WebSocket and Server-Sent Events, settings, the worker and the command line."""
