"""The workflow of a deal: rules decide, models remember, queries ask, operations act."""
