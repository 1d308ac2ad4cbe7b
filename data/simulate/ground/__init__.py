"""Where the cells of a field lie, and what shape they have."""
