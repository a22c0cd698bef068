"""The state machine, its gates and their requirements, including requirements in CEL."""
