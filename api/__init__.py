"""How Pursuit is served: HTTP doors, settings, and the command line."""
