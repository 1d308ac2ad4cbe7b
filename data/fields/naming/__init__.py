"""Which files of a folder make which field: walking it, naming patterns, and the IDs of fields."""
