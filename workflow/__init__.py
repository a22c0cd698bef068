"""What a deal may do: rules decide, models remember, queries ask, operations act."""
