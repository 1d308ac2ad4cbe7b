"""A recipe on labelled real cells that were cut elsewhere, cross-validated."""
