"""Reading files for import and writing files for export."""
