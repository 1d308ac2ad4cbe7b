"""SubCell, the vision transformer that the Human Protein Atlas published, as a backbone."""
